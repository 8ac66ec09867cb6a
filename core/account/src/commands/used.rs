//! A draft id stands for one content. Asked for again, the same content is the same item; another one is refused, for
//! its caller would hear *sent* of words that are nowhere.
//!
//! What was asked for is kept as two hashes in a row: over kind, recipients, subject, text and the names of files, and
//! over the bytes of the files. The thread of a reply is not in them, for it is called by several names: it is compared
//! itself. What an earlier version kept has no hash; then what is stored is compared.

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tmtp_store::StoreError;
use tmtp_store::write::outbox::{self, Kind, Outcome};
use tmtp_store::write::{inbox, pings, threads};
use tmtp_wire::ids::{MessageRef, SendId};

use super::Problem;
use crate::api::{Attachment, Ping, Refused, Send, To};
use crate::core::{Core, shown};
use tmtp_store::OutgoingState;

/// Bytes of one of the two hashes.
const HASH: usize = 32;

/// What was asked for.
pub(super) struct Content(pub(super) [u8; 2 * HASH]);

impl Content {
    pub(super) fn of_send(send: &Send) -> Content {
        let mut words = Words::of("post");
        match &send.to {
            To::NewThread { recipients, from_alias } => {
                words.add("new");
                words.add(from_alias.as_ref().map_or("", |alias| alias.as_str()));
                words.0.update((recipients.len() as u64).to_be_bytes());
                for recipient in recipients {
                    words.add(&recipient.who);
                    words.add(&recipient.note);
                }
            }
            To::Reply(_) => words.add("reply"),
        }
        words.add(&send.subject);
        words.add(&send.text);
        let mut files = Sha256::new();
        for Attachment { name, staged } in &send.attachments {
            words.add(name);
            files.update(staged.size.to_be_bytes());
            files.update(staged.sha256);
        }
        Content::join(words.0, files)
    }

    pub(super) fn of_ping(ping: &Ping) -> Content {
        let mut words = Words::of("ping");
        words.add(ping.from.as_ref().map_or("", |alias| alias.as_str()));
        words.add(ping.to.as_str());
        words.add(&ping.text);
        Content::join(words.0, Sha256::new())
    }

    fn join(words: Sha256, files: Sha256) -> Content {
        let mut both = [0; 2 * HASH];
        let (first, second) = both.split_at_mut(HASH);
        first.copy_from_slice(&words.finalize());
        second.copy_from_slice(&files.finalize());
        Content(both)
    }

    /// Whether this was asked for; without its files, whether it may have been.
    fn is(&self, kept: &[u8], with_files: bool) -> bool {
        let most = if with_files { 2 * HASH } else { HASH };
        self.0.get(..most) == kept.get(..most)
    }
}

/// Texts, each with its length, so that no two lists of them look alike.
struct Words(Sha256);

impl Words {
    fn of(kind: &str) -> Words {
        let mut words = Words(Sha256::new());
        words.add(kind);
        words
    }

    fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
    }
}

/// What stands under a draft id.
pub(super) struct Before {
    pub(super) send_id: SendId,
    pub(super) state: OutgoingState,
    content: Option<Vec<u8>>,
}

impl Core {
    /// What was sent under a draft id, or waits; `None` if it is free.
    pub(super) fn before(
        &self,
        conn: &Connection,
        draft: &str,
        ping: bool,
    ) -> Result<Option<Before>, Problem> {
        if let Some(item) = outbox::by_draft(conn, draft)? {
            // One that was taken back in doubt will not be sent again, whatever its caller would hear.
            if item.no_resend || matches!(item.kind, Kind::Ping(_)) != ping {
                return Err(Refused::DraftUsed.into());
            }
            return Ok(Some(Before { send_id: item.send_id, state: shown(&item), content: item.content }));
        }
        match outbox::done(conn, draft)? {
            Some(done) if done.outcome == Outcome::Sent => {
                let (send_id, content) = (done.send_id, done.content);
                Ok(Some(Before { send_id, state: OutgoingState::Sent, content }))
            }
            Some(_) => Err(Refused::DraftUsed.into()),
            None => Ok(None),
        }
    }

    /// Whether a message that is asked for is the one that stands under its draft id.
    pub(super) fn is_same_message(
        &self,
        conn: &Connection,
        before: &Before,
        stored: &inbox::Stored,
        send: &Send,
        with_files: bool,
    ) -> Result<bool, StoreError> {
        let to_there = match &send.to {
            To::Reply(thread) => threads::find(conn, *thread)?.is_some_and(|found| found.id == stored.thread),
            To::NewThread { .. } => threads::by_id(conn, stored.thread)?.send_id == Some(before.send_id),
        };
        if !to_there {
            return Ok(false);
        }
        if let Some(kept) = &before.content {
            return Ok(Content::of_send(send).is(kept, with_files));
        }
        let Some(row) = inbox::draft(conn, stored.id)?.filter(|_| !stored.deleted) else { return Ok(false) };
        let there: Vec<_> =
            inbox::attachments(conn, stored.id)?.iter().map(|file| (file.size, file.sha256)).collect();
        let given: Vec<_> =
            send.attachments.iter().map(|file| (file.staged.size, Some(file.staged.sha256))).collect();
        let files = if with_files { there == given } else { there.len() == given.len() };
        Ok(row.text == send.text && row.subject == send.subject && files)
    }

    /// Whether a ping that is asked for is the one that stands under its draft id.
    pub(super) fn is_same_ping(
        &self,
        conn: &Connection,
        before: &Before,
        ping: &Ping,
    ) -> Result<bool, StoreError> {
        if let Some(kept) = &before.content {
            return Ok(Content::of_ping(ping).is(kept, true));
        }
        let Some(uid) = self.uid() else { return Ok(false) };
        let Some(row) = pings::own_by_send_id(conn, uid, before.send_id)? else { return Ok(false) };
        let words = pings::words(conn, row)?;
        Ok(words.is_some_and(|(from, to, text)| {
            ping.from.as_ref().is_none_or(|alias| alias.as_str() == from)
                && ping.to.as_str() == to
                && ping.text == text
        }))
    }

    /// The message that stands under a draft id.
    pub(super) fn message_before(
        &self,
        conn: &Connection,
        before: &Before,
    ) -> Result<inbox::Stored, Problem> {
        let own = self.uid().map(|uid| uid.as_str().to_owned()).unwrap_or_default();
        let stored = inbox::find(conn, MessageRef::Local(before.send_id), &own)?;
        // It was a ping, or its row is lost.
        stored.ok_or_else(|| Refused::DraftUsed.into())
    }
}

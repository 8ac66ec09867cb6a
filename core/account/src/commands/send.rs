//! `send`: a message becomes durable, with its row in the outbox, in the same commit; if a link has room it
//! leaves in the very same step. Called again with the same draft id it gives back the same item.

use rusqlite::Connection;
use tmtp_store::write::inbox::{Attached, Bytes, NewMessage};
use tmtp_store::write::outbox::{self, Kind, NewItem, Stage};
use tmtp_store::write::{aliases, inbox, threads};
use tmtp_store::{OutgoingState, StoreError};
use tmtp_wire::check;
use tmtp_wire::datahead::Cc;
use tmtp_wire::filename;
use tmtp_wire::ids::{MessageRef, SendId, ThreadRef, Uid};
use tmtp_wire::names::Alias;

use super::used::Content;
use super::{Problem, check_attachments, check_draft_id};
use crate::api::{Attachment, Event, NotNow, Recipient, Refused, Reply, Send, To};
use crate::core::Core;
use crate::outbox::Unbuildable;
use crate::posted;

/// Where a message goes, found out and checked.
struct Target {
    thread: i64,
    reference: ThreadRef,
    alias: String,
}

impl Core {
    pub(super) fn send(&mut self, conn: &Connection, send: &Send) -> Result<Reply, Problem> {
        check_draft_id(&send.draft)?;
        if let Some(reply) = self.sent_before(conn, send, true)? {
            return Ok(reply);
        }
        let uid = self.uid().cloned().ok_or(NotNow::NotRegistered)?;
        check::message_text(&send.text)?;
        check_attachments(&send.attachments)?;
        check::something_said(&send.subject, &send.text, send.attachments.len())?;
        self.room_for(send.text.len())?;
        let send_id = SendId::from_random(self.random());
        let target = match &send.to {
            To::NewThread { recipients, from_alias } => {
                check::subject_of_thread(&send.subject)?;
                self.begin_thread(conn, &uid, send_id, &send.subject, recipients, from_alias.as_ref())?
            }
            To::Reply(thread) => {
                check::subject(&send.subject)?;
                self.reply_to(conn, *thread)?
            }
        };
        let message = inbox::insert(
            conn,
            &NewMessage {
                thread: target.thread,
                msgid: None,
                send_id: Some(send_id),
                own: true,
                from_uid: uid.as_str(),
                from_alias: &target.alias,
                subject: &send.subject,
                text: &send.text,
                posted: None,
                written: Some(self.now.wall),
                content: &[],
                header_head: None,
                data_head: None,
                unread: false,
            },
        )?;
        let attached = attachments(&send.attachments)?;
        inbox::attach(conn, message, &attached)?;
        threads::shown(conn, target.thread, tmtp_store::write::PLACE_UNSENT, false)?;
        let size = send.text.len() as u64 + attached.iter().map(|file| file.size).sum::<u64>();
        let item = NewItem {
            kind: Kind::Post(message),
            send_id,
            draft: Some(&send.draft),
            thread: Some(target.thread),
            size,
            content: Some(&Content::of_send(send).0),
        };
        let row = outbox::insert(conn, &item)?;
        let row = outbox::by_id(conn, row)?.ok_or(Refused::NotFound)?;
        self.fits(conn, &row, message).map_err(|why| match why {
            Unbuildable::Store(error) => Problem::Store(error),
            _ => Problem::Refused(Refused::HeadTooLong),
        })?;
        let unneeded = tmtp_store::drafts::delete(conn, &send.draft)?;
        self.drop_files(unneeded);
        self.drafts_changed();
        self.pump_wanted = true;
        self.event(Event::ThreadChanged(target.reference));
        self.event(Event::OutgoingChanged { send_id, state: OutgoingState::Queued });
        let message = MessageRef::Local(send_id);
        Ok(Reply::Sent { send_id, thread: target.reference, message, state: OutgoingState::Queued })
    }

    /// What a draft has become, for a caller who does not have its files any more.
    pub(super) fn was_sent(&mut self, conn: &Connection, send: &Send) -> Result<Reply, Problem> {
        self.sent_before(conn, send, false)?.ok_or_else(|| Refused::NotFound.into())
    }

    /// The item that this draft became before, however far it is; refused if it was another one.
    fn sent_before(
        &mut self,
        conn: &Connection,
        send: &Send,
        with_files: bool,
    ) -> Result<Option<Reply>, Problem> {
        let Some(before) = self.before(conn, &send.draft, false)? else { return Ok(None) };
        let stored = self.message_before(conn, &before)?;
        if !self.is_same_message(conn, &before, &stored, send, with_files)? {
            return Err(Refused::DraftUsed.into());
        }
        if with_files {
            // The message has its files; these copies, and a draft that an earlier version kept, are not needed.
            let unneeded = tmtp_store::drafts::delete(conn, &send.draft)?;
            self.drop_files(unneeded);
            let given = send.attachments.iter().map(|file| file.staged.file.as_str());
            let unneeded = inbox::not_named(conn, given)?;
            self.drop_files(unneeded);
        }
        let (send_id, state) = (before.send_id, before.state);
        let message = stored.reference().unwrap_or(MessageRef::Local(send_id));
        let thread = threads::by_id(conn, stored.thread)?.reference().unwrap_or(message);
        Ok(Some(Reply::Sent { send_id, thread, message, state }))
    }

    fn begin_thread(
        &mut self,
        conn: &Connection,
        uid: &Uid,
        send_id: SendId,
        subject: &str,
        recipients: &[Recipient],
        from_alias: Option<&Alias>,
    ) -> Result<Target, Problem> {
        check::recipients(recipients.len())?;
        let alias = self.own_alias(conn, from_alias)?;
        let date = posted::seconds(self.now.wall);
        let entry = |who: String, who_uid: &Uid, note: &str| Cc {
            who,
            by: alias.clone(),
            who_uid: who_uid.as_str().to_owned(),
            by_uid: uid.as_str().to_owned(),
            date: date.clone(),
            note: note.to_owned(),
            subscribe: true,
        };
        // The author first (client-formats R4), everybody once.
        let mut list = vec![entry(alias.clone(), uid, "author")];
        for recipient in recipients {
            check::note(&recipient.note)?;
            let (who, who_uid) = self.resolve(conn, &recipient.who)?;
            if list.iter().all(|cc| cc.who_uid != who_uid.as_str()) {
                list.push(entry(who, &who_uid, &recipient.note));
            }
        }
        let thread = threads::begin_own(conn, send_id, subject)?;
        threads::set_recipients(conn, thread, &list)?;
        Ok(Target { thread, reference: MessageRef::Local(send_id), alias })
    }

    fn reply_to(&mut self, conn: &Connection, thread: ThreadRef) -> Result<Target, Problem> {
        let thread = threads::find(conn, thread)?.ok_or(Refused::NotFound)?;
        let reference = thread.reference().ok_or(Refused::NotFound)?;
        if let Some(why) = never_gets_an_id(conn, &thread)? {
            return Err(why.into());
        }
        if !thread.begun {
            return Err(NotNow::BeginningMissing.into());
        }
        self.everybody_reachable(conn, &thread)?;
        let alias = self.alias_in(conn, thread.id)?;
        Ok(Target { thread: thread.id, reference, alias })
    }

    /// The own alias of a thread: the one written under before, or the one it was sent to.
    fn alias_in(&mut self, conn: &Connection, thread: i64) -> Result<String, Problem> {
        let own = self.uid().map(|uid| uid.as_str().to_owned()).unwrap_or_default();
        let listed =
            threads::recipients(conn, thread)?.into_iter().find(|cc| cc.who_uid == own).map(|cc| cc.who);
        for alias in threads::own_alias(conn, thread)?.into_iter().chain(listed) {
            let held = aliases::by_name(conn, &alias)?;
            if held.is_some_and(|row| row.state == aliases::AliasState::Held) {
                return Ok(alias);
            }
        }
        self.own_alias(conn, None)
    }

    /// The alias to write under: the one asked for, or the oldest that is held, or wanted.
    pub(super) fn own_alias(&self, conn: &Connection, wish: Option<&Alias>) -> Result<String, Problem> {
        let usable = |row: &aliases::OwnAlias| row.state != aliases::AliasState::Refused;
        if let Some(alias) = wish {
            let row = aliases::by_name(conn, alias.as_str())?.filter(usable);
            return row.map(|row| row.alias).ok_or_else(|| Refused::NotOwnAlias.into());
        }
        let all = aliases::list(conn)?;
        let held = all.iter().find(|row| row.state == aliases::AliasState::Held);
        let row = held.or_else(|| all.iter().find(|row| usable(row)));
        row.map(|row| row.alias.clone()).ok_or_else(|| NotNow::NoAlias.into())
    }
}

/// Safe, unique names with the prefix of files (client-formats R7).
fn attachments(list: &[Attachment]) -> Result<Vec<Attached>, Problem> {
    let mut attached: Vec<Attached> = Vec::with_capacity(list.len());
    let mut apart = filename::Apart::default();
    for item in list {
        let name = format!("u:{}", apart.take(&filename::attachment_name(&item.name)?));
        attached.push(Attached {
            name,
            size: item.staged.size,
            ffn: String::new(),
            sha256: Some(item.staged.sha256),
            damaged: false,
            place: Bytes::File { file: item.staged.file.clone(), start: 0 },
        });
    }
    Ok(attached)
}

/// Why nothing can be sent into a thread: it is not named on the wire, and its own beginning does not wait to be sent.
/// One that was taken back leaves a thread that nothing can ever be sent into.
pub(super) fn never_gets_an_id(
    conn: &Connection,
    thread: &threads::Thread,
) -> Result<Option<NotNow>, StoreError> {
    let beginning = match (thread.msgid, thread.send_id) {
        (Some(_), _) => return Ok(None),
        (None, Some(send_id)) => outbox::by_send_id(conn, send_id)?,
        (None, None) => None,
    };
    Ok(match beginning {
        Some(item) if item.stage == Stage::Failed => Some(NotNow::BeginningFailed),
        Some(item) if !item.no_resend => None,
        _ => Some(NotNow::BeginningMissing),
    })
}

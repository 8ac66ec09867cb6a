//! What can never leave does not wait: it fails, with the reason. And what has ended link after link is set aside.
//!
//! | a queued item waits for | which comes to nothing when | then |
//! |---|---|---|
//! | an earlier post of its thread | that one fails or is taken back | it is free: only what is queued or in doubt is waited for |
//! | the beginning of its thread | that one fails | it fails with it, and goes with it when it is sent again |
//! | | it is taken back, or lost | it fails, and can only be taken back itself |
//! | the alias that it is written under | the site refuses it | it is tried, and fails when it is built |
//! | its own turn | link after link ends at it | it is set aside |
//!
//! Nothing of ours holds up receiving: what a link may have ended at, and whatever is large, leaves only when all
//! that waited at the site has come on this link. So each link brings the mail in before it can end at an item again.

use rusqlite::Connection;
use tmtp_session::{Awaiting, Ended, StreamEnd};
use tmtp_store::write::outbox::{self, Item, Kind, NewItem, Outcome, Stage};
use tmtp_store::write::{aliases, nodes, parked, threads};
use tmtp_store::{FailedWhy, OutgoingState, StoreError};
use tmtp_wire::ids::SendId;

use super::poison_of;
use crate::api::Event;
use crate::core::Core;
use crate::inbox::cut;
use crate::limits::{POISON_ASIDE, POISON_CLOSED, POISON_LOST, POISON_QUIT};
use crate::live::Up;
use crate::plant::{self, Plant};
use crate::tx::Tx;

/// Bytes of a goodbye's text that are kept.
const WORDS_BYTES: usize = 300;

impl Core {
    /// Whether everything that waited at the site has come on this link, or nothing will prove it.
    pub(crate) fn has_fetched(&self) -> bool {
        self.link.up().is_some_and(|up| up.barrier || up.search.hopeless)
    }

    /// An item will not be sent as it is; `words` are the site's, or empty. A message or ping stays for the person; an
    /// alias or a node is noted as refused, and can be asked for again.
    pub(crate) fn fail_item(
        &mut self,
        conn: &Connection,
        item: &Item,
        why: FailedWhy,
        words: &str,
    ) -> Result<(), StoreError> {
        self.pump_wanted = true;
        let reason = if words.is_empty() { why.code() } else { words };
        match item.kind {
            Kind::Alias(alias) => {
                aliases::refuse(conn, alias, reason)?;
                self.event(Event::AliasesChanged);
                outbox::settle(conn, item, Outcome::Withdrawn)
            }
            Kind::Node(node) => {
                nodes::refuse(conn, node, reason)?;
                self.event(Event::NodesChanged);
                outbox::settle(conn, item, Outcome::Withdrawn)
            }
            Kind::Post(_) | Kind::Ping(_) => {
                outbox::fail(conn, item.id, why, words)?;
                self.outgoing(item, OutgoingState::Failed { why, reason: words.to_owned() });
                self.fail_what_waits_in_vain(conn)
            }
        }
    }

    /// After a salvage, or from an earlier version, something may wait for what will never come.
    pub(crate) fn mend_waits(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if self.cloned {
            return Ok(());
        }
        let conn = tx.conn()?;
        self.fail_what_waits_in_vain(conn)?;
        for ghost in threads::unsent_and_empty(conn)? {
            threads::remove_unsent(conn, ghost)?;
        }
        for alias in aliases::list(conn)? {
            let asked =
                alias.state != aliases::AliasState::Wanted || outbox::by_alias(conn, alias.id)?.is_some();
            if !asked {
                let (kind, send_id) = (Kind::Alias(alias.id), SendId::from_random(self.random()));
                let item = NewItem { kind, send_id, draft: None, thread: None, size: 0, content: None };
                outbox::insert(conn, &item)?;
            }
        }
        Ok(())
    }

    /// Replies whose beginning has failed, or is not there any more.
    pub(crate) fn fail_what_waits_in_vain(&mut self, conn: &Connection) -> Result<(), StoreError> {
        for reply in outbox::waiting_in_vain(conn)? {
            let beginning = match reply.thread.map(|thread| threads::by_id(conn, thread)).transpose()? {
                Some(thread) => {
                    thread.send_id.map(|send_id| outbox::by_send_id(conn, send_id)).transpose()?.flatten()
                }
                None => None,
            };
            let why = match beginning {
                Some(_) => FailedWhy::BeginningRefused,
                None => FailedWhy::BeginningWithdrawn,
            };
            self.fail_reply(conn, &reply, why)?;
        }
        Ok(())
    }

    /// The beginning of a thread was taken back: whatever waits in it, or failed with it, can never be sent.
    pub(crate) fn beginning_is_gone(&mut self, conn: &Connection, thread: i64) -> Result<(), StoreError> {
        for reply in outbox::waiting_in(conn, thread)? {
            self.fail_reply(conn, &reply, FailedWhy::BeginningWithdrawn)?;
        }
        Ok(())
    }

    fn fail_reply(&mut self, conn: &Connection, reply: &Item, why: FailedWhy) -> Result<(), StoreError> {
        outbox::fail(conn, reply.id, why, "")?;
        self.outgoing(reply, OutgoingState::Failed { why, reason: String::new() });
        Ok(())
    }

    /// The beginning of a thread is sent again by its person: the replies that failed with it wait for it again.
    pub(crate) fn take_replies_along(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        let Some(thread) = item.thread.filter(|_| matches!(item.kind, Kind::Post(_))) else { return Ok(()) };
        if !self.begins_thread(conn, item)? {
            return Ok(());
        }
        for reply in outbox::failed_with_beginning(conn, thread)? {
            outbox::queue_again(conn, reply.id)?;
            self.outgoing(&reply, OutgoingState::Queued);
        }
        Ok(())
    }

    /// A link has ended that the account did not leave. Requests are handled in order (wire 13), so the first one
    /// without an answer may be what it ended at; how much that says depends on how it ended.
    pub(crate) fn suspect(&mut self, tx: &mut Tx<'_>, up: &Up, ended: &Ended) -> Result<(), StoreError> {
        let Some((weight, words)) = weight(up, ended) else { return Ok(()) };
        let conn = tx.conn()?;
        let item = first_open(conn, up)?.filter(|_| !plant::on(Plant::OwnPostBlocks));
        let Some(item) = item else { return Ok(()) };
        let weight = parked::poisoned_by(conn, &poison_of(item.send_id), weight, cut(words, WORDS_BYTES))?;
        // What may have been taken after all is first judged by the barrier.
        if weight >= POISON_ASIDE && item.stage == Stage::Queued {
            self.set_aside(conn, &item)?;
        }
        Ok(())
    }

    /// An item ends every link that it is sent on: it stays, and lets the others pass.
    pub(crate) fn set_aside(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        self.count("posts_set_aside");
        let words = parked::words(conn, &poison_of(item.send_id))?;
        self.fail_item(conn, item, FailedWhy::EndsLinks, &words)
    }

    /// The site has dealt with an item, or nobody will send it again: what links ended is forgotten.
    pub(crate) fn no_longer_suspected(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        if parked::any_poison(conn)? {
            parked::cure(conn, &poison_of(item.send_id))?;
        }
        Ok(())
    }
}

/// What an end of this link weighs against the first request under way, with what the site said. `None`: nothing.
fn weight<'a>(up: &Up, ended: &'a Ended) -> Option<(u32, &'a str)> {
    let online = up.online.is_some() && !up.leaving;
    match ended {
        Ended::RefusedBySite(words) => Some((POISON_QUIT, words)),
        Ended::Lost(StreamEnd::CloseNotify) if online => Some((POISON_CLOSED, "")),
        Ended::Lost(StreamEnd::Local) => None,
        Ended::Lost(_) | Ended::PeerMisbehaved(_) | Ended::NoProgress(Awaiting::Answer) if online => {
            Some((POISON_LOST, ""))
        }
        _ => None,
    }
}

/// The request that was handed to the link first of those without an answer.
fn first_open(conn: &Connection, up: &Up) -> Result<Option<Item>, StoreError> {
    let mut first: Option<Item> = None;
    for id in up.open.keys() {
        if let Some(item) = outbox::by_id(conn, *id)?
            && first.as_ref().is_none_or(|first| item.handed < first.handed)
        {
            first = Some(item);
        }
    }
    Ok(first)
}

//! What settles an item: the site's answer, or the copy of an own post. Both may come in either order, and
//! both say the same (wire 13).

use rusqlite::Connection;
use tmtp_session::RequestKey;
use tmtp_store::write::outbox::{self, Item, Kind, Outcome, Stage};
use tmtp_store::write::{aliases, contacts, names, pings, threads};
use tmtp_store::{FailedWhy, OutgoingState, StoreError};
use tmtp_wire::ids::{MessageRef, MsgId};
use tmtp_wire::message::{Answer, Queued};
use tmtp_wire::time::Wall;

use crate::api::Event;
use crate::core::Core;
use crate::inbox::cut;
use crate::posted;

/// Bytes of a refusal's text that are kept.
const REASON_BYTES: usize = 300;

impl Core {
    /// The site has answered a request of this link.
    pub(crate) fn answered(
        &mut self,
        conn: &Connection,
        key: RequestKey,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        let id = key.0.cast_signed();
        let Some(open) = self.link.up_mut().and_then(|up| up.open.remove(&id)) else { return Ok(()) };
        let accepted = answer.error.is_none();
        if !accepted && let Some(up) = self.link.up_mut() {
            up.copies.remove(&open.send_id);
        }
        // Settled already by the own copy: then the answer says nothing new.
        let Some(item) = outbox::by_id(conn, id)?.filter(|item| item.send_id == open.send_id) else {
            return Ok(());
        };
        self.no_longer_suspected(conn, &item)?;
        match &answer.error {
            Some(error) => self.refused_by_answer(conn, &item, cut(error, REASON_BYTES)),
            None => self.accepted(conn, &item, answer),
        }
    }

    fn accepted(&mut self, conn: &Connection, item: &Item, answer: &Answer) -> Result<(), StoreError> {
        let posted = answer.posted.as_deref().and_then(posted::parse);
        match (item.kind, answer.msgid) {
            (Kind::Post(message), Some(msgid)) => {
                self.post_sent(conn, item, message, msgid, posted, &[])?;
                self.recipients_accepted(conn, item)
            }
            (Kind::Ping(ping), Some(msgid)) => {
                pings::add_name(conn, ping, msgid, posted)?;
                self.sent(conn, item)
            }
            (Kind::Alias(alias), _) => match aliases::by_id(conn, alias)? {
                Some(row) => self.alias_held(conn, &row.alias),
                None => self.sent(conn, item),
            },
            // The node's password comes by its own message; until then the node stays wanted.
            (Kind::Node(_), _) => self.sent(conn, item),
            // The session lets no such answer through.
            (Kind::Post(_) | Kind::Ping(_), None) => Ok(()),
        }
    }

    fn refused_by_answer(&mut self, conn: &Connection, item: &Item, reason: &str) -> Result<(), StoreError> {
        self.count("refused");
        match item.kind {
            Kind::Post(_) | Kind::Ping(_) if item.no_resend => self.withdraw_row(conn, item),
            _ => self.fail_item(conn, item, FailedWhy::Refused, reason),
        }
    }

    /// The copy of an own post has come: it was sent, with the copy's id. And the site handles the requests
    /// of a link in order, so every earlier one of the same link was handled too (wire 13).
    pub(crate) fn proven_by_copy(
        &mut self,
        conn: &Connection,
        item: &Item,
        head: &Queued,
    ) -> Result<(), StoreError> {
        let Kind::Post(message) = item.kind else { return Ok(()) };
        if item.stage == Stage::Doubt {
            self.count("doubts_sent");
        }
        let posted = posted::parse(&head.posted);
        self.post_sent(conn, item, message, head.id, posted, &crate::inbox::hash(&head.raw))?;
        self.recipients_accepted(conn, item)?;
        if item.stage == Stage::Sending {
            // Its person has sent it again, and an earlier attempt was taken after all: once is enough.
            self.break_off(item);
        }
        self.earlier_handled(conn, item)
    }

    pub(crate) fn begins_thread(&self, conn: &Connection, item: &Item) -> Result<bool, StoreError> {
        let Some(thread) = item.thread else { return Ok(false) };
        Ok(threads::by_id(conn, thread)?.send_id == Some(item.send_id))
    }

    /// A post was sent, and this is its id.
    fn post_sent(
        &mut self,
        conn: &Connection,
        item: &Item,
        message: i64,
        msgid: MsgId,
        posted: Option<Wall>,
        header: &[u8],
    ) -> Result<(), StoreError> {
        names::name_message(conn, message, msgid, posted, header)?;
        if let Some(thread) = item.thread {
            if self.begins_thread(conn, item)? {
                threads::name_or_join(conn, thread, msgid)?;
                self.event(Event::ThreadChanged(MessageRef::Site(msgid)));
            }
            threads::replace_newest(conn, thread)?;
            let thread = threads::by_id(conn, thread)?.reference().unwrap_or(MessageRef::Site(msgid));
            self.event(Event::MessageChanged { thread, message: MessageRef::Site(msgid) });
        }
        self.sent(conn, item)
    }

    /// An item was sent: it leaves the outbox.
    pub(crate) fn sent(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        outbox::settle(conn, item, Outcome::Sent)?;
        self.no_longer_suspected(conn, item)?;
        self.pump_wanted = true;
        if matches!(item.kind, Kind::Post(_) | Kind::Ping(_)) {
            self.tally("sent", 1);
            self.outgoing(item, OutgoingState::Sent);
        }
        Ok(())
    }

    /// The site has accepted everybody to whom this post went.
    fn recipients_accepted(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        if item.sure {
            return Ok(());
        }
        let Some(thread) = item.thread else { return Ok(()) };
        for cc in threads::recipients(conn, thread)?.iter().filter(|cc| !cc.is_group()) {
            contacts::accept(conn, &cc.who_uid)?;
        }
        Ok(())
    }
}

//! What becomes of an item in doubt when the barrier is reached: everything that the site had for this node
//! before this session's login has come (wire 14.3), own copies too.

use rusqlite::Connection;
use tmtp_store::write::outbox::{self, Item, Kind, Stage};
use tmtp_store::write::{aliases, contacts, inbox, marks, nodes, parked, pings, threads};
use tmtp_store::{OutgoingState, StoreError};
use tmtp_wire::ids::SendId;

use super::poison_of;

use crate::api::Event;
use crate::core::Core;
use crate::limits::POISON_ASIDE;
use crate::tx::Tx;

/// Whether an item is in doubt and nothing will come that proves anything. Before that a copy may still come,
/// and what is sent again would be there twice.
pub(crate) fn is_for_the_person(item: &Item) -> bool {
    item.stage == Stage::Doubt && outbox::is_for_the_person(&item.reason)
}

impl Core {
    /// The barrier is reached: judges everything that is in doubt. All of it belongs to earlier links.
    pub(crate) fn judge_doubts(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for item in outbox::in_doubt(tx.conn()?)? {
            self.attempt(tx, |core, conn| core.judge(conn, &item))?;
        }
        Ok(())
    }

    fn judge(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        match item.kind {
            _ if is_for_the_person(item) => Ok(()),
            Kind::Post(_) => self.judge_post(conn, item),
            // A ping has no copy at the sending node. The same token goes again, so that our receivers fold.
            Kind::Ping(_) if item.no_resend => self.cannot_be_proven(conn, item),
            Kind::Ping(_) => {
                self.count("pings_repeated");
                self.queue_again(conn, item)
            }
            Kind::Alias(alias) => match aliases::by_id(conn, alias)? {
                Some(row) if row.state == aliases::AliasState::Wanted => self.queue_again(conn, item),
                _ => self.sent(conn, item),
            },
            // Its `user` message comes before everything else (wire 12.5). None has come: it was not made.
            Kind::Node(node) => match nodes::by_id(conn, node)? {
                Some(row) if row.state == nodes::NodeState::Wanted => self.queue_again(conn, item),
                _ => self.sent(conn, item),
            },
        }
    }

    fn judge_post(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        if item.own_copy {
            // Its copy would have come before the barrier: it was not sent.
            self.count("doubts_not_sent");
            return if item.no_resend { self.withdraw_row(conn, item) } else { self.queue_again(conn, item) };
        }
        // Taken back, and perhaps sent all the same: its person must not believe that nobody has it.
        if item.no_resend {
            return self.cannot_be_proven(conn, item);
        }
        // Without a login it was not this store that sent it, or its copy has come spoilt: nobody knows. What was
        // handled is not repeated unasked, for it was taken, or will be refused again; nor is the beginning of a
        // thread: should it be there twice, others may know the thread by an id that this node never learns.
        // And without an alias it had no marker that could be missing.
        let unknown = item.login == 0 || item.handled || self.held_alias(conn)?.is_none();
        if !unknown && !self.begins_thread(conn, item)? && self.all_fold(conn, item)? {
            self.count("doubts_sent_again");
            return self.queue_again(conn, item);
        }
        self.cannot_be_proven(conn, item)
    }

    /// Nothing will come that proves anything: the person decides.
    pub(crate) fn cannot_be_proven(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        outbox::cannot_be_proven(conn, item.id, outbox::CANNOT_BE_PROVEN)?;
        self.count("doubts_open");
        // What is behind it in its thread need not wait for a person.
        self.pump_wanted = true;
        self.outgoing(item, OutgoingState::InDoubt);
        Ok(())
    }

    /// A copy of an own post has come in a form that could only be stored raw. It is no proof of what was
    /// sent, but its absence is none any more either.
    pub(crate) fn proof_is_spoilt(
        &mut self,
        conn: &Connection,
        token: Option<u64>,
    ) -> Result<(), StoreError> {
        let Some(send_id) = token.and_then(SendId::new) else { return Ok(()) };
        self.copy_is_here(send_id);
        match outbox::by_send_id(conn, send_id)? {
            Some(item) if item.stage == Stage::Doubt => self.cannot_be_proven(conn, &item),
            // Its answer may still come. If not, it is judged as one without a copy.
            Some(item) => outbox::without_copy(conn, item.id),
            None => Ok(()),
        }
    }

    pub(crate) fn queue_again(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        if parked::any_poison(conn)? && parked::times(conn, &poison_of(item.send_id))? >= POISON_ASIDE {
            return self.set_aside(conn, item);
        }
        outbox::set_stage(conn, item.id, Stage::Queued)?;
        self.pump_wanted = true;
        self.outgoing(item, OutgoingState::Queued);
        Ok(())
    }

    /// Whether everybody to whom a post goes is known to fold repetitions, and no other node of this member is known
    /// not to.
    pub(crate) fn all_fold(&self, conn: &Connection, item: &Item) -> Result<bool, StoreError> {
        let Some(thread) = item.thread else { return Ok(false) };
        let own = self.uid().map(|uid| uid.as_str().to_owned()).unwrap_or_default();
        if contacts::is_known_not_to_fold(conn, &own)? {
            return Ok(false);
        }
        let list = threads::recipients(conn, thread)?;
        for cc in list.iter().filter(|cc| cc.who_uid != own) {
            if cc.is_group() || !contacts::peer(conn, &cc.who_uid)?.0 {
                return Ok(false);
            }
        }
        Ok(!list.is_empty())
    }

    /// Takes an item out of the outbox that was not sent and will not be, with what hangs on it.
    pub(crate) fn withdraw_row(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        self.take_out(conn, item, outbox::Outcome::Withdrawn)
    }

    /// The same with one that may have been sent, which only its person can ask for.
    pub(crate) fn dismiss(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        self.take_out(conn, item, outbox::Outcome::Dismissed)
    }

    fn take_out(
        &mut self,
        conn: &Connection,
        item: &Item,
        outcome: outbox::Outcome,
    ) -> Result<(), StoreError> {
        outbox::settle(conn, item, outcome)?;
        self.no_longer_suspected(conn, item)?;
        match item.kind {
            Kind::Post(message) => self.remove_message(conn, item, message)?,
            Kind::Ping(ping) => pings::remove_unsent(conn, ping)?,
            Kind::Alias(_) | Kind::Node(_) => {}
        }
        self.pump_wanted = true;
        self.event(Event::Withdrawn { send_id: item.send_id });
        Ok(())
    }

    fn remove_message(&mut self, conn: &Connection, item: &Item, message: i64) -> Result<(), StoreError> {
        let Some(thread) = item.thread else { return Ok(()) };
        let begins = self.begins_thread(conn, item)? && threads::by_id(conn, thread)?.msgid.is_none();
        let unneeded = inbox::remove_unsent(conn, message)?;
        self.drop_files(unneeded);
        let nameless = threads::by_id(conn, thread)?.msgid.is_none();
        if nameless && marks::shown(conn, thread)?.is_empty() {
            // Whoever shows it must hear that it is gone.
            if let Some(reference) = threads::by_id(conn, thread)?.reference() {
                self.event(Event::ThreadChanged(reference));
            }
            return threads::remove_unsent(conn, thread);
        }
        if begins {
            self.beginning_is_gone(conn, thread)?;
        }
        threads::recount(conn, thread)?;
        if let Some(thread) = threads::by_id(conn, thread)?.reference() {
            self.event(Event::ThreadChanged(thread));
        }
        Ok(())
    }
}

//! The same post again: under an id that is known, or under another one because its sender had to send it
//! twice. Nothing is shown twice (P2), and every id goes on to work.

use rusqlite::Connection;
use tmtp_store::StoreError;
use tmtp_store::write::inbox::Stored;
use tmtp_store::write::names::Named;
use tmtp_store::write::outbox;
use tmtp_store::write::{inbox, names, threads};
use tmtp_wire::ids::{MessageRef, SendId};
use tmtp_wire::message::Queued;

use super::delivery::{Data, Delivery};
use super::hash;
use super::park::Body;
use crate::api::{Event, ParkedWhy};
use crate::core::Core;
use crate::plant::{self, Plant};
use crate::posted;

impl Core {
    /// A delivery under an id that is known: the site repeats itself, or an answer has named our own post
    /// before its copy came (wire 13). With another header it is somebody's fault: stored raw and counted.
    pub(super) fn known_id(
        &mut self,
        conn: &Connection,
        head: &Queued,
        delivery: &Delivery<'_>,
        named: &Named,
    ) -> Result<(), StoreError> {
        let header = hash(&head.raw);
        if named.header.is_empty() {
            names::name_message(conn, named.message, head.id, posted::parse(&head.posted), &header)?;
            if let Some(stored) = inbox::by_id(conn, named.message)? {
                self.copy_of(conn, head, delivery, &stored)?;
            }
        } else if named.header != header {
            self.count("same_id_other_bytes");
            let body = match delivery.data {
                Data::Here(data) => Body::Here(data),
                Data::File(file) => Body::File(file, delivery.content),
            };
            return self.park(conn, head, body, ParkedWhy::SameIdOtherBytes);
        } else {
            self.tally("repeated", 1);
        }
        self.not_needed(delivery);
        Ok(())
    }

    /// Folds a post that is here under another id, if there is one: the same sender, the same send id, the
    /// same content. True if it was folded.
    pub(super) fn fold(
        &mut self,
        conn: &Connection,
        head: &Queued,
        delivery: &Delivery<'_>,
        send_id: SendId,
    ) -> Result<bool, StoreError> {
        let twins = inbox::twins(conn, send_id, head.from.as_str())?;
        let same = |twin: &&Stored| {
            twin.content == delivery.content
                || twin.own && twin.content.is_empty()
                || plant::on(Plant::FoldByDatasum)
        };
        let Some(twin) = twins.iter().find(same) else {
            if !twins.is_empty() {
                self.count("same_send_id_other_content");
                if self.is_own(&head.from) {
                    self.proof_is_spoilt(conn, Some(send_id.value()))?;
                }
            }
            return Ok(false);
        };
        self.name(conn, twin, head)?;
        self.copy_of(conn, head, delivery, twin)?;
        self.not_needed(delivery);
        Ok(true)
    }

    /// Gives a message one more id, and its thread if it is the beginning of one.
    fn name(&mut self, conn: &Connection, twin: &Stored, head: &Queued) -> Result<(), StoreError> {
        let first = twin.msgid.is_none();
        let posted = posted::parse(&head.posted);
        let moved = names::name_message(conn, twin.id, head.id, posted, &hash(&head.raw))?;
        let thread = threads::by_id(conn, twin.thread)?;
        let begins = thread.msgid.is_some() && thread.msgid == twin.msgid
            || thread.send_id.is_some() && thread.send_id == twin.send_id && twin.own;
        if begins {
            threads::name_or_join(conn, thread.id, head.id)?;
            self.pump_wanted = true;
        }
        if moved {
            threads::replace_newest(conn, thread.id)?;
            if begins {
                self.event(Event::ThreadChanged(MessageRef::Site(head.id)));
            }
            let thread = threads::by_id(conn, thread.id)?.reference().unwrap_or(MessageRef::Site(head.id));
            self.event(Event::MessageChanged { thread, message: MessageRef::Site(head.id) });
        }
        if !first {
            self.count("folded");
        }
        Ok(())
    }

    /// If this is a copy of an own post, it proves that the post was sent.
    fn copy_of(
        &mut self,
        conn: &Connection,
        head: &Queued,
        delivery: &Delivery<'_>,
        stored: &Stored,
    ) -> Result<(), StoreError> {
        if !stored.own {
            return Ok(());
        }
        let same = stored.content.is_empty() || stored.content == delivery.content;
        if same && !stored.deleted {
            inbox::complete(conn, stored.id, &delivery.content, &head.raw)?;
        }
        let Some(send_id) = stored.send_id else { return Ok(()) };
        self.copy_is_here(send_id);
        self.tally("own_copies", 1);
        let item = outbox::by_send_id(conn, send_id)?;
        match item.filter(|item| item.kind == outbox::Kind::Post(stored.id)) {
            Some(item) => self.proven_by_copy(conn, &item, head),
            None => Ok(()),
        }
    }

    fn not_needed(&mut self, delivery: &Delivery<'_>) {
        if let Data::File(file) = delivery.data {
            self.effects.unneeded(file.to_owned());
        }
    }
}

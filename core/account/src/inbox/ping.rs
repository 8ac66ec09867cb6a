//! Pings: how members get to know each other. The site checks the sender's alias, so a ping binds it.

use rusqlite::Connection;
use tmtp_store::StoreError;
use tmtp_store::write::pings::{self, NewPing};
use tmtp_store::write::{contacts, outbox};
use tmtp_wire::ids::SendId;
use tmtp_wire::message::Queued;

use super::cut;
use super::park::Body;
use crate::api::{Event, ParkedWhy};
use crate::core::Core;
use crate::limits::CLAIM_BYTES;
use crate::posted;

impl Core {
    /// Takes a ping: a new one, a repetition, or one of our own from this or another node.
    pub(super) fn ping_message(
        &mut self,
        conn: &Connection,
        head: &Queued,
        alias: &str,
        to: &str,
        data: &[u8],
    ) -> Result<(), StoreError> {
        if pings::known(conn, head.id)? {
            self.tally("repeated", 1);
            return Ok(());
        }
        let Ok(text) = std::str::from_utf8(data) else {
            return self.park(conn, head, Body::Here(data), ParkedWhy::Malformed);
        };
        let own = self.is_own(&head.from);
        let posted = posted::parse(&head.posted);
        if own {
            // From another own node, under an alias that this one need not know yet.
            self.alias_held(conn, cut(alias, CLAIM_BYTES))?;
            if head.datasum.is_none() {
                contacts::folds_not(conn, &head.from)?;
            }
        } else {
            self.learn(conn, head, alias)?;
        }
        // A stock client gives no token: its repetitions cannot be told from second pings.
        let twin = match head.datasum {
            Some(token) => pings::twin(conn, &head.from, to, token, text)?,
            None => None,
        };
        if let Some(twin) = twin {
            pings::add_name(conn, twin, head.id, posted)?;
            if own {
                self.tally("own_copies", 1);
            } else {
                self.count("folded");
            }
            return if own { self.own_ping_seen(conn, head, twin) } else { Ok(()) };
        }
        pings::insert(
            conn,
            &NewPing {
                msgid: Some(head.id),
                own,
                from_uid: head.from.as_str(),
                from_alias: cut(alias, CLAIM_BYTES),
                to_alias: cut(to, CLAIM_BYTES),
                text,
                token: head.datasum,
                posted,
                written: None,
                unread: !own,
            },
        )?;
        if !own {
            self.wake_saw_ping(head.id);
        }
        self.event(Event::PingArrived { msgid: head.id });
        Ok(())
    }

    fn learn(&mut self, conn: &Connection, head: &Queued, alias: &str) -> Result<(), StoreError> {
        // Every ping of a node of ours has a token.
        match head.datasum {
            Some(_) => contacts::accept(conn, head.from.as_str())?,
            None => contacts::folds_not(conn, &head.from)?,
        }
        if contacts::check(conn, cut(alias, CLAIM_BYTES), &head.from, head.id, self.now.wall)? {
            self.event(Event::ContactsChanged);
        }
        Ok(())
    }

    /// Our own ping to ourselves has come back: it was sent.
    fn own_ping_seen(&mut self, conn: &Connection, head: &Queued, ping: i64) -> Result<(), StoreError> {
        let send_id = head.datasum.and_then(SendId::new);
        let Some(send_id) = send_id else { return Ok(()) };
        match outbox::by_send_id(conn, send_id)? {
            Some(item) if item.kind == outbox::Kind::Ping(ping) => self.sent(conn, &item),
            _ => Ok(()),
        }
    }
}

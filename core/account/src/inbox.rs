//! What comes out of the node's queue: each message is taken in, folded into what is there, or stored raw;
//! then it is confirmed, by its exact id, after the commit. One that is not confirmed blocks everything
//! behind it (wire 12.2), so everything that can be read at all ends in a confirmation.

mod bad;
mod delivery;
mod fold;
mod lately;
mod login;
mod park;
mod ping;
mod sort;
mod user;

pub(crate) use bad::BadFrame;
pub(crate) use delivery::{Data, Delivery};
pub(crate) use lately::Lately;
pub(crate) use park::Body;
pub(crate) use sort::{Sorted, Sorter, content, part_of, parts, sort_whole};

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tmtp_store::StoreError;
use tmtp_wire::message::{Queued, QueuedOp};
use tmtp_wire::plain;

use crate::api::ParkedWhy;
use crate::core::Core;
use crate::limits::CLAIM_BYTES;
use crate::tx::Tx;

impl Core {
    /// Takes a queued message with all its data.
    pub(crate) fn queued(&mut self, tx: &mut Tx<'_>, head: &Queued, data: Vec<u8>) -> Result<(), StoreError> {
        self.tally("received", 1);
        if let QueuedOp::Login = head.op {
            return self.login_message(tx, head);
        }
        if self.self_ping(tx, head, &data)? {
            return Ok(());
        }
        if let Some(needed) = self.lacks(head.raw.len() as u64 + data.len() as u64) {
            return self.over_quota(tx, needed);
        }
        let taken = self.attempt(tx, |core, conn| core.take_queued(conn, head, &data))?;
        if taken.is_none() {
            let conn = tx.conn()?;
            self.park(conn, head, park::Body::Here(&data), ParkedWhy::Failed)?;
        }
        // A key store that would not take a new node's secret: not confirmed, it will come again.
        if taken == Some(false) {
            self.locked();
            return self.leave_now(tx);
        }
        self.confirm_stored(head.id);
        Ok(())
    }

    /// False: it must not be confirmed.
    fn take_queued(&mut self, conn: &Connection, head: &Queued, data: &[u8]) -> Result<bool, StoreError> {
        match &head.op {
            QueuedOp::Delivery { .. } => {
                self.delivery(conn, head, &Delivery::whole(head, data)).map(|()| true)
            }
            QueuedOp::Ping { alias, to } => self.ping_message(conn, head, alias, to, data).map(|()| true),
            QueuedOp::User { new_alias, new_node, secret } => {
                self.user_message(conn, head, new_alias.as_deref(), new_node.as_deref(), secret.as_ref())
            }
            QueuedOp::Login => Ok(true),
            QueuedOp::OhiEdit { .. }
            | QueuedOp::Invite { .. }
            | QueuedOp::Member { .. }
            | QueuedOp::Notify { .. }
            | QueuedOp::Other(_) => {
                self.park(conn, head, park::Body::Here(data), ParkedWhy::NotYet).map(|()| true)
            }
        }
    }
}

/// SHA-256 of some bytes.
pub(crate) fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A label that a peer wrote, as it is kept and shown: harmless, and cut to what is reasonable. The exact one stays in
/// the data head.
pub(crate) fn harmless(text: &str) -> String {
    cut(&plain::line(text), CLAIM_BYTES).to_owned()
}

/// A text of a peer, cut to what is reasonable at a character's edge.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

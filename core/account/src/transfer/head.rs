//! The head of a large delivery: one that is understood, or one that is wrong and will be stored raw. What
//! spooling needs of it is the same.

use tmtp_wire::ids::{MsgId, Uid};
use tmtp_wire::message::Queued;

use crate::inbox::BadFrame;

/// The head of a large delivery.
#[derive(Clone)]
pub(crate) enum Head {
    /// It is understood.
    Queued(Queued),
    /// It breaks the protocol.
    Bad(BadFrame),
}

impl From<Queued> for Head {
    fn from(head: Queued) -> Head {
        Head::Queued(head)
    }
}

impl From<BadFrame> for Head {
    fn from(frame: BadFrame) -> Head {
        Head::Bad(frame)
    }
}

impl Head {
    /// Under which id the member is asked about it.
    pub(crate) fn key(&self) -> MsgId {
        match self {
            Head::Queued(head) => head.id,
            Head::Bad(frame) => frame.key,
        }
    }

    /// Who sent it, if that can be read.
    pub(crate) fn from(&self) -> Option<&Uid> {
        match self {
            Head::Queued(head) => Some(&head.from),
            Head::Bad(frame) => frame.from.as_ref(),
        }
    }

    /// Bytes of data.
    pub(crate) fn datalen(&self) -> u64 {
        match self {
            Head::Queued(head) => head.datalen,
            Head::Bad(frame) => frame.datalen,
        }
    }

    /// Bytes of the datahead; 0 if it is of no interest.
    pub(crate) fn datahead(&self) -> u64 {
        match self {
            Head::Queued(head) => head.datahead,
            Head::Bad(_) => 0,
        }
    }
}

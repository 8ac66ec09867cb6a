//! One connection: what its handler is doing, what has come in, what is being written.
//!
//! | handler | it waits for |
//! |---|---|
//! | `Reading` | the next request |
//! | `Upload` | the rest of a request's data |
//! | `Holding` | the disk, or the end of a presence stall, before it may reply |
//! | `Replying` | its reply to be written; nothing is read meanwhile (wire 12.6) |
//! | `Stalled` | a place for a confirmation (wire 12.4) |
//! | `Ending` | the writer, to free the node and say goodbye (wire 7) |
//! | `Ended` | whoever drives the link, to close it |

use std::collections::VecDeque;
use std::sync::Arc;

use tmtp_wire::time::Mono;

use super::queue::Message;
use super::request::Request;
use super::users::{NodeNo, UserNo};

/// A connection, by number in the order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub(super) u64);

impl LinkId {
    /// The number, as the record has it.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// How a client's side of a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkEnd {
    /// TLS said so.
    CloseNotify,
    /// The stream ended between two TLS records.
    Fin,
    /// The stream ended inside a TLS record.
    FinInsideRecord,
    /// The connection is dead in both directions.
    Reset,
}

/// Bytes that have come and are not yet looked at.
#[derive(Debug, Default)]
pub(super) struct Input {
    bytes: Vec<u8>,
    start: usize,
    pub(super) received: u64,
    pub(super) end: Option<LinkEnd>,
}

impl Input {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
        self.received += bytes.len() as u64;
    }

    pub(super) fn unread(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.bytes.len());
    }

    /// How many bytes of the stream have been looked at.
    pub(super) fn position(&self) -> u64 {
        self.received - self.unread().len() as u64
    }

    pub(super) fn clear(&mut self) {
        self.bytes = Vec::new();
        self.start = 0;
    }
}

/// A request whose data is coming in.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) request: Request,
    pub(super) data: Vec<u8>,
    /// Where in the link's stream the request began.
    pub(super) at: u64,
    pub(super) post: Option<BegunPost>,
}

/// What a post gets when its header has been read, before its data has come (wire 13).
#[derive(Clone, Debug)]
pub(super) struct BegunPost {
    pub(super) id: u64,
    pub(super) note_id: u64,
    pub(super) posted: String,
    /// Of a PostNotify: when the notification part was complete.
    pub(super) note_complete: Option<String>,
}

#[derive(Debug)]
pub(super) enum Handler {
    Reading,
    Upload(Box<Upload>),
    Holding { until: Mono, stored: u64, reply: Vec<u8> },
    Replying,
    Stalled { until: Mono, confirmation: String },
    Ending { quit: Option<&'static str> },
    Ended,
}

/// Who waits for the link's one writer, in order.
#[derive(Debug)]
pub(super) enum Waiter {
    /// The handler with a reply.
    Reply(Vec<u8>),
    /// The node's queue with its message in flight.
    Delivery,
    /// Somebody's presence.
    Presence(Vec<u8>),
    /// The handler, to end the link.
    Ending,
}

/// What happens when a write is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Nothing,
    /// The handler reads on.
    Resume,
    /// The node's queue awaits the confirmation.
    AwaitConfirmation,
    /// The link is over.
    Close,
}

#[derive(Debug)]
pub(super) enum Payload {
    Direct(Vec<u8>),
    Message(Arc<Message>),
}

impl Payload {
    pub(super) fn len(&self) -> usize {
        match self {
            Payload::Direct(bytes) => bytes.len(),
            Payload::Message(message) => message.head.len() + message.data.len(),
        }
    }

    /// Appends up to `max` bytes from `at` on; returns how many.
    pub(super) fn copy(&self, at: usize, max: usize, out: &mut Vec<u8>) -> usize {
        let before = out.len();
        match self {
            Payload::Direct(bytes) => append(bytes, at, max, out),
            Payload::Message(message) => {
                append(&message.head, at, max, out);
                let copied = out.len() - before;
                let at = (at + copied).saturating_sub(message.head.len());
                if at > 0 || copied < max {
                    append(&message.data, at, max - copied, out);
                }
            }
        }
        out.len() - before
    }
}

fn append(bytes: &[u8], at: usize, max: usize, out: &mut Vec<u8>) {
    let end = at.saturating_add(max).min(bytes.len());
    out.extend_from_slice(bytes.get(at..end).unwrap_or_default());
}

/// A write in progress: until its last byte is taken, nothing else goes out (wire 12.6).
#[derive(Debug)]
pub(super) struct Write {
    pub(super) payload: Payload,
    pub(super) at: usize,
    pub(super) then: Then,
}

/// Who is logged in on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) user: UserNo,
    pub(super) node: NodeNo,
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) handler: Handler,
    pub(super) input: Input,
    pub(super) write: Option<Write>,
    pub(super) waiting: VecDeque<Waiter>,
    /// Op 0 has been accepted: from now on errors are told (wire 7).
    pub(super) greeted: bool,
    pub(super) seat: Option<Seat>,
    pub(super) login_until: Mono,
    /// When the handler last got bytes, or began to wait for some.
    pub(super) heard: Mono,
    /// When the write in progress last moved.
    pub(super) moved: Mono,
    pub(super) logged_in: Option<Mono>,
    /// The reply that is due answers a user edit.
    pub(super) edit_open: bool,
    /// What the client sent up to here, it sent before it had the answer to its last user edit.
    pub(super) edit_horizon: u64,
    /// An OhiEdit came on this link (wire 15).
    pub(super) uses_presence: bool,
    /// Nothing written arrives any more.
    pub(super) dead: bool,
    /// Whoever drives the link has closed it.
    pub(super) gone: bool,
    /// The link ended with the site's process: no close_notify.
    pub(super) bare: bool,
}

impl Link {
    pub(super) fn new(now: Mono, login_until: Mono) -> Link {
        Link {
            handler: Handler::Reading,
            input: Input::default(),
            write: None,
            waiting: VecDeque::new(),
            greeted: false,
            seat: None,
            login_until,
            heard: now,
            moved: now,
            logged_in: None,
            edit_open: false,
            edit_horizon: 0,
            uses_presence: false,
            dead: false,
            gone: false,
            bare: false,
        }
    }

    /// Whether the handler is in a read, which is where its time limits strike.
    pub(super) fn is_reading(&self) -> bool {
        matches!(self.handler, Handler::Reading | Handler::Upload(_))
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.handler, Handler::Ending { .. } | Handler::Ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_copied_whole_in_pieces_of_any_size() {
        let message = Message { id: 1, urgent: false, head: b"head".to_vec(), data: b"some data".to_vec() };
        let payload = Payload::Message(Arc::new(message));
        for size in 1..15 {
            let mut out = Vec::new();
            let mut at = 0;
            while at < payload.len() {
                let copied = payload.copy(at, size, &mut out);
                assert!(copied > 0 && copied <= size);
                at += copied;
            }
            assert_eq!(out, b"headsome data", "{size}");
        }
    }
}

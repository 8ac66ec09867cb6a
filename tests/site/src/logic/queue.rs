//! The messages that wait for one node, and the one in flight (wire 12).
//!
//! | phase | the message in flight |
//! |---|---|
//! | `Resting` | there is none, or no link to send it on |
//! | `Asking` | waits for the link's writer |
//! | `Writing` | is being written |
//! | `Awaiting` | is written; its confirmation is due |
//! | `Deaf` | waits, as everything does, until the site notices that there is a new link (`gap`) |

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tmtp_wire::time::Mono;

use super::gap::LastEnd;
use super::link::LinkId;
use crate::limits::CONFIRMATIONS_MAX;

/// A queued message as it goes out: the header with its length digits, and the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) id: u64,
    /// `user` messages overtake all others (wire 12.5).
    pub(super) urgent: bool,
    pub(super) head: Vec<u8>,
    pub(super) data: Vec<u8>,
}

impl Message {
    pub(super) fn key(&self) -> Key {
        Key { later: !self.urgent, id: self.id }
    }
}

/// The order of a queue: urgent ones first, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) later: bool,
    pub(super) id: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Resting,
    Asking,
    Writing,
    Awaiting { until: Mono },
    Deaf { until: Mono },
}

/// What became of a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confirmed {
    /// It was that of the message in flight, which is gone now.
    Removed(Key),
    /// It meant another message.
    Stray,
    /// It is kept until a message is in flight.
    Kept,
    /// There is no room to keep it.
    NoRoom,
}

#[derive(Clone, Debug)]
struct Entry {
    message: Arc<Message>,
    /// The fact that must be stored before this may go out.
    stored: u64,
}

/// One node's queue.
#[derive(Debug)]
pub(super) struct NodeQueue {
    waiting: BTreeMap<Key, Entry>,
    current: Option<Key>,
    pub(super) phase: Phase,
    /// The link that holds the node.
    pub(super) link: Option<LinkId>,
    /// The link has been greeted, so that messages may follow.
    pub(super) open: bool,
    /// The node has logged in since the site started: its oldest message counts as in flight even while it
    /// is offline (wire 12.5).
    pub(super) started: bool,
    /// Nothing is delivered, on a test's demand.
    pub(super) held: bool,
    pub(super) last_end: LastEnd,
    /// The next login after an abrupt end has a gap, on a test's demand.
    pub(super) gap_asked: bool,
    confirmations: VecDeque<String>,
}

impl Default for NodeQueue {
    fn default() -> Self {
        NodeQueue {
            waiting: BTreeMap::new(),
            current: None,
            phase: Phase::Resting,
            link: None,
            open: false,
            started: false,
            held: false,
            last_end: LastEnd::Orderly,
            gap_asked: false,
            confirmations: VecDeque::new(),
        }
    }
}

impl NodeQueue {
    /// Puts a message in; it may go out once fact number `stored` is.
    pub(super) fn push(&mut self, message: Arc<Message>, stored: u64) {
        self.waiting.entry(message.key()).or_insert(Entry { message, stored });
    }

    /// Takes a message out, as replaying the site's facts does.
    pub(super) fn remove(&mut self, key: Key) {
        self.waiting.remove(&key);
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// All messages, for a copy or a snapshot.
    pub(super) fn messages(&self) -> impl Iterator<Item = &Arc<Message>> {
        self.waiting.values().map(|entry| &entry.message)
    }

    /// The link to ask for its writer, if it is this queue's turn. Fixes which message is in flight.
    pub(super) fn ask(&mut self, stored: u64) -> Option<LinkId> {
        if !self.started || self.phase != Phase::Resting {
            return None;
        }
        if self.current.is_none() {
            let (key, entry) = self.waiting.first_key_value()?;
            self.current = (entry.stored <= stored).then_some(*key);
        }
        self.current?;
        let link = self.link.filter(|_| self.open && !self.held)?;
        self.phase = Phase::Asking;
        Some(link)
    }

    /// The writer is free: what to write.
    pub(super) fn begin(&mut self) -> Option<Arc<Message>> {
        let message = self.current.and_then(|key| self.waiting.get(&key)).map(|entry| entry.message.clone());
        self.phase = if message.is_some() { Phase::Writing } else { Phase::Resting };
        message
    }

    /// The message is written; confirmations that were kept are looked at now. Returns how many of them
    /// were stray, and the message removed if one was right.
    pub(super) fn written(&mut self, until: Mono) -> (u64, Option<Key>) {
        self.phase = Phase::Awaiting { until };
        let mut stray = 0;
        while let Some(confirmation) = self.confirmations.pop_front() {
            match self.confirm(&confirmation) {
                Confirmed::Removed(key) => return (stray, Some(key)),
                _ => stray += 1,
            }
        }
        (stray, None)
    }

    /// A confirmation has come.
    pub(super) fn confirm(&mut self, id: &str) -> Confirmed {
        match (self.phase, self.current) {
            (Phase::Awaiting { .. }, Some(key)) if id == format!("{:016x}", key.id) => {
                self.waiting.remove(&key);
                self.current = None;
                self.phase = Phase::Resting;
                Confirmed::Removed(key)
            }
            (Phase::Awaiting { .. }, _) => Confirmed::Stray,
            _ if self.confirmations.len() < CONFIRMATIONS_MAX => {
                self.confirmations.push_back(id.to_owned());
                Confirmed::Kept
            }
            _ => Confirmed::NoRoom,
        }
    }

    /// The link is over; the message in flight will be the first on the next. Stray confirmations stay.
    pub(super) fn detach(&mut self, abrupt: bool) {
        let traffic = matches!(self.phase, Phase::Asking | Phase::Writing | Phase::Awaiting { .. });
        self.last_end = if abrupt { LastEnd::Abrupt { traffic } } else { LastEnd::Orderly };
        self.link = None;
        self.open = false;
        self.phase = Phase::Resting;
    }

    /// The site's process starts anew: only what is on the disk is left.
    pub(super) fn restart(&mut self) {
        self.detach(false);
        self.current = None;
        self.started = false;
        self.confirmations.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: Mono = Mono(30_000);

    fn message(id: u64, urgent: bool) -> Arc<Message> {
        Arc::new(Message { id, urgent, head: Vec::new(), data: Vec::new() })
    }

    fn online() -> NodeQueue {
        NodeQueue { started: true, open: true, link: Some(LinkId(1)), ..NodeQueue::default() }
    }

    fn in_flight(queue: &mut NodeQueue) -> u64 {
        assert!(queue.ask(0).is_some());
        let message = queue.begin().unwrap();
        queue.written(LATER);
        message.id
    }

    #[test]
    fn one_message_is_in_flight_until_its_own_confirmation_comes() {
        let mut queue = online();
        queue.push(message(1, false), 0);
        queue.push(message(2, false), 0);
        assert_eq!(in_flight(&mut queue), 1);
        assert_eq!(queue.ask(0), None);
        assert_eq!(queue.confirm("0000000000000002"), Confirmed::Stray);
        assert_eq!(queue.confirm("1"), Confirmed::Stray);
        assert!(matches!(queue.confirm("0000000000000001"), Confirmed::Removed(_)));
        assert_eq!(in_flight(&mut queue), 2);
    }

    #[test]
    fn a_user_message_overtakes_what_waits_but_not_what_is_in_flight() {
        let mut queue = online();
        queue.push(message(1, false), 0);
        queue.push(message(2, false), 0);
        assert_eq!(in_flight(&mut queue), 1);
        queue.push(message(3, true), 0);
        queue.confirm("0000000000000001");
        assert_eq!(in_flight(&mut queue), 3);
        queue.confirm("0000000000000003");
        assert_eq!(in_flight(&mut queue), 2);
    }

    #[test]
    fn the_oldest_message_counts_as_in_flight_offline_if_the_node_was_ever_online() {
        let mut queue = NodeQueue { started: true, ..NodeQueue::default() };
        queue.push(message(1, false), 0);
        assert_eq!(queue.ask(0), None, "there is no link");
        queue.push(message(2, true), 0);
        queue.link = Some(LinkId(1));
        queue.open = true;
        assert_eq!(in_flight(&mut queue), 1);
        queue.restart();
        queue.started = true;
        queue.link = Some(LinkId(2));
        queue.open = true;
        assert_eq!(in_flight(&mut queue), 2, "after a restart the queue is read anew");
    }

    #[test]
    fn ten_confirmations_are_kept_and_an_early_one_counts() {
        let mut queue = online();
        for stray in 0..9 {
            assert_eq!(queue.confirm(&format!("{stray}")), Confirmed::Kept);
        }
        assert_eq!(queue.confirm("0000000000000001"), Confirmed::Kept);
        assert_eq!(queue.confirm("x"), Confirmed::NoRoom);
        queue.push(message(1, false), 0);
        assert!(queue.ask(0).is_some());
        assert!(queue.begin().is_some());
        assert_eq!(queue.written(LATER), (9, Some(Key { later: true, id: 1 })));
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn what_is_not_stored_is_not_sent() {
        let mut queue = online();
        queue.push(message(1, false), 5);
        assert_eq!(queue.ask(4), None);
        assert_eq!(queue.ask(5), Some(LinkId(1)));
    }
}

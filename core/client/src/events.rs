//! What has changed, over all accounts, in one order. Events hold ids and kinds; whoever wants to show
//! something reads it from the store, which has it by then.
//!
//! Events are pulled: a reader names the last one that it has seen and gets those behind it. They stand in a
//! ring of limited size, so a reader that is too slow is told how many it has missed and reads its lists
//! again. The epoch is drawn anew at each open: a cursor of an earlier one is noticed, never misread.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tmtp_account::{Event as Inner, Now, ParkedWhy, WakeEnd};
use tmtp_link::Alarm;
use tmtp_store::OutgoingState;
use tmtp_wire::ids::{MessageRef, MsgId, SendId, ThreadRef, Uid};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::home::AccountName;
use crate::limits::EVENTS_WAIT_MAX;
use crate::state::State;

/// Something has changed in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The account is there from now on.
    AccountAdded,
    /// The account is gone.
    AccountRemoved,
    /// The account stands differently with its site.
    StateChanged(State),
    /// This member exists from now on.
    Registered(Uid),
    /// The site's name for people has become known.
    SiteNamed,
    /// A message has come, from a peer or from another own node.
    MessageArrived {
        /// Its thread.
        thread: ThreadRef,
        /// The message.
        message: MessageRef,
        /// Whether it counts as unread.
        unread: bool,
    },
    /// A message is shown differently: it got its id, was read, or deleted.
    MessageChanged {
        /// Its thread.
        thread: ThreadRef,
        /// The message.
        message: MessageRef,
    },
    /// A thread is shown differently: begun, joined, read, deleted, or named anew.
    ThreadChanged(ThreadRef),
    /// Something in the outbox, or just out of it.
    OutgoingChanged {
        /// Which.
        send_id: SendId,
        /// How far it is.
        state: OutgoingState,
    },
    /// Something left the outbox at the person's wish: unsent, or dismissed in a doubt that nothing would have ended.
    Withdrawn {
        /// Which.
        send_id: SendId,
    },
    /// So much of a large message has left. Not durable, at most a few a second.
    Progress {
        /// Which.
        send_id: SendId,
        /// Bytes behind the header that have left.
        sent: u64,
        /// Bytes behind the header in all.
        of: u64,
    },
    /// So much of a large delivery has come. Not durable, at most a few a second.
    Receiving {
        /// Which.
        msgid: MsgId,
        /// Bytes behind the header that have come.
        received: u64,
        /// Bytes behind the header in all.
        of: u64,
    },
    /// A ping has come.
    PingArrived {
        /// Its id.
        msgid: MsgId,
    },
    /// Who stands behind an alias is known differently.
    ContactsChanged,
    /// The own aliases have changed, or one was refused.
    AliasesChanged,
    /// The own nodes have changed, or one was refused.
    NodesChanged,
    /// The node that was asked for exists; its ticket can be had.
    NodeMade,
    /// Drafts have changed.
    DraftsChanged,
    /// A delivery above the limit waits for the member's word, and everything behind it waits too.
    TooLarge {
        /// Which.
        msgid: MsgId,
        /// Who sent it; `None` if its header breaks the protocol and does not say.
        from: Option<Uid>,
        /// Bytes.
        size: u64,
    },
    /// Something was stored raw that this version does not interpret.
    Parked(ParkedWhy),
    /// A wake is over. Whoever asked for it has the whole report.
    WakeEnded(WakeEnd),
}

impl Event {
    /// From the account's own words, as seen at `now`.
    pub(crate) fn of(inner: Inner, now: Now) -> Event {
        match inner {
            Inner::StateChanged(state) => Event::StateChanged(State::of(&state, now)),
            Inner::Registered(uid) => Event::Registered(uid),
            Inner::SiteNamed => Event::SiteNamed,
            Inner::MessageArrived { thread, message, unread } => {
                Event::MessageArrived { thread, message, unread }
            }
            Inner::MessageChanged { thread, message } => Event::MessageChanged { thread, message },
            Inner::ThreadChanged(thread) => Event::ThreadChanged(thread),
            Inner::OutgoingChanged { send_id, state } => Event::OutgoingChanged { send_id, state },
            Inner::Withdrawn { send_id } => Event::Withdrawn { send_id },
            Inner::Progress { send_id, sent, of } => Event::Progress { send_id, sent, of },
            Inner::Receiving { msgid, received, of } => Event::Receiving { msgid, received, of },
            Inner::PingArrived { msgid } => Event::PingArrived { msgid },
            Inner::ContactsChanged => Event::ContactsChanged,
            Inner::AliasesChanged => Event::AliasesChanged,
            Inner::NodesChanged => Event::NodesChanged,
            Inner::NodeMade => Event::NodeMade,
            Inner::DraftsChanged => Event::DraftsChanged,
            Inner::TooLarge { msgid, from, size } => Event::TooLarge { msgid, from, size },
            Inner::Parked(why) => Event::Parked(why),
            Inner::WakeEnded(report) => Event::WakeEnded(report.end),
        }
    }
}

/// Up to where a reader has seen events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCursor {
    /// Of which open. The default belongs to none: everything that is still kept is behind it.
    pub epoch: u64,
    /// The last event seen.
    pub seq: u64,
}

/// An event and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequenced {
    /// Rises by one from event to event, over all accounts.
    pub seq: u64,
    /// Whose it is.
    pub account: AccountName,
    /// What has changed.
    pub event: Event,
}

/// Events behind a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What to ask with next.
    pub cursor: EventCursor,
    /// In order; empty if the wait was over first.
    pub events: Vec<Sequenced>,
    /// How many events between the asked cursor and the first of these are gone. Not zero: read the lists
    /// again.
    pub missed: u64,
    /// The asked cursor is of another open: read the lists again, once.
    pub new_epoch: bool,
}

/// The ring of events of one open client.
pub(crate) struct Events {
    epoch: u64,
    kept: usize,
    ring: Mutex<Ring>,
    /// The number of the newest event. Woken when it rises, closed with the client.
    newest: watch::Sender<u64>,
    alarm: Alarm,
}

#[derive(Default)]
struct Ring {
    kept: VecDeque<Sequenced>,
    newest: u64,
}

impl Events {
    /// An empty ring of this size, under a number that no other open has.
    pub(crate) fn new(epoch: u64, kept: usize, alarm: Alarm) -> Events {
        Events { epoch: epoch.max(1), kept, ring: Mutex::default(), newest: watch::Sender::new(0), alarm }
    }

    /// Adds one, at the price of the oldest. Never blocks for long, calls nobody.
    pub(crate) fn push(&self, account: &AccountName, event: Event) {
        let newest = {
            let mut ring = self.lock();
            ring.newest += 1;
            let seq = ring.newest;
            if ring.kept.len() == self.kept {
                ring.kept.pop_front();
            }
            ring.kept.push_back(Sequenced { seq, account: account.clone(), event });
            seq
        };
        self.newest.send_replace(newest);
    }

    /// Where the newest event stands: from here on a reader sees only what is new.
    pub(crate) fn now(&self) -> EventCursor {
        EventCursor { epoch: self.epoch, seq: self.lock().newest }
    }

    /// Up to `max` events behind `after`; waits for the first one at most `wait`.
    pub(crate) async fn next(&self, after: EventCursor, max: usize, wait: Duration) -> Batch {
        let mut newest = self.newest.subscribe();
        let batch = self.behind(after, max);
        if !batch.events.is_empty() || batch.new_epoch || wait.is_zero() {
            return batch;
        }
        let seen = batch.cursor.seq;
        let come = newest.wait_for(|newest| *newest > seen);
        // The ring lives as long as `self`, so the wait ends by an event or by its time.
        let _ = self.alarm.timeout_at(Instant::now() + wait.min(EVENTS_WAIT_MAX), come).await;
        self.behind(after, max)
    }

    fn behind(&self, after: EventCursor, max: usize) -> Batch {
        let ring = self.lock();
        let new_epoch = after.epoch != self.epoch;
        let seen = if new_epoch { 0 } else { after.seq.min(ring.newest) };
        let oldest = ring.kept.front().map_or(ring.newest + 1, |event| event.seq);
        let missed = oldest.saturating_sub(seen + 1);
        let skip = usize::try_from((seen + 1).saturating_sub(oldest)).unwrap_or(usize::MAX);
        let events: Vec<Sequenced> = ring.kept.iter().skip(skip).take(max.max(1)).cloned().collect();
        let seq = events.last().map_or(seen.max(oldest - 1), |last| last.seq);
        Batch { cursor: EventCursor { epoch: self.epoch, seq }, events, missed, new_epoch }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        // Pushing cannot stop half way, so a panic elsewhere leaves the ring whole.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::EVENTS_KEPT;

    fn name() -> AccountName {
        "alice".parse().unwrap()
    }

    fn seqs(batch: &Batch) -> Vec<u64> {
        batch.events.iter().map(|event| event.seq).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn events_come_in_order_and_once() {
        let events = Events::new(7, EVENTS_KEPT, Alarm::default());
        for _ in 0..5 {
            events.push(&name(), Event::ContactsChanged);
        }
        let first = events.next(EventCursor { epoch: 7, seq: 0 }, 3, Duration::ZERO).await;
        assert_eq!((seqs(&first), first.missed), (vec![1, 2, 3], 0));
        let second = events.next(first.cursor, 3, Duration::ZERO).await;
        assert_eq!((seqs(&second), second.missed), (vec![4, 5], 0));
        let third = events.next(second.cursor, 3, Duration::from_secs(5)).await;
        assert_eq!((seqs(&third), third.missed, third.cursor), (vec![], 0, second.cursor));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_fell_behind_is_told_how_much_it_missed() {
        let events = Events::new(7, EVENTS_KEPT, Alarm::default());
        for _ in 0..EVENTS_KEPT + 10 {
            events.push(&name(), Event::ContactsChanged);
        }
        let batch = events.next(EventCursor { epoch: 7, seq: 4 }, 2, Duration::ZERO).await;
        assert_eq!((seqs(&batch), batch.missed), (vec![11, 12], 6));
        assert_eq!(events.next(batch.cursor, 1, Duration::ZERO).await.missed, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cursor_of_another_open_is_noticed() {
        let events = Events::new(7, EVENTS_KEPT, Alarm::default());
        events.push(&name(), Event::ContactsChanged);
        let batch = events.next(EventCursor { epoch: 6, seq: 900 }, 9, Duration::from_secs(1)).await;
        assert!(batch.new_epoch);
        assert_eq!(seqs(&batch), vec![1]);
        assert!(!events.next(batch.cursor, 9, Duration::ZERO).await.new_epoch);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_the_event_it_waits_for() {
        let events = std::sync::Arc::new(Events::new(7, EVENTS_KEPT, Alarm::default()));
        let waiting = tokio::spawn({
            let events = std::sync::Arc::clone(&events);
            async move { events.next(events.now(), 9, Duration::from_secs(50)).await }
        });
        tokio::task::yield_now().await;
        events.push(&name(), Event::DraftsChanged);
        let batch = waiting.await.unwrap();
        assert_eq!(batch.events.first().unwrap().event, Event::DraftsChanged);
    }
}

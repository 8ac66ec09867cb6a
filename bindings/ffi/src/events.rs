//! What has changed, over all accounts, in one order. Events hold ids and kinds; whoever shows something reads it from
//! the store, which has it by then. They are pulled in batches: a reader that fell behind is told how many it has
//! missed and reads its lists again.

use tmtp_client as core;

use crate::convert::{account_out, count, delivery_out, message_out, send_id_out, thread_out};
use crate::ids::{AccountName, MessageId, SendId, ThreadId, Uid};
use crate::state::{AccountState, OutgoingState, WaitWhy};

/// Up to where a reader has seen events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct EventCursor {
    /// Of which open, as an opaque number. Zero belongs to none: everything that is still kept is behind it.
    #[uniffi(default = 0)]
    pub epoch: i64,
    /// The last event seen.
    #[uniffi(default = 0)]
    pub seq: i64,
}

/// Events behind a cursor.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct EventBatch {
    /// What to ask with next.
    pub cursor: EventCursor,
    /// In order; empty if the wait was over first.
    pub events: Vec<Event>,
    /// How many events between the asked cursor and the first of these are gone. Not zero: read the lists again.
    pub missed: i64,
    /// The asked cursor is of another open: read the lists again, once.
    pub new_epoch: bool,
}

/// An event and its place.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Event {
    /// Rises by one from event to event, over all accounts.
    pub seq: i64,
    /// Whose it is.
    pub account: AccountName,
    /// What has changed.
    pub change: Change,
}

/// What has changed in an account.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Change {
    /// The account is there from now on.
    AccountAdded,
    /// The account is gone.
    AccountRemoved,
    /// The account stands differently with its site.
    StateChanged {
        /// How it stands now.
        state: AccountState,
    },
    /// This member exists from now on.
    Registered {
        /// The member.
        uid: Uid,
    },
    /// What the site calls itself has become known.
    SiteNamed,
    /// A message has come, from a peer or from another own node.
    MessageArrived {
        /// Its thread.
        thread: ThreadId,
        /// The message.
        message: MessageId,
        /// Whether it counts as unread.
        unread: bool,
    },
    /// A message is shown differently: it got its id, was read, or deleted.
    MessageChanged {
        /// Its thread.
        thread: ThreadId,
        /// The message.
        message: MessageId,
    },
    /// A thread is shown differently: begun, joined, read, deleted, or named anew.
    ThreadChanged {
        /// Which.
        thread: ThreadId,
    },
    /// Something in the outbox, or just out of it.
    OutgoingChanged {
        /// Which.
        send_id: SendId,
        /// How far it is.
        state: OutgoingState,
    },
    /// Something left the outbox unsent, at the person's wish.
    Withdrawn {
        /// Which.
        send_id: SendId,
    },
    /// So much of a large message has left. Not durable, at most a few a second.
    Progress {
        /// Which.
        send_id: SendId,
        /// Bytes behind the header that have left.
        sent: i64,
        /// Bytes behind the header in all.
        of: i64,
    },
    /// So much of a large delivery has come. Not durable, at most a few a second.
    Receiving {
        /// Which.
        message: MessageId,
        /// Bytes behind the header that have come.
        received: i64,
        /// Bytes behind the header in all.
        of: i64,
    },
    /// A ping has come.
    PingArrived {
        /// Its id.
        message: MessageId,
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
        message: MessageId,
        /// Who sent it, if its header says so.
        from: Option<Uid>,
        /// Bytes.
        size: i64,
    },
    /// Something was stored raw that this version does not interpret.
    Parked {
        /// Why, as a stable word.
        why: String,
    },
    /// A wake of this account is over. Whoever asked for it has the whole report.
    WakeEnded {
        /// What it has found out.
        end: WakeEnd,
    },
}

/// What a wake has found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum WakeEnd {
    /// Something new came, and nothing more is waiting.
    New,
    /// Nothing is waiting, says the site.
    NothingNew,
    /// A link is held and lives: what comes is told by events.
    Live,
    /// It could not be found out within the time.
    NotKnown {
        /// Why not.
        why: WaitWhy,
    },
}

impl From<EventCursor> for core::EventCursor {
    fn from(cursor: EventCursor) -> core::EventCursor {
        core::EventCursor { epoch: cursor.epoch.cast_unsigned(), seq: u64::try_from(cursor.seq).unwrap_or(0) }
    }
}

impl From<core::EventCursor> for EventCursor {
    fn from(cursor: core::EventCursor) -> EventCursor {
        EventCursor { epoch: cursor.epoch.cast_signed(), seq: count(cursor.seq) }
    }
}

impl From<core::Batch> for EventBatch {
    fn from(batch: core::Batch) -> EventBatch {
        EventBatch {
            cursor: batch.cursor.into(),
            events: batch.events.into_iter().map(Event::from).collect(),
            missed: count(batch.missed),
            new_epoch: batch.new_epoch,
        }
    }
}

impl From<core::Sequenced> for Event {
    fn from(event: core::Sequenced) -> Event {
        Event { seq: count(event.seq), account: account_out(&event.account), change: event.event.into() }
    }
}

impl From<core::Event> for Change {
    fn from(event: core::Event) -> Change {
        use core::Event;
        match event {
            Event::AccountAdded => Change::AccountAdded,
            Event::AccountRemoved => Change::AccountRemoved,
            Event::StateChanged(state) => Change::StateChanged { state: state.into() },
            Event::Registered(uid) => Change::Registered { uid: Uid(uid.to_string()) },
            Event::SiteNamed => Change::SiteNamed,
            Event::MessageArrived { thread, message, unread } => {
                Change::MessageArrived { thread: thread_out(thread), message: message_out(message), unread }
            }
            Event::MessageChanged { thread, message } => {
                Change::MessageChanged { thread: thread_out(thread), message: message_out(message) }
            }
            Event::ThreadChanged(thread) => Change::ThreadChanged { thread: thread_out(thread) },
            Event::OutgoingChanged { send_id, state } => {
                Change::OutgoingChanged { send_id: send_id_out(send_id), state: state.into() }
            }
            Event::Withdrawn { send_id } => Change::Withdrawn { send_id: send_id_out(send_id) },
            Event::Progress { send_id, sent, of } => {
                Change::Progress { send_id: send_id_out(send_id), sent: count(sent), of: count(of) }
            }
            Event::Receiving { msgid, received, of } => {
                Change::Receiving { message: delivery_out(msgid), received: count(received), of: count(of) }
            }
            Event::PingArrived { msgid } => Change::PingArrived { message: delivery_out(msgid) },
            Event::ContactsChanged => Change::ContactsChanged,
            Event::AliasesChanged => Change::AliasesChanged,
            Event::NodesChanged => Change::NodesChanged,
            Event::NodeMade => Change::NodeMade,
            Event::DraftsChanged => Change::DraftsChanged,
            Event::TooLarge { msgid, from, size } => Change::TooLarge {
                message: delivery_out(msgid),
                from: from.map(|from| Uid(from.to_string())),
                size: count(size),
            },
            Event::Parked(why) => Change::Parked { why: why.code().to_owned() },
            Event::WakeEnded(end) => Change::WakeEnded { end: end.into() },
        }
    }
}

impl From<core::WakeEnd> for WakeEnd {
    fn from(end: core::WakeEnd) -> WakeEnd {
        match end {
            core::WakeEnd::New => WakeEnd::New,
            core::WakeEnd::NothingNew => WakeEnd::NothingNew,
            core::WakeEnd::Live => WakeEnd::Live,
            core::WakeEnd::NotKnown(why) => WakeEnd::NotKnown { why: why.into() },
        }
    }
}

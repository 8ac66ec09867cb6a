//! What happens by itself. Ids and kinds only: whoever wants to show something reads it from the store,
//! which has it by the time the event is seen.

use tmtp_store::OutgoingState;
use tmtp_wire::ids::{MessageRef, MsgId, SendId, ThreadRef, Uid};

use super::{State, WaitWhy};

/// Something has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
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
    /// Something was taken out of the outbox as it was asked for: unsent, or dismissed in a doubt that nothing would
    /// have ended.
    Withdrawn {
        /// Which.
        send_id: SendId,
    },
    /// So much of a large message has left. Not durable, at most a few a second.
    Progress {
        /// Which.
        send_id: SendId,
        /// Bytes behind the header that were handed to the link.
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
    /// The look that [`super::Wish::Wake`] asked for is over.
    WakeEnded(WakeReport),
}

/// Why something was stored raw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParkedWhy {
    /// This version does not interpret it; a later one will.
    NotYet,
    /// It breaks the format.
    Malformed,
    /// An id that is known came with another header.
    SameIdOtherBytes,
    /// Its frame broke the protocol twice.
    BadFrame,
    /// The store would not take it as what it claims to be.
    Failed,
}

impl ParkedWhy {
    /// The stable code under which it is stored.
    pub fn code(self) -> &'static str {
        match self {
            ParkedWhy::NotYet => "not_yet",
            ParkedWhy::Malformed => "malformed",
            ParkedWhy::SameIdOtherBytes => "same_id_other_bytes",
            ParkedWhy::BadFrame => "bad_frame",
            ParkedWhy::Failed => "failed",
        }
    }
}

/// How a wake ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WakeReport {
    /// The messages that came, oldest first; at most [`crate::Settings::wake_arrivals`].
    pub arrived: Vec<(ThreadRef, MessageRef)>,
    /// How many messages came in all.
    pub arrived_count: u64,
    /// The pings that came; at most [`crate::Settings::wake_arrivals`].
    pub pings: Vec<MsgId>,
    /// How many pings came in all.
    pub pings_count: u64,
    /// What is known.
    pub end: WakeEnd,
    /// What was reached, and when, in milliseconds since the wake began.
    pub stages: Vec<(&'static str, u64)>,
}

/// What a wake has found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WakeEnd {
    /// Something new came, and nothing more is waiting.
    New,
    /// Nothing is waiting, says the site.
    NothingNew,
    /// A link is held and lives: what comes is told by events.
    Live,
    /// It could not be found out within the time. What came so far is in the report.
    NotKnown(WaitWhy),
}

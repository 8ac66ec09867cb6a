//! How an account stands with its site. Each state that waits says for what and until when (R10).

use std::fmt;

use tmtp_wire::time::Mono;

use super::DialFailure;

/// How an account stands with its site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// No link is wanted.
    Off,
    /// A link is being made, or a login is under way.
    Connecting,
    /// Logged in.
    Online,
    /// Something went wrong; it will be tried again at a time that is known.
    Waiting {
        /// What went wrong.
        why: WaitWhy,
        /// When it is tried again.
        until: Mono,
    },
    /// The site still holds an earlier link of this node for alive. Normal after a link has vanished.
    NodeBusy {
        /// Since when.
        since: Mono,
        /// When it should have noticed: 120 s after our last byte (wire 20.2). It is tried before, too.
        until: Mono,
        /// It takes so long that another device may be using this node.
        other_suspected: bool,
    },
    /// The site says no. Tried again only rarely, or when a person acts.
    Refused(RefusedWhy),
    /// No room on the disk: nothing is confirmed, nothing is lost, it goes on when there is room.
    StorageFull {
        /// About how many bytes must become free.
        needed: u64,
    },
    /// The key store cannot be read now, usually before the first unlock.
    Locked,
    /// The key store does not have this node's secret. The archive can be read.
    KeyLost,
    /// The store was copied here from another installation. The archive can be read.
    Cloned,
    /// The store is damaged. See `tmtp_store::salvage`.
    Damaged,
    /// The disk, or the folder, can only be read. Mail can be read; it goes on when it can be written.
    ReadOnly,
    /// The database refused a statement: a defect of ours. Nothing is lost.
    Broken,
    /// Only a person can decide how to go on.
    Stopped(StopWhy),
}

/// What a wait is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitWhy {
    /// The dial failed.
    Dial(DialFailure),
    /// The link broke.
    LinkLost,
    /// The site has stopped making progress.
    Mute,
    /// The site ended the link with an error, or broke the protocol.
    SiteTrouble,
    /// So many links or logins in the last hour that the next must wait.
    Budget,
    /// A delivery above the limit waits for the member's word.
    TooLarge,
    /// The site holds an earlier link of this node for alive.
    NodeBusy,
    /// The time was over.
    Deadline,
    /// The account is in a state that allows no link.
    State,
    /// The store failed.
    Storage,
    /// The site does not repeat the tag of a login, and this member cannot ping itself there (it has no alias, or
    /// the site refused): nothing proves that nothing is waiting. What came is here all the same.
    NoProof,
}

/// What the site has refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedWhy {
    /// Registration needs a sign-in with a provider, which this version does not do.
    NeedsSignIn,
    /// The site does not know this member or this node.
    Login,
    /// It speaks something else than this version of the protocol.
    Incompatible,
    /// The key store would not keep a new member's secret, so none is made (or, if it failed at the last moment,
    /// one was made and is lost).
    KeyNotKept,
}

/// Why only a person can decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopWhy {
    /// The site shows another key than the pinned one.
    PinChanged,
}

/// Why a command does not fit the state of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// The member has no alias yet to write under.
    NoAlias,
    /// The account is not yet registered.
    NotRegistered,
    /// It is neither failed nor in a doubt that only a person can end. While a proof may still come, wait for
    /// the next login.
    NotInDoubt,
    /// It begins a thread, which nobody could answer in without the site's id: send it again, or withdraw it.
    BeginsThread,
    /// It is on its way at this moment.
    OnItsWay,
    /// The beginning of the thread is missing, so nobody knows to whom a reply goes.
    BeginningMissing,
    /// The draft id was used for something else.
    DraftUsed,
    /// The node does not exist yet.
    NodeNotMade,
    /// It is asked for already, or had already.
    AlreadyHad,
    /// There is no link.
    NoLink,
}

impl RefusedWhy {
    /// A stable word for the ledger and for logs.
    pub fn code(self) -> &'static str {
        match self {
            RefusedWhy::NeedsSignIn => "needs_sign_in",
            RefusedWhy::Login => "login_refused",
            RefusedWhy::Incompatible => "incompatible",
            RefusedWhy::KeyNotKept => "key_not_kept",
        }
    }
}

impl fmt::Display for NotNow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotNow::NoAlias => "this member has no alias to write under",
            NotNow::NotRegistered => "the account is not registered yet",
            NotNow::NotInDoubt => "it is neither failed nor in doubt",
            NotNow::BeginsThread => "it begins a thread: send it again or withdraw it",
            NotNow::OnItsWay => "it is on its way at this moment",
            NotNow::BeginningMissing => "the beginning of the thread has not come yet",
            NotNow::DraftUsed => "this draft id was used for something else",
            NotNow::NodeNotMade => "the node does not exist yet",
            NotNow::AlreadyHad => "it is asked for already",
            NotNow::NoLink => "there is no link",
        })
    }
}

//! How an account stands with its site, and how far something is that is sent.

use tmtp_client as core;

use crate::convert::count;

/// How an account stands with its site.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum AccountState {
    /// This process reads the account and has not opened it for writing.
    Idle,
    /// Another process is its writer and holds its link, if there is one.
    InUse {
        /// That process, if it is known.
        by: Option<i64>,
    },
    /// Open, and no link is wanted.
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
        until_ms: i64,
    },
    /// The site still holds an earlier link of this node for alive. Normal after a link has vanished.
    NodeBusy {
        /// Since when.
        since_ms: i64,
        /// When the site should have noticed. It is tried before, too.
        until_ms: i64,
        /// It takes so long that another device may be using this node.
        other_suspected: bool,
    },
    /// The site says no. Tried again only rarely, or when a person acts.
    Refused {
        /// What it has refused.
        why: RefusedWhy,
    },
    /// No room on the disk: nothing is confirmed, nothing is lost, it goes on when there is room.
    StorageFull {
        /// About how many bytes must become free.
        needed: i64,
    },
    /// The key store cannot be read now, usually before the first unlock.
    Locked,
    /// The key store does not have this node's secret. The archive can be read.
    KeyLost,
    /// The store was copied here from another installation. The archive can be read.
    Cloned,
    /// The disk, or the account's folder, can only be read. The archive can be read; the next call that writes tries
    /// again.
    ReadOnly,
    /// The disk failed to read or to write. The next call that needs it tries again; if it stays, the device is ill.
    StorageFailed,
    /// The store is damaged. Nothing was deleted: salvage it.
    Damaged,
    /// A newer version made the store, and this one leaves it as it is: update the app.
    NewerStore {
        /// The store's format.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// A defect of ours. Nothing is lost; the next call that needs the account tries again.
    Broken {
        /// What it was.
        why: BrokenWhy,
    },
    /// Everything is closed, because the app is about to be suspended by the platform.
    Suspended,
    /// Only a person can decide how to go on.
    Stopped {
        /// What about.
        why: StopWhy,
    },
}

/// What a defect of ours was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum BrokenWhy {
    /// A task of the account has panicked.
    Panicked,
    /// The database refused a statement of ours.
    Statement,
}

/// Why an account waits, or why a wake could not find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum WaitWhy {
    /// No way to the host, or nobody listens there.
    Unreachable,
    /// No answer within the dial's limit.
    DialTimedOut,
    /// The name of the host was not found.
    Resolve,
    /// The site shows another key than the pinned one.
    PinChanged,
    /// Nobody vouches for the certificate; often a portal that intercepts.
    Untrusted,
    /// The certificate is not valid at the time that this device believes in, or that time is before 1970.
    ClockWrong,
    /// TLS failed otherwise.
    Tls,
    /// The proxy refused.
    Proxy,
    /// The pinned keys could not be read or written.
    TrustStore,
    /// The attempt ended by a defect of ours.
    Broken,
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
    /// The site repeats no tag of our login, and this member cannot ping itself: nothing proves that nothing waits.
    NoProof,
    /// The time was over.
    Deadline,
    /// The account is in a state that allows no link.
    State,
    /// The store failed.
    Storage,
}

/// What the site has refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum RefusedWhy {
    /// Registration needs a sign-in with a provider, which this version does not do.
    NeedsSignIn,
    /// The site does not know this member or this node.
    Login,
    /// It speaks something else than this version of the protocol.
    Incompatible,
    /// The key store would not keep a new member's secret.
    KeyNotKept,
}

/// Why only a person can decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum StopWhy {
    /// The site shows another key than the pinned one.
    PinChanged,
}

/// How far something is that this member sends.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum OutgoingState {
    /// It waits for its turn, or for a link.
    Queued,
    /// It is on its way; nothing is known yet.
    Sending,
    /// It may have arrived. Only a proof or the person ends this.
    InDoubt,
    /// It was refused.
    Failed {
        /// In the site's words.
        reason: String,
    },
    /// The site has taken it.
    Sent,
}

impl From<core::State> for AccountState {
    fn from(state: core::State) -> AccountState {
        use core::State;
        match state {
            State::Idle => AccountState::Idle,
            State::InUse { by } => AccountState::InUse { by: by.map(i64::from) },
            State::Off => AccountState::Off,
            State::Connecting => AccountState::Connecting,
            State::Online => AccountState::Online,
            State::Waiting { why, until } => AccountState::Waiting { why: why.into(), until_ms: until.0 },
            State::NodeBusy { since, until, other_suspected } => {
                AccountState::NodeBusy { since_ms: since.0, until_ms: until.0, other_suspected }
            }
            State::Refused(why) => AccountState::Refused { why: why.into() },
            State::StorageFull { needed } => AccountState::StorageFull { needed: count(needed) },
            State::Locked => AccountState::Locked,
            State::KeyLost => AccountState::KeyLost,
            State::Cloned => AccountState::Cloned,
            State::ReadOnly => AccountState::ReadOnly,
            State::StorageFailed => AccountState::StorageFailed,
            State::Damaged => AccountState::Damaged,
            State::NewerStore { found, known } => {
                AccountState::NewerStore { found: found.into(), known: known.into() }
            }
            State::Broken(why) => AccountState::Broken { why: why.into() },
            State::Suspended => AccountState::Suspended,
            State::Stopped(core::StopWhy::PinChanged) => AccountState::Stopped { why: StopWhy::PinChanged },
        }
    }
}

impl From<core::WaitWhy> for WaitWhy {
    fn from(why: core::WaitWhy) -> WaitWhy {
        match why {
            core::WaitWhy::Dial(failure) => failure.into(),
            core::WaitWhy::LinkLost => WaitWhy::LinkLost,
            core::WaitWhy::Mute => WaitWhy::Mute,
            core::WaitWhy::SiteTrouble => WaitWhy::SiteTrouble,
            core::WaitWhy::Budget => WaitWhy::Budget,
            core::WaitWhy::TooLarge => WaitWhy::TooLarge,
            core::WaitWhy::NoProof => WaitWhy::NoProof,
            core::WaitWhy::NodeBusy => WaitWhy::NodeBusy,
            core::WaitWhy::Deadline => WaitWhy::Deadline,
            core::WaitWhy::State => WaitWhy::State,
            core::WaitWhy::Storage => WaitWhy::Storage,
        }
    }
}

impl From<core::BrokenWhy> for BrokenWhy {
    fn from(why: core::BrokenWhy) -> BrokenWhy {
        match why {
            core::BrokenWhy::Panicked => BrokenWhy::Panicked,
            core::BrokenWhy::Statement => BrokenWhy::Statement,
        }
    }
}

impl From<core::DialFailure> for WaitWhy {
    fn from(failure: core::DialFailure) -> WaitWhy {
        match failure {
            core::DialFailure::Unreachable => WaitWhy::Unreachable,
            core::DialFailure::TimedOut => WaitWhy::DialTimedOut,
            core::DialFailure::Resolve => WaitWhy::Resolve,
            core::DialFailure::PinChanged => WaitWhy::PinChanged,
            core::DialFailure::Untrusted => WaitWhy::Untrusted,
            core::DialFailure::ClockWrong => WaitWhy::ClockWrong,
            core::DialFailure::Tls => WaitWhy::Tls,
            core::DialFailure::Proxy => WaitWhy::Proxy,
            core::DialFailure::TrustStore => WaitWhy::TrustStore,
            core::DialFailure::Broken => WaitWhy::Broken,
        }
    }
}

impl From<core::RefusedWhy> for RefusedWhy {
    fn from(why: core::RefusedWhy) -> RefusedWhy {
        match why {
            core::RefusedWhy::NeedsSignIn => RefusedWhy::NeedsSignIn,
            core::RefusedWhy::Login => RefusedWhy::Login,
            core::RefusedWhy::Incompatible => RefusedWhy::Incompatible,
            core::RefusedWhy::KeyNotKept => RefusedWhy::KeyNotKept,
        }
    }
}

impl From<core::OutgoingState> for OutgoingState {
    fn from(state: core::OutgoingState) -> OutgoingState {
        match state {
            core::OutgoingState::Queued => OutgoingState::Queued,
            core::OutgoingState::Sending => OutgoingState::Sending,
            core::OutgoingState::InDoubt => OutgoingState::InDoubt,
            core::OutgoingState::Failed(reason) => OutgoingState::Failed { reason },
            core::OutgoingState::Sent => OutgoingState::Sent,
        }
    }
}

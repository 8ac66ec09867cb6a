//! Facts about the world that an app reports, and what a wake-up has found out.

use tmtp_client as core;

use crate::convert::{account_out, count, delivery_out, message_out, millis, thread_out};
use crate::ids::{AccountName, MessageId, ThreadId};
use crate::rows::Stage;
use crate::state::{RefusedWhy, WaitWhy};

/// What the platform thinks of the network. A hint hastens what waits; it never forbids anything, because it is often
/// wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NetworkHint {
    /// Tells one way into the network from another: any number that is another one when the network is.
    pub path: i64,
    /// Some way is there.
    #[uniffi(default = true)]
    pub available: bool,
    /// The platform has reached the Internet through it.
    #[uniffi(default = true)]
    pub validated: bool,
    /// A portal wants something of the person first.
    #[uniffi(default = false)]
    pub captive_portal: bool,
    /// Bytes cost money there. Then a large message that was sent is not downloaded again only to prove that it was; one
    /// of which the answer is lost may have to ask its person. Nothing else follows: a delivery that is left at the site
    /// holds up everything behind it. An app that wants to spare bytes asks before it sends a large file.
    #[uniffi(default = false)]
    pub metered: bool,
    /// The platform keeps this app from using it now.
    #[uniffi(default = false)]
    pub blocked: bool,
}

/// What is known after a wake-up, over all accounts that it looked at. Everything named is stored already, so that a
/// notification can be made of it at once.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct WakeSummary {
    /// `New` if anything came anywhere; else `NotKnown` if that is so of any account; else `Live` or `NothingNew`.
    pub outcome: WakeOutcome,
    /// Each account that was looked at, by name.
    pub accounts: Vec<AccountWake>,
    /// How long it took.
    pub took_ms: i64,
}

/// What is known.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum WakeOutcome {
    /// Something came. It is stored: show it.
    New,
    /// Nothing is waiting, says the site.
    NothingNew,
    /// A link is held and has answered: what comes is told by events.
    Live,
    /// It could not be found out in time: show a neutral notice. What came until then is named all the same.
    NotKnown {
        /// Why not.
        why: NotKnownWhy,
    },
}

/// What a wake-up found in one account.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct AccountWake {
    /// Which.
    pub account: AccountName,
    /// What is known.
    pub outcome: WakeOutcome,
    /// What came, by thread; at most 256 messages are named.
    pub arrived: Vec<ArrivedIn>,
    /// How many messages came in all.
    pub arrived_count: i64,
    /// The pings that came; at most 256 are named.
    pub pings: Vec<MessageId>,
    /// What was reached, and when.
    pub stages: Vec<Stage>,
}

/// Messages of one thread that came.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ArrivedIn {
    /// The thread.
    pub thread: ThreadId,
    /// Its messages that came, oldest first.
    pub messages: Vec<MessageId>,
}

/// Why a wake-up could not find out.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NotKnownWhy {
    /// The time was over.
    Deadline,
    /// No way to the site: no network, a portal in between, or a site that is down.
    NoWay {
        /// Where the way ended.
        why: WaitWhy,
    },
    /// The link broke.
    LinkLost,
    /// The site has stopped making progress.
    Mute,
    /// The site ended the link with an error, or broke the protocol.
    SiteTrouble,
    /// The site holds an earlier link of this node for alive, or another device uses this node.
    NodeBusy,
    /// There were so many links or logins within the last hour that the next must wait.
    Budget,
    /// A delivery above the limit waits for the member's word.
    TooLarge,
    /// The site repeats no tag of our login, and this member cannot ping itself: what came is here, nothing proves that
    /// nothing waits.
    NoProof,
    /// The key store cannot be read now, usually before the first unlock.
    Locked,
    /// The client is suspended: nothing is opened before it has resumed.
    Suspended,
    /// Another process is the account's writer.
    InUse {
        /// That process, if it is known.
        by: Option<i64>,
    },
    /// No room on the disk.
    StorageFull {
        /// About how many bytes must become free.
        needed: i64,
    },
    /// The site says no.
    Refused {
        /// What it has refused.
        why: RefusedWhy,
    },
    /// The site shows another key than the pinned one: only a person can decide.
    PinChanged,
    /// The node's secret is gone.
    KeyLost,
    /// The store was copied here from another installation.
    Cloned,
    /// A newer version wrote the store.
    NewerStore,
    /// The store cannot be read or written.
    Storage,
    /// The disk, or the account's folder, can only be read.
    ReadOnly,
    /// The store is damaged.
    Damaged,
    /// The account's work ended by a defect of ours.
    Broken,
}

impl From<NetworkHint> for core::NetworkHint {
    fn from(hint: NetworkHint) -> core::NetworkHint {
        let NetworkHint { path, available, validated, captive_portal, metered, blocked } = hint;
        let path = path.cast_unsigned();
        core::NetworkHint { path, available, validated, captive_portal, metered, blocked }
    }
}

impl From<core::WakeSummary> for WakeSummary {
    fn from(summary: core::WakeSummary) -> WakeSummary {
        WakeSummary {
            outcome: summary.outcome.into(),
            accounts: summary.accounts.into_iter().map(AccountWake::from).collect(),
            took_ms: millis(summary.took),
        }
    }
}

impl From<core::WakeOutcome> for WakeOutcome {
    fn from(outcome: core::WakeOutcome) -> WakeOutcome {
        match outcome {
            core::WakeOutcome::New => WakeOutcome::New,
            core::WakeOutcome::NothingNew => WakeOutcome::NothingNew,
            core::WakeOutcome::Live => WakeOutcome::Live,
            core::WakeOutcome::NotKnown(why) => WakeOutcome::NotKnown { why: why.into() },
        }
    }
}

impl From<core::AccountWake> for AccountWake {
    fn from(wake: core::AccountWake) -> AccountWake {
        let stage = |(name, at): (&'static str, u64)| Stage { name: name.to_owned(), at_ms: count(at) };
        AccountWake {
            account: account_out(&wake.account),
            outcome: wake.outcome.into(),
            arrived: wake.arrived.into_iter().map(ArrivedIn::from).collect(),
            arrived_count: count(wake.arrived_count),
            pings: wake.pings.into_iter().map(delivery_out).collect(),
            stages: wake.stages.into_iter().map(stage).collect(),
        }
    }
}

impl From<core::ArrivedIn> for ArrivedIn {
    fn from(arrived: core::ArrivedIn) -> ArrivedIn {
        ArrivedIn {
            thread: thread_out(arrived.thread),
            messages: arrived.messages.into_iter().map(message_out).collect(),
        }
    }
}

impl From<core::NotKnown> for NotKnownWhy {
    fn from(why: core::NotKnown) -> NotKnownWhy {
        use core::NotKnown;
        match why {
            NotKnown::Deadline => NotKnownWhy::Deadline,
            NotKnown::NoWay(failure) => NotKnownWhy::NoWay { why: failure.into() },
            NotKnown::LinkLost => NotKnownWhy::LinkLost,
            NotKnown::Mute => NotKnownWhy::Mute,
            NotKnown::SiteTrouble => NotKnownWhy::SiteTrouble,
            NotKnown::NodeBusy => NotKnownWhy::NodeBusy,
            NotKnown::Budget => NotKnownWhy::Budget,
            NotKnown::TooLarge => NotKnownWhy::TooLarge,
            NotKnown::NoProof => NotKnownWhy::NoProof,
            NotKnown::Locked => NotKnownWhy::Locked,
            NotKnown::Suspended => NotKnownWhy::Suspended,
            NotKnown::InUse { by } => NotKnownWhy::InUse { by: by.map(i64::from) },
            NotKnown::StorageFull { needed } => NotKnownWhy::StorageFull { needed: count(needed) },
            NotKnown::Refused(why) => NotKnownWhy::Refused { why: why.into() },
            NotKnown::PinChanged => NotKnownWhy::PinChanged,
            NotKnown::KeyLost => NotKnownWhy::KeyLost,
            NotKnown::Cloned => NotKnownWhy::Cloned,
            NotKnown::NewerStore => NotKnownWhy::NewerStore,
            NotKnown::Storage => NotKnownWhy::Storage,
            NotKnown::ReadOnly => NotKnownWhy::ReadOnly,
            NotKnown::Damaged => NotKnownWhy::Damaged,
            NotKnown::Broken => NotKnownWhy::Broken,
        }
    }
}

//! What a wake-up is asked for with, and what it tells: for each account what came, or that nothing did, or why it
//! is not known. Plain values; [`crate::Client::wake`] and [`crate::Client::push`] fill them.
//!
//! Everything named here is in the store already, so a notification can be made of it at once.

use std::time::Duration;

use tmtp_account::{DialFailure, RefusedWhy, WaitWhy, WakeEnd, WakeReport};
use tmtp_wire::ids::{MessageRef, MsgId, ThreadRef};

use crate::error::Error;
use crate::home::AccountName;
use crate::state::State;

/// What a wake-up is to look at, and how long it may take.
#[derive(Clone, Debug)]
pub struct WakeRequest {
    /// Only these; all of them if `None`. Naming one that is not there, or none at all, is an error of the caller.
    pub accounts: Option<Vec<AccountName>>,
    /// What the platform grants, from now on. Taken as the nearest of
    /// [`DEADLINE_MIN`](crate::limits::DEADLINE_MIN) to [`DEADLINE_MAX`](crate::limits::DEADLINE_MAX).
    pub budget: Duration,
}

/// What is known after a wake-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WakeOutcome {
    /// Something came. It is stored: show it.
    New,
    /// Nothing is waiting, says the site: it has repeated the tag of our own login (wire 14.3).
    NothingNew,
    /// A link is held and has answered: what comes is told by events.
    Live,
    /// It could not be found out in time: show a neutral notice. What came until then is named all the same.
    NotKnown(NotKnown),
}

impl WakeOutcome {
    /// A stable word for the ledger, logs and scripts.
    pub fn code(&self) -> &'static str {
        match self {
            WakeOutcome::New => "new",
            WakeOutcome::NothingNew => "nothing_new",
            WakeOutcome::Live => "live",
            WakeOutcome::NotKnown(why) => why.code(),
        }
    }
}

/// Why a wake-up could not find out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotKnown {
    /// The time was over.
    Deadline,
    /// No way to the site: no network, a portal in between, or a site that is down.
    NoWay(DialFailure),
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
    /// The client is suspended: nothing is opened before [`crate::Client::resumed`].
    Suspended,
    /// Another process is the account's writer.
    InUse {
        /// That process, if it is known.
        by: Option<u32>,
    },
    /// No room on the disk.
    StorageFull {
        /// About how many bytes must become free.
        needed: u64,
    },
    /// The site says no.
    Refused(RefusedWhy),
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
    /// The account's task ended by a defect of ours.
    Broken,
}

impl NotKnown {
    /// A stable word for the ledger, logs and scripts.
    pub fn code(&self) -> &'static str {
        match self {
            NotKnown::Deadline => "deadline",
            NotKnown::NoWay(_) => "dial_failed",
            NotKnown::LinkLost => "link_lost",
            NotKnown::Mute => "mute",
            NotKnown::SiteTrouble => "site_trouble",
            NotKnown::NodeBusy => "node_busy",
            NotKnown::Budget => "budget",
            NotKnown::TooLarge => "too_large",
            NotKnown::NoProof => "no_proof",
            NotKnown::Locked => "locked",
            NotKnown::Suspended => "suspended",
            NotKnown::InUse { .. } => "in_use",
            NotKnown::StorageFull { .. } => "storage_full",
            NotKnown::Refused(why) => why.code(),
            NotKnown::PinChanged => "pin_changed",
            NotKnown::KeyLost => "key_lost",
            NotKnown::Cloned => "cloned",
            NotKnown::NewerStore => "newer_store",
            NotKnown::Storage => "storage",
            NotKnown::ReadOnly => "read_only",
            NotKnown::Damaged => "damaged",
            NotKnown::Broken => "broken",
        }
    }

    /// Why an account could not even be opened, or had to be let go.
    pub(crate) fn of_error(error: &Error) -> NotKnown {
        match error {
            Error::Suspended | Error::Closed => NotKnown::Suspended,
            Error::InUse { by } => NotKnown::InUse { by: *by },
            Error::StorageFull { needed } => NotKnown::StorageFull { needed: *needed },
            Error::Locked | Error::KeyStore => NotKnown::Locked,
            Error::KeyLost => NotKnown::KeyLost,
            Error::Cloned => NotKnown::Cloned,
            Error::NewerStore { .. } => NotKnown::NewerStore,
            Error::ReadOnly => NotKnown::ReadOnly,
            Error::Damaged => NotKnown::Damaged,
            Error::TimedOut => NotKnown::Deadline,
            Error::Storage { .. } | Error::QuotaExceeded { .. } => NotKnown::Storage,
            _ => NotKnown::Broken,
        }
    }

    /// Why a look found nothing out, when the account stood so at its end.
    fn of_wait(why: WaitWhy, state: &State) -> NotKnown {
        match why {
            WaitWhy::Dial(DialFailure::PinChanged) => NotKnown::PinChanged,
            WaitWhy::Dial(failure) => NotKnown::NoWay(failure),
            WaitWhy::LinkLost => NotKnown::LinkLost,
            WaitWhy::Mute => NotKnown::Mute,
            WaitWhy::SiteTrouble => NotKnown::SiteTrouble,
            WaitWhy::Budget => NotKnown::Budget,
            WaitWhy::TooLarge => NotKnown::TooLarge,
            WaitWhy::NoProof => NotKnown::NoProof,
            WaitWhy::NodeBusy => NotKnown::NodeBusy,
            WaitWhy::Deadline => NotKnown::Deadline,
            WaitWhy::Storage => NotKnown::Storage,
            WaitWhy::State => NotKnown::of_state(state),
        }
    }

    fn of_state(state: &State) -> NotKnown {
        match state {
            State::Locked => NotKnown::Locked,
            State::KeyLost => NotKnown::KeyLost,
            State::Cloned => NotKnown::Cloned,
            State::StorageFull { needed } => NotKnown::StorageFull { needed: *needed },
            State::Refused(why) => NotKnown::Refused(*why),
            State::Stopped(_) => NotKnown::PinChanged,
            State::ReadOnly => NotKnown::ReadOnly,
            State::StorageFailed => NotKnown::Storage,
            State::Damaged => NotKnown::Damaged,
            State::NewerStore { .. } => NotKnown::NewerStore,
            State::Broken(_) => NotKnown::Broken,
            State::InUse { by } => NotKnown::InUse { by: *by },
            State::Suspended => NotKnown::Suspended,
            _ => NotKnown::Deadline,
        }
    }
}

/// Messages of one thread that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivedIn {
    /// The thread.
    pub thread: ThreadRef,
    /// Its messages that came, oldest first.
    pub messages: Vec<MessageRef>,
}

/// What a wake-up found in one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountWake {
    /// Which.
    pub account: AccountName,
    /// What is known.
    pub outcome: WakeOutcome,
    /// What came, by thread; at most 256 messages are named.
    pub arrived: Vec<ArrivedIn>,
    /// How many messages came in all.
    pub arrived_count: u64,
    /// The pings that came; at most 256 are named.
    pub pings: Vec<MsgId>,
    /// What was reached, and when, in milliseconds since the wake-up was received.
    pub stages: Vec<(&'static str, u64)>,
}

impl AccountWake {
    /// What a look has found.
    pub(crate) fn of_report(account: AccountName, report: WakeReport, state: &State) -> AccountWake {
        let WakeReport { arrived, arrived_count, pings, end, stages } = report;
        let outcome = match end {
            WakeEnd::New => WakeOutcome::New,
            WakeEnd::NothingNew => WakeOutcome::NothingNew,
            WakeEnd::Live => WakeOutcome::Live,
            WakeEnd::NotKnown(why) => WakeOutcome::NotKnown(NotKnown::of_wait(why, state)),
        };
        AccountWake { account, outcome, arrived: by_thread(arrived), arrived_count, pings, stages }
    }

    /// Nothing was found out.
    pub(crate) fn not_known(account: AccountName, why: NotKnown) -> AccountWake {
        AccountWake {
            account,
            outcome: WakeOutcome::NotKnown(why),
            arrived: Vec::new(),
            arrived_count: 0,
            pings: Vec::new(),
            stages: Vec::new(),
        }
    }

    fn has_something(&self) -> bool {
        self.arrived_count > 0 || !self.pings.is_empty()
    }
}

/// What a wake-up found, over all accounts that it looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WakeSummary {
    /// `New` if anything came anywhere; else `NotKnown` if that is so of any account; else `Live` or `NothingNew`.
    pub outcome: WakeOutcome,
    /// Each account that was looked at, by name.
    pub accounts: Vec<AccountWake>,
    /// How long it took.
    pub took: Duration,
}

impl WakeSummary {
    pub(crate) fn of(mut accounts: Vec<AccountWake>, took: Duration) -> WakeSummary {
        accounts.sort_by(|one, other| one.account.cmp(&other.account));
        let not_known = |one: &&AccountWake| matches!(one.outcome, WakeOutcome::NotKnown(_));
        let outcome = if accounts.iter().any(AccountWake::has_something) {
            WakeOutcome::New
        } else if let Some(one) = accounts.iter().find(not_known) {
            one.outcome.clone()
        } else if accounts.iter().any(|one| one.outcome == WakeOutcome::Live) {
            WakeOutcome::Live
        } else {
            WakeOutcome::NothingNew
        };
        WakeSummary { outcome, accounts, took }
    }
}

/// Puts messages of one thread together, threads in the order of their first message.
fn by_thread(arrived: Vec<(ThreadRef, MessageRef)>) -> Vec<ArrivedIn> {
    let mut threads: Vec<ArrivedIn> = Vec::new();
    for (thread, message) in arrived {
        match threads.iter_mut().find(|one| one.thread == thread) {
            Some(one) => one.messages.push(message),
            None => threads.push(ArrivedIn { thread, messages: vec![message] }),
        }
    }
    threads
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wake(name: &str, outcome: WakeOutcome, arrived_count: u64) -> AccountWake {
        let nothing = AccountWake::not_known(name.parse().unwrap(), NotKnown::Deadline);
        AccountWake { outcome, arrived_count, ..nothing }
    }

    fn outcome(accounts: Vec<AccountWake>) -> WakeOutcome {
        WakeSummary::of(accounts, Duration::ZERO).outcome
    }

    #[test]
    fn what_came_anywhere_is_shown_even_beside_what_is_not_known() {
        let dead = || wake("b", WakeOutcome::NotKnown(NotKnown::Mute), 0);
        let quiet = || wake("a", WakeOutcome::NothingNew, 0);
        assert_eq!(outcome(vec![dead(), wake("c", WakeOutcome::New, 1)]), WakeOutcome::New);
        // Cut short behind the first message.
        assert_eq!(outcome(vec![wake("c", WakeOutcome::NotKnown(NotKnown::Deadline), 1)]), WakeOutcome::New);
        assert_eq!(outcome(vec![quiet(), dead()]), WakeOutcome::NotKnown(NotKnown::Mute));
        assert_eq!(outcome(vec![quiet(), wake("c", WakeOutcome::Live, 0)]), WakeOutcome::Live);
        assert_eq!(outcome(vec![quiet()]), WakeOutcome::NothingNew);
    }

    #[test]
    fn messages_are_told_by_thread_in_the_order_in_which_they_came() {
        let id = |number: u64| tmtp_wire::ids::SendId::new(number).unwrap();
        let thread = |number| ThreadRef::Local(id(number));
        let message = |number| MessageRef::Local(id(number));
        let told = by_thread(vec![(thread(7), message(1)), (thread(3), message(2)), (thread(7), message(4))]);
        assert_eq!(
            told,
            [
                ArrivedIn { thread: thread(7), messages: vec![message(1), message(4)] },
                ArrivedIn { thread: thread(3), messages: vec![message(2)] },
            ]
        );
    }
}

//! From facts to wishes: everything that a shell has reported so far, in whatever order, becomes what is wanted now:
//! whether files may be open, which accounts are to have a link, and which of them are to be opened.
//!
//! In: [`Fact`]s with the time at which they were told. Out: a [`Plan`], which is always the whole of what is
//! wanted, never a difference: who carries it out cannot miss a step. No input or output, no task, no clock; the
//! same facts give the same plan. It decides nothing that an account decides for itself (when to dial, how long to
//! wait after failures: `tmtp_account::pacing`), and no hint ever forbids anything (R18).
//!
//! | the facts say | files | links |
//! |---|---|---|
//! | nothing yet | open | as [`Stay`](crate::Stay)s want |
//! | foreground | open | all held |
//! | background, within its budget | open | held until it is drained, and as stays want |
//! | background, its budget is over | open | as stays want |
//! | suspended | closed | none |
//! | stopped | closed for good | none |
//!
//! Only the last word of each kind counts (R36): foreground against background, suspended against resumed. What is
//! said while suspended is remembered and holds from `resumed` on. Stopped is for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tmtp_wire::time::{Mono, Wall};

use crate::home::AccountName;
use crate::lifecycle::NetworkHint;
use crate::limits::{
    NETWORK_SETTLES, OPEN_AGAIN_FIRST, OPEN_AGAIN_MAX, OPEN_AGAIN_SOON, SAVER_FACTOR, SLEPT,
};

/// A moment, on three clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Decides. Counts the time that the device sleeps, where the system has such a clock.
    pub(crate) mono: Mono,
    /// What is shown to people.
    pub(crate) wall: Wall,
    /// How long this process has existed while the device was awake.
    pub(crate) awake: Duration,
}

/// Something that is so from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// Somebody looks at the app.
    Foreground,
    /// Nobody looks at it. What is under way may be finished until then.
    Background { until: Mono },
    /// The process is about to be frozen.
    WillSuspend,
    /// It runs (again).
    Resumed,
    /// The client ends.
    Stop,
    /// What the platform thinks of the network.
    Network(NetworkHint),
    /// The key store can be read from now on.
    Unlocked,
    /// Memory is short.
    MemoryPressure,
    /// Energy is short, or not.
    Power { saver: bool },
    /// These are the accounts of the home.
    Accounts(BTreeSet<AccountName>),
    /// Somebody wants this link held, or does not any more.
    Stay { account: AccountName, more: bool },
    /// The account is open for writing.
    Opened(AccountName),
    /// It could not be opened.
    NotOpened(AccountName),
    /// It is not open any more.
    Ended(AccountName),
    /// The caller closed it on purpose: it stays so until he asks for it again.
    PutDown(AccountName),
    /// In the background: it has looked, and has nothing left to send.
    Drained(AccountName),
    /// Time has passed.
    Tick,
}

/// Whether files of ours may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Files {
    #[default]
    Open,
    /// Until the process is resumed.
    Suspended,
    /// For good.
    Stopped,
}

/// The link that is wanted of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// As long as this is so.
    Held,
    /// Until everything is through, or this moment.
    Drained { until: Mono },
}

/// Everything that is wanted now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) files: Files,
    /// The accounts that are to have a link, and how.
    pub(crate) links: BTreeMap<AccountName, Link>,
    /// Those of them that are not open, and are to be opened now.
    pub(crate) open: BTreeSet<AccountName>,
    /// Rises when held links are to be probed because the way into the network is another one.
    pub(crate) networks: u64,
    /// Rises when held links are to be probed because the device slept or the process was frozen.
    pub(crate) sleeps: u64,
    /// Rises when the key store can be read.
    pub(crate) unlocks: u64,
    /// Rises when caches are to be dropped.
    pub(crate) squeezes: u64,
    /// Bytes cost money.
    pub(crate) metered: bool,
    /// When to ask again, though nothing was told.
    pub(crate) next: Option<Mono>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing was said: links are held by hand.
    #[default]
    ByHand,
    Foreground,
    Background {
        until: Mono,
    },
}

/// What is known of one account.
#[derive(Debug, Default)]
struct Account {
    stays: usize,
    drained: bool,
    put_down: bool,
    opened: bool,
    /// It is to be opened, and nobody has said yet how that went.
    opening: bool,
    /// How often in a row it could not be opened, and when it was tried, or had failed, last.
    failures: u32,
    tried: Option<Mono>,
    /// It is not tried before that.
    again: Mono,
}

/// The facts so far.
#[derive(Debug, Default)]
pub(crate) struct Reconciler {
    phase: Phase,
    suspended: bool,
    stopped: bool,
    saver: bool,
    accounts: BTreeMap<AccountName, Account>,
    network: NetworkHint,
    /// Held links are to be probed at this moment, when the network has settled.
    probe: Option<Mono>,
    probed: Option<Mono>,
    networks: u64,
    sleeps: u64,
    unlocks: u64,
    squeezes: u64,
    seen: Option<Moment>,
}

impl Reconciler {
    /// Whether files may be open.
    pub(crate) fn files(&self) -> Files {
        match (self.stopped, self.suspended) {
            (true, _) => Files::Stopped,
            (false, true) => Files::Suspended,
            (false, false) => Files::Open,
        }
    }

    /// Takes a fact in; what is wanted then.
    pub(crate) fn tell(&mut self, at: Moment, fact: Fact) -> Plan {
        self.look_for_sleep(at);
        let now = at.mono;
        match fact {
            Fact::Foreground => {
                self.phase = Phase::Foreground;
                self.pick_up();
                self.hasten(now);
            }
            Fact::Background { until } => {
                if !matches!(self.phase, Phase::Background { .. }) {
                    self.accounts.values_mut().for_each(|account| account.drained = false);
                    self.pick_up();
                }
                self.phase = Phase::Background { until };
            }
            Fact::WillSuspend => self.suspended = true,
            Fact::Resumed => {
                self.suspended = false;
                self.sleeps += 1;
                self.hasten(now);
            }
            Fact::Stop => self.stopped = true,
            Fact::Network(hint) => self.network(now, hint),
            Fact::Unlocked => {
                self.unlocks += 1;
                self.hasten(now);
            }
            Fact::MemoryPressure => self.squeezes += 1,
            Fact::Power { saver } => self.saver = saver,
            Fact::Accounts(names) => {
                self.accounts.retain(|name, _| names.contains(name));
                for name in names {
                    self.accounts.entry(name).or_default();
                }
            }
            Fact::Tick => {}
            Fact::Stay { account, more } => {
                let account = self.accounts.entry(account).or_default();
                account.stays = if more { account.stays + 1 } else { account.stays.saturating_sub(1) };
                account.put_down &= !more;
            }
            Fact::Opened(name) => self.opened(name),
            Fact::NotOpened(name) | Fact::Ended(name) => self.not_open(now, &name),
            Fact::PutDown(name) => {
                if let Some(account) = self.accounts.get_mut(&name) {
                    account.put_down = true;
                }
            }
            Fact::Drained(name) => {
                if let Some(account) = self.accounts.get_mut(&name) {
                    account.drained = true;
                }
            }
        }
        self.plan(now)
    }

    /// What is wanted at this moment.
    fn plan(&mut self, now: Mono) -> Plan {
        if self.probe.is_some_and(|at| at <= now) {
            self.probe = None;
            self.probed = Some(now);
            self.networks += 1;
        }
        let mut plan = Plan {
            files: self.files(),
            networks: self.networks,
            sleeps: self.sleeps,
            unlocks: self.unlocks,
            squeezes: self.squeezes,
            metered: self.network.metered,
            ..Plan::default()
        };
        if plan.files != Files::Open {
            return plan;
        }
        let mut next = self.probe;
        let mut remind = |at: Mono| next = Some(next.map_or(at, |next| next.min(at)));
        for (name, account) in &mut self.accounts {
            let Some(link) = account.link(self.phase, now) else { continue };
            plan.links.insert(name.clone(), link);
            if let Link::Drained { until } = link {
                remind(until);
            }
            if account.opened {
                continue;
            }
            if !account.opening && account.again <= now {
                (account.opening, account.tried) = (true, Some(now));
            }
            if account.opening {
                plan.open.insert(name.clone());
            } else {
                remind(account.again);
            }
        }
        plan.next = next;
        plan
    }

    /// What was put down is wanted again.
    fn pick_up(&mut self) {
        self.accounts.values_mut().for_each(|account| account.put_down = false);
    }

    fn opened(&mut self, name: AccountName) {
        let account = self.accounts.entry(name).or_default();
        (account.opened, account.opening, account.put_down) = (true, false, false);
        (account.failures, account.again) = (0, Mono(0));
    }

    fn not_open(&mut self, now: Mono, name: &AccountName) {
        let factor = if self.saver { SAVER_FACTOR } else { 1 };
        let Some(account) = self.accounts.get_mut(name) else { return };
        (account.opened, account.opening, account.tried) = (false, false, Some(now));
        let doubled = OPEN_AGAIN_FIRST.saturating_mul(1 << account.failures.min(16)).min(OPEN_AGAIN_MAX);
        account.failures = account.failures.saturating_add(1);
        account.again = now + doubled * factor;
    }

    /// Whatever waits to be opened is tried now, but never more often than once in a while (R41).
    fn hasten(&mut self, now: Mono) {
        for account in self.accounts.values_mut().filter(|account| !account.opened) {
            let soonest = account.tried.map_or(now, |tried| tried + OPEN_AGAIN_SOON);
            account.again = account.again.min(soonest.max(now));
        }
    }

    /// Something better than before has a held link probed and waits void, once things have settled (R44, R45). A
    /// loss is believed only when it shows (R18).
    fn network(&mut self, now: Mono, hint: NetworkHint) {
        let before = std::mem::replace(&mut self.network, hint);
        let usable = hint.available && !hint.blocked;
        let better = hint.path != before.path
            || !before.available
            || before.blocked
            || hint.validated && !before.validated
            || !hint.captive_portal && before.captive_portal;
        if !(usable && better) {
            return;
        }
        let settles = if self.saver { NETWORK_SETTLES * SAVER_FACTOR } else { NETWORK_SETTLES };
        let soonest = self.probed.map_or(now, |probed| probed + settles).max(now);
        self.probe = Some(self.probe.map_or(soonest, |at| at.min(soonest)));
    }

    /// One of the other clocks has gone on without the one that stands still while the device sleeps (R43). A wall
    /// clock that was set looks the same, and a probe does no harm.
    fn look_for_sleep(&mut self, at: Moment) {
        if self.has_slept(at) {
            self.sleeps += 1;
        }
        self.seen = Some(at);
    }

    /// Whether the device has slept since the last fact.
    pub(crate) fn has_slept(&self, at: Moment) -> bool {
        let before = self.seen.unwrap_or(at);
        let awake = at.awake.saturating_sub(before.awake);
        let wall = at.wall.0.saturating_sub(before.wall.0);
        let wall = Duration::from_millis(u64::try_from(wall).unwrap_or(0));
        wall.max(at.mono.since(before.mono)) > awake.saturating_add(SLEPT)
    }
}

impl Account {
    fn link(&self, phase: Phase, now: Mono) -> Option<Link> {
        if self.put_down {
            return None;
        }
        match phase {
            Phase::Foreground => Some(Link::Held),
            _ if self.stays > 0 => Some(Link::Held),
            Phase::Background { until } if !self.drained && now < until => Some(Link::Drained { until }),
            Phase::Background { .. } | Phase::ByHand => None,
        }
    }
}

#[cfg(test)]
mod tests;

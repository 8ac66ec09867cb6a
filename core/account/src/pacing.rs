//! When to make a link. Pure: told what happened and when, it says from when on the next dial may be.
//!
//! Three kinds of waits are kept apart. A *path* failure (no way, link lost) is void when the network
//! changes (R45); a *service* failure (the site is in trouble) is not; a *busy* node has a schedule of its
//! own that counts as neither (R47). All grow with full jitter, and an account never makes more than so
//! many dials and logins in any hour by itself, whatever happens (R41, R61). A person who acts has one made even then,
//! a few seconds behind the last.

use std::time::Duration;

use tmtp_wire::time::Mono;

use crate::api::{Now, WaitWhy};
use crate::env::Settings;
use crate::limits::{ACT_COUNTS, BUSY_EVERY, BUSY_PATIENT, BUSY_SUSPECTED};

mod budget;

use budget::Budget;

/// When to make a link.
#[derive(Debug)]
pub struct Pacing {
    first: Duration,
    most: Duration,
    stable_after: Duration,
    busy_bound: Duration,
    path: Failures,
    service: Failures,
    busy: Option<Busy>,
    dials: Budget,
    logins: Budget,
    /// A person has acted, and no dial has begun since: until then a failure is not waited for.
    acted: Option<Mono>,
    /// Something was spent that is not written down yet.
    news: bool,
}

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    wait: Option<(Mono, WaitWhy)>,
}

/// The node is held by an earlier link, or by another device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// Since when.
    pub since: Mono,
    /// When the site should have noticed the end of that link.
    pub until: Mono,
    /// The next try.
    pub next: Mono,
    tries: u32,
}

impl Busy {
    /// Whether it takes so long that another device may be using this node.
    pub fn other_suspected(&self, now: Mono) -> bool {
        now.since(self.since) >= BUSY_SUSPECTED
    }
}

impl Pacing {
    /// Nothing has happened yet: the first dial may be at once.
    pub fn new(settings: &Settings) -> Self {
        Pacing {
            first: settings.backoff_first,
            most: settings.backoff_max,
            stable_after: settings.stable_after,
            busy_bound: settings.busy_bound,
            path: Failures::default(),
            service: Failures::default(),
            busy: None,
            dials: Budget::new(settings.dials_per_hour),
            logins: Budget::new(settings.logins_per_hour),
            acted: None,
            news: false,
        }
    }

    /// Takes over what earlier processes have spent. Notes that do not read are none.
    pub fn remember(&mut self, notes: &[u8], now: Now) {
        budget::read(notes, now, &mut self.dials, &mut self.logins);
    }

    /// What the next process must know, if it is not written down yet. At most a few KiB.
    pub fn notes(&self, now: Now) -> Option<Vec<u8>> {
        self.news.then(|| budget::write(now, &self.dials, &self.logins))
    }

    /// The notes are durable.
    pub fn noted(&mut self) {
        self.news = false;
    }

    /// From when on the next dial may be, and what for if that is later than `now`.
    pub fn next(&self, now: Mono) -> (Mono, WaitWhy) {
        let waits = [
            self.path.wait,
            self.service.wait,
            self.busy.map(|busy| (busy.next, WaitWhy::NodeBusy)),
            Some((self.free_at(&self.dials, now), WaitWhy::Budget)),
            Some((self.free_at(&self.logins, now), WaitWhy::Budget)),
        ];
        waits.into_iter().flatten().max_by_key(|(at, _)| *at).unwrap_or((now, WaitWhy::Budget))
    }

    /// The budgets slow loops down; whoever acts need not wait an hour for them.
    fn free_at(&self, budget: &Budget, now: Mono) -> Mono {
        if self.acts(now) { budget.free_for_person_at(now) } else { budget.free_at(now) }
    }

    /// Whether the node is busy, and how that stands.
    pub fn busy(&self) -> Option<Busy> {
        self.busy
    }

    /// A dial begins.
    pub fn dials(&mut self, now: Mono) {
        self.dials.spend(now);
        self.news = true;
        self.acted = None;
    }

    /// A login is through.
    pub fn logged_in(&mut self, now: Mono) {
        self.logins.spend(now);
        self.news = true;
        self.busy = None;
    }

    /// When a link that is online since then counts as success; `None` if there is nothing to forget.
    pub fn stable_at(&self, since: Mono) -> Option<Mono> {
        let failed = self.path.count > 0 || self.service.count > 0;
        failed.then(|| since + self.stable_after)
    }

    /// The link has held long enough: earlier failures are forgotten.
    pub fn stable(&mut self) {
        self.path = Failures::default();
        self.service = Failures::default();
    }

    /// No way, or the link broke.
    pub fn path_failed(&mut self, now: Mono, why: WaitWhy, random: u64) {
        let wait = self.path.grow(self.first, self.most, random);
        self.path.wait = Some((now + wait, why)).filter(|_| !self.acts(now));
    }

    /// The site is in trouble.
    pub fn service_failed(&mut self, now: Mono, why: WaitWhy, random: u64) {
        let wait = self.service.grow(self.first, self.most, random);
        self.service.wait = Some((now + wait, why)).filter(|_| !self.acts(now));
    }

    /// The node is busy. `last_byte`: when our last byte left, from which the site counts (wire 20.2).
    pub fn node_busy(&mut self, now: Mono, last_byte: Mono, random: u64) {
        let mut busy =
            self.busy.unwrap_or(Busy { since: now, until: last_byte + self.busy_bound, next: now, tries: 0 });
        let soon = now < busy.until;
        let most = if soon { BUSY_EVERY } else { BUSY_PATIENT }.min(self.busy_bound);
        let wait = doubled(self.first, busy.tries, most);
        busy.tries = busy.tries.saturating_add(1);
        busy.next = now + part(wait, 3, 4, random);
        // One try just behind the bound, so that it is not missed by a whole interval.
        let behind = busy.until + self.first / 2;
        if soon && busy.next > behind {
            busy.next = behind;
        }
        if self.acts(now) {
            busy.next = now;
        }
        self.busy = Some(busy);
    }

    /// The way into the network has changed: what was learned about the old one is void.
    pub fn network_changed(&mut self) {
        self.path = Failures::default();
        self.forget_busy_wait();
    }

    /// A wake begins: one try on the way as it is now, whatever was learned about it before.
    pub fn wakes(&mut self) {
        self.path.wait = None;
    }

    /// A person wants it now. Of the budgets only a few seconds are left to wait ([`crate::limits::PERSON_EVERY`]). Whoever acts on a link that is gone without anybody knowing
    /// it yet, or that is being made, means the next dial: so for a while the next failure is not waited for, once.
    pub fn user_acts(&mut self, now: Mono) {
        self.acted = Some(now + ACT_COUNTS);
        self.path.wait = None;
        self.service.wait = None;
        self.forget_busy_wait();
    }

    /// Whether a person has acted of late, and no dial has begun since.
    pub fn acts(&self, now: Mono) -> bool {
        self.acted.is_some_and(|until| now < until)
    }

    fn forget_busy_wait(&mut self) {
        if let Some(busy) = &mut self.busy {
            busy.next = Mono(0);
        }
    }
}

impl Failures {
    /// One more failure; how long to wait: anything up to the doubled time, but not nothing.
    fn grow(&mut self, first: Duration, most: Duration, random: u64) -> Duration {
        let span = doubled(first, self.count, most);
        self.count = self.count.saturating_add(1);
        part(span, 0, 1, random).max(first / 4)
    }
}

fn doubled(first: Duration, times: u32, most: Duration) -> Duration {
    first.saturating_mul(1_u32.checked_shl(times.min(30)).unwrap_or(u32::MAX)).min(most)
}

/// A random time between `from / of` of the span and the whole of it.
fn part(span: Duration, from: u32, of: u32, random: u64) -> Duration {
    let least = span * from / of;
    let rest = u64::try_from((span - least).as_millis()).unwrap_or(u64::MAX);
    least + Duration::from_millis(random % rest.saturating_add(1))
}

#[cfg(test)]
mod tests;

//! Who waits, and until when the thread sleeps. Pure: told the time.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::limits::{ALARM_GRAIN, ALARM_REPLAN};

/// All waits, the earliest first.
#[derive(Default)]
pub(super) struct Waits {
    waits: BTreeMap<(Instant, u64), Waker>,
    numbers: u64,
    /// What the thread sleeps for.
    plan: Plan,
    /// When it was last woken for another plan.
    replanned: Option<Instant>,
}

/// What the thread does next by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Plan {
    /// It is awake, and will look.
    #[default]
    Awake,
    /// It sleeps until somebody calls.
    Asleep,
    /// It sleeps until then.
    Until(Instant),
}

impl Waits {
    pub(super) fn len(&self) -> usize {
        self.waits.len()
    }

    /// A number for a new wait.
    pub(super) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Adds a wait, or changes who is woken. True if the thread must be called: it would sleep too long, or, which
    /// can wait a little, for nothing.
    pub(super) fn put(&mut self, at: Instant, number: u64, waker: &Waker, now: Instant) -> bool {
        self.waits.insert((at, number), waker.clone());
        let Some(first) = self.first() else { return false };
        let call = match self.plan {
            Plan::Awake => false,
            Plan::Asleep => true,
            // It sleeps a grain longer than asked; another grain is not worth calling it.
            Plan::Until(planned) if first + 2 * ALARM_GRAIN < planned => true,
            // Somebody who waited has gone away: to wake for him would be in vain. Now the device is awake anyway;
            // but not again and again while it is busy.
            Plan::Until(planned) => {
                let lately =
                    self.replanned.is_some_and(|at| now.saturating_duration_since(at) < ALARM_REPLAN);
                planned + ALARM_GRAIN < first && !lately
            }
        };
        if call {
            (self.plan, self.replanned) = (Plan::Awake, Some(now));
        }
        call
    }

    /// Takes a wait out that is over or not wanted any more.
    pub(super) fn take(&mut self, at: Instant, number: u64) -> Option<Waker> {
        self.waits.remove(&(at, number))
    }

    /// Takes out those that are due.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Waker> {
        self.plan = Plan::Awake;
        let mut due = Vec::new();
        while let Some(first) = self.waits.first_entry()
            && first.key().0 <= now
        {
            due.push(first.remove());
        }
        due
    }

    /// The thread goes to sleep: for how long, if not for ever. A grain behind the earliest wait, so that those right
    /// behind it are due with it.
    pub(super) fn plan(&mut self, now: Instant) -> Option<Duration> {
        let Some(first) = self.first() else {
            self.plan = Plan::Asleep;
            return None;
        };
        let until = first + ALARM_GRAIN;
        self.plan = Plan::Until(until);
        Some(until.saturating_duration_since(now))
    }

    fn first(&self) -> Option<Instant> {
        self.waits.first_key_value().map(|((at, _), _)| *at)
    }
}

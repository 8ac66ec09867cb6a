//! At most so many of something in any hour, and what of it is left for the next process.
//!
//! The notes say how long ago each one was, and what both clocks showed. How much time has passed since then is
//! never overestimated by a wall clock that somebody sets: while the forward clock has gone on, it alone counts,
//! and after a restart of the device, too, it shows at most the time that has really passed. Only if it stands
//! below what it stood at (the device has just started) the wall clock is asked as well.

use std::collections::VecDeque;
use std::time::Duration;

use tmtp_wire::time::{Mono, Wall};

use crate::api::Now;
use crate::limits::{NOTED_MAX, PERSON_EVERY};

pub(super) const HOUR: Duration = Duration::from_secs(3600);
/// The form of the notes. Others are no notes.
const FORM: u8 = 1;

/// At most so many in any hour.
#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    /// Until when each one counts, oldest first.
    counts_until: VecDeque<Mono>,
}

impl Budget {
    pub(super) fn new(most: usize) -> Self {
        Budget { most: most.max(1), counts_until: VecDeque::new() }
    }

    pub(super) fn spend(&mut self, now: Mono) {
        while self.counts_until.front().is_some_and(|until| *until <= now) {
            self.counts_until.pop_front();
        }
        self.add(now + HOUR);
    }

    fn add(&mut self, until: Mono) {
        if self.counts_until.len() >= self.most {
            self.counts_until.pop_front();
        }
        self.counts_until.push_back(until);
    }

    pub(super) fn free_at(&self, now: Mono) -> Mono {
        match self.counts_until.front() {
            Some(oldest) if self.counts_until.len() >= self.most => now.max(*oldest),
            _ => now,
        }
    }

    /// The same for a person who acts: a little behind the last one, however many there were.
    pub(super) fn free_for_person_at(&self, now: Mono) -> Mono {
        let every = u64::try_from((HOUR - PERSON_EVERY).as_millis()).unwrap_or(u64::MAX);
        let soon = self.counts_until.back().map_or(now, |last| Mono(last.0.saturating_sub(every)));
        self.free_at(now).min(now.max(soon))
    }

    /// How long ago each of the last hour was, in milliseconds, oldest first.
    fn ages(&self, now: Mono) -> Vec<u32> {
        let left = self.counts_until.iter().map(|until| until.since(now)).filter(|left| !left.is_zero());
        let ages = left.map(|left| HOUR.saturating_sub(left).as_millis());
        let mut ages: Vec<u32> = ages.filter_map(|age| u32::try_from(age).ok()).collect();
        ages.drain(..ages.len().saturating_sub(NOTED_MAX));
        ages
    }

    /// What was spent before this process began.
    fn take_over(&mut self, now: Mono, passed: Duration, ages: &[u32]) {
        for age in ages {
            let age = passed.saturating_add(Duration::from_millis(u64::from(*age)));
            if age < HOUR {
                self.add(now + (HOUR - age));
            }
        }
    }
}

/// Writes down what was spent.
pub(super) fn write(now: Now, dials: &Budget, logins: &Budget) -> Vec<u8> {
    let mut notes = vec![FORM];
    notes.extend(now.mono.0.to_le_bytes());
    notes.extend(now.wall.0.to_le_bytes());
    for budget in [dials, logins] {
        let ages = budget.ages(now.mono);
        notes.extend(u16::try_from(ages.len()).unwrap_or(0).to_le_bytes());
        notes.extend(ages.iter().flat_map(|age| age.to_le_bytes()));
    }
    notes
}

/// Reads such notes into budgets of which nothing was spent yet.
pub(super) fn read(notes: &[u8], now: Now, dials: &mut Budget, logins: &mut Budget) {
    let Some((then, ages)) = parse(notes) else { return };
    let passed = if now.mono >= then.mono {
        now.mono.since(then.mono)
    } else {
        let by_wall = u64::try_from(now.wall.0.saturating_sub(then.wall.0)).unwrap_or(0);
        now.mono.since(Mono(0)).max(Duration::from_millis(by_wall))
    };
    let [of_dials, of_logins] = ages;
    dials.take_over(now.mono, passed, &of_dials);
    logins.take_over(now.mono, passed, &of_logins);
}

fn parse(notes: &[u8]) -> Option<(Now, [Vec<u32>; 2])> {
    let rest = notes.strip_prefix(&[FORM])?;
    let (mono, rest) = rest.split_first_chunk()?;
    let (wall, mut rest) = rest.split_first_chunk()?;
    let then = Now { mono: Mono(u64::from_le_bytes(*mono)), wall: Wall(i64::from_le_bytes(*wall)) };
    let mut ages = [Vec::new(), Vec::new()];
    for list in &mut ages {
        let (count, behind) = rest.split_first_chunk()?;
        rest = behind;
        for _ in 0..u16::from_le_bytes(*count) {
            let (age, behind) = rest.split_first_chunk()?;
            rest = behind;
            list.push(u32::from_le_bytes(*age));
        }
    }
    Some((then, ages))
}

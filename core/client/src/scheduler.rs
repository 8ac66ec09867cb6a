//! When each account may begin to dial, so that many accounts do not all dial at once: after a start, after a
//! change of the network. A few may begin together, the others one after the other, each with a little jitter.
//!
//! In: the time. Out: how long to wait. Pure: no clock, no task. It never refuses and never holds anybody back
//! for longer than its turn takes; how long an account waits after failures is decided in the account
//! (`tmtp_account::pacing`), and pulses of all links meet on one grid of the clock (`tmtp_session`).

use std::time::Duration;

use tmtp_wire::time::Mono;

use crate::limits::{DIAL_SPACING, DIALS_AT_ONCE};

/// Gives out turns.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// When the budget is whole again. Each turn moves it by one spacing.
    whole_at: Mono,
}

impl Turns {
    /// Takes the next turn: how long to wait for it from `now`. `random` spreads the turns that have to wait.
    pub(crate) fn take(&mut self, now: Mono, random: u64) -> Duration {
        let from = self.whole_at.max(now);
        let behind = from.since(now);
        self.whole_at = from + DIAL_SPACING;
        let free = DIAL_SPACING * (DIALS_AT_ONCE - 1);
        if behind <= free {
            return Duration::ZERO;
        }
        let jitter = random % (millis(DIAL_SPACING) + 1);
        (behind - free) + Duration::from_millis(jitter)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator: the same numbers in each run.
    fn numbers(seed: u64) -> impl FnMut() -> u64 {
        let mut state = seed | 1;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        }
    }

    #[test]
    fn a_handful_of_accounts_does_not_wait() {
        let mut turns = Turns::default();
        for _ in 0..DIALS_AT_ONCE {
            assert_eq!(turns.take(Mono(5), 77), Duration::ZERO);
        }
        assert!(turns.take(Mono(5), 77) > Duration::ZERO);
    }

    #[test]
    fn no_span_sees_more_dials_than_its_budget() {
        for seed in 1..200 {
            let mut next = numbers(seed);
            let (mut turns, mut now, mut begun) = (Turns::default(), 0, Vec::new());
            for _ in 0..200 {
                now += next() % 150;
                begun.push(now + millis(turns.take(Mono(now), next())));
            }
            begun.sort_unstable();
            for (at, first) in begun.iter().enumerate() {
                let second = begun[at..].iter().filter(|later| **later < first + 1000).count() as u64;
                // The budget of a second, and the one that jitter moved into it at each end.
                let budget = u64::from(DIALS_AT_ONCE) + 1000 / millis(DIAL_SPACING) + 2;
                assert!(second <= budget, "seed {seed}: {second} dials within a second");
            }
        }
    }

    #[test]
    fn nobody_waits_longer_than_his_turn_takes() {
        let mut next = numbers(3);
        let mut turns = Turns::default();
        for place in 0..100_u32 {
            let most = DIAL_SPACING * place + DIAL_SPACING;
            assert!(turns.take(Mono(9), next()) <= most, "place {place}");
        }
        assert_eq!(turns.take(Mono(1_000_000), next()), Duration::ZERO, "a pause restores the budget");
    }
}

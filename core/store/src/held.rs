//! Who holds the one writer, or a reader, for too long (R29): while a step's transaction is open nobody else writes,
//! and a reader that stays keeps the log from being cut. Whoever holds one says what it does, by names that stand in
//! the code; at the end, if it took longer than [`limits::HELD_LONG`], there is a warning with how long it was and
//! what of it took longest. Never with anything of what is stored.
//!
//! It measures by the system's running clock, and only for this warning: nothing here depends on it.

use std::time::{Duration, Instant};

use tmtp_wire::code::Code;

use crate::limits;

/// Somebody holds something, from its making until it is dropped.
#[derive(Debug)]
pub struct Held {
    whom: &'static str,
    began: Instant,
    part: (&'static str, Instant),
    longest: (&'static str, Duration),
}

impl Held {
    /// From now on `whom` is held, to do this first.
    pub fn begin(whom: &'static str, what: &'static str) -> Held {
        Held::begin_at(whom, what, Instant::now())
    }

    /// Now something else is done.
    pub fn goes_on(&mut self, what: &'static str) {
        self.goes_on_at(what, Instant::now());
    }

    fn begin_at(whom: &'static str, what: &'static str, now: Instant) -> Held {
        Held { whom, began: now, part: (what, now), longest: (what, Duration::ZERO) }
    }

    fn goes_on_at(&mut self, what: &'static str, now: Instant) {
        let (part, since) = std::mem::replace(&mut self.part, (what, now));
        let took = now.saturating_duration_since(since);
        if took > self.longest.1 {
            self.longest = (part, took);
        }
    }

    /// How long it was held, and what took longest, if it was too long.
    fn too_long(&mut self, now: Instant) -> Option<(Duration, &'static str)> {
        self.goes_on_at("", now);
        let took = now.saturating_duration_since(self.began);
        (took >= limits::HELD_LONG).then_some((took, self.longest.0))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((took, mostly)) = self.too_long(Instant::now()) {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let (whom, mostly) = (Code(self.whom), Code(mostly));
            tracing::warn!(whom = whom.field(), ms, mostly = mostly.field(), "The store was held for long.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_named_by_its_longest_part() {
        let began = Instant::now();
        let at = |ms| began + Duration::from_millis(ms);
        let mut held = Held::begin_at("writer", "begin", began);
        held.goes_on_at("delivery", at(10));
        held.goes_on_at("ping", at(700));
        held.goes_on_at("commit", at(701));
        assert_eq!(held.too_long(at(999)), None);
        let mut held = Held::begin_at("writer", "begin", began);
        held.goes_on_at("delivery", at(10));
        held.goes_on_at("commit", at(200));
        assert_eq!(held.too_long(at(1300)), Some((Duration::from_millis(1300), "commit")));
    }
}

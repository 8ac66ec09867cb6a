//! The clocks of the device, the only place where the core reads one. Everything else is told the time.

use std::time::{SystemTime, UNIX_EPOCH};

use tmtp_account::Now;
use tmtp_wire::time::{Mono, Wall};

/// Tells the time. Tests bring their own.
pub trait Clock: Send + Sync {
    /// Both clocks, read together.
    fn now(&self) -> Now;

    /// Whether this is the time that passes on the device. Then long waits may be left to an
    /// [`Alarm`](crate::Alarm)'s thread; by any other clock tokio waits, whose time a test can pause and move.
    fn is_device(&self) -> bool {
        false
    }
}

/// The device's clocks. The monotonic one counts the time that the device sleeps, where the system offers such
/// a clock: a site goes on counting while we sleep (R43).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let wall = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        Now { mono: monotonic(), wall: Wall(wall) }
    }

    fn is_device(&self) -> bool {
        true
    }
}

#[cfg(unix)]
fn monotonic() -> Mono {
    use rustix::time::{ClockId, clock_gettime};

    // Apple's CLOCK_MONOTONIC counts sleep, that of Linux does not.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;

    let time = clock_gettime(CLOCK);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let millis = u64::try_from(time.tv_nsec / 1_000_000).unwrap_or(0);
    Mono(seconds.saturating_mul(1000).saturating_add(millis))
}

#[cfg(not(unix))]
fn monotonic() -> Mono {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    let passed = START.get_or_init(Instant::now).elapsed().as_millis();
    Mono(u64::try_from(passed).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_read_twice_never_runs_backwards() {
        let (first, second) = (SystemClock.now(), SystemClock.now());
        assert!(second.mono >= first.mono);
        assert!(first.wall > Wall(1_600_000_000_000), "a wall clock before 2020");
    }
}

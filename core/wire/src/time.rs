//! Time as a value. The core never asks a clock: whoever drives it passes these in.
//!
//! [`Mono`] orders and measures, [`Wall`] is only shown. The two never mix: a wall clock may jump, and
//! nothing that decides about mail may jump with it.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// Milliseconds on a clock that only runs forward and counts sleep. Its zero has no meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub u64);

impl Mono {
    /// The time that has passed since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: Mono) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Mono;
    fn add(self, span: Duration) -> Mono {
        Mono(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Mono {
    type Output = Mono;
    fn sub(self, span: Duration) -> Mono {
        Mono(self.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z as the device's wall clock has it. Only shown, never compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wall(pub i64);

/// 0000-01-01T00:00:00.000Z.
const YEAR_0: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z.
const YEAR_9999: i64 = 253_402_300_799_999;

impl fmt::Display for Wall {
    /// RFC 3339 in UTC with milliseconds and `Z`, the form in which a site writes `posted`. It has years of four digits:
    /// a clock that stands outside of them is shown at their end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.clamp(YEAR_0, YEAR_9999);
        let days = shown.div_euclid(86_400_000);
        let in_day = shown.rem_euclid(86_400_000);
        let (year, month, day) = civil(days);
        let (h, m, s, ms) = (in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1000 % 60, in_day % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{ms:03}Z")
    }
}

/// Year, month and day of a day count from 1970-01-01, after Howard Hinnant's public algorithm.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_is_written_as_a_site_writes_it() {
        assert_eq!(Wall(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Wall(1_617_700_527_310).to_string(), "2021-04-06T09:15:27.310Z");
        assert_eq!(Wall(951_826_554_007).to_string(), "2000-02-29T12:15:54.007Z");
        assert_eq!(Wall(-1).to_string(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_clock_that_stands_anywhere_is_written_in_a_form_that_can_be_read() {
        assert_eq!(Wall(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Wall(YEAR_0).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Wall(YEAR_9999).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Wall(YEAR_9999 + 1).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Wall(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn monotonic_time_never_goes_below_zero() {
        assert_eq!(Mono(5) - Duration::from_secs(1), Mono(0));
        assert_eq!(Mono(5).since(Mono(9)), Duration::ZERO);
    }
}

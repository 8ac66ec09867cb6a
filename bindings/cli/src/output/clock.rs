//! Times for people: in the time zone of this machine, or in UTC where none is set, and then they say so. What scripts
//! read stays RFC 3339 in UTC.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time as a list shows it: without the date when it is today's, without seconds always. `–` if there is none.
pub(crate) fn at(time: Option<&str>) -> String {
    let time = time.and_then(|time| time.parse().ok());
    time.map_or_else(|| "–".to_owned(), |time| list_time(time, here(), zone()))
}

/// What the clock of this machine says, as far as there are words for it: it may stand anywhere.
fn here() -> Timestamp {
    let clock = std::time::SystemTime::now();
    let edge = if clock < std::time::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::try_from(clock).unwrap_or(edge)
}

/// Now, as the lines of `watch` begin.
pub(crate) fn now() -> String {
    format!("{}{}", here().to_zoned_datetime(zone_or_utc(zone())).strftime("%H:%M:%S"), suffix(zone()))
}

/// Milliseconds from now until that time.
pub(crate) fn until(time: &str) -> Option<i64> {
    let time: Timestamp = time.parse().ok()?;
    Some(time.as_millisecond() - here().as_millisecond())
}

fn list_time(time: Timestamp, now: Timestamp, zone: Option<&TimeZone>) -> String {
    let [time, now] = [time, now].map(|time| time.to_zoned_datetime(zone_or_utc(zone)));
    let form = if time.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    format!("{}{}", time.strftime(form), suffix(zone))
}

fn suffix(zone: Option<&TimeZone>) -> &'static str {
    if zone.is_some() { "" } else { " UTC" }
}

fn zone_or_utc(zone: Option<&TimeZone>) -> TimeZone {
    zone.cloned().unwrap_or(TimeZone::UTC)
}

/// The zone that the environment or the system names; `None` if neither does, and if it is UTC, where many a machine
/// stands whose people do not live by it.
fn zone() -> Option<&'static TimeZone> {
    static ZONE: OnceLock<Option<TimeZone>> = OnceLock::new();
    ZONE.get_or_init(|| TimeZone::try_system().ok().filter(|zone| !is_utc(zone))).as_ref()
}

fn is_utc(zone: &TimeZone) -> bool {
    zone.to_offset_info(here()).abbreviation() == "UTC"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_list_shows_the_time_of_its_reader_and_the_date_unless_it_is_today() {
        let east = TimeZone::posix("XXX-2").unwrap();
        let (late, now) = (time("2026-05-03T22:30:12.000Z"), time("2026-05-04T09:00:00.000Z"));
        assert_eq!(list_time(late, now, Some(&east)), "00:30", "it is today there");
        assert_eq!(list_time(late, now, None), "2026-05-03 22:30 UTC");
        assert_eq!(list_time(now, now, None), "09:00 UTC");
        assert_eq!(list_time(time("2026-05-03T10:11:12.000Z"), now, Some(&east)), "2026-05-03 12:11");
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [None, Some("soon\u{1b}[2J"), Some("")] {
            assert_eq!(at(text), "–");
        }
        assert_eq!(until("soon"), None);
        assert!(until("2100-01-01T00:00:00.000Z") > Some(0));
    }
}

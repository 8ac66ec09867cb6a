//! The site's time as a value: `2026-11-23T20:37:03.709Z` (wire 6). A text of another form is no time; the
//! message is shown without one.

use tmtp_wire::time::Wall;

/// Reads the form in which a site writes `posted`.
pub(crate) fn parse(text: &str) -> Option<Wall> {
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00.000Z";
    let fits = bytes.len() == shape.len()
        && bytes.iter().zip(shape).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        });
    if !fits {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<i64>().ok());
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second, milli) = (number(11..13)?, number(14..16)?, number(17..19)?, number(20..23)?);
    let known =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    let in_day = ((hour * 60 + minute) * 60 + second) * 1000 + milli;
    known.then(|| Wall(days(year, month, day) * 86_400_000 + in_day))
}

/// Days since 1970-01-01, after Howard Hinnant's public algorithm.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let yoe = year.rem_euclid(400);
    let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// The wall time with whole seconds, as the desktop client writes it into recipient lists.
pub(crate) fn seconds(wall: Wall) -> String {
    let text = wall.to_string();
    text.split_once('.').map_or(text.clone(), |(seconds, _)| format!("{seconds}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sites_time_is_read_as_it_is_written() {
        for wall in [Wall(0), Wall(1_617_700_527_310), Wall(951_826_554_007), Wall(-1)] {
            assert_eq!(parse(&wall.to_string()), Some(wall));
        }
    }

    #[test]
    fn no_clock_is_too_wrong_to_be_written_down() {
        assert_eq!(seconds(Wall(i64::MIN)), "0000-01-01T00:00:00Z");
        assert_eq!(seconds(Wall(-1)), "1969-12-31T23:59:59Z");
        assert_eq!(seconds(Wall(i64::MAX)), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn other_forms_are_no_time() {
        for text in [
            "",
            "2026-11-23T20:37:03Z",
            "2026-13-23T20:37:03.709Z",
            "2026-11-23 20:37:03.709Z",
            "è026-11-23T20:37:03.70Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn recipient_lists_get_whole_seconds() {
        assert_eq!(seconds(Wall(1_617_700_527_310)), "2021-04-06T09:15:27Z");
    }
}

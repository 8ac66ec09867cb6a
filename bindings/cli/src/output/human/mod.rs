//! Answers as people like to read them. Texts of others go through [`super::words`], which makes them harmless for
//! a terminal.

mod lists;
mod mail;
mod said;

use std::time::SystemTime;

use tmtp_client::Wall;

use super::style;
use super::words::{line, when};

pub(crate) use lists::{accounts, contacts, outbox, pings, status, threads};
pub(crate) use mail::{event, message, thread};
pub(crate) use said::{
    adopted, alias, deleted, joined, key, large, node_remark, pinged, removed, salvaged, saved, sent, synced,
    withdrawn,
};

/// A state's word in its colour.
fn state(word: &str) -> String {
    let style = match word {
        "online" | "sent" | "held" => style::good(),
        "idle" | "off" | "connecting" | "queued" | "sending" => style::dim(),
        "waiting" | "node_busy" | "in_doubt" | "in_use" | "locked" => style::attention(),
        _ => style::bad(),
    };
    style.apply_to(word.replace('_', " ")).to_string()
}

fn names(names: &[String]) -> String {
    names.iter().map(|name| line(name)).collect::<Vec<_>>().join(", ")
}

fn at(posted: Option<&str>) -> String {
    posted.map(|posted| when(posted, &now())).unwrap_or_else(|| "–".to_owned())
}

/// Milliseconds from now until that time.
fn until(time: &str) -> Option<i64> {
    (wall_of(time)? - now_ms()).into()
}

/// RFC 3339 in UTC, as [`Wall`] writes it, back to milliseconds.
fn wall_of(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second, ms) = (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?);
    // Days since 1970 of a date of the Gregorian calendar, the year beginning in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day
        - 1
        - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn now() -> String {
    Wall(now_ms()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_comes_back_as_it_was_written() {
        for ms in [0, 951_826_554_007, 1_617_700_527_310, 4_102_444_800_000] {
            assert_eq!(wall_of(&Wall(ms).to_string()), Some(ms));
        }
        assert_eq!(wall_of("soon"), None);
    }
}

//! Small words: spans, sizes, numbers, and texts of others made harmless for a terminal.

use tmtp_wire::plain;

/// What a name may take of a line, in columns of the terminal.
const NAME: usize = 32;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// `4.0 KB`, `1.5 MB`: sizes as file managers show them.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let mut value = bytes as f64 / 1000.0;
    for unit in UNITS {
        if value < 999.95 || unit == "TB" {
            return format!("{value:.1} {unit}");
        }
        value /= 1000.0;
    }
    String::new()
}

/// `1 message`, `3 messages`.
pub(crate) fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// The difference of two wall times in words, for a wait: `12 s`, `3 min`, `2 h`.
pub(crate) fn span(milliseconds: i64) -> String {
    match milliseconds.max(0) {
        ms if ms < 100_000 => format!("{} s", ms / 1000),
        ms if ms < 7_200_000 => format!("{} min", ms / 60_000),
        ms if ms < 2 * DAY => format!("{} h", ms / 3_600_000),
        ms => format!("{} days", ms / DAY),
    }
}

/// A text of others as one line that cannot steer a terminal (see [`plain::line`]).
pub(crate) fn line(text: &str) -> String {
    plain::line(text).into_owned()
}

/// A text of others with its lines, each behind `indent`.
pub(crate) fn block(text: &str, indent: &str) -> String {
    let mut out = String::new();
    for row in plain::block(text).lines() {
        out.push_str(format!("{indent}{row}").trim_end());
        out.push('\n');
    }
    out
}

/// What somebody is called, on a line that holds more: harmless, and its beginning only.
pub(crate) fn name(text: &str) -> String {
    beginning(&line(text), NAME)
}

/// The beginning of a long line.
pub(crate) fn beginning(text: &str, columns: usize) -> String {
    console::truncate_str(text, columns, "…").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(5000), "5.0 KB");
        assert_eq!(size(999_999), "1.0 MB");
        assert_eq!(size(1_500_000), "1.5 MB");
        assert_eq!(size(u64::MAX), "18446744.1 TB");
    }

    #[test]
    fn a_long_line_is_cut_by_what_it_takes_on_a_screen() {
        assert_eq!(beginning("short", 5), "short");
        assert_eq!(beginning("日本日本", 5), "日本…");
    }

    #[test]
    fn a_stranger_cannot_steer_the_terminal() {
        assert_eq!(line("a\u{1b}]0;b\u{7}\nc\u{202e}"), "a\u{fffd}]0;b\u{fffd} c\u{fffd}");
        assert_eq!(block("a\n\u{9b}2J\r\n\nb\rc", "  "), "  a\n  \u{fffd}2J\n\n  b\n  c\n");
    }
}

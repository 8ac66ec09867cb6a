//! How the demo ends: a table for people, one document for scripts, and the exit code.

use serde::Serialize;

use crate::output::style;
use crate::output::words::count;

/// Everything that was counted.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Report {
    /// Messages handed to `send`.
    pub(super) sent: u64,
    /// Messages that are at every node where they belong.
    pub(super) arrived: u64,
    /// Copies that a store holds once too often.
    pub(super) doubled: u64,
    /// Copies that are missing in a store.
    pub(super) lost: u64,
    /// Places where a receiver has a sender's messages of a thread in another order than he sent them.
    pub(super) reordered: u64,
    /// Messages that a site has accepted twice although the sender could know better.
    pub(super) accepted_twice: u64,
    /// Messages in doubt that turned out as sent.
    pub(super) in_doubt_sent: u64,
    /// Messages in doubt that turned out as not sent, and were sent again.
    pub(super) in_doubt_not_sent: u64,
    /// Links cut by the relays.
    pub(super) cuts: u64,
    /// Processes ended with SIGKILL.
    pub(super) kills: u64,
    /// Logins that the sites have seen.
    pub(super) logins: u64,
    /// Logins after which a site delivered nothing for the time of a repetition.
    pub(super) gaps: u64,
    /// What would have harmed a public server, or left a link inside a TLS record.
    pub(super) violations: u64,
    /// From `send` to a receiver's store, half of all copies.
    pub(super) p50_ms: u64,
    /// From `send` to a receiver's store, 95 of 100 copies.
    pub(super) p95_ms: u64,
    /// What repeats the choices of this run.
    pub(super) seed: u64,
    /// Copies that belong into some store.
    pub(super) copies: u64,
    /// Copies that are not what was sent, or are where they do not belong.
    pub(super) wrong: u64,
    /// Links stalled for a while.
    pub(super) stalls: u64,
    /// Links that vanished without a word.
    pub(super) black_holes: u64,
    /// Connections refused.
    pub(super) refusals: u64,
    /// Second copies that receivers folded.
    pub(super) folded: u64,
    /// Bytes of attachments handed to `send`.
    pub(super) attached_bytes: u64,
    /// How long it took.
    pub(super) seconds: f64,
    /// The timers that the demo's sites have shortened, in seconds.
    pub(super) timers: Timers,
    /// Where the homes were left.
    pub(super) kept: Option<String>,
}

/// Timers of the demo's sites.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Timers {
    /// A link that vanishes keeps its node locked for so long; 120 at the public server.
    pub(super) silence_s: f64,
    /// An unconfirmed message is repeated after so long; 30 at the public server.
    pub(super) repeat_s: f64,
}

impl Report {
    /// Whether everything that was promised was kept.
    pub(super) fn is_good(&self) -> bool {
        let bad = [self.doubled, self.lost, self.reordered, self.accepted_twice, self.violations, self.wrong];
        bad.iter().all(|count| *count == 0) && self.arrived == self.sent
    }

    /// The table.
    pub(super) fn human(&self) -> String {
        let mut text = String::new();
        let mut section = |name: &str, rows: &[(&str, u64, bool, &str)]| {
            text.push_str(&format!("\n  {}\n", style::strong().apply_to(name)));
            for (what, number, good, remark) in rows {
                let number = format!("{number:>8}");
                let number = if *good { number } else { style::bad().apply_to(number).to_string() };
                text.push_str(&format!("  {number}  {what:<16} {}\n", style::dim().apply_to(remark)));
            }
        };
        section("The promise", &self.promised());
        section("What happened", &self.happened());
        section("Sending", &self.sending());
        text.push_str(&self.last_words());
        text
    }

    fn promised(&self) -> [(&'static str, u64, bool, &'static str); 8] {
        let zero = |number: u64| number == 0;
        [
            ("sent", self.sent, true, "messages handed to `send`"),
            (
                "arrived",
                self.arrived,
                self.arrived == self.sent,
                "of them are at every node where they belong",
            ),
            ("doubled", self.doubled, zero(self.doubled), "copies too many in a store"),
            ("lost", self.lost, zero(self.lost), "copies missing in a store"),
            (
                "reordered",
                self.reordered,
                zero(self.reordered),
                "one sender's messages of a thread out of order",
            ),
            (
                "altered",
                self.wrong,
                zero(self.wrong),
                "copies that are not what was sent, or not where they belong",
            ),
            (
                "accepted twice",
                self.accepted_twice,
                zero(self.accepted_twice),
                "by a site, before any folding",
            ),
            ("violations", self.violations, zero(self.violations), "that could have harmed a public server"),
        ]
    }

    fn happened(&self) -> [(&'static str, u64, bool, &'static str); 7] {
        [
            ("cuts", self.cuts, true, "links cut, at any byte"),
            ("stalls", self.stalls, true, "links silent for a while"),
            ("black holes", self.black_holes, true, "links gone without a word"),
            ("refusals", self.refusals, true, "connections refused"),
            ("kills", self.kills, true, "client processes ended with SIGKILL"),
            ("logins", self.logins, true, "at the two sites"),
            ("gaps", self.gaps, true, "logins after which a site delivered nothing for a while"),
        ]
    }

    fn sending(&self) -> [(&'static str, u64, bool, &'static str); 6] {
        [
            ("copies", self.copies, true, "that belong into the stores of eight nodes"),
            ("doubt: sent", self.in_doubt_sent, true, "the answer was lost; proof was found, not sent again"),
            (
                "doubt: not sent",
                self.in_doubt_not_sent,
                true,
                "the answer was lost; proof was found, sent again, once",
            ),
            ("folded", self.folded, true, "repetitions that receivers recognised"),
            ("ms, median", self.p50_ms, true, "from `send` to a receiver's store, faults included"),
            ("ms, 95 of 100", self.p95_ms, true, ""),
        ]
    }

    fn last_words(&self) -> String {
        let mut text = format!("\n  {:.0} s, seed {}", self.seconds, self.seed);
        if let Some(kept) = &self.kept {
            text.push_str(&format!(
                "; homes kept in {kept}, for example: tmtp --home {kept}/ben --account harbour threads"
            ));
        }
        let verdict = if self.is_good() {
            style::good().apply_to("Nothing lost, nothing doubled, nothing out of order.".to_owned())
        } else {
            let faults = self.doubled
                + self.lost
                + self.reordered
                + self.accepted_twice
                + self.violations
                + self.wrong;
            style::bad().apply_to(format!("The promise was broken: {}.", count(faults.max(1), "fault")))
        };
        text.push_str(&format!("\n  {verdict}\n"));
        text
    }
}

/// The value below which so many of a hundred are.
pub(super) fn percentile(sorted: &[u64], of_hundred: usize) -> u64 {
    let index = (sorted.len() * of_hundred / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fault_of_any_kind_makes_the_run_bad() {
        let good = Report { sent: 3, arrived: 3, ..Report::default() };
        assert!(good.is_good());
        for bad in [
            Report { arrived: 2, ..good.clone() },
            Report { doubled: 1, ..good.clone() },
            Report { lost: 1, ..good.clone() },
            Report { reordered: 1, ..good.clone() },
            Report { accepted_twice: 1, ..good.clone() },
            Report { violations: 1, ..good.clone() },
            Report { wrong: 1, ..good.clone() },
        ] {
            assert!(!bad.is_good(), "{bad:?}");
            assert!(bad.human().contains("broken"));
        }
    }

    #[test]
    fn percentiles_of_few_values_exist() {
        assert_eq!(percentile(&[], 95), 0);
        assert_eq!(percentile(&[7], 95), 7);
        assert_eq!(percentile(&[1, 2, 3, 4], 50), 3);
    }
}

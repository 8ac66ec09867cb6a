//! Counters of the operating system: system calls by name, as `strace` counts them, and memory.

use crate::error::{BenchError, Outcome};
use crate::figure::{Figure, Target};
use crate::stage::Side;

/// What a process did, start and end included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    /// System calls of all its threads.
    pub(crate) all: u64,
    /// Those of them that wait for the disk.
    pub(crate) syncs: u64,
}

const SYNCS: [&str; 5] = ["fsync", "fdatasync", "sync", "syncfs", "sync_file_range"];

impl Calls {
    /// Reads the table of `strace -c -U name,calls`.
    pub(crate) fn parse(table: &str) -> Calls {
        let mut calls = Calls::default();
        for line in table.lines() {
            let mut words = line.split_whitespace();
            let (Some(name), Some(count)) = (words.next(), words.next()) else { continue };
            let Ok(count) = count.parse::<u64>() else { continue };
            if name != "total" {
                calls.all += count;
                calls.syncs += if SYNCS.contains(&name) { count } else { 0 };
            }
        }
        calls
    }

    /// How many more calls and syncs than in `less`, for each of `messages`.
    pub(crate) fn per_message(self, less: Calls, messages: usize) -> (f64, f64) {
        let each = |more: u64, less: u64| (more as f64 - less as f64) / messages as f64;
        (each(self.all, less.all), each(self.syncs, less.syncs))
    }
}

/// The most memory that this process ever had resident.
pub(crate) fn peak_kib() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix("kB")).map(str::trim);
    number.and_then(|number| number.parse().ok()).ok_or(BenchError::Expected("VmHWM in /proc/self/status"))
}

/// What both sides came to, round by round.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    ours: Vec<f64>,
    bare: Vec<f64>,
}

impl Rounds {
    /// None yet.
    pub(crate) const fn new() -> Rounds {
        Rounds { ours: Vec::new(), bare: Vec::new() }
    }

    /// Adds a round of one side.
    pub(crate) fn push(&mut self, side: Side, value: f64) {
        match side {
            Side::Ours => self.ours.push(value),
            Side::Bare => self.bare.push(value),
        }
    }

    /// A figure of the medians. Its ratio is the median of those of each round: what disturbed a round has as a rule
    /// disturbed both sides.
    pub(crate) fn figure(&self, name: &'static str, unit: &'static str, target: Target) -> Figure {
        let (ours, bare) = self.medians();
        let ratios = self.ours.iter().zip(&self.bare).map(|(ours, bare)| ours / bare).collect();
        Figure::new(name, unit, ours, bare, target).with_ratio(median(ratios))
    }

    /// The medians: ours, and the base line's.
    pub(crate) fn medians(&self) -> (f64, f64) {
        (median(self.ours.clone()), median(self.bare.clone()))
    }

    /// The largest of each side.
    pub(crate) fn largest(self) -> (f64, f64) {
        let largest = |values: Vec<f64>| values.into_iter().fold(f64::NAN, f64::max);
        (largest(self.ours), largest(self.bare))
    }
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match (values.get(values.len() / 2), values.get(values.len().saturating_sub(1) / 2)) {
        (Some(upper), Some(lower)) => (upper + lower) / 2.0,
        _ => f64::NAN,
    }
}

/// The lower quartile.
pub(crate) fn quartile(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 4).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_calls_is_added_up() {
        let table = "syscall              calls\n---------------- ---------\nread                     7\n\
                     fdatasync                2\nfsync                    1\n---------------- ---------\n\
                     total                   10\n";
        assert_eq!(Calls::parse(table), Calls { all: 10, syncs: 3 });
    }

    #[test]
    fn the_difference_is_shared_by_the_further_messages() {
        let (short, long) = (Calls { all: 100, syncs: 5 }, Calls { all: 300, syncs: 15 });
        assert_eq!(long.per_message(short, 10), (20.0, 1.0));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_ones() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}

//! One row for each wake of each account, over all accounts: what was reached and when, how it ended, how much
//! came. No contents; the names of accounts on this device are the only words of a person in it (R17).
//!
//! The rows are in the accounts' stores. A wake that could not even open its account is remembered here in memory
//! until the account is open again, and shown all the same.

use std::fmt::Write;

use tmtp_store::read::WakeEntry;
use tmtp_wire::time::Wall;

use crate::home::AccountName;
use crate::limits::LEDGER_ROWS;

/// A wake of an account that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// Which account.
    pub account: AccountName,
    /// What the wake did.
    pub wake: WakeEntry,
}

/// Which part of the ledger is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerPage {
    /// How many rows at most, 1 to 100; other values are taken as the nearest of these.
    pub limit: u32,
    /// Behind which row; `None`: from the newest on.
    pub after: Option<LedgerPlace>,
}

impl Default for LedgerPage {
    fn default() -> Self {
        LedgerPage { limit: 50, after: None }
    }
}

/// The place of a row: by time, the newest first, then by account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerPlace {
    /// When that wake began.
    pub began: Wall,
    /// Whose it was.
    pub account: AccountName,
}

/// A part of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRows {
    /// The rows, the newest first.
    pub rows: Vec<LedgerRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<LedgerPlace>,
}

/// Brings the rows of all accounts into one order.
pub(crate) fn in_order(rows: &mut [LedgerRow]) {
    rows.sort_by(|one, other| {
        other.wake.began.cmp(&one.wake.began).then_with(|| one.account.cmp(&other.account))
    });
}

/// The page of rows that are in order.
pub(crate) fn cut(rows: Vec<LedgerRow>, page: &LedgerPage) -> LedgerRows {
    let limit = page.limit.clamp(1, LEDGER_ROWS) as usize;
    let behind = |row: &LedgerRow| match &page.after {
        Some(after) => {
            row.wake.began < after.began || row.wake.began == after.began && row.account > after.account
        }
        None => true,
    };
    let mut rows: Vec<LedgerRow> = rows.into_iter().filter(behind).take(limit + 1).collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let place = |row: &LedgerRow| LedgerPlace { began: row.wake.began, account: row.account.clone() };
    let next = rows.last().filter(|_| more).map(place);
    LedgerRows { rows, next }
}

/// The rows as JSON, one object a line, the newest first.
pub(crate) fn export(rows: &[LedgerRow]) -> String {
    let mut text = String::new();
    for LedgerRow { account, wake } in rows {
        let WakeEntry { began, stages, outcome, arrived } = wake;
        // Names and words are plain ASCII without quotes, so nothing here needs an escape.
        let stages: Vec<String> =
            stages.iter().map(|(stage, at)| format!("\"{}\":{at}", plain(stage))).collect();
        let _ = writeln!(
            text,
            "{{\"account\":\"{account}\",\"began\":\"{began}\",\"began_ms\":{},\"outcome\":\"{}\",\
             \"arrived\":{arrived},\"stages\":{{{}}}}}",
            began.0,
            plain(outcome),
            stages.join(",")
        );
    }
    text
}

/// A word of ours as it was read from a store, which may be damaged.
fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_ledger_join_without_a_gap() {
        let row = |began: i64, account: &str| LedgerRow {
            account: account.parse().unwrap(),
            wake: WakeEntry { began: Wall(began), stages: vec![], outcome: "new".into(), arrived: 1 },
        };
        let mut rows = vec![row(5, "b"), row(9, "b"), row(5, "a"), row(7, "a"), row(1, "b")];
        in_order(&mut rows);
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = cut(rows.clone(), &LedgerPage { limit: 2, after });
            read.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(read, rows);
        assert_eq!(rows.iter().map(|row| row.wake.began.0).collect::<Vec<_>>(), [9, 7, 5, 5, 1]);
    }

    #[test]
    fn each_wake_is_a_line_of_json_without_anything_else() {
        let row = |stage: &str| LedgerRow {
            account: "mail.example.org".parse().unwrap(),
            wake: WakeEntry {
                began: Wall(1_700_000_000_123),
                stages: vec![("received".into(), 0), (stage.into(), 41)],
                outcome: "nothing_new".into(),
                arrived: 0,
            },
        };
        let text = export(&[row("logged_in"), row("bad\"}\n")]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "{\"account\":\"mail.example.org\",\"began\":\"2023-11-14T22:13:20.123Z\",\"began_ms\":1700000000123,\
                 \"outcome\":\"nothing_new\",\"arrived\":0,\"stages\":{\"received\":0,\"logged_in\":41}}",
                "{\"account\":\"mail.example.org\",\"began\":\"2023-11-14T22:13:20.123Z\",\"began_ms\":1700000000123,\
                 \"outcome\":\"nothing_new\",\"arrived\":0,\"stages\":{\"received\":0,\"bad\":41}}",
            ]
        );
    }
}

//! The ledger: what each wake did. Times and stable words, no contents.

use super::*;
use crate::convert::amount;
use crate::limits::PAGE_ROWS;
use crate::options::Page;

/// What each wake did, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LedgerPage {
    /// The rows, at most 100.
    pub items: Vec<LedgerRow>,
    /// Where the next page begins; none at the end.
    pub next: Option<PageCursor>,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LedgerRow {
    /// Which account.
    pub account: AccountName,
    /// When it began.
    pub began_ms: i64,
    /// What was reached, and when.
    pub stages: Vec<Stage>,
    /// How it ended, as a stable word.
    pub outcome: String,
    /// Messages and pings that came.
    pub arrived: i64,
}

/// Something that a wake has reached.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Stage {
    /// What, as a stable word.
    pub name: String,
    /// How many milliseconds after the wake began.
    pub at_ms: i64,
}

impl LedgerPage {
    /// The page that is asked for. A place in the ledger crosses as `TIME.ACCOUNT`.
    pub(crate) fn wanted(page: Page) -> Result<core::LedgerPage, TmtpError> {
        let limit = amount("limit", page.limit, PAGE_ROWS)?;
        let after = page.after.map(|place| read_place(&place.0).ok_or(TmtpError::NotFound)).transpose()?;
        Ok(core::LedgerPage { limit, after })
    }
}

fn read_place(text: &str) -> Option<core::LedgerPlace> {
    let (began, account) = text.split_once('.')?;
    Some(core::LedgerPlace { began: core::Wall(began.parse().ok()?), account: account.parse().ok()? })
}

impl From<core::LedgerRows> for LedgerPage {
    fn from(rows: core::LedgerRows) -> LedgerPage {
        let place = |place: core::LedgerPlace| PageCursor(format!("{}.{}", place.began.0, place.account));
        LedgerPage { items: rows.rows.into_iter().map(LedgerRow::from).collect(), next: rows.next.map(place) }
    }
}

impl From<core::LedgerRow> for LedgerRow {
    fn from(row: core::LedgerRow) -> LedgerRow {
        let stages = row.wake.stages.into_iter().map(|(name, at)| Stage { name, at_ms: count(at) });
        LedgerRow {
            account: account_out(&row.account),
            began_ms: row.wake.began.0,
            stages: stages.collect(),
            outcome: row.wake.outcome,
            arrived: count(row.wake.arrived),
        }
    }
}

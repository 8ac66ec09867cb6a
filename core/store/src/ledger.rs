//! One row for each wake (R17): what was reached and when, how it ended, how much came. No contents.

use rusqlite::{Connection, params};
use tmtp_wire::time::Wall;

use crate::error::StoreError;
use crate::limits;

/// A wake that is over.
#[derive(Clone, Debug)]
pub struct WakeRow<'a> {
    /// When it began.
    pub began: Wall,
    /// What was reached, in milliseconds since then. Words without blanks.
    pub stages: &'a [(&'a str, u64)],
    /// How it ended: a stable word.
    pub outcome: &'a str,
    /// Messages and pings that came.
    pub arrived: u64,
}

/// Adds a row and forgets the oldest ones.
pub fn add(conn: &Connection, row: &WakeRow<'_>) -> Result<(), StoreError> {
    let stages: Vec<String> = row.stages.iter().map(|(stage, at)| format!("{stage} {at}")).collect();
    conn.prepare_cached("INSERT INTO wake (began, stages, outcome, arrived) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            row.began.0,
            stages.join("\n"),
            row.outcome,
            i64::try_from(row.arrived).unwrap_or(i64::MAX)
        ])?;
    conn.prepare_cached("DELETE FROM wake WHERE id <= ?1")?
        .execute([conn.last_insert_rowid() - i64::from(limits::WAKES_KEPT)])?;
    Ok(())
}

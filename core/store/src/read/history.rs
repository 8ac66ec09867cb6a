//! What was stored without being understood, and what each wake did.

use rusqlite::params;
use tmtp_wire::time::Wall;

use super::{Cursor, List, Page, Reader, Result, label};

/// Something that was stored raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedRow {
    /// The id as the site wrote it, harmless.
    pub msgid: String,
    /// Its op, likewise.
    pub op: String,
    /// Why: a stable code.
    pub why: String,
    /// Bytes behind the header.
    pub size: u64,
}

/// A wake that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WakeEntry {
    /// When it began.
    pub began: Wall,
    /// What was reached, in milliseconds since then.
    pub stages: Vec<(String, u64)>,
    /// How it ended: a stable word.
    pub outcome: String,
    /// Messages and pings that came.
    pub arrived: u64,
}

pub(super) const PARKED: &str =
    "SELECT id, msgid, op, why, size FROM parked WHERE id > ?1 ORDER BY id LIMIT ?2";
pub(super) const WAKES: &str =
    "SELECT id, began, stages, outcome, arrived FROM wake WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

impl Reader {
    /// How many deliveries are stored raw.
    pub fn parked_count(&self) -> Result<u64> {
        self.look(|conn| {
            let mut statement = conn.prepare_cached("SELECT count(*) FROM parked")?;
            Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
        })
    }

    /// What is stored raw, in the order in which it came.
    pub fn parked(&self, page: &Page) -> Result<List<ParkedRow>> {
        let [after] = page.numbers('k', [0])?;
        self.look(|conn| {
            let mut statement = conn.prepare_cached(PARKED)?;
            let rows = statement.query_map(params![after, page.fetch()], |row| {
                let parked = ParkedRow {
                    msgid: label(row, 1)?,
                    op: label(row, 2)?,
                    why: row.get(3)?,
                    size: row.get::<_, i64>(4)?.cast_unsigned(),
                };
                Ok((parked, Cursor::of_numbers('k', &[row.get(0)?])))
            })?;
            Ok(page.cut(rows.collect::<rusqlite::Result<_>>()?))
        })
    }

    /// The last wakes, newest first.
    pub fn wakes(&self, page: &Page) -> Result<List<WakeEntry>> {
        let [before] = page.numbers('w', [i64::MAX])?;
        self.look(|conn| {
            let mut statement = conn.prepare_cached(WAKES)?;
            let rows = statement.query_map(params![before, page.fetch()], |row| {
                let stages: String = row.get(2)?;
                let wake = WakeEntry {
                    began: Wall(row.get(1)?),
                    stages: stages.lines().filter_map(stage).collect(),
                    outcome: row.get(3)?,
                    arrived: row.get::<_, i64>(4)?.cast_unsigned(),
                };
                Ok((wake, Cursor::of_numbers('w', &[row.get(0)?])))
            })?;
            Ok(page.cut(rows.collect::<rusqlite::Result<_>>()?))
        })
    }
}

fn stage(line: &str) -> Option<(String, u64)> {
    let (word, at) = line.split_once(' ')?;
    Some((word.to_owned(), at.parse().ok()?))
}

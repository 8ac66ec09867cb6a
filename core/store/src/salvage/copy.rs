//! Copying the rows of one table, around pages that do not read.

use rusqlite::types::Value;
use rusqlite::{Connection, Statement, params_from_iter};

use super::fill::fill;
use super::table::{Table, indexes};
use super::{Lost, TableReport};
use crate::error::StoreError;

/// Why copying stopped: the old database does not read there, or the new one cannot be written.
pub(super) enum Stop {
    Damage,
    Failed(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Failed(error)
    }
}

/// An error of the old database: damage is worked around, anything else ends the whole.
pub(super) fn reading(error: rusqlite::Error) -> Stop {
    match StoreError::from(error) {
        StoreError::Corrupt { .. } | StoreError::Io { .. } => Stop::Damage,
        other => Stop::Failed(other),
    }
}

pub(super) fn values(row: &rusqlite::Row<'_>, from: usize, count: usize) -> Result<Vec<Value>, Stop> {
    (from..from + count).map(|column| row.get(column).map_err(reading)).collect()
}

pub(super) fn insert_sql(table: &Table) -> String {
    let places = vec!["?"; table.columns.len()].join(", ");
    format!("INSERT OR IGNORE INTO {} ({}) VALUES ({places})", table.name, table.columns.join(", "))
}

/// Copies what reads of one table.
pub(super) fn copy(old: &Connection, new: &Connection, table: &Table) -> Result<TableReport, StoreError> {
    let mut walk = Walk { old, new, table, read: 0, damaged: false };
    let done = if table.without_rowid { walk.both_ends() } else { walk.by_rowid() };
    match done {
        Ok(()) => {}
        Err(Stop::Damage) => walk.damaged = true,
        Err(Stop::Failed(error)) => return Err(error),
    }
    let Walk { mut read, damaged, .. } = walk;
    let mut lost = Lost::Nothing;
    if damaged {
        read += fill(old, new, table)?;
        lost = count_lost(old, table, read);
    }
    Ok(TableReport { name: table.name.clone(), read, lost })
}

/// How many rows are missing, if an index that has all of them still reads whole.
fn count_lost(old: &Connection, table: &Table, read: u64) -> Lost {
    for index in indexes(old, table).unwrap_or_default().iter().filter(|index| index.condition.is_none()) {
        let sql = format!("SELECT count(*) FROM {} INDEXED BY \"{}\"", table.name, index.name);
        if let Ok(all) = old.query_row(&sql, [], |row| row.get::<_, i64>(0)) {
            return Lost::Rows(all.cast_unsigned().saturating_sub(read));
        }
    }
    Lost::Unknown
}

struct Walk<'a> {
    old: &'a Connection,
    new: &'a Connection,
    table: &'a Table,
    read: u64,
    damaged: bool,
}

impl Walk<'_> {
    fn select(&self, rest: &str) -> Result<Statement<'_>, Stop> {
        let Table { name, columns, .. } = self.table;
        let row = if self.table.without_rowid { "" } else { "rowid, " };
        let sql = format!("SELECT {row}{} FROM {name} NOT INDEXED {rest}", columns.join(", "));
        self.old.prepare(&sql).map_err(reading)
    }

    /// A table with row numbers: upwards; at damage, on from the next number behind which it reads again.
    fn by_rowid(&mut self) -> Result<(), Stop> {
        let mut from = i64::MIN;
        loop {
            let mut last = None;
            match self.upwards(from, &mut last) {
                Ok(()) => return Ok(()),
                Err(Stop::Failed(error)) => return Err(Stop::Failed(error)),
                Err(Stop::Damage) => self.damaged = true,
            }
            // Nothing was read: `from` itself does not read. Else the row behind the last one does not.
            let bad = last.map_or(from, |last: i64| last.saturating_add(1));
            match self.next_good(bad)? {
                Some(next) => from = next,
                None => return Ok(()),
            }
        }
    }

    fn upwards(&mut self, from: i64, last: &mut Option<i64>) -> Result<(), Stop> {
        let mut read = 0;
        let done = (|| {
            let mut select = self.select("WHERE rowid >= ?1 ORDER BY rowid")?;
            let mut insert = self.new.prepare(&insert_sql(self.table)).map_err(StoreError::from)?;
            let mut rows = select.query([from]).map_err(reading)?;
            while let Some(row) = rows.next().map_err(reading)? {
                let rowid: i64 = row.get(0).map_err(reading)?;
                let values = values(row, 1, self.table.columns.len())?;
                read += insert.execute(params_from_iter(values)).map_err(StoreError::from)? as u64;
                *last = Some(rowid);
            }
            Ok(())
        })();
        self.read += read;
        done
    }

    /// The lowest row number above `bad`, as far as can be found, from which on rows read: tried in growing
    /// steps, then narrowed down. Where these steps miss a part that reads, [`fill`] may find it.
    fn next_good(&self, bad: i64) -> Result<Option<i64>, Stop> {
        let mut low = bad;
        for candidate in candidates(bad) {
            if !self.reads_from(candidate)? {
                low = candidate;
                continue;
            }
            let mut high = candidate;
            while high.abs_diff(low) > 1 {
                let middle = low.midpoint(high);
                if self.reads_from(middle)? { high = middle } else { low = middle }
            }
            return Ok(Some(high));
        }
        Ok(None)
    }

    fn reads_from(&self, rowid: i64) -> Result<bool, Stop> {
        let probe = (|| {
            let mut select = self.select("WHERE rowid >= ?1 ORDER BY rowid LIMIT 1")?;
            let mut rows = select.query([rowid]).map_err(reading)?;
            if let Some(row) = rows.next().map_err(reading)? {
                values(row, 1, self.table.columns.len())?;
            }
            Ok(())
        })();
        match probe {
            Ok(()) => Ok(true),
            Err(Stop::Damage) => Ok(false),
            Err(failed) => Err(failed),
        }
    }

    /// A table without row numbers: from its start up to the damage, and from its end down to it.
    fn both_ends(&mut self) -> Result<(), Stop> {
        let up = self.table.key.join(", ");
        let down: Vec<String> = self.table.key.iter().map(|column| format!("{column} DESC")).collect();
        for order in [up, down.join(", ")] {
            match self.in_order(&order) {
                Ok(()) => return Ok(()),
                Err(Stop::Damage) => self.damaged = true,
                Err(failed) => return Err(failed),
            }
        }
        Ok(())
    }

    fn in_order(&mut self, order: &str) -> Result<(), Stop> {
        let mut read = 0;
        let done = (|| {
            let mut select = self.select(&format!("ORDER BY {order}"))?;
            let mut insert = self.new.prepare(&insert_sql(self.table)).map_err(StoreError::from)?;
            let mut rows = select.query([]).map_err(reading)?;
            while let Some(row) = rows.next().map_err(reading)? {
                let values = values(row, 0, self.table.columns.len())?;
                read += insert.execute(params_from_iter(values)).map_err(StoreError::from)? as u64;
            }
            Ok(())
        })();
        self.read += read;
        done
    }
}

/// Row numbers above `bad` to try, upwards: in doubling steps from there, and, because a walk begins at the
/// lowest number that there can be, also around zero.
fn candidates(bad: i64) -> Vec<i64> {
    let steps = (0..64).filter_map(|power| i64::try_from(i128::from(bad) + (1_i128 << power)).ok());
    let around_zero = (0..63).flat_map(|power| [1_i64 << power, -(1_i64 << power)]);
    let mut all: Vec<i64> =
        steps.chain(around_zero).chain([0, i64::MAX]).filter(|candidate| *candidate > bad).collect();
    all.sort_unstable();
    all.dedup();
    all
}

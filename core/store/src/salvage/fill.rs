//! Rows that a walk through a damaged table has missed, found one by one: by the keys that its indexes still
//! hold, and by the rows that they belong to.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::copy::{Stop, insert_sql, reading, values};
use super::table::{Index, Table, indexes};
use crate::error::StoreError;

/// Copies what can still be found; how many rows.
pub(super) fn fill(old: &Connection, new: &Connection, table: &Table) -> Result<u64, StoreError> {
    let filling = Filling { old, new, table };
    let mut found = 0;
    for index in indexes(old, table).unwrap_or_default() {
        found += filling.by_index(&index)?;
    }
    if let Some((owner, column)) = &table.owner {
        found += filling.by_owner(owner, column)?;
    }
    Ok(found)
}

struct Filling<'a> {
    old: &'a Connection,
    new: &'a Connection,
    table: &'a Table,
}

/// Damage ends one attempt, not the whole.
fn unless_failed(stop: Stop) -> Result<(), StoreError> {
    match stop {
        Stop::Damage => Ok(()),
        Stop::Failed(error) => Err(error),
    }
}

impl Filling<'_> {
    fn by_index(&self, index: &Index) -> Result<u64, StoreError> {
        let Table { name, key, .. } = self.table;
        let condition = index.condition.as_ref().map(|text| format!(" WHERE {text}")).unwrap_or_default();
        let sql = format!("SELECT {} FROM {name} INDEXED BY \"{}\"{condition}", key.join(", "), index.name);
        let Ok(mut statement) = self.old.prepare(&sql) else { return Ok(0) };
        let mut rows = statement.query([])?;
        let there = format!("SELECT 1 FROM {name} WHERE {}", self.table.by_key());
        let mut found = 0;
        // An index that is damaged itself tells the keys up to there.
        while let Ok(Some(row)) = rows.next() {
            let Ok(key) = values(row, 0, key.len()) else { break };
            if !self.new.prepare_cached(&there)?.exists(params_from_iter(&key))? {
                found += self.copy_where(&self.table.by_key(), &key)?;
            }
        }
        Ok(found)
    }

    fn by_owner(&self, owner: &str, column: &str) -> Result<u64, StoreError> {
        let Some(first) = self.table.key.first() else { return Ok(0) };
        let mut statement = self.new.prepare(&format!("SELECT {column} FROM {owner}"))?;
        let mut rows = statement.query([])?;
        let mut found = 0;
        while let Some(row) = rows.next()? {
            found += self.copy_where(&format!("{first} = ?1"), &[row.get(0)?])?;
        }
        Ok(found)
    }

    /// Copies the rows that are found so, unless they do not read.
    fn copy_where(&self, condition: &str, key: &[Value]) -> Result<u64, StoreError> {
        let Table { name, columns, .. } = self.table;
        let sql = format!("SELECT {} FROM {name} NOT INDEXED WHERE {condition}", columns.join(", "));
        let mut found = 0;
        let done = (|| {
            let mut select = self.old.prepare_cached(&sql).map_err(reading)?;
            let mut insert = self.new.prepare_cached(&insert_sql(self.table)).map_err(StoreError::from)?;
            let mut rows = select.query(params_from_iter(key)).map_err(reading)?;
            while let Some(row) = rows.next().map_err(reading)? {
                let values = values(row, 0, columns.len())?;
                found += insert.execute(params_from_iter(values)).map_err(StoreError::from)? as u64;
            }
            Ok(())
        })();
        done.or_else(unless_failed)?;
        Ok(found)
    }
}

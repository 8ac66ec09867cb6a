//! Which files a store still needs.

use rusqlite::Connection;

use crate::error::StoreError;

/// Whether any row names a file.
pub(crate) fn is_named(conn: &Connection, file: &str) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM attachment WHERE file = ?1)
             OR EXISTS (SELECT 1 FROM parked WHERE file = ?1)
             OR EXISTS (SELECT 1 FROM draft_file WHERE file = ?1)",
    )?;
    Ok(statement.query_row([file], |row| row.get(0))?)
}

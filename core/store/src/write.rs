//! Changing mail: every statement that the account's step runs inside its one transaction.
//!
//! Each function takes the connection on which a transaction is open, and typed values; it returns typed
//! rows. None of them begins, commits or rolls back anything, none reads a clock, and none decides: what
//! a delivery, an answer or a command means is decided in `account`. Statements are prepared once and kept.

pub mod aliases;
pub mod contacts;
pub mod counters;
pub mod inbox;
pub mod marks;
pub mod membership;
pub mod names;
pub mod nodes;
pub mod outbox;
pub mod parked;
pub mod pings;
pub mod threads;
pub mod too_large;

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::StoreError;

/// What every function here answers with.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The place of a message that has no id of the site yet: behind all others.
pub const PLACE_UNSENT: i64 = i64::MAX;

/// Bytes that the database takes on the disk, without its free pages, which the next rows fill. Its log comes on
/// top, with at most [`crate::limits::WAL_KEPT`] and what one step adds.
pub fn bytes_used(conn: &Connection) -> Result<u64> {
    let ask = |sql: &str| first(conn, sql, [], |row| row.get::<_, i64>(0));
    let pages = ask("PRAGMA page_count")?.unwrap_or(0) - ask("PRAGMA freelist_count")?.unwrap_or(0);
    let size = ask("PRAGMA page_size")?.unwrap_or(0);
    Ok(pages.max(0).cast_unsigned().saturating_mul(size.max(0).cast_unsigned()))
}

/// Runs a statement; the number of rows that it changed.
fn run(conn: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    Ok(conn.prepare_cached(sql)?.execute(params)?)
}

/// The first row that a query finds.
fn first<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    Ok(conn.prepare_cached(sql)?.query_row(params, read).optional()?)
}

/// All rows that a query finds. Only for sets that are small by their nature.
fn all<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<rusqlite::Result<Vec<T>>>()?)
}

/// A text of the store that was checked before it went in. One that is not what it should be is damage.
fn parsed<T: std::str::FromStr>(column: usize, text: &str) -> rusqlite::Result<T> {
    text.parse().map_err(|_| crate::values::UnknownText("a text that was checked").in_column(column))
}

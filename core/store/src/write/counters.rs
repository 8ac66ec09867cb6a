//! Counters by name: what happened how often. The names are listed where the account counts.

use rusqlite::{Connection, params};

use super::{Result, run};

/// Adds to a counter, which begins at 0.
pub fn add(conn: &Connection, name: &str, by: u64) -> Result<()> {
    let by = i64::try_from(by).unwrap_or(i64::MAX);
    run(
        conn,
        "INSERT INTO counter (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        params![name, by],
    )?;
    Ok(())
}

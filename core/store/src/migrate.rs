//! From one format of the store to the next: one numbered file each, never changed after its release, each
//! in one transaction with the number that says it was done.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::StoreError;

const STEPS: &[&str] = &[include_str!("../migrations/001_first.sql")];

/// The format that this version writes.
pub(crate) fn known() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// The format of an open database; 0: none yet.
pub(crate) fn version(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings a database to the format that this version writes. `with_last` runs inside the last step's
/// transaction, so that a new store is there whole or not at all.
pub(crate) fn run(
    conn: &mut Connection,
    with_last: impl FnOnce(&Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    run_to(conn, known(), with_last)
}

/// The same up to an earlier format.
pub(crate) fn run_to(
    conn: &mut Connection,
    version_wanted: u32,
    with_last: impl FnOnce(&Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let found = version(conn)?;
    let mut with_last = Some(with_last);
    let wanted = found + 1..=version_wanted;
    for (number, step) in (1_u32..).zip(STEPS).filter(|(number, _)| wanted.contains(number)) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", number)?;
        if number == version_wanted
            && let Some(last) = with_last.take()
        {
            last(&tx)?;
        }
        tx.commit()?;
    }
    Ok(())
}

//! From one format of the store to the next: one numbered file each, never changed after its release, each
//! in one transaction with the number that says it was done.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::StoreError;
use crate::write::{contacts, threads};

/// Statements, and what statements alone cannot do.
type Step = (&'static str, fn(&Connection) -> Result<(), StoreError>);

const STEPS: &[Step] = &[
    (include_str!("../migrations/001_first.sql"), |_| Ok(())),
    (include_str!("../migrations/002_dismissed.sql"), |_| Ok(())),
    (include_str!("../migrations/003_among_strangers.sql"), among_strangers),
];

fn among_strangers(conn: &Connection) -> Result<(), StoreError> {
    contacts::bring_up(conn)?;
    threads::bring_up(conn)
}

/// What a reader puts before a store of an earlier format, by the format that has it: it must be able to show what is
/// there, and may not change it.
const SHOWN_AS: &[(u32, &str)] = &[(
    3,
    "CREATE TEMP VIEW contact AS SELECT alias, uid, source, by_uid, msgid, since, '' AS look FROM main.contact;
     CREATE TEMP VIEW thread AS SELECT id, msgid, send_id, reply_msgid, subject, begun, deleted, messages, unread,
       newest, 0 AS unreachable, 0 AS without_them FROM main.thread;",
)];

/// Lets a connection that only reads see a store of an earlier format as one of this format.
pub(crate) fn show(conn: &Connection, found: u32) -> Result<(), StoreError> {
    // What is made here stands in memory; the file is open for reading only.
    conn.pragma_update(None, "query_only", false)?;
    for (_, views) in SHOWN_AS.iter().filter(|(since, _)| found < *since) {
        conn.execute_batch(views)?;
    }
    conn.pragma_update(None, "query_only", true)?;
    Ok(())
}

/// The format that this version writes.
pub(crate) fn known() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// The format of an open database; 0: none yet.
pub(crate) fn version(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings a database to the format that this version writes. A new one is made whole or not at all: all steps and
/// `with_last` are one transaction. `with_last` runs only if there is anything to do, inside the last transaction.
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
    let todo: Vec<(u32, Step)> = (1_u32..)
        .zip(STEPS.iter().copied())
        .filter(|(number, _)| (found + 1..=version_wanted).contains(number))
        .collect();
    // Of a database that has something in it, each step is kept as soon as it is done.
    let at_once = if found == 0 { todo.len().max(1) } else { 1 };
    for steps in todo.chunks(at_once) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (number, (statements, rest)) in steps {
            tx.execute_batch(statements)?;
            rest(&tx)?;
            tx.pragma_update(None, "user_version", number)?;
            if *number == version_wanted
                && let Some(last) = with_last.take()
            {
                last(&tx)?;
            }
        }
        tx.commit()?;
    }
    Ok(())
}

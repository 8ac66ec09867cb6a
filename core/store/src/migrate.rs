//! From one format of the store to the next: one numbered file each, never changed after its release, each
//! in one transaction with the number that says it was done.
//!
//! A store may have to be read before it can be migrated: on a full disk, on one that can only be read, beside a
//! writer that is still of an earlier version. [`show_as_known`] shows it as the newest schema has it. So a step keeps
//! to these rules:
//!
//! * It only adds tables and columns. None is dropped, renamed, or given another meaning.
//! * A new column has, in every row that is there, its DEFAULT (NULL if there is none). If a step fills it otherwise
//!   (UPDATE), [`FILLED`] has an expression over the old columns that gives the same. Where no expression does (how an
//!   alias looks, how many in a list are nobody), what reads it must be right with the DEFAULT: less is known then.
//! * A new table is shown empty. If a step moves rows into one, what reads it must be right without them.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

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

/// What steps fill in otherwise than by a DEFAULT: table, column, and the expression over columns of that table in an
/// earlier format that gives its value.
const FILLED: &[Filled] = &[];

/// See [`FILLED`].
type Filled = (&'static str, &'static str, &'static str);

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

/// Has a connection that only reads see an earlier format as this version knows it: what it lacks stands in views of
/// the connection's own, which hide the tables of the database. Nothing is written to the database.
pub(crate) fn show_as_known(conn: &Connection, found: u32) -> Result<(), StoreError> {
    if found >= known() {
        return Ok(());
    }
    let mut newest = Connection::open_in_memory()?;
    run(&mut newest, |_| Ok(()))?;
    for view in views(conn, &newest, FILLED)? {
        conn.execute_batch(&view)?;
    }
    Ok(())
}

/// The views through which a database shows as `newest`.
fn views(conn: &Connection, newest: &Connection, filled: &[Filled]) -> Result<Vec<String>, StoreError> {
    let mut tables =
        newest.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let mut views = Vec::new();
    for table in tables.query_map([], |row| row.get::<_, String>(0))? {
        let table = table?;
        let has = |column: &str| -> Result<bool, StoreError> {
            let sql = "SELECT 1 FROM pragma_table_info(?1, 'main') WHERE name = ?2";
            Ok(conn.query_row(sql, [table.as_str(), column], |_| Ok(())).optional()?.is_some())
        };
        let mut columns = newest.prepare("SELECT name, dflt_value FROM pragma_table_info(?1)")?;
        let mut all = Vec::new();
        let (mut known, mut missing) = (false, false);
        for column in columns.query_map([&table], |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (column, default): (String, Option<String>) = column?;
            if has(&column)? {
                known = true;
                all.push(column);
                continue;
            }
            missing = true;
            let fill = filled.iter().find(|(of, name, _)| *of == table && *name == column);
            let value = fill.map(|(_, _, value)| (*value).to_owned()).or(default);
            all.push(format!("({}) AS {column}", value.unwrap_or_else(|| "NULL".to_owned())));
        }
        if missing {
            let rows = if known { format!("FROM main.{table}") } else { "WHERE 0".to_owned() };
            views.push(format!("CREATE TEMP VIEW {table} AS SELECT {} {rows}", all.join(", ")));
        }
    }
    Ok(views)
}

#[cfg(test)]
mod tests;

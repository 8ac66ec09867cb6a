//! What a person does with mail that is here: seen, deleted.

use rusqlite::{Connection, params};

use super::{Result, all, inbox, names, run, threads};

/// A message has been seen. True if it had not.
pub fn read_message(conn: &Connection, id: i64, thread: i64) -> Result<bool> {
    let sql = "UPDATE message SET unread = 0 WHERE id = ?1 AND unread = 1 AND deleted = 0";
    let changed = run(conn, sql, params![id])? > 0;
    if changed {
        threads::recount(conn, thread)?;
    }
    Ok(changed)
}

/// All messages of a thread have been seen. True if one had not.
pub fn read_thread(conn: &Connection, thread: i64) -> Result<bool> {
    let sql = "UPDATE message SET unread = 0 WHERE thread = ?1 AND unread = 1 AND deleted = 0";
    let changed = run(conn, sql, params![thread])? > 0;
    if changed {
        threads::recount(conn, thread)?;
    }
    Ok(changed)
}

/// Leaves only the ids of a message. Returns the files that no row names any more.
pub fn delete_message(conn: &Connection, id: i64, thread: i64) -> Result<Vec<String>> {
    let unneeded = bury(conn, id)?;
    threads::recount(conn, thread)?;
    hide_if_empty(conn, thread)?;
    Ok(unneeded)
}

/// Leaves only the ids of a thread and of all its messages. Returns the files that no row names any more.
pub fn delete_thread(conn: &Connection, thread: i64) -> Result<Vec<String>> {
    let mut unneeded = Vec::new();
    for id in shown(conn, thread)? {
        unneeded.extend(bury(conn, id)?);
    }
    threads::recount(conn, thread)?;
    hide_if_empty(conn, thread)?;
    Ok(unneeded)
}

/// The messages of a thread that are shown.
pub fn shown(conn: &Connection, thread: i64) -> Result<Vec<i64>> {
    all(conn, "SELECT id FROM message WHERE thread = ?1 AND deleted = 0", params![thread], |row| row.get(0))
}

fn bury(conn: &Connection, id: i64) -> Result<Vec<String>> {
    names::keep_header(conn, id)?;
    run(
        conn,
        "UPDATE message SET deleted = 1, unread = 0, from_alias = '', subject = '', text = '', header_head = NULL,
           data_head = NULL WHERE id = ?1",
        params![id],
    )?;
    inbox::detach(conn, id)
}

fn hide_if_empty(conn: &Connection, thread: i64) -> Result<()> {
    run(conn, "UPDATE thread SET deleted = 1 WHERE id = ?1 AND messages = 0", params![thread])?;
    Ok(())
}

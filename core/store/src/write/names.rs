//! Ids under which messages and threads are known. A message that was sent twice has several; all of them
//! go on to work, and the lowest is the one that counts, at every node alike.

use rusqlite::{Connection, params};
use tmtp_wire::ids::MsgId;
use tmtp_wire::time::Wall;

use super::{Result, first, run};
use crate::error::StoreError;
use crate::values::id_in;

/// A message as found by an id.
pub struct Named {
    /// Row id of the message.
    pub message: i64,
    /// SHA-256 of the header that came under this id; empty while only an answer has named it.
    pub header: Vec<u8>,
}

/// The message that is known by this id.
pub fn message(conn: &Connection, msgid: MsgId) -> Result<Option<Named>> {
    let sql = "SELECT message, header FROM message_name WHERE msgid = ?1";
    first(conn, sql, params![id_in(msgid)], |row| Ok(Named { message: row.get(0)?, header: row.get(1)? }))
}

/// A message is known by the id that it was stored with. A misfit if that id names one already.
pub fn name_new(conn: &Connection, message: i64, msgid: MsgId, header: &[u8]) -> Result<()> {
    let sql = "INSERT INTO message_name (msgid, message, header) VALUES (?1, ?2, ?3)";
    run(conn, sql, params![id_in(msgid), message, header])?;
    Ok(())
}

/// A message is known by one more id. `header` is empty when it comes from an answer; a later header fills
/// it in. The lowest id gives the message its place and its time. True if the message now counts by this id.
/// [`StoreError::Exists`] if the id names another message: neither may be taken for the other.
pub fn name_message(
    conn: &Connection,
    message: i64,
    msgid: MsgId,
    posted: Option<Wall>,
    header: &[u8],
) -> Result<bool> {
    if self::message(conn, msgid)?.is_some_and(|named| named.message != message) {
        return Err(StoreError::Exists);
    }
    run(
        conn,
        "INSERT INTO message_name (msgid, message, header) VALUES (?1, ?2, ?3)
         ON CONFLICT (msgid) DO UPDATE SET header = excluded.header WHERE length(header) = 0",
        params![id_in(msgid), message, header],
    )?;
    let changed = run(
        conn,
        "UPDATE message SET msgid = ?2, place = ?2, posted = coalesce(?3, posted)
         WHERE id = ?1 AND (msgid IS NULL OR msgid > ?2)",
        params![message, id_in(msgid), posted.map(|wall| wall.0)],
    )?;
    Ok(changed > 0)
}

/// The thread that is known by this id.
pub fn thread(conn: &Connection, msgid: MsgId) -> Result<Option<i64>> {
    let sql = "SELECT thread FROM thread_name WHERE msgid = ?1";
    first(conn, sql, params![id_in(msgid)], |row| row.get(0))
}

/// A thread is known by one more id, which no other thread has. The lowest is the one that counts, the highest the
/// one that replies use.
pub fn name_thread(conn: &Connection, thread: i64, msgid: MsgId) -> Result<()> {
    let sql = "INSERT INTO thread_name (msgid, thread) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    run(conn, sql, params![id_in(msgid), thread])?;
    run(
        conn,
        "UPDATE thread SET msgid = min(coalesce(msgid, ?2), ?2), reply_msgid = max(coalesce(reply_msgid, msgid, ?2), ?2)
         WHERE id = ?1 AND (msgid IS NULL OR msgid > ?2 OR coalesce(reply_msgid, msgid) < ?2)",
        params![thread, id_in(msgid)],
    )?;
    Ok(())
}

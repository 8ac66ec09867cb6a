//! Ids under which messages and threads are known. A message that was sent twice has several; all of them
//! go on to work, and the lowest is the one that counts, at every node alike.
//!
//! Most messages have one id only, the one that they came under. Its number is the number of their row, so that
//! nothing else has to be written to find them by it: a row number from `FROM_SITE` on is an id of the site, by
//! which that row is known for ever. Every other id stands in `message_name`: of messages that had no id when they
//! were stored, further ids, and ids too low to be told from a row number of our own.

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use tmtp_wire::ids::MsgId;
use tmtp_wire::time::Wall;

use super::{Result, first, run};
use crate::error::StoreError;
use crate::values::id_in;

/// Row numbers of messages from here on are ids of the site; those below are our own. The ids of a site are times in
/// nanoseconds, so none that is honest is lower, and no phone stores so many messages.
pub(super) const FROM_SITE: i64 = 1 << 32;

/// The number of the row that is known by this id without a name, if there is such a row.
pub(super) fn row_of(msgid: MsgId) -> Option<i64> {
    i64::try_from(msgid.0).ok().filter(|row| *row >= FROM_SITE)
}

/// A message as found by an id.
pub struct Named {
    /// Row id of the message.
    pub message: i64,
    /// SHA-256 of the header that came under this id; empty while only an answer has named it.
    pub header: Vec<u8>,
}

/// The message that is known by this id.
pub fn message(conn: &Connection, msgid: MsgId) -> Result<Option<Named>> {
    let sql = "SELECT message, header, 0 FROM message_name WHERE msgid = ?1
               UNION ALL SELECT id, header_head, 1 FROM message WHERE id = ?2 LIMIT 1";
    first(conn, sql, params![id_in(msgid), row_of(msgid)], |row| {
        let header: Vec<u8> = row.get::<_, Option<_>>(1)?.unwrap_or_default();
        let whole: bool = row.get(2)?;
        Ok(Named { message: row.get(0)?, header: if whole { hash(&header) } else { header } })
    })
}

fn hash(header: &[u8]) -> Vec<u8> {
    Sha256::digest(header).to_vec()
}

/// A message is known by the id that it was stored with. A misfit if that id names another.
pub fn name_new(conn: &Connection, message: i64, msgid: MsgId, header: &[u8]) -> Result<()> {
    if row_of(msgid) == Some(message) {
        return Ok(());
    }
    let sql = "INSERT INTO message_name (msgid, message, header) VALUES (?1, ?2, ?3)";
    run(conn, sql, params![id_in(msgid), message, hash(header)])?;
    Ok(())
}

/// The header of a message is about to be removed: what it was is kept with its name.
pub(super) fn keep_header(conn: &Connection, message: i64) -> Result<()> {
    let Ok(msgid) = u64::try_from(message).map(MsgId) else { return Ok(()) };
    if row_of(msgid) != Some(message) {
        return Ok(());
    }
    let sql = "SELECT header_head FROM message WHERE id = ?1 AND header_head IS NOT NULL";
    let header = conn.prepare_cached(sql)?.query_row([message], |row| row.get::<_, Vec<u8>>(0)).optional()?;
    if let Some(header) = header {
        let sql =
            "INSERT INTO message_name (msgid, message, header) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        run(conn, sql, params![id_in(msgid), message, hash(&header)])?;
    }
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
    let known = match self::message(conn, msgid)? {
        Some(named) if named.message != message => return Err(StoreError::Exists),
        Some(named) => !named.header.is_empty(),
        None => false,
    };
    if !known {
        run(
            conn,
            "INSERT INTO message_name (msgid, message, header) VALUES (?1, ?2, ?3)
             ON CONFLICT (msgid) DO UPDATE SET header = excluded.header",
            params![id_in(msgid), message, header],
        )?;
    }
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

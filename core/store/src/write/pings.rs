//! Pings: one row each, under as many ids as the site gave to its repetitions.

use rusqlite::{Connection, params};
use tmtp_wire::ids::{MsgId, SendId, Uid};
use tmtp_wire::time::Wall;

use super::{Result, first, run};
use crate::values::id_in;

/// A ping to be stored.
pub struct NewPing<'a> {
    /// The site's id; `None` for one that is still to be sent.
    pub msgid: Option<MsgId>,
    /// Written by this member.
    pub own: bool,
    /// The sender.
    pub from_uid: &'a str,
    /// The sender's alias: checked by the site when received.
    pub from_alias: &'a str,
    /// To which alias.
    pub to_alias: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The `datasum` with which it was sent.
    pub token: Option<u64>,
    /// The site's time.
    pub posted: Option<Wall>,
    /// Our time of writing.
    pub written: Option<Wall>,
    /// Not seen yet.
    pub unread: bool,
}

/// Whether a ping is known by this id.
pub fn known(conn: &Connection, msgid: MsgId) -> Result<bool> {
    Ok(first(conn, "SELECT 1 FROM ping_name WHERE msgid = ?1", params![id_in(msgid)], |_| Ok(()))?.is_some())
}

/// The ping that one with these features repeats.
pub fn twin(conn: &Connection, from: &Uid, to: &str, token: u64, text: &str) -> Result<Option<i64>> {
    first(
        conn,
        "SELECT id FROM ping WHERE from_uid = ?1 AND to_alias = ?2 AND token = ?3 AND text = ?4",
        params![from.as_str(), to, token.cast_signed(), text],
        |row| row.get(0),
    )
}

/// Stores a ping; its row id.
pub fn insert(conn: &Connection, ping: &NewPing<'_>) -> Result<i64> {
    run(
        conn,
        "INSERT INTO ping (msgid, own, from_uid, from_alias, to_alias, text, token, posted, written, unread)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            ping.msgid.map(id_in),
            ping.own,
            ping.from_uid,
            ping.from_alias,
            ping.to_alias,
            ping.text,
            ping.token.map(u64::cast_signed),
            ping.posted.map(|wall| wall.0),
            ping.written.map(|wall| wall.0),
            ping.unread,
        ],
    )?;
    let id = conn.last_insert_rowid();
    if let Some(msgid) = ping.msgid {
        run(conn, "INSERT INTO ping_name (msgid, ping) VALUES (?1, ?2)", params![id_in(msgid), id])?;
    }
    Ok(id)
}

/// A ping is known by one more id; the lowest is the one that counts.
pub fn add_name(conn: &Connection, ping: i64, msgid: MsgId, posted: Option<Wall>) -> Result<()> {
    let sql = "INSERT INTO ping_name (msgid, ping) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    run(conn, sql, params![id_in(msgid), ping])?;
    run(
        conn,
        "UPDATE ping SET msgid = ?2, posted = coalesce(?3, posted) WHERE id = ?1 AND (msgid IS NULL OR msgid > ?2)",
        params![ping, id_in(msgid), posted.map(|wall| wall.0)],
    )?;
    Ok(())
}

/// What a ping that waits in the outbox says: sender's alias, recipient, text.
pub fn words(conn: &Connection, ping: i64) -> Result<Option<(String, String, String)>> {
    first(conn, "SELECT from_alias, to_alias, text FROM ping WHERE id = ?1", params![ping], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

/// An own ping by what it is called in commands.
pub fn own_by_send_id(conn: &Connection, from: &Uid, send_id: SendId) -> Result<Option<i64>> {
    let sql = "SELECT id FROM ping WHERE from_uid = ?1 AND token = ?2 AND own = 1 LIMIT 1";
    first(conn, sql, params![from.as_str(), send_id.value().cast_signed()], |row| row.get(0))
}

/// Removes a ping that was never sent.
pub fn remove_unsent(conn: &Connection, ping: i64) -> Result<()> {
    run(conn, "DELETE FROM ping WHERE id = ?1 AND msgid IS NULL", params![ping])?;
    Ok(())
}

/// All pings have been seen. True if one had not.
pub fn mark_all_read(conn: &Connection) -> Result<bool> {
    Ok(run(conn, "UPDATE ping SET unread = 0 WHERE unread = 1", [])? > 0)
}

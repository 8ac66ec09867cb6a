//! Deliveries above the limit, which wait unconfirmed for the member's word.

use rusqlite::{Connection, params};
use tmtp_wire::ids::{MsgId, Uid};

use super::{Result, first, run};
use crate::values::{id_in, text_column};

/// The member's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Not yet given.
    Ask,
    /// Take it.
    Accept,
    /// Let it be lost.
    Discard,
}

text_column!(Word, "the word on a large delivery", Ask = "ask", Accept = "accept", Discard = "discard");

/// The word on a delivery, if it was ever met.
pub fn word(conn: &Connection, id: MsgId) -> Result<Option<Word>> {
    first(conn, "SELECT answer FROM too_large WHERE msgid = ?1", params![id_in(id)], |row| row.get(0))
}

/// Whether some delivery still waits for the word: the site has nothing else for us before it.
pub fn asking(conn: &Connection) -> Result<bool> {
    Ok(first(conn, "SELECT 1 FROM too_large WHERE answer = 'ask' LIMIT 1", [], |_| Ok(()))?.is_some())
}

/// Asks about a delivery, anew if the word was given before. `from` is empty if its header does not say.
pub fn ask(conn: &Connection, id: MsgId, from: Option<&Uid>, size: u64) -> Result<()> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let sql = "INSERT INTO too_large (msgid, from_uid, size) VALUES (?1, ?2, ?3)
               ON CONFLICT (msgid) DO UPDATE SET answer = 'ask'";
    run(conn, sql, params![id_in(id), from.map_or("", Uid::as_str), size])?;
    Ok(())
}

/// Notes the word. False if nothing is asked about this id.
pub fn answer(conn: &Connection, id: MsgId, accept: bool) -> Result<bool> {
    let word = if accept { "accept" } else { "discard" };
    let changed = run(conn, "UPDATE too_large SET answer = ?2 WHERE msgid = ?1", params![id_in(id), word])?;
    Ok(changed > 0)
}

/// The delivery is taken in.
pub fn settle(conn: &Connection, id: MsgId) -> Result<()> {
    run(conn, "DELETE FROM too_large WHERE msgid = ?1", params![id_in(id)])?;
    Ok(())
}

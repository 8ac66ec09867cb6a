//! What is stored raw because this version does not interpret it, and what has ended a link before.

use rusqlite::{Connection, params};

use super::{Result, first, run};

/// Something to be stored raw.
pub struct Raw<'a> {
    /// The id as the site wrote it.
    pub msgid: &'a str,
    /// Its op.
    pub op: &'a str,
    /// Why: a stable code.
    pub why: &'a str,
    /// The header, exactly.
    pub header: &'a [u8],
    /// SHA-256 over header and data.
    pub content: &'a [u8],
    /// The data, if it stands in the row.
    pub data: Option<&'a [u8]>,
    /// The file of this account that holds the data otherwise.
    pub file: Option<&'a str>,
    /// Bytes of data.
    pub size: u64,
}

/// Stores it. False if the same frame is there already (then its file is not needed).
pub fn park(conn: &Connection, raw: &Raw<'_>) -> Result<bool> {
    let changed = run(
        conn,
        "INSERT INTO parked (msgid, op, why, header, content, data, file, size)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (msgid, content) DO NOTHING",
        params![
            raw.msgid,
            raw.op,
            raw.why,
            raw.header,
            raw.content,
            raw.data,
            raw.file,
            i64::try_from(raw.size).unwrap_or(i64::MAX)
        ],
    )?;
    Ok(changed > 0)
}

/// Notes that these bytes, or this post, have ended a link; how often that has happened now.
pub fn poisoned(conn: &Connection, content: &[u8]) -> Result<u32> {
    poisoned_by(conn, content, 1, "")
}

/// The same where some ends weigh more than others, and with what the site said, if it said anything.
pub fn poisoned_by(conn: &Connection, content: &[u8], weight: u32, words: &str) -> Result<u32> {
    run(
        conn,
        "INSERT INTO poison (content, times, words) VALUES (?1, ?2, ?3)
         ON CONFLICT (content) DO UPDATE SET times = times + excluded.times,
           words = coalesce(nullif(excluded.words, ''), words)",
        params![content, weight, words],
    )?;
    times(conn, content)
}

/// How often these bytes, or this post, have ended a link.
pub fn times(conn: &Connection, content: &[u8]) -> Result<u32> {
    let found =
        first(conn, "SELECT times FROM poison WHERE content = ?1", params![content], |row| row.get(0))?;
    Ok(found.unwrap_or_default())
}

/// What the site said last when this post ended a link; empty if it never said anything.
pub fn words(conn: &Connection, content: &[u8]) -> Result<String> {
    let found =
        first(conn, "SELECT words FROM poison WHERE content = ?1", params![content], |row| row.get(0))?;
    Ok(found.unwrap_or_default())
}

/// Whether anything has ever ended a link. Lets the usual case skip the rest.
pub fn any_poison(conn: &Connection) -> Result<bool> {
    Ok(first(conn, "SELECT 1 FROM poison LIMIT 1", [], |_| Ok(()))?.is_some())
}

/// These bytes, or this post, are settled.
pub fn cure(conn: &Connection, content: &[u8]) -> Result<()> {
    run(conn, "DELETE FROM poison WHERE content = ?1", params![content])?;
    Ok(())
}

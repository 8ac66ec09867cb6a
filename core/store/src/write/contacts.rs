//! Who stands behind an alias, and what is known of other members as peers.
//!
//! Two sources never mix: what the site has checked (the sender of a ping), and what some sender claims
//! (a recipient list). A claim never hides or blocks what was checked.

use rusqlite::{Connection, params};
use tmtp_wire::ids::{MsgId, Uid};
use tmtp_wire::time::Wall;

use super::{Result, all, first, parsed, run};
use crate::values::id_in;

/// The site has checked that `alias` is `uid`'s. True if that is news.
pub fn check(conn: &Connection, alias: &str, uid: &Uid, msgid: MsgId, since: Wall) -> Result<bool> {
    let changed = run(
        conn,
        "INSERT INTO contact (alias, uid, source, msgid, since) VALUES (?1, ?2, 'checked', ?3, ?4)
         ON CONFLICT (alias, uid) DO UPDATE SET source = 'checked', by_uid = '', msgid = excluded.msgid
         WHERE source <> 'checked'",
        params![alias, uid.as_str(), id_in(msgid), since.0],
    )?;
    Ok(changed > 0)
}

/// `by` claims that `alias` is `uid`'s. True if that is news.
pub fn claim(
    conn: &Connection,
    alias: &str,
    uid: &Uid,
    by: &Uid,
    msgid: Option<MsgId>,
    since: Wall,
) -> Result<bool> {
    let changed = run(
        conn,
        "INSERT INTO contact (alias, uid, source, by_uid, msgid, since) VALUES (?1, ?2, 'claimed', ?3, ?4, ?5)
         ON CONFLICT (alias, uid) DO NOTHING",
        params![alias, uid.as_str(), by.as_str(), msgid.map(id_in), since.0],
    )?;
    Ok(changed > 0)
}

/// Who is behind an alias, and whether the site has checked it; checked ones first.
pub fn behind(conn: &Connection, alias: &str) -> Result<Vec<(Uid, bool)>> {
    let sql = "SELECT uid, source = 'checked' FROM contact WHERE alias = ?1 ORDER BY 2 DESC, since LIMIT 20";
    all(conn, sql, params![alias], |row| Ok((parsed(0, &row.get::<_, String>(0)?)?, row.get(1)?)))
}

/// What a member is called: by the site if it has checked a name, else by whoever claimed one first.
pub fn alias_of(conn: &Connection, uid: &Uid) -> Result<Option<String>> {
    let sql = "SELECT alias FROM contact WHERE uid = ?1 ORDER BY source = 'checked' DESC, since LIMIT 1";
    first(conn, sql, params![uid.as_str()], |row| row.get(0))
}

/// The site has accepted this member as a recipient, or it wrote to us.
pub fn accept(conn: &Connection, uid: &str) -> Result<()> {
    run(
        conn,
        "INSERT INTO peer (uid, accepted) VALUES (?1, 1)
         ON CONFLICT (uid) DO UPDATE SET accepted = 1 WHERE accepted = 0",
        params![uid],
    )?;
    Ok(())
}

/// What this member has written carries a send id of its own, so the node that wrote it folds repetitions.
pub fn folds(conn: &Connection, uid: &Uid) -> Result<()> {
    run(
        conn,
        "INSERT INTO peer (uid, folds, accepted) VALUES (?1, 1, 1)
         ON CONFLICT (uid) DO UPDATE SET folds = max(folds, 1), accepted = 1 WHERE folds = 0 OR accepted = 0",
        params![uid.as_str()],
    )?;
    Ok(())
}

/// What this member has written carries none: a node of it folds nothing, and shows twice what comes twice. For good:
/// nothing ever says that a node is gone, and such a one may only read.
pub fn folds_not(conn: &Connection, uid: &Uid) -> Result<()> {
    run(
        conn,
        "INSERT INTO peer (uid, folds, accepted) VALUES (?1, 2, 1)
         ON CONFLICT (uid) DO UPDATE SET folds = 2, accepted = 1 WHERE folds <> 2 OR accepted = 0",
        params![uid.as_str()],
    )?;
    Ok(())
}

/// What is known of a member as a peer: whether it folds, and whether it was accepted.
pub fn peer(conn: &Connection, uid: &str) -> Result<(bool, bool)> {
    let row = first(conn, "SELECT folds = 1, accepted FROM peer WHERE uid = ?1", params![uid], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(row.unwrap_or_default())
}

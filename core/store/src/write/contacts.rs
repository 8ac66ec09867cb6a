//! Who stands behind an alias, and what is known of other members as peers.
//!
//! Two sources never mix: what the site has checked (the sender of a ping), and what some sender claims
//! (a recipient list). A claim never hides, blocks or replaces what was checked, and nobody is ever written to by it:
//! it only tells a person who says what. What a sender calls themselves is known from what they say of others. A
//! sender has room for so many claims: the newest push out their own oldest, never anybody else's.

use rusqlite::{Connection, params};
use tmtp_wire::ids::{MsgId, Uid};
use tmtp_wire::plain;
use tmtp_wire::time::Wall;

use super::{Result, all, first, parsed, run};
use crate::limits::{CLAIMS, CLAIMS_OF_SENDER, NAMES_OF_SENDER};
use crate::trust::{self, People};
use crate::values::id_in;

/// The site has checked that `alias` is `uid`'s. True if that is news.
pub fn check(conn: &Connection, alias: &str, uid: &Uid, msgid: MsgId, since: Wall) -> Result<bool> {
    let changed = run(
        conn,
        "INSERT INTO contact (alias, uid, source, msgid, since, look) VALUES (?1, ?2, 'checked', ?3, ?4, ?5)
         ON CONFLICT (alias, uid) DO UPDATE SET source = 'checked', by_uid = '', msgid = excluded.msgid
         WHERE source <> 'checked'",
        params![alias, uid.as_str(), id_in(msgid), since.0, plain::skeleton(alias)],
    )?;
    Ok(changed > 0)
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// It is new, and kept.
    pub news: bool,
    /// An older claim of the same sender had to go for it, or it found no room itself.
    pub dropped: bool,
}

/// `by` claims that `alias` is `uid`'s.
pub fn claim(
    conn: &Connection,
    alias: &str,
    uid: &Uid,
    by: &Uid,
    msgid: Option<MsgId>,
    since: Wall,
) -> Result<Claimed> {
    // What somebody says of themselves counts as theirs, whoever has said it before.
    let changed = run(
        conn,
        "INSERT INTO contact (alias, uid, source, by_uid, msgid, since, look)
         VALUES (?1, ?2, 'claimed', ?3, ?4, ?5, ?6)
         ON CONFLICT (alias, uid) DO UPDATE SET by_uid = excluded.by_uid, msgid = excluded.msgid
         WHERE source = 'claimed' AND by_uid <> uid AND excluded.by_uid = uid",
        params![alias, uid.as_str(), by.as_str(), msgid.map(id_in), since.0, plain::skeleton(alias)],
    )?;
    if changed == 0 {
        return Ok(Claimed { news: false, dropped: false });
    }
    let dropped = make_room(conn, by.as_str())?;
    let news = !dropped || first(conn, THERE, params![alias, uid.as_str()], |_| Ok(()))?.is_some();
    Ok(Claimed { news, dropped })
}

const THERE: &str = "SELECT 1 FROM contact WHERE alias = ?1 AND uid = ?2";

/// Of one sender's claims the oldest go above the limits. True if any went.
fn make_room(conn: &Connection, by: &str) -> Result<bool> {
    let about_others = "DELETE FROM contact WHERE (alias, uid) IN (SELECT alias, uid FROM contact
        WHERE source = 'claimed' AND by_uid = ?1 AND uid <> by_uid ORDER BY msgid DESC LIMIT -1 OFFSET ?2)";
    let own_names = "DELETE FROM contact WHERE (alias, uid) IN (SELECT alias, uid FROM contact
        WHERE source = 'claimed' AND by_uid = ?1 AND uid = by_uid ORDER BY msgid DESC LIMIT -1 OFFSET ?2)";
    let mut gone = run(conn, about_others, params![by, CLAIMS_OF_SENDER])?;
    gone += run(conn, own_names, params![by, NAMES_OF_SENDER])?;
    let all: Option<i64> =
        first(conn, "SELECT count(*) FROM contact WHERE source = 'claimed'", [], |row| row.get(0))?;
    let over = all.unwrap_or(0) - CLAIMS;
    if over > 0 {
        let oldest = "DELETE FROM contact WHERE (alias, uid) IN (SELECT alias, uid FROM contact
            WHERE source = 'claimed' AND by_uid = ?1 ORDER BY msgid LIMIT ?2)";
        gone += run(conn, oldest, params![by, over.min(1)])?;
    }
    Ok(gone > 0)
}

/// Forgets that `alias` is said to be `uid`'s, whoever has said it. False if nobody has.
pub fn remove(conn: &Connection, alias: &str, uid: &str) -> Result<bool> {
    Ok(run(conn, "DELETE FROM contact WHERE alias = ?1 AND uid = ?2", params![alias, uid])? > 0)
}

/// Who has an alias, as the site has checked; who was known first, comes first.
pub fn checked_behind(conn: &Connection, alias: &str) -> Result<Vec<Uid>> {
    let sql = "SELECT uid FROM contact WHERE alias = ?1 AND source = 'checked' ORDER BY msgid LIMIT 20";
    all(conn, sql, params![alias], |row| parsed(0, &row.get::<_, String>(0)?))
}

/// Who is claimed to have an alias, and by whom.
pub fn claims_behind(conn: &Connection, alias: &str) -> Result<Vec<(Uid, Uid)>> {
    let sql =
        "SELECT uid, by_uid FROM contact WHERE alias = ?1 AND source = 'claimed' ORDER BY msgid LIMIT 20";
    all(conn, sql, params![alias], |row| {
        Ok((parsed(0, &row.get::<_, String>(0)?)?, parsed(1, &row.get::<_, String>(1)?)?))
    })
}

/// Who else has a checked name for which the one of this member, checked too, can be mistaken, and was known earlier.
pub fn known_earlier(conn: &Connection, alias: &str, uid: &Uid) -> Result<Option<Uid>> {
    let sql = "SELECT o.uid FROM contact c JOIN contact o
          ON o.look = c.look AND o.source = 'checked' AND o.msgid < c.msgid AND o.uid <> c.uid
        WHERE c.alias = ?1 AND c.uid = ?2 AND c.look <> '' ORDER BY o.msgid LIMIT 1";
    first(conn, sql, params![alias, uid.as_str()], |row| parsed(0, &row.get::<_, String>(0)?))
}

/// Whether a name looks like an own alias.
pub fn looks_like_own(conn: &Connection, alias: &str) -> Result<bool> {
    People::of(conn)?.is_like_own(alias)
}

/// An alias that the site has checked for a member.
pub fn alias_of(conn: &Connection, uid: &Uid) -> Result<Option<String>> {
    Ok(trust::checked_alias(conn, uid.as_str(), "")?.map(|(alias, _)| alias))
}

/// Brings what an earlier version wrote into the form of now: how aliases look, and no more claims than there is room
/// for.
pub(crate) fn bring_up(conn: &Connection) -> Result<()> {
    let sql = "SELECT DISTINCT by_uid FROM contact WHERE source = 'claimed'";
    for by in all(conn, sql, [], |row| row.get::<_, String>(0))? {
        make_room(conn, &by)?;
    }
    let over = "DELETE FROM contact WHERE (alias, uid) IN (SELECT alias, uid FROM contact
        WHERE source = 'claimed' ORDER BY uid = by_uid DESC, msgid DESC LIMIT -1 OFFSET ?1)";
    run(conn, over, params![CLAIMS])?;
    let sql = "SELECT DISTINCT alias FROM contact";
    for alias in all(conn, sql, [], |row| row.get::<_, String>(0))? {
        let sql = "UPDATE contact SET look = ?2 WHERE alias = ?1";
        run(conn, sql, params![alias, plain::skeleton(&alias)])?;
    }
    Ok(())
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

/// Whether a node of this member, which may be the own one, is known to fold nothing.
pub fn is_known_not_to_fold(conn: &Connection, uid: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM peer WHERE uid = ?1 AND folds = 2";
    Ok(first(conn, sql, params![uid], |_| Ok(()))?.is_some())
}

/// What is known of a member as a peer: whether it folds, and whether it was accepted.
pub fn peer(conn: &Connection, uid: &str) -> Result<(bool, bool)> {
    let row = first(conn, "SELECT folds = 1, accepted FROM peer WHERE uid = ?1", params![uid], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(row.unwrap_or_default())
}

//! The member's own aliases: asked for, held, or refused.

use rusqlite::{Connection, Row, params};
use tmtp_wire::names::Alias;

use super::{Result, all, first, run};
use crate::values::text_column;

/// How far an alias is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AliasState {
    /// Asked for, or about to be.
    Wanted,
    /// The site has bound it to this member.
    Held,
    /// The site would not.
    Refused,
}

text_column!(AliasState, "the state of an alias", Wanted = "wanted", Held = "held", Refused = "refused");

/// An own alias.
#[derive(Clone, Debug)]
pub struct OwnAlias {
    /// Row id.
    pub id: i64,
    /// The alias as text: one that another client made need not keep our limits.
    pub alias: String,
    /// How far it is.
    pub state: AliasState,
}

const COLUMNS: &str = "SELECT id, alias, state FROM alias";

fn read(row: &Row<'_>) -> rusqlite::Result<OwnAlias> {
    Ok(OwnAlias { id: row.get(0)?, alias: row.get(1)?, state: row.get(2)? })
}

/// An own alias by its name.
pub fn by_name(conn: &Connection, alias: &str) -> Result<Option<OwnAlias>> {
    first(conn, &format!("{COLUMNS} WHERE alias = ?1"), params![alias], read)
}

/// An own alias by its row.
pub fn by_id(conn: &Connection, id: i64) -> Result<Option<OwnAlias>> {
    first(conn, &format!("{COLUMNS} WHERE id = ?1"), params![id], read)
}

/// All own aliases, oldest first.
pub fn list(conn: &Connection) -> Result<Vec<OwnAlias>> {
    all(conn, &format!("{COLUMNS} ORDER BY id"), [], read)
}

/// Notes that an alias is wanted (again); its row id.
pub fn want(conn: &Connection, alias: &Alias) -> Result<i64> {
    run(
        conn,
        "INSERT INTO alias (alias, state) VALUES (?1, 'wanted')
         ON CONFLICT (alias) DO UPDATE SET state = 'wanted', reason = '' WHERE state = 'refused'",
        params![alias.as_str()],
    )?;
    let id = first(conn, "SELECT id FROM alias WHERE alias = ?1", params![alias.as_str()], |row| row.get(0))?;
    id.ok_or(crate::StoreError::NotFound)
}

/// The site has bound an alias to this member, whoever asked for it. True if that is news.
pub fn hold(conn: &Connection, alias: &str) -> Result<bool> {
    let changed = run(
        conn,
        "INSERT INTO alias (alias, state) VALUES (?1, 'held')
         ON CONFLICT (alias) DO UPDATE SET state = 'held', reason = '' WHERE state <> 'held'",
        params![alias],
    )?;
    Ok(changed > 0)
}

/// The site would not, and says why.
pub fn refuse(conn: &Connection, id: i64, reason: &str) -> Result<()> {
    let sql = "UPDATE alias SET state = 'refused', reason = ?2 WHERE id = ?1 AND state = 'wanted'";
    run(conn, sql, params![id, reason])?;
    Ok(())
}

//! The member's other nodes, as far as this one knows of them.

use rusqlite::{Connection, Row, params};
use tmtp_wire::ids::MsgId;
use tmtp_wire::names::Label;

use super::{Result, first, run};
use crate::values::id_in;
use crate::values::text_column;

/// How far a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// Asked for by this node.
    Wanted,
    /// Made at this node's request; the key store has its secret until it is handed on.
    Made,
    /// The site would not.
    Refused,
    /// Made at another node's request; its secret is none of ours.
    Foreign,
}

text_column!(
    NodeState,
    "the state of a node",
    Wanted = "wanted",
    Made = "made",
    Refused = "refused",
    Foreign = "foreign"
);

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Row id.
    pub id: i64,
    /// What the member calls it.
    pub label: String,
    /// What the site is told that it is called: unique, for nothing else ties the site's message about a node
    /// to the request for it.
    pub wire: String,
    /// How far it is.
    pub state: NodeState,
    /// Under which name the key store has its secret; empty if it has none.
    pub key_name: String,
}

const COLUMNS: &str = "SELECT id, label, state, key_name, wire FROM node";

fn read(row: &Row<'_>) -> rusqlite::Result<Node> {
    Ok(Node {
        id: row.get(0)?,
        label: row.get(1)?,
        state: row.get(2)?,
        key_name: row.get(3)?,
        wire: row.get(4)?,
    })
}

/// A node by its row.
pub fn by_id(conn: &Connection, id: i64) -> Result<Option<Node>> {
    first(conn, &format!("{COLUMNS} WHERE id = ?1"), params![id], read)
}

/// The node that this node has asked for under this name on the wire, and not got.
pub fn wanted(conn: &Connection, wire: &str) -> Result<Option<Node>> {
    let sql = format!("{COLUMNS} WHERE wire = ?1 AND state = 'wanted' ORDER BY id LIMIT 1");
    first(conn, &sql, params![wire], read)
}

/// The newest node of this label that was not refused and is not somebody else's doing.
pub fn ours(conn: &Connection, label: &str) -> Result<Option<Node>> {
    let sql = format!("{COLUMNS} WHERE label = ?1 AND state IN ('wanted', 'made') ORDER BY id DESC LIMIT 1");
    first(conn, &sql, params![label], read)
}

/// Whether a message about a new node was already taken in.
pub fn known(conn: &Connection, msgid: MsgId) -> Result<bool> {
    Ok(first(conn, "SELECT 1 FROM node WHERE msgid = ?1", params![id_in(msgid)], |_| Ok(()))?.is_some())
}

/// Notes that a node is wanted; its row id.
pub fn want(conn: &Connection, label: &Label, wire: &Label) -> Result<i64> {
    let sql = "INSERT INTO node (label, wire, state) VALUES (?1, ?2, 'wanted')";
    run(conn, sql, params![label.as_str(), wire.as_str()])?;
    Ok(conn.last_insert_rowid())
}

/// A wanted node was made, and the key store has its secret.
pub fn made(conn: &Connection, id: i64, msgid: MsgId, key_name: &str) -> Result<()> {
    let sql = "UPDATE node SET state = 'made', key_name = ?3, msgid = ?2, reason = '' WHERE id = ?1";
    run(conn, sql, params![id, id_in(msgid), key_name])?;
    Ok(())
}

/// Another node has made a node. True if that is news.
pub fn foreign(conn: &Connection, label: &str, msgid: MsgId) -> Result<bool> {
    if known(conn, msgid)? {
        return Ok(false);
    }
    let sql = "INSERT INTO node (label, state, msgid) VALUES (?1, 'foreign', ?2)";
    run(conn, sql, params![label, id_in(msgid)])?;
    Ok(true)
}

/// The site would not, and says why.
pub fn refuse(conn: &Connection, id: i64, reason: &str) -> Result<()> {
    let sql = "UPDATE node SET state = 'refused', reason = ?2 WHERE id = ?1 AND state = 'wanted'";
    run(conn, sql, params![id, reason])?;
    Ok(())
}

/// The secret was handed on and is no longer in the key store.
pub fn forget_key(conn: &Connection, id: i64) -> Result<()> {
    run(conn, "UPDATE node SET key_name = '' WHERE id = ?1", params![id])?;
    Ok(())
}

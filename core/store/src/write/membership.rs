//! The one row that says what this store is: which member at which site.

use rusqlite::{Connection, params};
use tmtp_wire::address::SiteAddress;
use tmtp_wire::ids::{MsgId, Uid};
use tmtp_wire::plain;

use super::{Result, first, parsed, run};
use crate::StoreError;
use crate::values::{id_in, id_out};

/// Which member at which site.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The site.
    pub site: SiteAddress,
    /// What the site calls itself, for people.
    pub site_name: String,
    /// Under which name the key store has the node's secret.
    pub key_name: String,
    /// The member; `None` until registered.
    pub uid: Option<Uid>,
    /// The message confirmed last, as far as it was noted.
    pub last_msgid: Option<MsgId>,
}

/// Reads the row.
pub fn load(conn: &Connection) -> Result<Membership> {
    let sql = "SELECT site, site_name, key_name, uid, last_msgid FROM account WHERE id = 1";
    let row = first(conn, sql, [], |row| {
        let uid: Option<String> = row.get(3)?;
        Ok(Membership {
            site: parsed(0, &row.get::<_, String>(0)?)?,
            // A store of an earlier version holds it as it came.
            site_name: plain::line(&row.get::<_, String>(1)?).into_owned(),
            key_name: row.get(2)?,
            uid: uid.map(|text| parsed(3, &text)).transpose()?,
            last_msgid: row.get::<_, Option<i64>>(4)?.map(id_out),
        })
    })?;
    row.ok_or(StoreError::NotFound)
}

/// The member exists from now on.
pub fn set_uid(conn: &Connection, uid: &Uid) -> Result<()> {
    run(conn, "UPDATE account SET uid = ?1 WHERE id = 1", params![uid.as_str()])?;
    Ok(())
}

/// What the site calls itself.
pub fn set_site_name(conn: &Connection, name: &str) -> Result<()> {
    run(conn, "UPDATE account SET site_name = ?1 WHERE id = 1", params![name])?;
    Ok(())
}

/// Whether the site repeats the tag of a login in its message; `None` while it is not known.
pub fn echoes_tag(conn: &Connection) -> Result<Option<bool>> {
    Ok(first(conn, "SELECT echoes_tag FROM account WHERE id = 1", [], |row| row.get(0))?.flatten())
}

/// Notes whether the site repeats the tag of a login.
pub fn set_echoes_tag(conn: &Connection, echoes: Option<bool>) -> Result<()> {
    run(conn, "UPDATE account SET echoes_tag = ?1 WHERE id = 1", params![echoes])?;
    Ok(())
}

/// The notes about dials and logins that an earlier process left.
pub fn pacing(conn: &Connection) -> Result<Option<Vec<u8>>> {
    Ok(first(conn, "SELECT pacing FROM account WHERE id = 1", [], |row| row.get(0))?.flatten())
}

/// Leaves notes about dials and logins for the next process.
pub fn set_pacing(conn: &Connection, notes: &[u8]) -> Result<()> {
    run(conn, "UPDATE account SET pacing = ?1 WHERE id = 1", params![notes])?;
    Ok(())
}

/// The message confirmed last.
pub fn set_last_msgid(conn: &Connection, id: MsgId) -> Result<()> {
    run(conn, "UPDATE account SET last_msgid = ?1 WHERE id = 1", params![id_in(id)])?;
    Ok(())
}

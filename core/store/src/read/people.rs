//! Who stands behind an alias, and to whom threads go.

use rusqlite::{Connection, params};

use super::{Cursor, List, Page, Reader, Result};

/// An alias and who is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    /// The alias.
    pub alias: String,
    /// Who is behind it.
    pub uid: String,
    /// Only some sender says so; the site has not checked it.
    pub claimed: bool,
    /// Somebody else is said to be behind the same alias: to be shown, and to be told apart by uid.
    pub conflict: bool,
    /// Who claims it; empty if it is checked.
    pub by_uid: String,
}

/// Somebody a thread goes to, as its beginning lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientRow {
    /// The alias; claimed by the thread's author.
    pub alias: String,
    /// The member; empty if the list does not say.
    pub uid: String,
    /// A line beside the name.
    pub note: String,
}

impl Reader {
    /// The contacts by alias.
    pub fn contacts(&self, page: &Page) -> Result<List<ContactRow>> {
        let [alias, uid] = page.texts('c')?;
        self.look(|conn| {
            let mut statement = conn.prepare_cached(CONTACTS)?;
            let rows = statement.query_map(params![alias, uid, page.fetch()], |row| {
                let contact = ContactRow {
                    alias: row.get(0)?,
                    uid: row.get(1)?,
                    claimed: row.get(2)?,
                    by_uid: row.get(3)?,
                    conflict: row.get(4)?,
                };
                let place = Cursor::of_texts('c', &[&contact.alias, &contact.uid]);
                Ok((contact, place))
            })?;
            Ok(page.cut(rows.collect::<rusqlite::Result<_>>()?))
        })
    }
}

pub(super) const CONTACTS: &str = "SELECT alias, uid, source = 'claimed', by_uid,
    EXISTS (SELECT 1 FROM contact o WHERE o.alias = c.alias AND o.uid <> c.uid)
  FROM contact c WHERE (alias, uid) > (?1, ?2) ORDER BY alias, uid LIMIT ?3";

/// The alias that the site has checked for a member.
pub(super) fn checked_alias(conn: &Connection, uid: &str) -> Result<Option<String>> {
    let mut statement = conn.prepare_cached(CHECKED_ALIAS)?;
    let mut rows = statement.query([uid])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
}

pub(super) const CHECKED_ALIAS: &str =
    "SELECT alias FROM contact WHERE uid = ?1 AND source = 'checked' ORDER BY since LIMIT 1";

/// The first recipients of a thread, and whether there are more.
pub(super) fn recipients(conn: &Connection, thread: i64, limit: usize) -> Result<(Vec<RecipientRow>, bool)> {
    let mut statement = conn.prepare_cached(RECIPIENTS)?;
    let rows = statement.query_map(params![thread, limit as i64 + 1], |row| {
        Ok(RecipientRow { alias: row.get(0)?, uid: row.get(1)?, note: row.get(2)? })
    })?;
    let mut list = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = list.len() > limit;
    list.truncate(limit);
    Ok((list, more))
}

pub(super) const RECIPIENTS: &str =
    "SELECT who, who_uid, note FROM recipient WHERE thread = ?1 ORDER BY place LIMIT ?2";

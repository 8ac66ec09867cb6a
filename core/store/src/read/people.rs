//! Who stands behind an alias, and to whom threads go.

use rusqlite::{Row, params};
use tmtp_wire::datahead::Cc;
use tmtp_wire::plain;

use super::{Cursor, List, Page, Reader, Result};
use crate::trust::{NameTrust, Named, People, SenderRow};

/// An alias and who is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    /// The alias, exactly: for a ping, for removing it.
    pub alias: String,
    /// The same, or the beginning of the uid, as one harmless line.
    pub name: String,
    /// Who is behind it.
    pub uid: String,
    /// Only some sender says so; the site has not checked it. Nobody can be written to by it.
    pub claimed: bool,
    /// How far the alias can be believed.
    pub trust: NameTrust,
    /// Somebody else is said to be behind this alias, or one that looks like it: to be shown, and to be told apart by
    /// uid.
    pub conflict: bool,
    /// Who claims it; `None` if it is checked.
    pub by: Option<SenderRow>,
}

/// Somebody a thread goes to, as its beginning lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientRow {
    /// What to show, one harmless line: the alias that the site has checked, else the one that the list gives, else the
    /// beginning of the uid.
    pub alias: String,
    /// What the list calls them, if that is not the alias.
    pub claimed: Option<String>,
    /// The member, or the group; empty if the list does not say.
    pub uid: String,
    /// A line beside the name.
    pub note: String,
    /// How far the alias can be believed; and what the list calls them, if that is somebody else's name.
    pub trust: NameTrust,
    /// The checked name, or own alias, of somebody else, for which theirs can be mistaken.
    pub like: Option<String>,
    /// The entry names a member or a group. False: nothing that is sent to the thread reaches whoever is meant.
    pub reachable: bool,
}

impl Reader {
    /// The contacts by alias.
    pub fn contacts(&self, page: &Page) -> Result<List<ContactRow>> {
        let [alias, uid] = page.texts('c')?;
        self.look(|conn| {
            let people = People::of(conn)?;
            let mut statement = conn.prepare_cached(CONTACTS)?;
            let mut rows = statement.query(params![alias, uid, page.fetch()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let contact = contact(&people, row)?;
                let place = Cursor::of_texts('c', &[&contact.alias, &contact.uid]);
                found.push((contact, place));
            }
            Ok(page.cut(found))
        })
    }
}

fn contact(people: &People<'_>, row: &Row<'_>) -> Result<ContactRow> {
    let (alias, uid): (String, String) = (row.get(0)?, row.get(1)?);
    let claimed: bool = row.get(2)?;
    let by = if claimed { Some(people.sender(row.get(3)?, "", None)?) } else { None };
    let named = if claimed {
        people.claim(&uid, &alias)?
    } else {
        let SenderRow { name, claimed, trust, like, .. } = people.pinger(uid.clone(), &alias, row.get(5)?)?;
        Named { name, claimed, trust, like }
    };
    let conflict = named.trust == NameTrust::Conflict || row.get(4)?;
    Ok(ContactRow { name: named.name, trust: named.trust, alias, uid, claimed, conflict, by })
}

pub(super) const CONTACTS: &str = "SELECT alias, uid, source = 'claimed', by_uid,
    EXISTS (SELECT 1 FROM contact o WHERE o.look = c.look AND o.uid <> c.uid AND c.look <> ''), msgid
  FROM contact c WHERE (alias, uid) > (?1, ?2) ORDER BY alias, uid LIMIT ?3";

/// The first recipients of a thread, and whether there are more.
pub(super) fn recipients(
    people: &People<'_>,
    thread: i64,
    limit: usize,
) -> Result<(Vec<RecipientRow>, bool)> {
    let mut statement = people.conn().prepare_cached(RECIPIENTS)?;
    let mut rows = statement.query(params![thread, limit as i64 + 1])?;
    let mut list = Vec::new();
    let mut more = false;
    while let Some(row) = rows.next()? {
        if list.len() == limit {
            more = true;
            break;
        }
        list.push(recipient(people, row)?);
    }
    Ok((list, more))
}

fn recipient(people: &People<'_>, row: &Row<'_>) -> Result<RecipientRow> {
    let (who, uid, note): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let reachable = Cc::names_somebody(&who, &uid);
    let group = !who.is_empty() && who == uid;
    let named = if group { people.group(&who)? } else { people.listed(&uid, &who)? };
    let note = plain::line(&note).into_owned();
    let Named { name, claimed, trust, like } = named;
    Ok(RecipientRow { alias: name, claimed, uid, note, trust, like, reachable })
}

pub(super) const RECIPIENTS: &str =
    "SELECT who, who_uid, note FROM recipient WHERE thread = ?1 ORDER BY place LIMIT ?2";

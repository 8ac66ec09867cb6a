//! What a person has not finished.

use rusqlite::{Connection, Row, params};
use tmtp_wire::ids::ThreadRef;
use tmtp_wire::time::Wall;

use super::{Cursor, List, Page, Reader, Result, reference};
use crate::files::Staged;
use crate::limits;

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRow {
    /// As the app has called it.
    pub id: String,
    /// The thread that it answers in; `None` if it begins one.
    pub thread: Option<ThreadRef>,
    /// Under which alias; empty if not chosen.
    pub from_alias: String,
    /// To whom, each with a note.
    pub to: Vec<(String, String)>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// Its files.
    pub files: Vec<DraftFile>,
    /// When it was changed.
    pub changed: Wall,
}

/// A file of a draft, already taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    /// As the recipients will see it.
    pub name: String,
    /// The store's own copy.
    pub staged: Staged,
}

pub(super) const DRAFTS: &str = "SELECT d.id, t.msgid, t.send_id, d.from_alias, d.subject, d.text, d.changed
  FROM draft d LEFT JOIN thread t ON t.id = d.thread WHERE d.id > ?1 ORDER BY d.id LIMIT ?2";
pub(super) const ONE: &str = "SELECT d.id, t.msgid, t.send_id, d.from_alias, d.subject, d.text, d.changed
  FROM draft d LEFT JOIN thread t ON t.id = d.thread WHERE d.id = ?1";

impl Reader {
    /// One draft.
    pub fn draft(&self, id: &str) -> Result<Option<DraftRow>> {
        self.look(|conn| {
            let mut statement = conn.prepare_cached(ONE)?;
            let mut rows = statement.query([id])?;
            rows.next()?.map(|row| read(conn, row)).transpose()
        })
    }

    /// The drafts, by their ids. A page ends early if its texts are long.
    pub fn drafts(&self, page: &Page) -> Result<List<DraftRow>> {
        let [after] = page.texts('d')?;
        self.look(|conn| {
            let mut statement = conn.prepare_cached(DRAFTS)?;
            let mut rows = statement.query(params![after, page.fetch()])?;
            let mut found: Vec<(DraftRow, Cursor)> = Vec::new();
            let mut weight = 0;
            while let Some(row) = rows.next()? {
                if weight > limits::PAGE_TEXT
                    && let Some((_, last)) = found.last()
                {
                    let next = Some(last.clone());
                    return Ok(List { items: found.into_iter().map(|(item, _)| item).collect(), next });
                }
                let draft = read(conn, row)?;
                let place = Cursor::of_texts('d', &[&draft.id]);
                weight += draft.text.len() + draft.subject.len();
                found.push((draft, place));
            }
            Ok(page.cut(found))
        })
    }
}

fn read(conn: &Connection, row: &Row<'_>) -> Result<DraftRow> {
    let id: String = row.get(0)?;
    Ok(DraftRow {
        thread: reference(row.get(1)?, row.get(2)?),
        from_alias: row.get(3)?,
        to: recipients(conn, &id)?,
        subject: row.get(4)?,
        text: row.get(5)?,
        files: files(conn, &id)?,
        changed: Wall(row.get(6)?),
        id,
    })
}

fn recipients(conn: &Connection, draft: &str) -> Result<Vec<(String, String)>> {
    let sql = "SELECT who, note FROM draft_to WHERE draft = ?1 ORDER BY place";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([draft], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn files(conn: &Connection, draft: &str) -> Result<Vec<DraftFile>> {
    let sql = "SELECT name, file, size, sha256 FROM draft_file WHERE draft = ?1 ORDER BY place";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([draft], |row| {
        let staged =
            Staged { file: row.get(1)?, size: row.get::<_, i64>(2)?.cast_unsigned(), sha256: row.get(3)? };
        Ok(DraftFile { name: row.get(0)?, staged })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

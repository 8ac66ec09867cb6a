//! What a person has not finished: kept with its recipients and with files that are already taken in.
//! [`crate::Reader::drafts`] lists them.

use rusqlite::{Connection, params};
use tmtp_wire::time::Wall;

use crate::error::StoreError;
use crate::files::Staged;
use crate::open::is_named;

/// A draft to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewDraft<'a> {
    /// Chosen by the caller, 1 to [`crate::limits::DRAFT_ID_MAX`] bytes.
    pub id: &'a str,
    /// The row of the thread that it answers in; `None` if it begins one.
    pub thread: Option<i64>,
    /// Under which alias; empty if not chosen.
    pub from_alias: &'a str,
    /// To whom, each with a note.
    pub to: &'a [(&'a str, &'a str)],
    /// Its subject.
    pub subject: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Its files, each with the name that the recipients will see.
    pub files: &'a [(&'a str, &'a Staged)],
    /// When it was changed.
    pub changed: Wall,
}

/// Keeps a draft, in place of an earlier one of the same id. Returns the files that no row names any more: the
/// caller removes them after the commit.
pub fn save(conn: &Connection, draft: &NewDraft<'_>) -> Result<Vec<String>, StoreError> {
    let before = files(conn, draft.id)?;
    remove(conn, draft.id)?;
    conn.prepare_cached(
        "INSERT INTO draft (id, thread, from_alias, subject, text, changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        draft.id,
        draft.thread,
        draft.from_alias,
        draft.subject,
        draft.text,
        draft.changed.0
    ])?;
    for (place, (who, note)) in (0_i64..).zip(draft.to) {
        conn.prepare_cached("INSERT INTO draft_to (draft, place, who, note) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![draft.id, place, who, note])?;
    }
    for (place, (name, staged)) in (0_i64..).zip(draft.files) {
        conn.prepare_cached(
            "INSERT INTO draft_file (draft, place, name, file, size, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            draft.id,
            place,
            name,
            staged.file,
            staged.size.cast_signed(),
            staged.sha256
        ])?;
    }
    no_longer_named(conn, before)
}

/// Forgets a draft. Returns the files that no row names any more: the caller removes them after the commit.
/// The files of a draft that was sent are named by its message by then, and not returned.
pub fn delete(conn: &Connection, id: &str) -> Result<Vec<String>, StoreError> {
    let before = files(conn, id)?;
    remove(conn, id)?;
    no_longer_named(conn, before)
}

fn remove(conn: &Connection, id: &str) -> Result<(), StoreError> {
    // Recipients and files go with it.
    conn.prepare_cached("DELETE FROM draft WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn files(conn: &Connection, id: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT DISTINCT file FROM draft_file WHERE draft = ?1")?;
    let files = statement.query_map([id], |row| row.get(0))?;
    Ok(files.collect::<rusqlite::Result<_>>()?)
}

fn no_longer_named(conn: &Connection, files: Vec<String>) -> Result<Vec<String>, StoreError> {
    let mut gone = Vec::new();
    for file in files {
        if !is_named(conn, &file)? {
            gone.push(file);
        }
    }
    Ok(gone)
}

//! What is attached to messages.

use rusqlite::{Connection, params};
use tmtp_wire::filename;
use tmtp_wire::ids::MessageRef;

use super::{Reader, Result, label, own_uid};
use crate::error::StoreError;
use crate::files::Source;
use crate::write::inbox;

/// What an attachment is, by the prefix of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachmentKind {
    /// A file.
    File,
    /// A blank form.
    Form,
    /// A filled form.
    Filled,
}

/// Something attached to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Its name without the prefix: harmless on any screen and disk, and unlike the others of its message, so that it can
    /// be asked for. The sender's label all the same, never to be used as a path.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// What it is.
    pub kind: AttachmentKind,
    /// Name of the form's kind; empty for files.
    pub form: String,
    /// Its bytes do not match the hash that the sender gave.
    pub damaged: bool,
}

fn kind(prefix: &str) -> AttachmentKind {
    match prefix {
        "f:" => AttachmentKind::Form,
        "r:" => AttachmentKind::Filled,
        _ => AttachmentKind::File,
    }
}

pub(super) fn of_message(conn: &Connection, message: i64) -> Result<Vec<AttachmentRow>> {
    let mut statement = conn.prepare_cached(ATTACHMENTS)?;
    let rows = statement.query_map([message], |row| {
        let row = AttachmentRow {
            kind: AttachmentKind::File,
            name: row.get(0)?,
            size: row.get::<_, i64>(1)?.cast_unsigned(),
            form: label(row, 2)?,
            damaged: row.get(3)?,
        };
        Ok(row)
    })?;
    let mut rows: Vec<AttachmentRow> = rows.collect::<rusqlite::Result<_>>()?;
    let names = filename::listed(rows.iter().map(|row| row.name.as_str()));
    for (row, name) in rows.iter_mut().zip(names) {
        (row.kind, row.name) = (kind(filename::split_prefix(&row.name).0), name);
    }
    Ok(rows)
}

pub(super) const ATTACHMENTS: &str =
    "SELECT name, size, ffn, damaged FROM attachment WHERE message = ?1 ORDER BY place";

impl Reader {
    /// Where the bytes of an attachment are, for [`crate::Files::export`]. `name` is that of its row; with its prefix, or
    /// as the sender wrote it, it does too.
    pub fn attachment_source(&self, message: MessageRef, name: &str) -> Result<Source> {
        self.look(|conn| {
            let found = inbox::find(conn, message, &own_uid(conn)?)?.ok_or(StoreError::NotFound)?;
            let mut statement = conn.prepare_cached(PLACES)?;
            let places = statement.query_map([found.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let places: Vec<(i64, String)> = places.collect::<rusqlite::Result<_>>()?;
            let names = || places.iter().map(|(_, stored)| stored.as_str());
            let at = filename::listed(names()).iter().position(|listed| listed == name);
            let at = at.or_else(|| names().position(|stored| stored == name));
            let at = at.or_else(|| names().position(|stored| filename::split_prefix(stored).1 == name));
            let (place, _) = at.and_then(|at| places.get(at)).ok_or(StoreError::NotFound)?;
            let mut statement = conn.prepare_cached(SOURCE)?;
            Ok(statement.query_row(params![found.id, place], |row| {
                let file: Option<String> = row.get(1)?;
                Ok(match file {
                    None => Source::Bytes(row.get::<_, Option<Vec<u8>>>(0)?.unwrap_or_default()),
                    Some(file) => Source::File {
                        file,
                        start: row.get::<_, i64>(2)?.cast_unsigned(),
                        size: row.get::<_, i64>(3)?.cast_unsigned(),
                    },
                })
            })?)
        })
    }
}

const PLACES: &str = "SELECT place, name FROM attachment WHERE message = ?1 ORDER BY place";
const SOURCE: &str = "SELECT data, file, start, size FROM attachment WHERE message = ?1 AND place = ?2";

//! What is attached to messages.

use rusqlite::{Connection, params};
use tmtp_wire::ids::MessageRef;

use super::{Reader, Result, own_uid};
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
    /// Its name without the prefix. A label from the sender, never to be used as a path.
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

const PREFIXES: [(&str, AttachmentKind); 3] =
    [("u:", AttachmentKind::File), ("f:", AttachmentKind::Form), ("r:", AttachmentKind::Filled)];

fn split(name: &str) -> (AttachmentKind, &str) {
    let known = PREFIXES.iter().find_map(|(prefix, kind)| Some((*kind, name.strip_prefix(prefix)?)));
    known.unwrap_or((AttachmentKind::File, name))
}

pub(super) fn of_message(conn: &Connection, message: i64) -> Result<Vec<AttachmentRow>> {
    let mut statement = conn.prepare_cached(ATTACHMENTS)?;
    let rows = statement.query_map([message], |row| {
        let name: String = row.get(0)?;
        let (kind, short) = split(&name);
        Ok(AttachmentRow {
            kind,
            name: short.to_owned(),
            size: row.get::<_, i64>(1)?.cast_unsigned(),
            form: row.get(2)?,
            damaged: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) const ATTACHMENTS: &str =
    "SELECT name, size, ffn, damaged FROM attachment WHERE message = ?1 ORDER BY place";

impl Reader {
    /// Where the bytes of an attachment are, for [`crate::Files::export`]. `name` may have its prefix or not;
    /// without one the first of this name is meant.
    pub fn attachment_source(&self, message: MessageRef, name: &str) -> Result<Source> {
        self.look(|conn| {
            let found = inbox::find(conn, message, &own_uid(conn)?)?.ok_or(StoreError::NotFound)?;
            let mut statement = conn.prepare_cached(PLACES)?;
            let places = statement.query_map([found.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let places: Vec<(i64, String)> = places.collect::<rusqlite::Result<_>>()?;
            let exact = places.iter().find(|(_, full)| full == name);
            let (place, _) = exact
                .or_else(|| places.iter().find(|(_, full)| split(full).1 == name))
                .ok_or(StoreError::NotFound)?;
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

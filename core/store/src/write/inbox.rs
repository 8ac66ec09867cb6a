//! Messages and their attachments: stored, matched with what is there, looked up.

use rusqlite::{Connection, params};
use tmtp_wire::ids::{MessageRef, MsgId, SendId};
use tmtp_wire::time::Wall;

use super::{PLACE_UNSENT, Result, all, first, names, run};
use crate::values::{id_in, id_out};

/// A message to be stored.
pub struct NewMessage<'a> {
    /// Its thread.
    pub thread: i64,
    /// The site's id; `None` for one that is still to be sent.
    pub msgid: Option<MsgId>,
    /// The sender's id for it.
    pub send_id: Option<SendId>,
    /// Written by this member.
    pub own: bool,
    /// The sender.
    pub from_uid: &'a str,
    /// What the sender calls himself.
    pub from_alias: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The site's time.
    pub posted: Option<Wall>,
    /// Our time of writing.
    pub written: Option<Wall>,
    /// Stands for everything behind the header, equal only for equal data; empty while it is not known.
    pub content: &'a [u8],
    /// The delivery's header, exactly.
    pub header_head: Option<&'a [u8]>,
    /// The data head, exactly.
    pub data_head: Option<&'a [u8]>,
    /// Not seen yet.
    pub unread: bool,
}

/// A message that is there.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Row id.
    pub id: i64,
    /// Its thread.
    pub thread: i64,
    /// The id that counts.
    pub msgid: Option<MsgId>,
    /// The sender's id for it.
    pub send_id: Option<SendId>,
    /// Written by this member.
    pub own: bool,
    /// Stands for everything behind the header, equal only for equal data; empty while it is not known.
    pub content: Vec<u8>,
    /// Only its ids are left.
    pub deleted: bool,
}

impl Stored {
    /// How it is called outside.
    pub fn reference(&self) -> Option<MessageRef> {
        let local = self.send_id.map(MessageRef::Local);
        self.msgid.map(MessageRef::Site).or(local)
    }
}

const COLUMNS: &str = "SELECT id, thread, msgid, send_id, own, content, deleted FROM message";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        id: row.get(0)?,
        thread: row.get(1)?,
        msgid: row.get::<_, Option<i64>>(2)?.map(id_out),
        send_id: row.get::<_, Option<i64>>(3)?.and_then(|id| SendId::new(id.cast_unsigned())),
        own: row.get(4)?,
        content: row.get(5)?,
        deleted: row.get(6)?,
    })
}

/// Stores a message; its row id. Names and counts are the caller's. One that comes with its header gets the id that
/// it came under as its number, see [`names`].
pub fn insert(conn: &Connection, message: &NewMessage<'_>) -> Result<i64> {
    let msgid = message.msgid.map(id_in);
    let came = message.msgid.filter(|_| message.header_head.is_some());
    run(
        conn,
        "INSERT INTO message (id, thread, msgid, send_id, place, own, from_uid, from_alias, subject, text, posted,
           written, content, header_head, data_head, unread)
         VALUES (coalesce(?16, 1 + (SELECT coalesce(max(id), 0) FROM message WHERE id < ?17)),
           ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        params![
            message.thread,
            msgid,
            message.send_id.map(|id| id.value().cast_signed()),
            msgid.unwrap_or(PLACE_UNSENT),
            message.own,
            message.from_uid,
            message.from_alias,
            message.subject,
            message.text,
            message.posted.map(|wall| wall.0),
            message.written.map(|wall| wall.0),
            message.content,
            message.header_head,
            message.data_head,
            message.unread,
            came.and_then(names::row_of),
            names::FROM_SITE,
        ],
    )?;
    Ok(conn.last_insert_rowid())
}

/// A message by its row.
pub fn by_id(conn: &Connection, id: i64) -> Result<Option<Stored>> {
    first(conn, &format!("{COLUMNS} WHERE id = ?1"), params![id], read)
}

/// A message by any name that it has or had.
pub fn find(conn: &Connection, message: MessageRef, own_uid: &str) -> Result<Option<Stored>> {
    match message {
        MessageRef::Site(msgid) => match names::message(conn, msgid)? {
            Some(named) => by_id(conn, named.message),
            None => Ok(None),
        },
        MessageRef::Local(send_id) => {
            let sql = format!("{COLUMNS} WHERE send_id = ?1 AND from_uid = ?2 ORDER BY id LIMIT 1");
            first(conn, &sql, params![send_id.value().cast_signed(), own_uid], read)
        }
    }
}

/// All messages of one sender under one send id: more than one only if their contents differ.
pub fn twins(conn: &Connection, send_id: SendId, from_uid: &str) -> Result<Vec<Stored>> {
    let sql = format!("{COLUMNS} WHERE send_id = ?1 AND from_uid = ?2 ORDER BY id LIMIT 100");
    all(conn, &sql, params![send_id.value().cast_signed(), from_uid], read)
}

/// What came behind the header is known now: of a message of our own, when its copy comes.
pub fn complete(conn: &Connection, id: i64, content: &[u8], header_head: &[u8]) -> Result<()> {
    let sql = "UPDATE message SET content = ?2, header_head = coalesce(header_head, ?3) WHERE id = ?1";
    run(conn, sql, params![id, content, header_head])?;
    Ok(())
}

/// The data head of a message of our own is built, once and for all attempts.
pub fn set_built(conn: &Connection, id: i64, data_head: &[u8], content: &[u8]) -> Result<()> {
    run(
        conn,
        "UPDATE message SET data_head = ?2, content = ?3 WHERE id = ?1",
        params![id, data_head, content],
    )?;
    Ok(())
}

/// What is needed to build a post: thread, alias, subject, text, and the data head if it was built before.
pub struct Draft {
    /// Its thread.
    pub thread: i64,
    /// Under which alias it is written.
    pub from_alias: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The data head as built at the first attempt.
    pub data_head: Option<Vec<u8>>,
}

/// What is needed to build a post.
pub fn draft(conn: &Connection, id: i64) -> Result<Option<Draft>> {
    let sql = "SELECT thread, from_alias, subject, text, data_head FROM message WHERE id = ?1";
    first(conn, sql, params![id], |row| {
        Ok(Draft {
            thread: row.get(0)?,
            from_alias: row.get(1)?,
            subject: row.get(2)?,
            text: row.get(3)?,
            data_head: row.get(4)?,
        })
    })
}

/// Removes a message of our own that was never sent. Returns the files that no row names any more.
pub fn remove_unsent(conn: &Connection, id: i64) -> Result<Vec<String>> {
    let unneeded = detach(conn, id)?;
    run(conn, "DELETE FROM message WHERE id = ?1", params![id])?;
    Ok(unneeded)
}

/// Removes the attachments of a message. Returns the files that no row names any more.
pub(super) fn detach(conn: &Connection, message: i64) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT file FROM attachment WHERE message = ?1 AND file IS NOT NULL";
    let before: Vec<String> = all(conn, sql, params![message], |row| row.get(0))?;
    run(conn, "DELETE FROM attachment WHERE message = ?1", params![message])?;
    let mut unneeded = Vec::new();
    for file in before {
        if !crate::open::is_named(conn, &file)? {
            unneeded.push(file);
        }
    }
    Ok(unneeded)
}

/// An attachment.
#[derive(Clone, Debug, Default)]
pub struct Attached {
    /// With its prefix.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Name of the form's kind.
    pub ffn: String,
    /// As the sender gave it.
    pub sha256: Option<[u8; 32]>,
    /// The bytes do not match that hash.
    pub damaged: bool,
    /// Where the bytes are.
    pub place: Bytes,
}

/// Where the bytes of an attachment are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bytes {
    /// In the row.
    Here(Vec<u8>),
    /// In a file of this account, from an offset.
    File {
        /// Its name in `files/`.
        file: String,
        /// Offset in bytes.
        start: u64,
    },
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes::Here(Vec::new())
    }
}

/// Stores the attachments of a message.
pub fn attach(conn: &Connection, message: i64, list: &[Attached]) -> Result<()> {
    for (place, item) in (0_i64..).zip(list) {
        let (data, file, start) = match &item.place {
            Bytes::Here(data) => (Some(data), None, 0),
            Bytes::File { file, start } => (None, Some(file), start.cast_signed()),
        };
        run(
            conn,
            "INSERT INTO attachment (message, place, name, size, ffn, sha256, damaged, data, file, start)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                message,
                place,
                item.name,
                item.size.cast_signed(),
                item.ffn,
                item.sha256.map(Vec::from),
                item.damaged,
                data,
                file,
                start,
            ],
        )?;
    }
    Ok(())
}

/// The attachments of a message in their order.
pub fn attachments(conn: &Connection, message: i64) -> Result<Vec<Attached>> {
    let sql = "SELECT name, size, ffn, sha256, damaged, data, file, start
               FROM attachment WHERE message = ?1 ORDER BY place";
    all(conn, sql, params![message], |row| {
        let data: Option<Vec<u8>> = row.get(5)?;
        let file: Option<String> = row.get(6)?;
        Ok(Attached {
            name: row.get(0)?,
            size: row.get::<_, i64>(1)?.cast_unsigned(),
            ffn: row.get(2)?,
            sha256: row.get::<_, Option<Vec<u8>>>(3)?.and_then(|hash| hash.try_into().ok()),
            damaged: row.get(4)?,
            place: match file {
                Some(file) => Bytes::File { file, start: row.get::<_, i64>(7)?.cast_unsigned() },
                None => Bytes::Here(data.unwrap_or_default()),
            },
        })
    })
}

/// The highest place in a thread that the site has given.
pub fn highest_place(conn: &Connection, thread: i64) -> Result<Option<i64>> {
    let sql = "SELECT place FROM message WHERE thread = ?1 AND msgid IS NOT NULL ORDER BY place DESC LIMIT 1";
    first(conn, sql, params![thread], |row| row.get(0))
}

/// Gives a message of our own that was sent, but whose id will never be known, its place: right behind what its thread
/// had when it left (`floor`; or has now), and behind what was sent into it from here before. Ids come from one clock and
/// are given when a header is read, so its own is higher than all of these, and lower than that of whatever came later.
pub fn set_place(conn: &Connection, id: i64, thread: i64, floor: Option<i64>) -> Result<()> {
    let Some(floor) = floor.map_or_else(|| highest_place(conn, thread), |floor| Ok(Some(floor)))? else {
        return Ok(());
    };
    run(
        conn,
        "UPDATE message SET place = 1 + min(?4, max(?3, coalesce((SELECT max(e.place) FROM message e
           WHERE e.thread = ?2 AND e.own = 1 AND e.id < ?1 AND e.place < ?4), ?3)))
         WHERE id = ?1 AND msgid IS NULL",
        params![id, thread, floor, PLACE_UNSENT - 2],
    )?;
    Ok(())
}

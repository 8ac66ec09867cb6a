//! The messages of a thread, in the site's order.

use rusqlite::{Connection, Row, params};
use tmtp_wire::ids::{MessageRef, SendId, ThreadRef};
use tmtp_wire::time::Wall;

use super::attachments::{self, AttachmentRow};
use super::outbox::{STATE_OF_MESSAGE, outgoing_state};
use super::people::{RecipientRow, recipients};
use super::{Cursor, List, Page, Reader, Result, label, own_uid, reference, send_id_out};
use crate::error::StoreError;
use crate::limits;
use crate::trust::{People, SenderRow};
use crate::values::OutgoingState;
use crate::write::{inbox, threads};

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// The message.
    pub msgid: MessageRef,
    /// Its thread.
    pub thread: ThreadRef,
    /// The id that its sender gave it.
    pub send_id: Option<SendId>,
    /// Written by this member, here or at another node.
    pub own: bool,
    /// The sender.
    pub from: SenderRow,
    /// Its subject; may be empty in a reply.
    pub subject: String,
    /// Its text, Markdown.
    pub text: String,
    /// The site's time; `None` until it is sent.
    pub posted: Option<Wall>,
    /// Our time of writing, of messages that were written at this node.
    pub written: Option<Wall>,
    /// Not seen yet.
    pub unread: bool,
    /// How far it is, if it is own.
    pub state: Option<OutgoingState>,
    /// What is attached.
    pub attachments: Vec<AttachmentRow>,
    /// To whom its thread goes, if it begins one.
    pub cc: Vec<RecipientRow>,
}

macro_rules! message_columns {
    () => {
        "SELECT m.id, m.place, m.msgid, m.send_id, m.own, m.from_uid, m.from_alias, m.subject, m.text, m.posted,
           m.written, m.unread FROM message m "
    };
}

pub(super) const OLDEST_FIRST: &str = concat!(
    message_columns!(),
    "WHERE thread = ?1 AND deleted = 0 AND (place, id) > (?2, ?3) ORDER BY place, id LIMIT ?4"
);
pub(super) const NEWEST_FIRST: &str = concat!(
    message_columns!(),
    "WHERE thread = ?1 AND deleted = 0 AND (place, id) < (?2, ?3) ORDER BY place DESC, id DESC LIMIT ?4"
);
const ONE: &str = concat!(message_columns!(), "WHERE id = ?1 AND deleted = 0");

impl Reader {
    /// The messages of a thread, oldest first. A page ends early if its texts are long.
    pub fn thread(&self, thread: ThreadRef, page: &Page) -> Result<List<MessageRow>> {
        let after = page.numbers('m', [i64::MIN, i64::MIN])?;
        self.look(|conn| list(conn, thread, page, ('m', OLDEST_FIRST, after)))
    }

    /// The messages of a thread, newest first: for a screen that begins at the end.
    pub fn thread_newest_first(&self, thread: ThreadRef, page: &Page) -> Result<List<MessageRow>> {
        let after = page.numbers('n', [i64::MAX, i64::MAX])?;
        self.look(|conn| list(conn, thread, page, ('n', NEWEST_FIRST, after)))
    }

    /// One message by any id that it has or had; `None` if there is none, or it was deleted.
    pub fn message(&self, message: MessageRef) -> Result<Option<MessageRow>> {
        self.look(|conn| {
            let Some(found) = inbox::find(conn, message, &own_uid(conn)?)? else { return Ok(None) };
            let thread = threads::by_id(conn, found.thread)?;
            let mut statement = conn.prepare_cached(ONE)?;
            let mut rows = statement.query([found.id])?;
            rows.next()?
                .map(|row| read(&People::of(conn)?, &thread, row).map(|(message, _)| message))
                .transpose()
        })
    }
}

fn list(
    conn: &Connection,
    thread: ThreadRef,
    page: &Page,
    (name, sql, after): (char, &str, [i64; 2]),
) -> Result<List<MessageRow>> {
    let thread = threads::find(conn, thread)?.ok_or(StoreError::NotFound)?;
    let people = People::of(conn)?;
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![thread.id, after[0], after[1], page.fetch()])?;
    let mut found: Vec<(MessageRow, Cursor)> = Vec::new();
    let mut weight = 0;
    while let Some(row) = rows.next()? {
        let full = weight > limits::PAGE_TEXT;
        if full && let Some((_, last)) = found.last() {
            let next = Some(last.clone());
            return Ok(List { items: found.into_iter().map(|(item, _)| item).collect(), next });
        }
        let (message, place) = read(&people, &thread, row)?;
        weight += message.weight();
        found.push((message, Cursor::of_numbers(name, &place)));
    }
    Ok(page.cut(found))
}

/// A message, and its place in the thread.
fn read(people: &People<'_>, thread: &threads::Thread, row: &Row<'_>) -> Result<(MessageRow, [i64; 2])> {
    let conn = people.conn();
    let id: i64 = row.get(0)?;
    let msgid: Option<i64> = row.get(2)?;
    let send_id: Option<i64> = row.get(3)?;
    let own: bool = row.get(4)?;
    let this = reference(msgid, send_id).ok_or(StoreError::Corrupt { what: "a message without any id" })?;
    let whole = thread.reference().unwrap_or(this);
    let begins =
        this == whole || (own && send_id.and_then(send_id_out) == thread.send_id && send_id.is_some());
    let message = MessageRow {
        msgid: this,
        thread: whole,
        send_id: send_id.and_then(send_id_out),
        own,
        from: people.sender(row.get(5)?, &row.get::<_, String>(6)?, Some(thread.id))?,
        subject: label(row, 7)?,
        text: row.get(8)?,
        posted: row.get::<_, Option<i64>>(9)?.map(Wall),
        written: row.get::<_, Option<i64>>(10)?.map(Wall),
        unread: row.get(11)?,
        state: if own { Some(outgoing_state(conn, STATE_OF_MESSAGE, send_id, id)?) } else { None },
        attachments: attachments::of_message(conn, id)?,
        cc: if begins { recipients(people, thread.id, limits::RECIPIENTS)?.0 } else { Vec::new() },
    };
    Ok((message, [row.get(1)?, id]))
}

impl MessageRow {
    /// Bytes that it takes, about.
    fn weight(&self) -> usize {
        let names: usize = self.attachments.iter().map(|item| item.name.len() + item.form.len() + 64).sum();
        let people: usize = self.cc.iter().map(|who| who.alias.len() + who.note.len() + 128).sum();
        self.text.len() + self.subject.len() + names + people
    }
}

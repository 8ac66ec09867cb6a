//! The list of threads, newest first.

use rusqlite::{Row, params};
use tmtp_wire::ids::ThreadRef;
use tmtp_wire::time::Wall;

use super::people::{RecipientRow, recipients};
use super::{Cursor, List, Page, Reader, Result, label, reference};
use crate::error::StoreError;
use crate::limits;
use crate::trust::{People, SenderRow};
use crate::write::threads;

/// A thread as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadRow {
    /// The thread.
    pub thread: ThreadRef,
    /// Its subject; empty while its beginning is missing.
    pub subject: String,
    /// Its beginning is here.
    pub begun: bool,
    /// Who wrote the newest message.
    pub from: SenderRow,
    /// The newest message is this member's own.
    pub own: bool,
    /// The first recipients, at most [`limits::LIST_RECIPIENTS`].
    pub to: Vec<RecipientRow>,
    /// There are more recipients.
    pub to_more: bool,
    /// Entries of its recipient list, among all of them, that name nobody: whoever is meant gets nothing that is sent
    /// to this thread. A reply is refused until the person goes on without them.
    pub unreachable: u32,
    /// The person has gone on without them.
    pub without_them: bool,
    /// How many messages are shown.
    pub messages: u64,
    /// How many of them were not seen.
    pub unread: u64,
    /// The site's time of the newest message; `None` until it is sent.
    pub posted: Option<Wall>,
    /// The start of the newest message's text, at most [`limits::PREVIEW_CHARS`] characters.
    pub preview: String,
}

macro_rules! thread_columns {
    () => {
        "SELECT id, newest, msgid, send_id, subject, begun, messages, unread, unreachable, without_them FROM thread "
    };
}

macro_rules! listed {
    ($unread:literal) => {
        concat!(
            thread_columns!(),
            "WHERE deleted = 0 AND (unread > 0) = ",
            $unread,
            " AND (newest, id) < (?1, ?2)"
        )
    };
}

/// Both parts of the index come in its order, and are merged.
pub(super) const ALL: &str =
    concat!(listed!("0"), " UNION ALL ", listed!("1"), " ORDER BY newest DESC, id DESC LIMIT ?3");
pub(super) const UNREAD: &str = concat!(listed!("1"), " ORDER BY newest DESC, id DESC LIMIT ?3");
const ONE: &str = concat!(thread_columns!(), "WHERE id = ?1 AND deleted = 0");
pub(super) const NEWEST: &str = "SELECT from_uid, from_alias, own, posted, substr(text, 1, ?2) FROM message
  WHERE thread = ?1 AND deleted = 0 ORDER BY place DESC, id DESC LIMIT 1";

impl Reader {
    /// The threads, the one with the newest message first; only those with unseen messages if `unread_only`.
    pub fn threads(&self, unread_only: bool, page: &Page) -> Result<List<ThreadRow>> {
        let [newest, id] = page.numbers('t', [i64::MAX, i64::MAX])?;
        let sql = if unread_only { UNREAD } else { ALL };
        self.look(|conn| {
            let people = People::of(conn)?;
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query(params![newest, id, page.fetch()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let place = Cursor::of_numbers('t', &[row.get(1)?, row.get(0)?]);
                found.push((read(&people, row)?, place));
            }
            Ok(page.cut(found))
        })
    }

    /// One thread by any id that it has or had; `None` if there is none, or it was deleted.
    pub fn thread_row(&self, thread: ThreadRef) -> Result<Option<ThreadRow>> {
        self.look(|conn| {
            let Some(found) = threads::find(conn, thread)? else { return Ok(None) };
            let mut statement = conn.prepare_cached(ONE)?;
            let mut rows = statement.query([found.id])?;
            rows.next()?.map(|row| read(&People::of(conn)?, row)).transpose()
        })
    }

    /// The id by which a thread counts, found by any that it has or had.
    pub fn find(&self, thread: ThreadRef) -> Result<Option<ThreadRef>> {
        self.look(|conn| Ok(threads::find(conn, thread)?.and_then(|found| found.reference())))
    }
}

fn read(people: &People<'_>, row: &Row<'_>) -> Result<ThreadRow> {
    let id: i64 = row.get(0)?;
    let thread = reference(row.get(2)?, row.get(3)?);
    let (to, to_more) = recipients(people, id, limits::LIST_RECIPIENTS)?;
    let mut statement = people.conn().prepare_cached(NEWEST)?;
    let mut rows = statement.query(params![id, limits::PREVIEW_CHARS as i64])?;
    let newest = rows.next()?;
    let (uid, alias) = match newest {
        Some(newest) => (newest.get(0)?, newest.get(1)?),
        None => (String::new(), String::new()),
    };
    Ok(ThreadRow {
        thread: thread.ok_or(StoreError::Corrupt { what: "a thread without any id" })?,
        subject: label(row, 4)?,
        begun: row.get(5)?,
        from: people.sender(uid, &alias, Some(id))?,
        own: newest.map(|newest| newest.get(2)).transpose()?.unwrap_or(false),
        to,
        to_more,
        unreachable: row.get(8)?,
        without_them: row.get(9)?,
        messages: row.get::<_, i64>(6)?.max(0).cast_unsigned(),
        unread: row.get::<_, i64>(7)?.max(0).cast_unsigned(),
        posted: newest.map(|newest| newest.get::<_, Option<i64>>(3)).transpose()?.flatten().map(Wall),
        preview: newest.map(|newest| label(newest, 4)).transpose()?.unwrap_or_default(),
    })
}

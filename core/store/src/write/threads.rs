//! Threads: begun, found, joined, counted; and to whom they go.

use rusqlite::{Connection, Row, params};
use tmtp_wire::datahead::Cc;
use tmtp_wire::ids::{MessageRef, MsgId, SendId, ThreadRef};
use tmtp_wire::plain;

use super::{Result, all, first, names, run};
use crate::StoreError;
use crate::values::{id_in, id_out};

/// A thread.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Row id.
    pub id: i64,
    /// The id that counts; `None` until its beginning is sent.
    pub msgid: Option<MsgId>,
    /// The id by which replies name it.
    pub reply_msgid: Option<MsgId>,
    /// The send id of its beginning, if that is ours.
    pub send_id: Option<SendId>,
    /// Its beginning is here.
    pub begun: bool,
    /// Entries of its recipient list that name nobody.
    pub unreachable: u32,
    /// The person knows of those, and writes to the others.
    pub without_them: bool,
}

impl Thread {
    /// How it is called outside.
    pub fn reference(&self) -> Option<ThreadRef> {
        let local = self.send_id.map(MessageRef::Local);
        self.msgid.map(MessageRef::Site).or(local)
    }
}

macro_rules! columns {
    () => {
        "SELECT id, msgid, send_id, begun, coalesce(reply_msgid, msgid), unreachable, without_them FROM thread"
    };
}

fn read(row: &Row<'_>) -> rusqlite::Result<Thread> {
    Ok(Thread {
        id: row.get(0)?,
        msgid: row.get::<_, Option<i64>>(1)?.map(id_out),
        send_id: row.get::<_, Option<i64>>(2)?.and_then(|id| SendId::new(id.cast_unsigned())),
        begun: row.get(3)?,
        reply_msgid: row.get::<_, Option<i64>>(4)?.map(id_out),
        unreachable: row.get(5)?,
        without_them: row.get(6)?,
    })
}

/// A thread by its row.
pub fn by_id(conn: &Connection, id: i64) -> Result<Thread> {
    first(conn, concat!(columns!(), " WHERE id = ?1"), params![id], read)?.ok_or(StoreError::NotFound)
}

/// A thread by any name that it has or had.
pub fn find(conn: &Connection, thread: ThreadRef) -> Result<Option<Thread>> {
    match thread {
        MessageRef::Site(msgid) => {
            let sql = concat!(columns!(), " WHERE id = (SELECT thread FROM thread_name WHERE msgid = ?1)");
            first(conn, sql, params![id_in(msgid)], read)
        }
        MessageRef::Local(send_id) => {
            let sql = concat!(columns!(), " WHERE send_id = ?1");
            first(conn, sql, params![send_id.value().cast_signed()], read)
        }
    }
}

/// Begins a thread with a message of our own that is still to be sent; its row id.
pub fn begin_own(conn: &Connection, send_id: SendId, subject: &str) -> Result<i64> {
    let sql = "INSERT INTO thread (send_id, subject) VALUES (?1, ?2)";
    run(conn, sql, params![send_id.value().cast_signed(), subject])?;
    Ok(conn.last_insert_rowid())
}

/// Makes a thread that came from the site under this id; `begun` if its beginning did. Its row id.
pub fn create(conn: &Connection, msgid: MsgId, subject: &str, begun: bool) -> Result<i64> {
    let sql = "INSERT INTO thread (msgid, subject, begun) VALUES (?1, ?2, ?3)";
    run(conn, sql, params![id_in(msgid), subject, begun])?;
    let id = conn.last_insert_rowid();
    names::name_thread(conn, id, msgid)?;
    Ok(id)
}

/// The missing beginning has come.
pub fn begin(conn: &Connection, id: i64, subject: &str) -> Result<()> {
    run(conn, "UPDATE thread SET begun = 1, subject = ?2 WHERE id = ?1", params![id, subject])?;
    Ok(())
}

/// Gives `thread` one more name. If another thread stood there under it (replies came before they could be
/// matched), that one is joined into `thread`. True if one was.
pub fn name_or_join(conn: &Connection, thread: i64, msgid: MsgId) -> Result<bool> {
    let other = names::thread(conn, msgid)?.filter(|other| *other != thread);
    if let Some(other) = other {
        join(conn, other, thread)?;
    }
    names::name_thread(conn, thread, msgid)?;
    Ok(other.is_some())
}

fn join(conn: &Connection, other: i64, into: i64) -> Result<()> {
    for sql in [
        "UPDATE message SET thread = ?2 WHERE thread = ?1",
        "UPDATE thread_name SET thread = ?2 WHERE thread = ?1",
        "UPDATE outbox SET thread = ?2 WHERE thread = ?1",
        "UPDATE draft SET thread = ?2 WHERE thread = ?1",
    ] {
        run(conn, sql, params![other, into])?;
    }
    run(conn, "DELETE FROM recipient WHERE thread = ?1", params![other])?;
    let lowest = first(conn, "SELECT msgid FROM thread WHERE id = ?1", params![other], |row| {
        row.get::<_, Option<i64>>(0)
    })?;
    run(conn, "DELETE FROM thread WHERE id = ?1", params![other])?;
    if let Some(lowest) = lowest.flatten() {
        let sql = "UPDATE thread SET msgid = ?2 WHERE id = ?1 AND (msgid IS NULL OR msgid > ?2)";
        run(conn, sql, params![into, lowest])?;
    }
    recount(conn, into)
}

/// One more message is shown in a thread, at this place. A deleted thread is shown again.
pub fn shown(conn: &Connection, thread: i64, place: i64, unread: bool) -> Result<()> {
    run(
        conn,
        "UPDATE thread SET messages = messages + 1, unread = unread + ?3, newest = max(newest, ?2), deleted = 0
         WHERE id = ?1",
        params![thread, place, unread],
    )?;
    Ok(())
}

/// Counts a thread anew, after places or marks have changed.
pub fn recount(conn: &Connection, thread: i64) -> Result<()> {
    run(
        conn,
        "UPDATE thread SET
           messages = (SELECT count(*) FROM message WHERE thread = ?1 AND deleted = 0),
           unread = (SELECT count(*) FROM message WHERE thread = ?1 AND deleted = 0 AND unread = 1),
           newest = coalesce((SELECT max(place) FROM message WHERE thread = ?1 AND deleted = 0), newest)
         WHERE id = ?1",
        params![thread],
    )?;
    Ok(())
}

/// The newest place of a thread anew, after one of its messages has got its id.
pub fn replace_newest(conn: &Connection, thread: i64) -> Result<()> {
    run(
        conn,
        "UPDATE thread SET newest = coalesce(
           (SELECT place FROM message WHERE thread = ?1 AND deleted = 0 ORDER BY place DESC LIMIT 1), newest)
         WHERE id = ?1",
        params![thread],
    )?;
    Ok(())
}

/// Sets to whom a thread goes.
pub fn set_recipients(conn: &Connection, thread: i64, list: &[Cc]) -> Result<()> {
    run(conn, "DELETE FROM recipient WHERE thread = ?1", params![thread])?;
    for (place, cc) in (0_i64..).zip(list) {
        run(
            conn,
            "INSERT INTO recipient (thread, place, who, by_alias, who_uid, by_uid, date, note)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![thread, place, cc.who, cc.by, cc.who_uid, cc.by_uid, cc.date, cc.note],
        )?;
    }
    let nobody = list.iter().filter(|cc| !Cc::names_somebody(&cc.who, &cc.who_uid)).count();
    let sql = "UPDATE thread SET unreachable = ?2, without_them = 0 WHERE id = ?1 AND unreachable <> ?2";
    run(conn, sql, params![thread, i64::try_from(nobody).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// What a thread's list calls those whom it names so that nothing can be sent to them; the first ones.
pub fn unreachable(conn: &Connection, thread: i64, most: usize) -> Result<Vec<String>> {
    let list = recipients(conn, thread)?;
    let nobody = list.into_iter().filter(|cc| !Cc::names_somebody(&cc.who, &cc.who_uid));
    let name = |cc: Cc| if plain::is_blank(&cc.who) { cc.who_uid } else { cc.who };
    Ok(nobody.map(name).take(most).collect())
}

/// The person knows that some entries of a thread's list name nobody, and writes to the others.
pub fn go_without(conn: &Connection, thread: i64) -> Result<()> {
    run(conn, "UPDATE thread SET without_them = 1 WHERE id = ?1", params![thread])?;
    Ok(())
}

/// Counts the entries that name nobody in lists that an earlier version stored.
pub(crate) fn bring_up(conn: &Connection) -> Result<()> {
    let mut statement = conn.prepare("SELECT thread, who, who_uid FROM recipient")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (who, who_uid): (String, String) = (row.get(1)?, row.get(2)?);
        if !Cc::names_somebody(&who, &who_uid) {
            let sql = "UPDATE thread SET unreachable = unreachable + 1 WHERE id = ?1";
            run(conn, sql, params![row.get::<_, i64>(0)?])?;
        }
    }
    Ok(())
}

/// To whom a thread goes.
pub fn recipients(conn: &Connection, thread: i64) -> Result<Vec<Cc>> {
    let sql =
        "SELECT who, by_alias, who_uid, by_uid, date, note FROM recipient WHERE thread = ?1 ORDER BY place";
    all(conn, sql, params![thread], |row| {
        Ok(Cc {
            who: row.get(0)?,
            by: row.get(1)?,
            who_uid: row.get(2)?,
            by_uid: row.get(3)?,
            date: row.get(4)?,
            note: row.get(5)?,
            subscribe: true,
        })
    })
}

/// Who wrote the message that begins a thread, if no recipient list tells to whom it goes; else the first that is here.
/// A stranger's message may have come by a lower id: it does not make the thread theirs.
pub fn first_writer(conn: &Connection, thread: i64, not: &str) -> Result<Option<String>> {
    let sql = "SELECT m.from_uid FROM message m JOIN thread t ON t.id = m.thread
        WHERE m.thread = ?1 AND m.from_uid <> ?2 AND m.from_uid <> ''
        ORDER BY m.msgid IS t.msgid DESC, m.place LIMIT 1";
    first(conn, sql, params![thread, not], |row| row.get(0))
}

/// The alias under which this member last wrote in a thread.
pub fn own_alias(conn: &Connection, thread: i64) -> Result<Option<String>> {
    let sql = "SELECT from_alias FROM message WHERE thread = ?1 AND deleted = 0 AND own = 1 ORDER BY place DESC, id DESC LIMIT 1";
    first(conn, sql, params![thread], |row| row.get(0))
}

/// Threads that were begun here and of which nothing is left: no message, and nothing that could still be sent.
pub fn unsent_and_empty(conn: &Connection) -> Result<Vec<i64>> {
    let sql = "SELECT id FROM thread t WHERE msgid IS NULL
        AND NOT EXISTS (SELECT 1 FROM message m WHERE m.thread = t.id)
        AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.thread = t.id)";
    all(conn, sql, [], |row| row.get(0))
}

/// Removes a thread that was begun here, of which nothing was ever sent and nothing is left.
pub fn remove_unsent(conn: &Connection, thread: i64) -> Result<()> {
    run(conn, "UPDATE draft SET thread = NULL WHERE thread = ?1", params![thread])?;
    run(conn, "DELETE FROM recipient WHERE thread = ?1", params![thread])?;
    run(conn, "DELETE FROM thread WHERE id = ?1", params![thread])?;
    Ok(())
}

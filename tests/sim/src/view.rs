//! Reads a member's store with SQL of its own, through a connection of its own: what the judge believes
//! does not pass through the code that is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use tmtp_wire::ids::{MessageRef, MsgId, SendId};
use tmtp_wire::json::Object;

/// A message that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// Its row, in the order in which messages were stored.
    pub(crate) row: i64,
    /// How it is called.
    pub(crate) name: MessageRef,
    /// How its thread is called; `None` while the beginning is neither known nor sent.
    pub(crate) thread: Option<MessageRef>,
    /// Its thread's row.
    pub(crate) thread_row: i64,
    /// Its text.
    pub(crate) text: String,
}

/// Something in the outbox.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// Its id.
    pub(crate) send_id: u64,
    /// `post`, `ping`, `alias` or `node`.
    pub(crate) kind: String,
    /// How far it is.
    pub(crate) state: String,
    /// Why it failed.
    pub(crate) reason: String,
    /// It was withdrawn in doubt, and the account says so.
    pub(crate) withdrawn: bool,
    /// It waits behind an earlier post of its thread that only the person can bring on.
    pub(crate) behind_a_doubt: bool,
}

impl Waiting {
    /// Whether it will leave the outbox, or change, without a person.
    pub(crate) fn moves(&self) -> bool {
        let left_to_the_person = matches!(self.reason.as_str(), "cannot_be_proven" | "salvaged");
        match self.state.as_str() {
            "failed" => false,
            "doubt" => !left_to_the_person,
            _ => !self.behind_a_doubt,
        }
    }
}

/// A file of a message, as stored.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    /// Without its prefix.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
    /// The bytes do not match their hash, says the store.
    pub(crate) damaged: bool,
    /// The bytes, if they stand in the row.
    pub(crate) data: Option<Vec<u8>>,
    /// Otherwise the file in `files/` and where in it they begin.
    pub(crate) file: Option<(String, u64)>,
}

/// A read-only connection to a store.
#[derive(Debug)]
pub(crate) struct View {
    conn: Connection,
    /// The store has a column of its own for why something failed, beside the site's words.
    has_codes: bool,
}

const SHOWN: &str = "SELECT m.id, m.msgid, m.send_id, m.thread, m.text, t.msgid, t.send_id
     FROM message m JOIN thread t ON t.id = m.thread WHERE m.deleted = 0";

impl View {
    /// Opens the store in a folder of a simulated disk.
    pub(crate) fn open(dir: &Path, vfs: &str) -> rusqlite::Result<View> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags_and_vfs(dir.join("mail.db"), flags, vfs)?;
        let sql = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('outbox') WHERE name = 'failed')";
        let has_codes = conn.query_row(sql, [], |row| row.get(0))?;
        Ok(View { conn, has_codes })
    }

    fn rows<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        rows.collect()
    }

    /// The rows of all messages with their texts; `None` for those that are deleted, of which only the ids are left.
    pub(crate) fn texts(&self) -> rusqlite::Result<BTreeMap<i64, Option<String>>> {
        let sql = "SELECT id, CASE WHEN deleted = 0 THEN text END FROM message";
        Ok(self.rows(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
    }

    /// A message that is shown, by its row.
    pub(crate) fn shown_row(&self, row: i64) -> rusqlite::Result<Option<Shown>> {
        Ok(self.rows(&format!("{SHOWN} AND m.id = ?1"), [row], shown)?.pop())
    }

    /// All messages that are shown, thread by thread, in the order in which a person sees them.
    pub(crate) fn shown(&self) -> rusqlite::Result<Vec<Shown>> {
        self.rows(&format!("{SHOWN} ORDER BY m.thread, m.place, m.id"), [], shown)
    }

    /// Whether a message of the site is in the store, in whatever form.
    pub(crate) fn knows(&self, id: MsgId) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM message_name WHERE msgid = ?1)
             OR EXISTS (SELECT 1 FROM message WHERE id = ?3)
             OR EXISTS (SELECT 1 FROM ping_name WHERE msgid = ?1)
             OR EXISTS (SELECT 1 FROM parked WHERE msgid = ?2)";
        let mut statement = self.conn.prepare_cached(sql)?;
        statement.query_row((column(id), id.to_string(), row_of(id)), |row| row.get(0))
    }

    /// The text of a message by any of its ids; `None` in the second place if it was deleted.
    pub(crate) fn message(&self, id: MsgId) -> rusqlite::Result<Option<Option<String>>> {
        let sql = "SELECT deleted, text FROM message
             WHERE id = ?2 OR id = (SELECT message FROM message_name WHERE msgid = ?1)";
        let mut statement = self.conn.prepare_cached(sql)?;
        let read = |row: &Row<'_>| Ok((row.get::<_, bool>(0)?, row.get::<_, String>(1)?));
        let found = statement.query_row((column(id), row_of(id)), read).optional()?;
        Ok(found.map(|(deleted, text)| (!deleted).then_some(text)))
    }

    /// The files of a message, by its row.
    pub(crate) fn attached(&self, row: i64) -> rusqlite::Result<Vec<Attached>> {
        let sql =
            "SELECT name, size, damaged, data, file, start FROM attachment WHERE message = ?1 ORDER BY place";
        self.rows(sql, [row], |row| {
            let name: String = row.get(0)?;
            let file: Option<String> = row.get(4)?;
            let start = row.get::<_, i64>(5)?;
            Ok(Attached {
                name: name.get(2..).unwrap_or_default().to_owned(),
                size: row.get::<_, i64>(1)?.cast_unsigned(),
                damaged: row.get(2)?,
                data: row.get(3)?,
                file: file.map(|file| (file, start.cast_unsigned())),
            })
        })
    }

    /// Texts of pings, own ones included, each as often as it is shown.
    pub(crate) fn pings(&self) -> rusqlite::Result<Vec<String>> {
        self.rows("SELECT text FROM ping ORDER BY id", [], |row| row.get(0))
    }

    /// What is in the outbox.
    pub(crate) fn outbox(&self) -> rusqlite::Result<Vec<Waiting>> {
        let why = if self.has_codes { "CASE failed WHEN '' THEN reason ELSE failed END" } else { "reason" };
        let sql = format!(
            "SELECT send_id, kind, state, {why}, no_resend,
               state = 'queued' AND EXISTS (SELECT 1 FROM outbox p JOIN thread t ON t.id = p.thread
                 WHERE p.thread = o.thread AND p.id < o.id
                 AND p.state = 'doubt' AND p.reason IN ('cannot_be_proven', 'salvaged')
                 AND (NOT p.no_resend OR t.msgid IS NULL))
             FROM outbox o ORDER BY id"
        );
        self.rows(&sql, [], |row| {
            Ok(Waiting {
                send_id: row.get::<_, i64>(0)?.cast_unsigned(),
                kind: row.get(1)?,
                state: row.get(2)?,
                reason: row.get(3)?,
                withdrawn: row.get(4)?,
                behind_a_doubt: row.get(5)?,
            })
        })
    }

    /// Deliveries that the person is asked about.
    pub(crate) fn asking(&self) -> rusqlite::Result<Vec<MsgId>> {
        let sql = "SELECT msgid FROM too_large WHERE answer = 'ask' ORDER BY msgid";
        self.rows(sql, [], |row| Ok(site_id(row.get(0)?)))
    }

    /// What is in doubt about which the person has to decide, for nothing will come that proves anything; and
    /// whether it was withdrawn.
    pub(crate) fn unproven(&self) -> rusqlite::Result<Vec<(SendId, bool)>> {
        let sql = "SELECT send_id, no_resend FROM outbox
             WHERE state = 'doubt' AND reason IN ('cannot_be_proven', 'salvaged') ORDER BY id";
        let read = |row: &Row<'_>| Ok((SendId::new(row.get::<_, i64>(0)?.cast_unsigned()), row.get(1)?));
        let found = self.rows(sql, [], read)?;
        Ok(found.into_iter().filter_map(|(send_id, withdrawn)| Some((send_id?, withdrawn))).collect())
    }

    /// Whether a post larger than this may have been taken by the site, and no own copy will prove it.
    pub(crate) fn unproven_under_way(&self, larger: u64) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM outbox
             WHERE kind = 'post' AND state = 'released' AND own_copy = 0 AND size > ?1)";
        self.conn.prepare_cached(sql)?.query_row([larger.cast_signed()], |row| row.get(0))
    }

    /// Aliases that the site has checked, with their uids.
    pub(crate) fn checked(&self) -> rusqlite::Result<BTreeSet<(String, String)>> {
        let sql = "SELECT alias, uid FROM contact WHERE source = 'checked'";
        Ok(self.rows(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
    }

    /// Labels of others, with where they stand.
    pub(crate) fn labels(&self) -> rusqlite::Result<Vec<(String, String)>> {
        let sql =
            "SELECT 'a subject', subject FROM message UNION ALL SELECT 'a sender', from_alias FROM message
             UNION ALL SELECT 'a thread', subject FROM thread
             UNION ALL SELECT 'a list', who FROM recipient UNION ALL SELECT 'a list', by_alias FROM recipient
             UNION ALL SELECT 'a note', note FROM recipient
             UNION ALL SELECT 'a contact', alias FROM contact WHERE source = 'claimed'
             UNION ALL SELECT 'a form', ffn FROM attachment
             UNION ALL SELECT 'an error', reason FROM outbox UNION ALL SELECT 'an error', words FROM poison";
        self.rows(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Names of files, with the rows of their messages.
    pub(crate) fn file_names(&self) -> rusqlite::Result<Vec<(i64, String)>> {
        self.rows("SELECT message, name FROM attachment", [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// How many claims are kept of the sender who has made most.
    pub(crate) fn claims(&self) -> rusqlite::Result<u64> {
        let sql = "SELECT coalesce(max(n), 0) FROM
             (SELECT count(*) AS n FROM contact WHERE source = 'claimed' GROUP BY by_uid)";
        self.conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
    }

    /// What is stored raw: why, and from whom as far as that can be read.
    pub(crate) fn parked(&self) -> rusqlite::Result<Vec<(String, Option<String>)>> {
        let sql = "SELECT why, header FROM parked ORDER BY rowid";
        self.rows(sql, [], |row| {
            let header: Vec<u8> = row.get(1)?;
            let header = Object::parse(&header).ok();
            Ok((row.get(0)?, header.and_then(|header| header.str("from").ok().flatten().map(str::to_owned))))
        })
    }

    /// Whether a row names a file of the account's folder.
    pub(crate) fn names_file(&self, file: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM attachment WHERE file = ?1)
             OR EXISTS (SELECT 1 FROM parked WHERE file = ?1)";
        self.conn.prepare_cached(sql)?.query_row([file], |row| row.get(0))
    }

    /// Whether the site has given this alias to the member.
    pub(crate) fn holds(&self, alias: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM alias WHERE alias = ?1 AND state = 'held')";
        self.conn.prepare_cached(sql)?.query_row([alias], |row| row.get(0))
    }

    /// The member's uid, if it is one.
    pub(crate) fn uid(&self) -> rusqlite::Result<Option<String>> {
        self.conn.prepare_cached("SELECT uid FROM account")?.query_row([], |row| row.get(0))
    }
}

/// The site's unsigned ids stand in the store as signed numbers in the same order.
fn column(id: MsgId) -> i64 {
    (id.0 ^ (1 << 63)).cast_signed()
}

fn site_id(column: i64) -> MsgId {
    MsgId(column.cast_unsigned() ^ (1 << 63))
}

/// The row that a message has if it came under this id: for a site's ids, which are times, the id itself.
fn row_of(id: MsgId) -> Option<i64> {
    i64::try_from(id.0).ok().filter(|row| *row >= 1 << 32)
}

fn name(msgid: Option<i64>, send_id: Option<i64>) -> Option<MessageRef> {
    let local = || SendId::new(send_id?.cast_unsigned()).map(MessageRef::Local);
    msgid.map(|id| MessageRef::Site(site_id(id))).or_else(local)
}

fn shown(row: &Row<'_>) -> rusqlite::Result<Shown> {
    let own = name(row.get(1)?, row.get(2)?);
    Ok(Shown {
        row: row.get(0)?,
        name: own.unwrap_or(MessageRef::Site(MsgId(0))),
        thread: name(row.get(5)?, row.get(6)?),
        thread_row: row.get(3)?,
        text: row.get(4)?,
    })
}

//! The outbox: what waits, is on its way, is in doubt, or was refused.
//!
//! An item's row is the whole truth about it: `queued` (nothing of it can have arrived), `sending` (a large
//! post of which the last record is held back: it cannot have been taken), `released` (it may have been
//! taken; its link lives), `doubt` (the same, and the link is gone), `failed` (refused, it stays for the
//! person). A row leaves when its item is sent or withdrawn.

use rusqlite::{Connection, Row, params};
use tmtp_wire::ids::SendId;

use super::{Result, all, first, parsed, run};
use crate::values::{FailedWhy, UnknownText};

/// Why an item stays in doubt behind the barrier: nothing will come that proves anything.
pub const CANNOT_BE_PROVEN: &str = "cannot_be_proven";
/// The same, for what a salvage has found.
pub const SALVAGED: &str = "salvaged";

/// Whether an item in doubt is left to the person, by why it stays so.
pub fn is_for_the_person(reason: &str) -> bool {
    matches!(reason, CANNOT_BE_PROVEN | SALVAGED)
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message; the row of it.
    Post(i64),
    /// A ping; the row of it.
    Ping(i64),
    /// An own alias; the row of it.
    Alias(i64),
    /// A node; the row of it.
    Node(i64),
}

/// How far an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing of it can have arrived.
    Queued,
    /// It is being handed out, but its last record is held back.
    Sending,
    /// It may have been taken; the link that carries it lives.
    Released,
    /// It may have been taken; the link that carried it is gone.
    Doubt,
    /// It was refused.
    Failed,
}

impl Stage {
    fn text(self) -> &'static str {
        match self {
            Stage::Queued => "queued",
            Stage::Sending => "sending",
            Stage::Released => "released",
            Stage::Doubt => "doubt",
            Stage::Failed => "failed",
        }
    }
}

impl std::str::FromStr for Stage {
    type Err = ();
    fn from_str(text: &str) -> std::result::Result<Stage, ()> {
        let known = [Stage::Queued, Stage::Sending, Stage::Released, Stage::Doubt, Stage::Failed];
        known.into_iter().find(|stage| stage.text() == text).ok_or(())
    }
}

/// An item.
#[derive(Clone, Debug)]
pub struct Item {
    /// Row id: the order of `send`.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// Its id for the person, and its token on the wire.
    pub send_id: SendId,
    /// The draft it was made of.
    pub draft: Option<String>,
    /// The thread of a post.
    pub thread: Option<i64>,
    /// How far it is.
    pub stage: Stage,
    /// Its last attempt named this member, so a copy proves it.
    pub own_copy: bool,
    /// Nothing in it could be refused.
    pub sure: bool,
    /// Tag of the login whose link carried its last attempt; 0: none.
    pub login: i64,
    /// Its place among the requests of that link.
    pub handed: i64,
    /// Attempts begun.
    pub attempts: u32,
    /// Bytes behind the header.
    pub size: u64,
    /// Withdrawn while in doubt.
    pub no_resend: bool,
    /// Of a failed one the site's words, if there are any; of one in doubt why it stays so.
    pub reason: String,
    /// The highest place of its thread when its last attempt began: its own is behind that.
    pub floor: Option<i64>,
    /// Something that the site handled behind it is here: it was handled itself, accepted or refused.
    pub handled: bool,
    /// Why it failed, if it has: one of [`FailedWhy`]'s codes.
    pub failed: String,
    /// What was asked to be sent under its draft, as a hash; `None`: that is not known.
    pub content: Option<Vec<u8>>,
}

const COLUMNS: &str =
    "SELECT id, kind, send_id, draft, coalesce(message, ping, alias, node), thread, state, own_copy,
  sure, login, handed, attempts, size, no_resend, reason, place_floor, handled, failed, content FROM outbox";

fn read(row: &Row<'_>) -> rusqlite::Result<Item> {
    let kind: String = row.get(1)?;
    let of: i64 = row.get(4)?;
    let send_id = SendId::new(row.get::<_, i64>(2)?.cast_unsigned());
    Ok(Item {
        id: row.get(0)?,
        kind: match kind.as_str() {
            "post" => Kind::Post(of),
            "ping" => Kind::Ping(of),
            "alias" => Kind::Alias(of),
            "node" => Kind::Node(of),
            _ => return Err(UnknownText("the kind of an item of the outbox").in_column(1)),
        },
        send_id: send_id.ok_or(rusqlite::Error::IntegralValueOutOfRange(2, 0))?,
        draft: row.get(3)?,
        thread: row.get(5)?,
        stage: parsed(6, &row.get::<_, String>(6)?)?,
        own_copy: row.get(7)?,
        sure: row.get(8)?,
        login: row.get(9)?,
        handed: row.get(10)?,
        attempts: row.get(11)?,
        size: row.get::<_, i64>(12)?.cast_unsigned(),
        no_resend: row.get(13)?,
        reason: row.get(14)?,
        floor: row.get(15)?,
        handled: row.get(16)?,
        failed: row.get(17)?,
        content: row.get(18)?,
    })
}

/// An item to be put into the outbox.
pub struct NewItem<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its id for the person, and its token on the wire.
    pub send_id: SendId,
    /// The draft it is made of.
    pub draft: Option<&'a str>,
    /// The thread of a post.
    pub thread: Option<i64>,
    /// Bytes behind the header, as far as known.
    pub size: u64,
    /// What its caller gave, as a hash.
    pub content: Option<&'a [u8]>,
}

/// Puts an item into the outbox, behind all others; its row id.
pub fn insert(conn: &Connection, item: &NewItem<'_>) -> Result<i64> {
    let (kind, column, of) = match item.kind {
        Kind::Post(of) => ("post", "message", of),
        Kind::Ping(of) => ("ping", "ping", of),
        Kind::Alias(of) => ("alias", "alias", of),
        Kind::Node(of) => ("node", "node", of),
    };
    run(
        conn,
        &format!(
            "INSERT INTO outbox (kind, {column}, send_id, draft, thread, size, content, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'queued')"
        ),
        params![
            kind,
            of,
            number(item.send_id),
            item.draft,
            item.thread,
            item.size.cast_signed(),
            item.content
        ],
    )?;
    Ok(conn.last_insert_rowid())
}

fn number(send_id: SendId) -> i64 {
    send_id.value().cast_signed()
}

impl Item {
    /// Why it failed, and the site's words.
    pub fn failure(&self) -> (FailedWhy, String) {
        FailedWhy::read(&self.failed, self.reason.clone())
    }

    /// A link ended while it was on its way, and nothing of it was taken.
    pub fn is_suspect(&self) -> bool {
        self.stage == Stage::Queued && self.attempts > 0
    }
}

/// An item by its row.
pub fn by_id(conn: &Connection, id: i64) -> Result<Option<Item>> {
    first(conn, &format!("{COLUMNS} WHERE id = ?1"), params![id], read)
}

/// An item by its send id.
pub fn by_send_id(conn: &Connection, send_id: SendId) -> Result<Option<Item>> {
    first(conn, &format!("{COLUMNS} WHERE send_id = ?1"), params![number(send_id)], read)
}

/// An item by the draft it was made of.
pub fn by_draft(conn: &Connection, draft: &str) -> Result<Option<Item>> {
    first(conn, &format!("{COLUMNS} WHERE draft = ?1"), params![draft], read)
}

/// The item that asks for this alias.
pub fn by_alias(conn: &Connection, alias: i64) -> Result<Option<Item>> {
    first(conn, &format!("{COLUMNS} WHERE kind = 'alias' AND alias = ?1"), params![alias], read)
}

/// The item that asks for this node.
pub fn by_node(conn: &Connection, node: i64) -> Result<Option<Item>> {
    first(conn, &format!("{COLUMNS} WHERE kind = 'node' AND node = ?1"), params![node], read)
}

/// The next item behind `after` that may be handed to a link. It may not while an earlier post of its thread waits, or
/// is in doubt of which the end is still to come, while its thread has no id (unless it is the beginning), or while the
/// alias that it is written under is only asked for. A doubt that only a person can end holds up nobody, nor does one
/// that was withdrawn: whoever sends such a post again sends it behind what has overtaken it. `largest` bounds its size.
pub fn next_ready(conn: &Connection, after: i64, largest: u64) -> Result<Option<Item>> {
    let sql = format!(
        "{COLUMNS} AS o WHERE state = 'queued' AND id > ?1 AND size <= ?2
           AND CASE kind
             WHEN 'post' THEN
               (SELECT t.msgid IS NOT NULL OR t.send_id IS o.send_id FROM thread t WHERE t.id = o.thread)
               AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.thread = o.thread AND p.id < o.id
                                 AND (p.state IN ('queued', 'sending')
                                   OR p.state = 'doubt' AND NOT p.no_resend AND p.reason = ''))
               AND NOT EXISTS (SELECT 1 FROM message m JOIN alias a ON a.alias = m.from_alias
                                 WHERE m.id = o.message AND a.state = 'wanted')
             WHEN 'ping' THEN
               NOT EXISTS (SELECT 1 FROM ping g JOIN alias a ON a.alias = g.from_alias
                             WHERE g.id = o.ping AND a.state = 'wanted')
             ELSE 1 END
         ORDER BY id LIMIT 1"
    );
    let largest = i64::try_from(largest).unwrap_or(i64::MAX);
    first(conn, &sql, params![after, largest], read)
}

/// Whether anything is queued at all, ready or not.
pub fn any_queued(conn: &Connection) -> Result<bool> {
    Ok(first(conn, "SELECT 1 FROM outbox WHERE state = 'queued' LIMIT 1", [], |_| Ok(()))?.is_some())
}

/// All items in doubt, in the order of `send`: those that one link had under way, and those that wait for a person.
pub fn in_doubt(conn: &Connection) -> Result<Vec<Item>> {
    all(conn, &format!("{COLUMNS} WHERE state = 'doubt' ORDER BY id"), [], read)
}

/// All items that stand as carried by a link.
pub fn carried(conn: &Connection) -> Result<Vec<Item>> {
    all(conn, &format!("{COLUMNS} WHERE state IN ('sending', 'released') ORDER BY id"), [], read)
}

/// Something that was handed to a link at this place was handled by the site: so was every post that may have been taken
/// and was handed to the same link before it. Those of them whose link is gone, in the order of `send`.
pub fn handled_before(conn: &Connection, login: i64, handed: i64) -> Result<Vec<Item>> {
    run(
        conn,
        "UPDATE outbox SET handled = 1 WHERE state IN ('released', 'doubt') AND handled = 0 AND login = ?1
           AND handed < ?2 AND kind = 'post'",
        params![login, handed],
    )?;
    let sql = format!(
        "{COLUMNS} WHERE state = 'doubt' AND login = ?1 AND handed < ?2 AND kind = 'post' ORDER BY id"
    );
    all(conn, &sql, params![login, handed], read)
}

/// An item was handled by the site.
pub fn set_handled(conn: &Connection, id: i64) -> Result<()> {
    run(conn, "UPDATE outbox SET handled = 1 WHERE id = ?1", params![id])?;
    Ok(())
}

/// What an attempt is.
pub struct Attempt {
    /// `Sending` for a large post, else `Released`.
    pub stage: Stage,
    /// It names this member.
    pub own_copy: bool,
    /// Nothing in it can be refused.
    pub sure: bool,
    /// Tag of the login.
    pub login: i64,
    /// Its place among the requests of the link.
    pub handed: i64,
    /// Bytes behind the header.
    pub size: u64,
    /// The highest place of its thread, of a post that no copy will tell the id of.
    pub floor: Option<i64>,
}

/// An attempt begins. It is counted before the first byte leaves (R13).
pub fn attempt(conn: &Connection, id: i64, attempt: &Attempt) -> Result<()> {
    run(
        conn,
        "UPDATE outbox SET state = ?2, own_copy = ?3, sure = ?4, login = ?5, handed = ?6, size = ?7,
           attempts = attempts + 1, reason = '', place_floor = ?8, handled = 0 WHERE id = ?1",
        params![
            id,
            attempt.stage.text(),
            attempt.own_copy,
            attempt.sure,
            attempt.login,
            attempt.handed,
            attempt.size.cast_signed(),
            attempt.floor,
        ],
    )?;
    Ok(())
}

/// No copy will prove the attempt that is under way, and nothing else either but its answer: as if nobody knew which
/// link has carried it.
pub fn without_copy(conn: &Connection, id: i64) -> Result<()> {
    run(conn, "UPDATE outbox SET own_copy = 0, login = 0 WHERE id = ?1", params![id])?;
    Ok(())
}

/// Moves an item to another stage.
pub fn set_stage(conn: &Connection, id: i64, stage: Stage) -> Result<()> {
    run(conn, "UPDATE outbox SET state = ?2, reason = '' WHERE id = ?1", params![id, stage.text()])?;
    Ok(())
}

/// An item was refused for good, or set aside. It stays, with the reason: `words` are the site's, or empty.
pub fn fail(conn: &Connection, id: i64, why: FailedWhy, words: &str) -> Result<()> {
    let sql = "UPDATE outbox SET state = 'failed', failed = ?2, reason = ?3 WHERE id = ?1";
    run(conn, sql, params![id, why.code(), words])?;
    Ok(())
}

/// The queued replies that wait for a beginning which will not come: it has failed, or is not there any more.
pub fn waiting_in_vain(conn: &Connection) -> Result<Vec<Item>> {
    let sql = format!(
        "{COLUMNS} AS o WHERE state = 'queued' AND kind = 'post'
           AND NOT EXISTS (SELECT 1 FROM thread t WHERE t.id = o.thread
             AND (t.msgid IS NOT NULL
               OR EXISTS (SELECT 1 FROM outbox b WHERE b.send_id = t.send_id AND b.state <> 'failed')))
         ORDER BY id"
    );
    all(conn, &sql, [], read)
}

/// An item stays in doubt, and nothing will come that settles it: the person decides.
pub fn cannot_be_proven(conn: &Connection, id: i64, reason: &str) -> Result<()> {
    run(conn, "UPDATE outbox SET reason = ?2 WHERE id = ?1", params![id, reason])?;
    Ok(())
}

/// An item in doubt was withdrawn.
pub fn forbid_resend(conn: &Connection, id: i64) -> Result<()> {
    run(conn, "UPDATE outbox SET no_resend = 1 WHERE id = ?1", params![id])?;
    Ok(())
}

/// The person wants it sent again: queued as if it had never been tried.
pub fn queue_again(conn: &Connection, id: i64) -> Result<()> {
    let sql = "UPDATE outbox SET state = 'queued', reason = '', failed = '', no_resend = 0, attempts = 0
      WHERE id = ?1";
    run(conn, sql, params![id])?;
    Ok(())
}

/// The replies of a thread that failed with its beginning.
pub fn failed_with_beginning(conn: &Connection, thread: i64) -> Result<Vec<Item>> {
    let sql = format!("{COLUMNS} WHERE thread = ?1 AND state = 'failed' AND failed = ?2 ORDER BY id");
    all(conn, &sql, params![thread, FailedWhy::BeginningRefused.code()], read)
}

/// What of a thread is in the outbox.
pub fn waiting_in(conn: &Connection, thread: i64) -> Result<Vec<Item>> {
    all(conn, &format!("{COLUMNS} WHERE thread = ?1 ORDER BY id"), params![thread], read)
}

/// What became of a draft that left the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was sent.
    Sent,
    /// It was withdrawn, and was not sent.
    Withdrawn,
    /// It was withdrawn, and may have been sent.
    Dismissed,
}

impl Outcome {
    /// Its word in the table.
    fn word(self) -> &'static str {
        match self {
            Outcome::Sent => "sent",
            Outcome::Withdrawn => "withdrawn",
            Outcome::Dismissed => "dismissed",
        }
    }

    fn read(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Outcome> {
        match row.get::<_, String>(column)?.as_str() {
            "sent" => Ok(Outcome::Sent),
            "dismissed" => Ok(Outcome::Dismissed),
            "withdrawn" => Ok(Outcome::Withdrawn),
            _ => Err(UnknownText("what became of a draft").in_column(column)),
        }
    }
}

/// Takes an item out of the outbox, and keeps what became of its draft.
pub fn settle(conn: &Connection, item: &Item, outcome: Outcome) -> Result<()> {
    run(conn, "DELETE FROM outbox WHERE id = ?1", params![item.id])?;
    if let Some(draft) = &item.draft {
        run(
            conn,
            "INSERT INTO done (draft, send_id, outcome, content) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (draft) DO UPDATE SET outcome = excluded.outcome",
            params![draft, number(item.send_id), outcome.word(), item.content],
        )?;
    }
    Ok(())
}

/// What became of a draft that left the outbox.
pub struct Done {
    /// What it was called.
    pub send_id: SendId,
    /// What became of it.
    pub outcome: Outcome,
    /// What was asked to be sent under it, as a hash; `None`: that is not known.
    pub content: Option<Vec<u8>>,
}

/// What became of a draft that left the outbox.
pub fn done(conn: &Connection, draft: &str) -> Result<Option<Done>> {
    let sql = "SELECT send_id, outcome, content FROM done WHERE draft = ?1";
    let found = first(conn, sql, params![draft], |row| {
        let send_id = SendId::new(row.get::<_, i64>(0)?.cast_unsigned());
        let (outcome, content) = (Outcome::read(row, 1)?, row.get(2)?);
        Ok(send_id.map(|send_id| Done { send_id, outcome, content }))
    })?;
    Ok(found.flatten())
}

/// Whether something was sent under this draft id, is to be sent, or was taken back.
pub fn is_used(conn: &Connection, draft: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM outbox WHERE draft = ?1 UNION ALL SELECT 1 FROM done WHERE draft = ?1 LIMIT 1";
    Ok(first(conn, sql, params![draft], |_| Ok(()))?.is_some())
}

/// Whether a draft of this send id was withdrawn or sent.
pub fn outcome(conn: &Connection, send_id: SendId) -> Result<Option<Outcome>> {
    let sql = "SELECT outcome FROM done WHERE send_id = ?1";
    first(conn, sql, params![number(send_id)], |row| Outcome::read(row, 0))
}

/// The next queued item behind `after`, ready or not. Nobody should send it: it stands here for planted
/// defects, and for lists.
pub fn next_queued(conn: &Connection, after: i64) -> Result<Option<Item>> {
    let sql = format!("{COLUMNS} WHERE state = 'queued' AND id > ?1 ORDER BY id LIMIT 1");
    first(conn, &sql, params![after], read)
}

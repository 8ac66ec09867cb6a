//! What this member sends: the outbox in the order of `send`, and how far each thing is.

use rusqlite::{Connection, Row, params};
use tmtp_wire::ids::{MessageRef, SendId, ThreadRef};

use super::people::{RecipientRow, recipients};
use super::{Cursor, List, Page, Reader, Result, label, own_uid, reference, send_id_out};
use crate::error::StoreError;
use crate::limits;
use crate::trust::People;
use crate::values::{FailedWhy, OutgoingState, Waits, WaitsWhy};
use crate::write::outbox::is_for_the_person;

/// What something in the outbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutgoingKind {
    /// A message.
    Message,
    /// A ping.
    Ping,
    /// A request for an alias.
    Alias,
    /// A request for a node.
    Node,
}

/// Something that this member sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingRow {
    /// By what it is called in commands.
    pub send_id: SendId,
    /// What it is.
    pub kind: OutgoingKind,
    /// How far it is.
    pub state: OutgoingState,
    /// If it failed, the site's words. Empty if there are none.
    pub reason: String,
    /// What it waits for, unless it is on its way, was sent, or has failed.
    pub waits: Option<Waits>,
    /// The message, if it is one.
    pub message: Option<MessageRef>,
    /// The thread of the message.
    pub thread: Option<ThreadRef>,
    /// To whom the thread goes, at most [`limits::LIST_RECIPIENTS`].
    pub to: Vec<RecipientRow>,
    /// There are more recipients.
    pub to_more: bool,
    /// The subject of the message, the alias that is pinged or wanted, or the node's label.
    pub title: String,
    /// Bytes behind the header, as far as known.
    pub size: u64,
    /// Attempts begun.
    pub attempts: u32,
    /// Withdrawn while in doubt: it will not be sent again.
    pub withdrawn: bool,
}

macro_rules! outgoing_columns {
    () => {
        "SELECT o.id, o.send_id, o.kind, o.state, o.reason, o.size, o.attempts, o.no_resend,
           o.thread, m.msgid, m.send_id, t.msgid, t.send_id,
           coalesce(nullif(m.subject, ''), t.subject, p.to_alias, a.alias, n.label, ''), o.failed
         FROM outbox o
           LEFT JOIN message m ON m.id = o.message LEFT JOIN thread t ON t.id = o.thread
           LEFT JOIN ping p ON p.id = o.ping LEFT JOIN alias a ON a.id = o.alias
           LEFT JOIN node n ON n.id = o.node "
    };
}

pub(super) const OUTBOX: &str = concat!(outgoing_columns!(), "WHERE o.id > ?1 ORDER BY o.id LIMIT ?2");
pub(super) const ONE: &str = concat!(outgoing_columns!(), "WHERE o.send_id = ?1");
pub(super) const OF_DRAFT: &str = "SELECT send_id FROM outbox WHERE draft = ?1
  UNION ALL SELECT send_id FROM done WHERE draft = ?1 AND outcome = 'sent' LIMIT 1";

impl Reader {
    /// What waits, is on its way, is in doubt, or was refused, in the order of `send`.
    pub fn outbox(&self, page: &Page) -> Result<List<OutgoingRow>> {
        let [after] = page.numbers('o', [0])?;
        self.look(|conn| {
            let people = People::of(conn)?;
            let mut statement = conn.prepare_cached(OUTBOX)?;
            let mut rows = statement.query(params![after, page.fetch()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((read(&people, row)?, Cursor::of_numbers('o', &[row.get(0)?])));
            }
            Ok(page.cut(found))
        })
    }

    /// One thing that this member sends or has sent; `None` if it is unknown or was withdrawn.
    pub fn outgoing(&self, send_id: SendId) -> Result<Option<OutgoingRow>> {
        self.look(|conn| {
            let mut statement = conn.prepare_cached(ONE)?;
            let mut rows = statement.query([send_id.value().cast_signed()])?;
            match rows.next()? {
                Some(row) => Ok(Some(read(&People::of(conn)?, row)?)),
                None => sent(conn, send_id),
            }
        })
    }

    /// What a draft has become that was sent; `None` if it was not, or was withdrawn.
    pub fn outgoing_of_draft(&self, draft: &str) -> Result<Option<OutgoingRow>> {
        let send_id = self.look(|conn| {
            let mut statement = conn.prepare_cached(OF_DRAFT)?;
            let mut rows = statement.query([draft])?;
            Ok(rows.next()?.map(|row| row.get(0)).transpose()?.and_then(send_id_out))
        })?;
        send_id.map_or(Ok(None), |send_id| self.outgoing(send_id))
    }
}

fn read(people: &People<'_>, row: &Row<'_>) -> Result<OutgoingRow> {
    let kind: String = row.get(2)?;
    let state: String = row.get(3)?;
    let reason = label(row, 4)?;
    let failed: String = row.get(14)?;
    let thread: Option<i64> = row.get(8)?;
    let to = thread.map(|thread| recipients(people, thread, limits::LIST_RECIPIENTS)).transpose()?;
    let (to, to_more) = to.unwrap_or_default();
    let send_id = send_id_out(row.get(1)?);
    Ok(OutgoingRow {
        send_id: send_id.ok_or(StoreError::Corrupt { what: "an item of the outbox without its id" })?,
        kind: match kind.as_str() {
            "post" => OutgoingKind::Message,
            "ping" => OutgoingKind::Ping,
            "alias" => OutgoingKind::Alias,
            "node" => OutgoingKind::Node,
            _ => return Err(StoreError::Corrupt { what: "the kind of an item of the outbox" }),
        },
        waits: waits(people.conn(), row.get(0)?, &state, &reason)?,
        reason: if state == "failed" { FailedWhy::read(&failed, reason.clone()).1 } else { String::new() },
        state: state_of(&state, &failed, reason)?,
        message: reference(row.get(9)?, row.get(10)?),
        thread: reference(row.get(11)?, row.get(12)?),
        to,
        to_more,
        title: label(row, 13)?,
        size: row.get::<_, i64>(5)?.cast_unsigned(),
        attempts: row.get(6)?,
        withdrawn: row.get(7)?,
    })
}

fn state_of(state: &str, failed: &str, reason: String) -> Result<OutgoingState> {
    Ok(match state {
        "queued" => OutgoingState::Queued,
        "sending" | "released" => OutgoingState::Sending,
        "doubt" => OutgoingState::InDoubt,
        "failed" => {
            let (why, reason) = FailedWhy::read(failed, reason);
            OutgoingState::Failed { why, reason }
        }
        _ => return Err(StoreError::Corrupt { what: "the state of an item of the outbox" }),
    })
}

/// What stands in the way of a queued item: its thread's beginning, the first of the earlier posts of its thread, the
/// request for its alias, a large post while it is large itself. The same conditions as
/// [`crate::write::outbox::next_ready`]. And whether a link has ended under it.
pub(super) const IN_THE_WAY: &str = "SELECT
   (SELECT t.send_id FROM thread t WHERE t.id = o.thread AND t.msgid IS NULL AND t.send_id IS NOT o.send_id),
   (SELECT p.send_id FROM outbox p WHERE p.thread = o.thread AND p.id < o.id
      AND (p.state IN ('queued', 'sending') OR p.state = 'doubt' AND NOT p.no_resend AND p.reason = '') ORDER BY p.id LIMIT 1),
   (SELECT b.send_id FROM alias a JOIN outbox b ON b.alias = a.id AND b.state IN ('queued', 'sending', 'released', 'doubt')
      WHERE a.state = 'wanted' AND a.alias = coalesce((SELECT from_alias FROM message WHERE id = o.message),
        (SELECT from_alias FROM ping WHERE id = o.ping)) LIMIT 1),
   (SELECT l.send_id FROM outbox l WHERE o.size > ?2 AND l.size > ?2 AND l.state IN ('sending', 'released') LIMIT 1),
   o.attempts > 0
 FROM outbox o WHERE o.id = ?1";

fn waits(conn: &Connection, id: i64, state: &str, reason: &str) -> Result<Option<Waits>> {
    let alone = |why| Ok(Some(Waits { why, behind: None, until: None }));
    match state {
        "queued" => {}
        "doubt" if is_for_the_person(reason) => return alone(WaitsWhy::Person),
        "doubt" => return alone(WaitsWhy::Proof),
        _ => return Ok(None),
    }
    let mut statement = conn.prepare_cached(IN_THE_WAY)?;
    let mut rows = statement.query(params![id, limits::LARGE_POST.cast_signed()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let kinds = [WaitsWhy::Beginning, WaitsWhy::Earlier, WaitsWhy::Alias, WaitsWhy::Room];
    for (column, why) in kinds.into_iter().enumerate() {
        if let Some(behind) = row.get::<_, Option<i64>>(column)?.and_then(send_id_out) {
            return Ok(Some(Waits { why, behind: Some(behind), until: None }));
        }
    }
    alone(if row.get(4)? { WaitsWhy::Alone } else { WaitsWhy::Link })
}

/// What is no longer in the outbox, but here as a message or ping of this member, was sent.
fn sent(conn: &Connection, send_id: SendId) -> Result<Option<OutgoingRow>> {
    let own = own_uid(conn)?;
    let number = send_id.value().cast_signed();
    let row = |kind, message, thread, title| OutgoingRow {
        send_id,
        kind,
        state: OutgoingState::Sent,
        reason: String::new(),
        waits: None,
        message,
        thread,
        to: Vec::new(),
        to_more: false,
        title,
        size: 0,
        attempts: 0,
        withdrawn: false,
    };
    let mut statement = conn.prepare_cached(SENT_MESSAGE)?;
    let mut rows = statement.query(params![number, own])?;
    if let Some(found) = rows.next()? {
        let message = reference(found.get(0)?, Some(number));
        let thread = reference(found.get(1)?, found.get(2)?);
        return Ok(Some(row(OutgoingKind::Message, message, thread, label(found, 3)?)));
    }
    let mut statement = conn.prepare_cached(SENT_PING)?;
    let mut rows = statement.query(params![own, number])?;
    let found = rows.next()?.map(|found| label(found, 0)).transpose()?;
    Ok(found.map(|to| row(OutgoingKind::Ping, None, None, to)))
}

pub(super) const SENT_MESSAGE: &str = "SELECT m.msgid, t.msgid, t.send_id, coalesce(nullif(m.subject, ''), t.subject)
  FROM message m JOIN thread t ON t.id = m.thread WHERE m.send_id = ?1 AND m.from_uid = ?2 ORDER BY m.id LIMIT 1";
pub(super) const SENT_PING: &str =
    "SELECT to_alias FROM ping WHERE from_uid = ?1 AND token = ?2 AND own = 1 LIMIT 1";

/// How far an own message or ping is: as its item in the outbox says, else it was sent. `sql` is one of the
/// two statements below.
pub(super) fn outgoing_state(
    conn: &Connection,
    sql: &str,
    send_id: Option<i64>,
    id: i64,
) -> Result<OutgoingState> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![send_id, id])?;
    Ok(match rows.next()? {
        Some(row) => state_of(&row.get::<_, String>(0)?, &row.get::<_, String>(2)?, label(row, 1)?)?,
        None => OutgoingState::Sent,
    })
}

pub(super) const STATE_OF_MESSAGE: &str =
    "SELECT state, reason, failed FROM outbox WHERE send_id = ?1 AND message = ?2";
pub(super) const STATE_OF_PING: &str =
    "SELECT state, reason, failed FROM outbox WHERE send_id = ?1 AND ping = ?2";

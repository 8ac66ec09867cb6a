//! Pings, newest first: those that are still to be sent, then the others in the site's order.

use rusqlite::{Connection, Row, params};
use tmtp_wire::ids::{MsgId, SendId};
use tmtp_wire::time::Wall;

use super::outbox::{STATE_OF_PING, outgoing_state};
use super::{Cursor, List, Page, Reader, Result, label, send_id_out};
use crate::trust::{People, SenderRow};
use crate::values::{OutgoingState, id_out};

/// A ping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PingRow {
    /// The site's id; `None` until it is sent.
    pub msgid: Option<MsgId>,
    /// By what an own one is called in commands.
    pub send_id: Option<SendId>,
    /// Sent by this member.
    pub own: bool,
    /// The sender; the site has checked the alias when the ping came.
    pub from: SenderRow,
    /// To which alias.
    pub to_alias: String,
    /// Its text.
    pub text: String,
    /// The site's time; `None` until it is sent.
    pub posted: Option<Wall>,
    /// Our time of writing, of pings that were written at this node.
    pub written: Option<Wall>,
    /// Not seen yet.
    pub unread: bool,
    /// How far it is, if it is own.
    pub state: Option<OutgoingState>,
}

macro_rules! ping_columns {
    () => {
        "SELECT id, msgid, token, own, from_uid, from_alias, to_alias, text, posted, written, unread FROM ping "
    };
}

pub(super) const UNSENT: &str =
    concat!(ping_columns!(), "WHERE msgid IS NULL AND id < ?1 ORDER BY id DESC LIMIT ?2");
pub(super) const SENT: &str = concat!(ping_columns!(), "WHERE msgid < ?1 ORDER BY msgid DESC LIMIT ?2");

/// Where a list of pings goes on: among those without an id behind this row, or among the others.
const AMONG_UNSENT: i64 = 0;
const AMONG_SENT: i64 = 1;

impl Reader {
    /// The pings, received and own.
    pub fn pings(&self, page: &Page) -> Result<List<PingRow>> {
        let [part, after] = page.numbers('p', [AMONG_UNSENT, i64::MAX])?;
        self.look(|conn| {
            let mut found = Vec::new();
            let mut first_sent = after;
            if part == AMONG_UNSENT {
                collect(conn, UNSENT, after, page.fetch(), &mut found)?;
                first_sent = i64::MAX;
            }
            let left = page.fetch() - found.len() as i64;
            if left > 0 {
                collect(conn, SENT, first_sent, left, &mut found)?;
            }
            Ok(page.cut(found))
        })
    }
}

fn collect(
    conn: &Connection,
    sql: &str,
    after: i64,
    limit: i64,
    found: &mut Vec<(PingRow, Cursor)>,
) -> Result<()> {
    let people = People::of(conn)?;
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![after, limit])?;
    while let Some(row) = rows.next()? {
        let place = match row.get::<_, Option<i64>>(1)? {
            None => [AMONG_UNSENT, row.get(0)?],
            Some(msgid) => [AMONG_SENT, msgid],
        };
        found.push((read(&people, row)?, Cursor::of_numbers('p', &place)));
    }
    Ok(())
}

fn read(people: &People<'_>, row: &Row<'_>) -> Result<PingRow> {
    let id: i64 = row.get(0)?;
    let msgid: Option<i64> = row.get(1)?;
    let token: Option<i64> = row.get(2)?;
    let own: bool = row.get(3)?;
    Ok(PingRow {
        msgid: msgid.map(id_out),
        send_id: token.filter(|_| own).and_then(send_id_out),
        own,
        from: people.pinger(row.get(4)?, &row.get::<_, String>(5)?, msgid)?,
        to_alias: label(row, 6)?,
        text: row.get(7)?,
        posted: row.get::<_, Option<i64>>(8)?.map(Wall),
        written: row.get::<_, Option<i64>>(9)?.map(Wall),
        unread: row.get(10)?,
        state: if own { Some(outgoing_state(people.conn(), STATE_OF_PING, token, id)?) } else { None },
    })
}

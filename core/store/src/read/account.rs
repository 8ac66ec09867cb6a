//! The account as a whole: which member at which site, own aliases and nodes, and how much of what there is.

use rusqlite::{Connection, params};
use tmtp_wire::ids::MsgId;

use super::{Reader, Result, label};
use crate::error::StoreError;
use crate::install::InstallId;
use crate::limits;
use crate::trust::{People, SenderRow};
use crate::values::id_out;
use crate::write::aliases::AliasState;
use crate::write::membership::{self, Membership};
use crate::write::nodes::NodeState;
use crate::write::too_large::Word;

/// One of the member's own aliases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasRow {
    /// The alias.
    pub alias: String,
    /// How far it is.
    pub state: AliasState,
    /// Why it was refused, in the site's words.
    pub reason: String,
}

/// Another node of the member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// What the member calls it.
    pub label: String,
    /// How far it is.
    pub state: NodeState,
    /// Why it was refused, in the site's words.
    pub reason: String,
}

/// A delivery above the limit, which waits at the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLargeRow {
    /// Its id.
    pub msgid: MsgId,
    /// Who sent it; without a uid if its header breaks the protocol and does not say. What they call themselves has
    /// not come yet.
    pub from: SenderRow,
    /// Bytes.
    pub size: u64,
    /// The member's word on it.
    pub answer: Word,
}

/// What was not seen yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Messages.
    pub messages: u64,
    /// Pings.
    pub pings: u64,
}

/// How much is in the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Waiting.
    pub queued: u64,
    /// On its way.
    pub sending: u64,
    /// In doubt.
    pub in_doubt: u64,
    /// Refused.
    pub failed: u64,
}

pub(super) const UNREAD_MESSAGES: &str =
    "SELECT coalesce(sum(unread), 0) FROM thread WHERE (unread > 0) = 1 AND deleted = 0";
pub(super) const UNREAD_PINGS: &str = "SELECT count(*) FROM ping WHERE unread = 1";
pub(super) const COUNTS: &str = "SELECT state, count(*) FROM outbox GROUP BY state";

impl Reader {
    /// Whether the store was made in this installation; else it was copied here.
    pub fn is_of(&self, install: &InstallId) -> Result<bool> {
        self.look(|conn| {
            let sql = "SELECT install FROM account WHERE id = 1";
            let of: Vec<u8> = conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            Ok(of == install.0)
        })
    }

    /// Which member at which site.
    pub fn account(&self) -> Result<Membership> {
        self.look(membership::load)
    }

    /// The notes about dials and logins of the last hour.
    pub fn pacing(&self) -> Result<Option<Vec<u8>>> {
        self.look(membership::pacing)
    }

    /// What was not seen yet.
    pub fn unread_total(&self) -> Result<Unread> {
        self.look(|conn| {
            Ok(Unread { messages: count(conn, UNREAD_MESSAGES)?, pings: count(conn, UNREAD_PINGS)? })
        })
    }

    /// How much is in the outbox.
    pub fn outbox_counts(&self) -> Result<OutboxCounts> {
        self.look(|conn| {
            let mut counts = OutboxCounts::default();
            let mut statement = conn.prepare_cached(COUNTS)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let state: String = row.get(0)?;
                let slot = match state.as_str() {
                    "queued" => &mut counts.queued,
                    "doubt" => &mut counts.in_doubt,
                    "failed" => &mut counts.failed,
                    "sending" | "released" => &mut counts.sending,
                    _ => return Err(StoreError::Corrupt { what: "the state of an item of the outbox" }),
                };
                *slot += row.get::<_, i64>(1)?.cast_unsigned();
            }
            Ok(counts)
        })
    }

    /// The member's own aliases, oldest first.
    pub fn aliases(&self) -> Result<Vec<AliasRow>> {
        self.look(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT alias, state, reason FROM alias ORDER BY id LIMIT ?1")?;
            let rows = statement.query_map([limits::SHORT_LIST], |row| {
                Ok(AliasRow { alias: label(row, 0)?, state: row.get(1)?, reason: label(row, 2)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The member's other nodes, as far as this one knows of them, oldest first.
    pub fn nodes(&self) -> Result<Vec<NodeRow>> {
        self.look(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT label, state, reason FROM node ORDER BY id LIMIT ?1")?;
            let rows = statement.query_map([limits::SHORT_LIST], |row| {
                Ok(NodeRow { label: label(row, 0)?, state: row.get(1)?, reason: label(row, 2)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Under which names the key store has secrets of this account: its own, and those of nodes made here.
    pub fn key_names(&self) -> Result<Vec<String>> {
        self.look(|conn| {
            let sql = "SELECT key_name FROM account UNION SELECT key_name FROM node WHERE key_name <> ''";
            let mut statement = conn.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The deliveries above the limit. There are few: the first that waits for a word holds up all others.
    pub fn too_large(&self) -> Result<Vec<TooLargeRow>> {
        self.look(|conn| {
            let sql = "SELECT msgid, from_uid, size, answer FROM too_large WHERE answer <> 'discard' ORDER BY msgid LIMIT ?1";
            let people = People::of(conn)?;
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query(params![limits::SHORT_LIST])?;
            let mut list = Vec::new();
            while let Some(row) = rows.next()? {
                list.push(TooLargeRow {
                    msgid: id_out(row.get(0)?),
                    from: people.sender(row.get(1)?, "", None)?,
                    size: row.get::<_, i64>(2)?.cast_unsigned(),
                    answer: row.get(3)?,
                });
            }
            Ok(list)
        })
    }

    /// What happened how often, by name.
    pub fn counters(&self) -> Result<Vec<(String, u64)>> {
        self.look(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT name, value FROM counter ORDER BY name LIMIT ?1")?;
            let rows = statement.query_map([limits::SHORT_LIST], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn count(conn: &Connection, sql: &str) -> Result<u64> {
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?.max(0).cast_unsigned())
}

//! The base line of a screen: the statements of `tmtp_store::read::threads`, on a connection set as its are, without
//! snapshots, types, cursors, threads of work, or a façade. If they change there, they change here.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params};

use crate::error::Outcome;

const THREADS: &str = "SELECT id, newest, msgid, send_id, subject, begun, messages, unread, unreachable, without_them FROM thread
  WHERE deleted = 0 AND (unread > 0) = 0 AND (newest, id) < (?1, ?2)
  UNION ALL SELECT id, newest, msgid, send_id, subject, begun, messages, unread, unreachable, without_them FROM thread
  WHERE deleted = 0 AND (unread > 0) = 1 AND (newest, id) < (?1, ?2)
  ORDER BY newest DESC, id DESC LIMIT ?3";
const RECIPIENTS: &str = "SELECT who, who_uid, note FROM recipient WHERE thread = ?1 ORDER BY place LIMIT ?2";
const NEWEST: &str = "SELECT from_uid, from_alias, own, posted, substr(text, 1, ?2) FROM message
  WHERE thread = ?1 AND deleted = 0 ORDER BY place DESC, id DESC LIMIT 1";

/// Rows of a page, recipients of a row, characters of a preview.
const ROWS: i64 = 50;
const SHOWN_RECIPIENTS: i64 = 20;
const PREVIEW: i64 = 200;

/// Opens the database, reads the first page of threads, closes it. How many rows there were.
pub(super) fn first_page(database: &Path) -> Outcome<usize> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(database, flags)?;
    conn.pragma_update(None, "cache_size", -1024)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "query_only", true)?;
    let (mut recipients, mut newest) = (conn.prepare(RECIPIENTS)?, conn.prepare(NEWEST)?);
    let mut threads = conn.prepare(THREADS)?;
    let mut rows = threads.query(params![i64::MAX, i64::MAX, ROWS + 1])?;
    let (mut count, mut bytes) = (0, 0);
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let subject: String = row.get(4)?;
        let mut list = recipients.query(params![id, SHOWN_RECIPIENTS + 1])?;
        while let Some(to) = list.next()? {
            bytes += to.get::<_, String>(0)?.len();
        }
        let mut first = newest.query(params![id, PREVIEW])?;
        while let Some(message) = first.next()? {
            bytes += message.get::<_, String>(4)?.len();
        }
        bytes += subject.len();
        count += 1;
    }
    // What was read must have been wanted.
    std::hint::black_box(bytes);
    Ok(count.min(ROWS.unsigned_abs() as usize))
}

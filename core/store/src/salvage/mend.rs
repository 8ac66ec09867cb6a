//! What hangs in the air after a salvage: rows whose owner is lost, and what can be derived anew.

use rusqlite::Connection;

use super::{Lost, TableReport};
use crate::error::StoreError;

/// Threads that are lost while messages of them are here: shown with their beginning missing.
const THREADS: &str = "
INSERT OR IGNORE INTO thread (id, msgid, send_id, begun)
  SELECT m.thread,
    coalesce((SELECT min(n.msgid) FROM thread_name n WHERE n.thread = m.thread), min(m.msgid)),
    CASE WHEN max(m.msgid) IS NULL THEN min(m.send_id) END, 0
  FROM message m WHERE m.thread NOT IN (SELECT id FROM thread) GROUP BY m.thread;
";

/// Rows that say something of a row that is lost, by table.
const ORPHANS: [(&str, &str); 8] = [
    ("message", "thread NOT IN (SELECT id FROM thread)"),
    ("thread_name", "thread NOT IN (SELECT id FROM thread)"),
    ("recipient", "thread NOT IN (SELECT id FROM thread)"),
    ("message_name", "message NOT IN (SELECT id FROM message)"),
    ("attachment", "message NOT IN (SELECT id FROM message)"),
    ("ping_name", "ping NOT IN (SELECT id FROM ping)"),
    ("draft_to", "draft NOT IN (SELECT id FROM draft)"),
    ("draft_file", "draft NOT IN (SELECT id FROM draft)"),
];

/// An item of the outbox without what it sends is nothing; a draft without its thread is still a draft.
const OUTBOX: &str = "
UPDATE outbox SET thread = (SELECT m.thread FROM message m WHERE m.id = outbox.message)
  WHERE thread NOT IN (SELECT id FROM thread);
UPDATE draft SET thread = NULL WHERE thread NOT IN (SELECT id FROM thread);
";
const OUTBOX_ORPHANS: &str = "message NOT IN (SELECT id FROM message) OR ping NOT IN (SELECT id FROM ping)
  OR alias NOT IN (SELECT id FROM alias) OR node NOT IN (SELECT id FROM node)";

/// Own messages that were never seen to arrive, and whose item is lost: nobody knows whether they were sent,
/// so they are in doubt, and the person decides. One that has got a place in its thread, or whose draft is
/// done, was sent, though its id is not known. Names and counts are derived.
const DERIVED: &str = "
INSERT OR IGNORE INTO outbox (kind, send_id, message, thread, state, attempts, reason)
  SELECT 'post', send_id, id, thread, 'doubt', 1, 'salvaged' FROM message
  WHERE own = 1 AND msgid IS NULL AND deleted = 0 AND send_id IS NOT NULL AND place = 9223372036854775807
    AND send_id NOT IN (SELECT send_id FROM done WHERE outcome = 'sent')
    AND id NOT IN (SELECT message FROM outbox WHERE message IS NOT NULL) ORDER BY id;
INSERT OR IGNORE INTO message_name (msgid, message, header)
  SELECT msgid, id, x'' FROM message
  WHERE msgid IS NOT NULL AND (msgid - (-9223372036854775807 - 1) <> id OR header_head IS NULL);
INSERT OR IGNORE INTO thread_name (msgid, thread) SELECT msgid, id FROM thread WHERE msgid IS NOT NULL;
INSERT OR IGNORE INTO ping_name (msgid, ping) SELECT msgid, id FROM ping WHERE msgid IS NOT NULL;
UPDATE thread SET
  messages = (SELECT count(*) FROM message m WHERE m.thread = thread.id AND m.deleted = 0),
  unread = (SELECT count(*) FROM message m WHERE m.thread = thread.id AND m.deleted = 0 AND m.unread = 1),
  newest = coalesce((SELECT max(place) FROM message m WHERE m.thread = thread.id AND m.deleted = 0), newest);
UPDATE thread SET deleted = messages = 0;
";

/// Mends the new database, and counts what had to be left out as lost.
pub(super) fn mend(conn: &Connection, tables: &mut [TableReport]) -> Result<(), StoreError> {
    conn.execute_batch(THREADS)?;
    for (table, orphan) in ORPHANS {
        leave_out(conn, tables, table, orphan)?;
    }
    conn.execute_batch(OUTBOX)?;
    leave_out(conn, tables, "outbox", OUTBOX_ORPHANS)?;
    conn.execute_batch(DERIVED)?;
    Ok(())
}

fn leave_out(
    conn: &Connection,
    tables: &mut [TableReport],
    table: &str,
    orphan: &str,
) -> Result<(), StoreError> {
    let count = conn.execute(&format!("DELETE FROM {table} WHERE {orphan}"), [])? as u64;
    if let Some(report) = tables.iter_mut().find(|report| report.name == table && count > 0) {
        report.read = report.read.saturating_sub(count);
        report.lost = match report.lost {
            Lost::Nothing => Lost::Rows(count),
            Lost::Rows(before) => Lost::Rows(before + count),
            Lost::Unknown => Lost::Unknown,
        };
    }
    Ok(())
}

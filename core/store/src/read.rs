//! Reading for screens: pages of short records, on a connection that cannot change anything.
//!
//! A reader works beside a writer, in the same or another process, and never waits for it: each call sees the
//! store as of the last commit. Calls are short (one page), so that no reader keeps the log from being cut
//! (R29). Everything is found by an index, and nothing loads a whole list: a text, a list and a page all have
//! a limit. A call may touch the disk: not for a thread that draws.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Row};
use tmtp_wire::ids::{MessageRef, SendId};
use tmtp_wire::plain;

use crate::error::StoreError;
use crate::held::Held;
use crate::values::id_out;
use crate::{migrate, open};

mod account;
mod attachments;
mod drafts;
mod history;
mod messages;
mod outbox;
mod page;
mod people;
mod pings;
#[cfg(test)]
mod plans;
mod threads;

pub use account::{AliasRow, NodeRow, OutboxCounts, TooLargeRow, Unread};
pub use attachments::{AttachmentKind, AttachmentRow};
pub use drafts::{DraftFile, DraftRow};
pub use history::{ParkedRow, WakeEntry};
pub use messages::MessageRow;
pub use outbox::{OutgoingKind, OutgoingRow};
pub use page::{Cursor, List, Page};
pub use people::{ContactRow, RecipientRow};
pub use pings::PingRow;
pub use threads::ThreadRow;

type Result<T> = std::result::Result<T, StoreError>;

/// A read-only view of one store. Clones share one connection; one for a process is enough.
///
/// It belongs to the file that was there when it was opened: after [`crate::salvage`] open another.
#[derive(Clone)]
pub struct Reader {
    conn: Arc<Mutex<Connection>>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

impl Reader {
    /// Opens the store in an account's folder. Needs no writer; [`StoreError::NotFound`] without a store.
    pub fn open(dir: &Path) -> Result<Reader> {
        Reader::open_on(dir, None)
    }

    /// The same on a registered SQLite VFS.
    pub fn open_on(dir: &Path, vfs: Option<&str>) -> Result<Reader> {
        let path = dir.join(open::DATABASE);
        if vfs.is_none() && !path.exists() {
            return Err(StoreError::NotFound);
        }
        let conn = open::open_for_reading(&path, vfs)?;
        match migrate::version(&conn)? {
            0 => Err(StoreError::NotFound),
            found if found > migrate::known() => Err(StoreError::Newer { found, known: migrate::known() }),
            found => {
                migrate::show(&conn, found)?;
                Ok(Reader { conn: Arc::new(Mutex::new(conn)) })
            }
        }
    }

    /// From now on keeps little in memory: for processes that are killed for some megabytes (R21).
    pub fn use_little_memory(&self) -> Result<()> {
        open::use_little_memory(&self.conn.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs one call in one snapshot of the store.
    fn look<T, F: FnOnce(&Connection) -> Result<T>>(&self, read: F) -> Result<T> {
        // A panic under the lock has left at most an open snapshot, which its guard has ended.
        let conn = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        // The name of the closure is that of the function that asks.
        let _held = Held::begin("reader", std::any::type_name::<F>());
        let snapshot = conn.unchecked_transaction()?;
        read(&snapshot)
    }
}

/// How something is called outside: by the site's id, else by ours.
fn reference(msgid: Option<i64>, send_id: Option<i64>) -> Option<MessageRef> {
    let local = send_id.and_then(send_id_out).map(MessageRef::Local);
    msgid.map(|column| MessageRef::Site(id_out(column))).or(local)
}

fn send_id_out(column: i64) -> Option<SendId> {
    SendId::new(column.cast_unsigned())
}

/// A label that somebody else wrote, harmless. What comes now is stored so; stores of earlier versions hold it as it came.
fn label(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    let text: String = row.get(column)?;
    if let Cow::Owned(harmless) = plain::line(&text) {
        return Ok(harmless);
    }
    Ok(text)
}

/// The member's own uid; empty before it is registered.
fn own_uid(conn: &Connection) -> Result<String> {
    let uid: Option<String> =
        conn.prepare_cached("SELECT uid FROM account WHERE id = 1")?.query_row([], |row| row.get(0))?;
    Ok(uid.unwrap_or_default())
}

//! Reading for screens: pages of short records, on a connection that cannot change anything.
//!
//! A reader works beside a writer, in the same or another process, and never waits for it: each call sees the
//! store as of the last commit. Calls are short (one page), so that no reader keeps the log from being cut
//! (R29). Everything is found by an index, and nothing loads a whole list: a text, a list and a page all have
//! a limit. A call may touch the disk: not for a thread that draws.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Row};
use tmtp_wire::ids::{MessageRef, SendId};
use tmtp_wire::plain;

use crate::error::StoreError;
use crate::held::Held;
use crate::open::{self, Reading};
use crate::values::id_out;

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
/// It needs no room on the disk and no right to write there, and reads stores of earlier formats as they are:
/// `open::reading` says how. It belongs to the file that was there when it was opened: after
/// [`crate::salvage`] open another.
#[derive(Clone)]
pub struct Reader {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    vfs: Option<String>,
    little: AtomicBool,
    /// `None`: it cannot be kept open, and each call opens it anew.
    kept: Mutex<Option<Reading>>,
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
        let inner = Inner {
            path: dir.join(open::DATABASE),
            vfs: vfs.map(str::to_owned),
            little: AtomicBool::new(false),
            kept: Mutex::new(None),
        };
        let first = inner.open()?;
        *inner.lock() = Some(first).filter(Reading::can_be_kept);
        Ok(Reader { inner: Arc::new(inner) })
    }

    /// From now on keeps little in memory: for processes that are killed for some megabytes (R21).
    pub fn use_little_memory(&self) -> Result<()> {
        self.inner.little.store(true, Ordering::Relaxed);
        self.inner.lock().as_ref().map_or(Ok(()), |reading| open::use_little_memory(reading.connection()))
    }

    /// Runs one call in one snapshot of the store.
    fn look<T, F: FnOnce(&Connection) -> Result<T>>(&self, read: F) -> Result<T> {
        let mut kept = self.inner.lock();
        // The name of the closure is that of the function that asks.
        let _held = Held::begin("reader", std::any::type_name::<F>());
        let reading = match kept.take() {
            Some(reading) if reading.is_current()? => reading,
            _ => self.inner.open()?,
        };
        let reading = if reading.can_be_kept() { kept.insert(reading) } else { &reading };
        let snapshot = reading.connection().unchecked_transaction()?;
        read(&snapshot)
    }
}

impl Inner {
    fn open(&self) -> Result<Reading> {
        let reading = Reading::open(&self.path, self.vfs.as_deref())?;
        if self.little.load(Ordering::Relaxed) {
            open::use_little_memory(reading.connection())?;
        }
        Ok(reading)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Reading>> {
        // A panic under the lock has left at most an open snapshot, which its guard has ended.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
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

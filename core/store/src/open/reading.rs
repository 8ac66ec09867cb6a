//! A connection for reading, whatever the disk allows.
//!
//! A database with a write-ahead log is read through memory that all its connections share: the file `mail.db-shm`.
//! Where that file is not there and cannot be made (no room, no right to write), nobody writes either, for a writer
//! has it. Then the store is read alone: under a shared lock on the account's `lock`, which keeps writers out for as
//! long as one call takes, and with an index of the log in this process's own memory.
//!
//! | what is there | how it is read |
//! |---|---|
//! | `mail.db-shm`, or room and the right to make it | shared with a writer; kept open |
//! | neither, and frames in `mail.db-wal` | alone, log and database; opened for each call |
//! | neither, and no frames | alone, the database as it is; opened for each call |
//! | an earlier format | any of these, seen as [`migrate::show_as_known`] shows it, until a writer has migrated it |
//!
//! Nothing is written in any of them.

use std::fmt::Write as _;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::connect::{connect, open_for_reading, without_changes};
use crate::error::StoreError;
use crate::lock::{Asking, ProcessLock};
use crate::migrate;

/// SQLite's name for the system's disk without locks and shared memory: the account's own lock stands for them.
#[cfg(unix)]
const ALONE: &str = "unix-none";
#[cfg(not(unix))]
const ALONE: &str = "win32-none";

/// A connection to a store, for reading.
pub(crate) struct Reading {
    conn: Connection,
    /// The format that was found.
    format: u32,
    /// Keeps writers out. Given back behind the connection.
    alone: Option<Option<Asking>>,
}

impl Reading {
    /// Opens the database at `path`.
    pub(crate) fn open(path: &Path, vfs: Option<&str>) -> Result<Reading, StoreError> {
        if vfs.is_none() && !path.exists() {
            return Err(StoreError::NotFound);
        }
        let shared = || Reading::over(open_for_reading(path, vfs)?, None);
        let refusal = match shared() {
            Err(
                error @ (StoreError::Full { .. } | StoreError::Io { .. } | StoreError::NotWritable { .. }),
            ) if vfs.is_none() => error,
            done => return done,
        };
        match alone(path) {
            Ok(reading) => Ok(reading),
            // A writer has come meanwhile, and has made what was missing.
            Err(StoreError::InUse { .. }) => shared(),
            Err(error @ (StoreError::Newer { .. } | StoreError::NotFound)) => Err(error),
            Err(_) => Err(refusal),
        }
    }

    fn over(conn: Connection, alone: Option<Option<Asking>>) -> Result<Reading, StoreError> {
        let format = migrate::version(&conn)?;
        match format {
            0 => return Err(StoreError::NotFound),
            found if found > migrate::known() => {
                return Err(StoreError::Newer { found, known: migrate::known() });
            }
            _ => {}
        }
        migrate::show_as_known(&conn, format)?;
        without_changes(&conn)?;
        Ok(Reading { conn, format, alone })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.conn
    }

    /// Whether it keeps nobody out.
    pub(crate) fn can_be_kept(&self) -> bool {
        self.alone.is_none()
    }

    /// Whether it still shows the format that the store has.
    pub(crate) fn is_current(&self) -> Result<bool, StoreError> {
        Ok(self.format == migrate::known() || self.format == migrate::version(&self.conn)?)
    }
}

/// Opens a database that nobody writes, and keeps it so.
fn alone(path: &Path) -> Result<Reading, StoreError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let asking = ProcessLock::ask(dir)?;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_frames = std::fs::metadata(log).is_ok_and(|about| about.len() > 0);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = if has_frames {
        let conn = Connection::open_with_flags_and_vfs(path, flags, ALONE)?;
        // Before anything is read: with it the index of the log is kept in this process's memory.
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        conn
    } else {
        Connection::open_with_flags(as_it_is(path), flags | OpenFlags::SQLITE_OPEN_URI)?
    };
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connect(&conn)?;
    Reading::over(conn, Some(asking))
}

/// The name of a database whose file does not change while it is read.
fn as_it_is(path: &Path) -> String {
    let mut name = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                name.push(char::from(*byte))
            }
            _ => write!(name, "%{byte:02X}").unwrap_or_default(),
        }
    }
    name.push_str("?immutable=1");
    name
}

//! Connections to `mail.db` and how they are set.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::limits;

/// The name of the database in an account's folder.
pub(crate) const DATABASE: &str = "mail.db";

/// Where a database is.
pub(crate) struct Database<'a> {
    /// The account's folder.
    pub(crate) dir: &'a Path,
    /// The VFS, if not the operating system's.
    pub(crate) vfs: Option<&'a str>,
}

impl Database<'_> {
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.join(DATABASE)
    }

    /// A connection to a file of this folder that changes nothing yet, not even when it is closed: whether the
    /// store may be touched is seen on it.
    pub(crate) fn open_for_writing(&self, create: bool) -> Result<Connection, StoreError> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
        let conn = make(&self.path(), flags, self.vfs)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Ok(conn)
    }
}

/// A connection to the file at `path` that reads beside a writer in whatever process.
pub(crate) fn open_for_reading(path: &Path, vfs: Option<&str>) -> Result<Connection, StoreError> {
    make(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX, vfs)
}

/// From now on the connection changes nothing.
pub(crate) fn without_changes(conn: &Connection) -> Result<(), StoreError> {
    Ok(conn.pragma_update(None, "query_only", true)?)
}

/// A new database at `path`, with nothing in it yet.
pub(crate) fn create_at(path: &Path, vfs: Option<&str>) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = make(path, flags, vfs)?;
    prepare_new(&conn)?;
    Ok(conn)
}

fn make(path: &Path, flags: OpenFlags, vfs: Option<&str>) -> Result<Connection, StoreError> {
    let conn = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    connect(&conn)?;
    Ok(conn)
}

/// What holds for each connection.
pub(super) fn connect(conn: &Connection) -> Result<(), StoreError> {
    conn.busy_timeout(limits::BUSY_WAIT)?;
    conn.set_prepared_statement_cache_capacity(limits::STATEMENTS);
    // Negative: KiB instead of pages.
    conn.pragma_update(None, "cache_size", -limits::CACHE_KIB)?;
    // Phones have no folder for temporary files that SQLite would find.
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "trusted_schema", false)?;
    // Plans never depend on bound values. Otherwise statements whose plan might (a bound LIMIT, ORDER BY beside an
    // equality) are prepared anew at each use, for giving one back to the cache clears its bindings.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Sets a connection up to keep little in memory.
pub(crate) fn use_little_memory(conn: &Connection) -> Result<(), StoreError> {
    conn.pragma_update(None, "cache_size", -limits::LITTLE_CACHE_KIB)?;
    conn.set_prepared_statement_cache_capacity(limits::LITTLE_STATEMENTS);
    Ok(())
}

/// What must be set before the first table is made.
pub(crate) fn prepare_new(conn: &Connection) -> Result<(), StoreError> {
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    Ok(())
}

/// Turns the write-ahead log on; the mode that the database has then. The statement is run to its end: it says
/// `wal` first, and fails behind that if the disk is full. Who stops at the first row goes on with a rollback
/// journal, whose removal is not durable by name, and so is no commit.
fn use_log(conn: &Connection) -> Result<String, StoreError> {
    let mut statement = conn.prepare("PRAGMA journal_mode = WAL")?;
    let mut rows = statement.query([])?;
    let mut mode = String::new();
    while let Some(row) = rows.next()? {
        mode = row.get(0)?;
    }
    Ok(mode)
}

/// Sets a connection up for writing.
pub(crate) fn settle(conn: &Connection) -> Result<(), StoreError> {
    let mode = use_log(conn)?;
    if !mode.eq_ignore_ascii_case("wal") {
        let source = std::io::Error::from(std::io::ErrorKind::Unsupported);
        return Err(StoreError::Io { what: "sharing the database's log", source });
    }
    // A commit is durable when it returns: the site deletes what is confirmed (P3).
    conn.pragma_update(None, "synchronous", "FULL")?;
    if cfg!(target_vendor = "apple") {
        // There a plain fsync does not reach the medium.
        conn.pragma_update(None, "fullfsync", true)?;
        conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    }
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "wal_autocheckpoint", limits::CHECKPOINT_PAGES)?;
    conn.pragma_update(None, "journal_size_limit", limits::WAL_KEPT)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Gives pages that deletions have left back to the disk, some at a time.
pub(crate) fn give_back_pages(conn: &Connection) -> Result<(), StoreError> {
    let free: i64 = conn.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    if free > limits::FREE_PAGES_KEPT {
        let mut statement =
            conn.prepare(&format!("PRAGMA incremental_vacuum({})", limits::FREE_PAGES_GIVEN))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
    }
    Ok(())
}

//! The base line's store: one table, one index, one commit per message, SQLite set as our own store sets it.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use tmtp_store::limits;
use tmtp_wire::message::Queued;

use crate::error::Outcome;

/// An open database.
pub(crate) struct Shelf {
    conn: Connection,
    dir: PathBuf,
}

impl Shelf {
    /// Opens the database in a folder, or makes it.
    pub(crate) fn open(dir: &Path) -> Outcome<Shelf> {
        std::fs::create_dir_all(dir)?;
        let conn = Connection::open(dir.join("bare.db"))?;
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "cache_size", -limits::CACHE_KIB)?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        conn.pragma_update(None, "wal_autocheckpoint", limits::CHECKPOINT_PAGES)?;
        conn.pragma_update(None, "journal_size_limit", limits::WAL_KEPT)?;
        conn.execute_batch(
            "CREATE TABLE IF NOT EXISTS message (
                msgid INTEGER PRIMARY KEY, sender TEXT NOT NULL, posted TEXT NOT NULL,
                header BLOB NOT NULL, head BLOB NOT NULL, text BLOB NOT NULL) STRICT",
        )?;
        Ok(Shelf { conn, dir: dir.to_owned() })
    }

    /// Where the large part of a message goes.
    pub(crate) fn file(&self, queued: &Queued) -> PathBuf {
        self.dir.join(queued.id.to_string())
    }

    /// Makes the names of files durable.
    pub(crate) fn sync_folder(&self) -> Outcome<()> {
        Ok(File::open(&self.dir)?.sync_all()?)
    }

    /// Keeps a message. Durable on return.
    pub(crate) fn keep(&mut self, queued: &Queued, head: &[u8], text: &[u8]) -> Outcome<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO message (msgid, sender, posted, header, head, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let (id, from) = (queued.id.0.cast_signed(), queued.from.as_str());
        insert.execute(params![id, from, queued.posted, queued.raw, head, text])?;
        Ok(())
    }
}

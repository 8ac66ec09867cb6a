//! Making a store, opening it for writing, and closing it.
//!
//! | call | with what is there | leads to |
//! |---|---|---|
//! | [`Writer::create`] | nothing, or a store whose making was cut short | a new store, durable on return |
//! | | a store | [`StoreError::Exists`], nothing touched |
//! | [`Writer::open`] | a store of this or an earlier format | it, migrated |
//! | | a store of a later format | [`StoreError::Newer`], nothing touched |
//! | | a store that another process writes | [`StoreError::InUse`] |
//! | | a store that was copied from another installation | it, and [`Writer::is_cloned`] |
//!
//! Opening costs no look at the whole database: damage shows when it is met, as [`StoreError::Corrupt`].

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{Connection, params};
use tmtp_wire::address::SiteAddress;
use tmtp_wire::ids::Uid;
use tmtp_wire::time::Wall;

use crate::error::StoreError;
use crate::files::Files;
use crate::fs::{FileSystem, RealFs};
use crate::install::InstallId;
use crate::lock::ProcessLock;
use crate::{migrate, reserve, salvage};

mod connect;
mod leftovers;
mod reading;

pub(crate) use connect::{
    DATABASE, Database, create_at, open_for_reading, use_little_memory, without_changes,
};
pub(crate) use leftovers::is_named;
pub(crate) use reading::Reading;

/// Where a store is, and what it stands on.
#[derive(Clone)]
pub struct Place {
    /// The account's folder.
    pub dir: PathBuf,
    /// The id of this installation.
    pub install: InstallId,
    /// The disk of its files.
    pub fs: Arc<dyn FileSystem>,
    /// The SQLite VFS of its database, if not the operating system's. With one there is no process lock:
    /// simulated processes are for the simulation to keep apart.
    pub vfs: Option<String>,
}

impl Place {
    /// A store on the operating system's disk.
    pub fn new(dir: impl Into<PathBuf>, install: InstallId) -> Place {
        Place { dir: dir.into(), install, fs: Arc::new(RealFs), vfs: None }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("vfs", &self.vfs).finish_non_exhaustive()
    }
}

/// What a new store is for.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The site.
    pub site: SiteAddress,
    /// Under which name the key store has, or will have, the node's secret.
    pub key_name: String,
    /// The member, if it exists already: for a further node of it.
    pub uid: Option<Uid>,
    /// When.
    pub created: Wall,
}

/// The one connection that changes a store.
pub struct Writer {
    conn: Connection,
    place: Place,
    files: Files,
    cloned: bool,
    /// `None` on a simulated disk.
    lock: Option<ProcessLock>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("cloned", &self.cloned).finish_non_exhaustive()
    }
}

impl Writer {
    /// Makes a store in a folder, which is made too.
    pub fn create(place: Place, new: &NewAccount) -> Result<Writer, StoreError> {
        let failed = |error| StoreError::io("making the account's folder", error);
        place.fs.create_dir(&place.dir).map_err(failed)?;
        let lock = lock(&place)?;
        salvage::finish(&place)?;
        let database = Database { dir: &place.dir, vfs: place.vfs.as_deref() };
        let mut conn = database.open_for_writing(true)?;
        if migrate::version(&conn)? > 0 {
            return Err(StoreError::Exists);
        }
        connect::prepare_new(&conn)?;
        connect::settle(&conn)?;
        migrate::run(&mut conn, |conn| {
            conn.execute(
                "INSERT INTO account (id, site, install, key_name, uid, created) VALUES (1, ?1, ?2, ?3, ?4, ?5)",
                params![
                    new.site.to_string(),
                    place.install.0,
                    new.key_name,
                    new.uid.as_ref().map(Uid::as_str),
                    new.created.0
                ],
            )?;
            Ok(())
        })?;
        let files = Files::writing(&place.dir, place.fs.clone());
        files.make_folder()?;
        place.fs.sync_dir(&place.dir).map_err(failed)?;
        let writer = Writer { conn, place, files, cloned: false, lock };
        writer.keep_reserve();
        Ok(writer)
    }

    /// Opens a store for writing.
    pub fn open(place: Place) -> Result<Writer, StoreError> {
        let lock = lock(&place)?;
        salvage::finish(&place)?;
        let database = Database { dir: &place.dir, vfs: place.vfs.as_deref() };
        if !place
            .fs
            .exists(&database.path())
            .map_err(|error| StoreError::io("looking for the database", error))?
        {
            return Err(StoreError::NotFound);
        }
        let conn = match open_and_migrate(&database) {
            // Without a byte of room not even the files beside a database can be made: the reserve is for this.
            Err(StoreError::Full { .. } | StoreError::Io { .. })
                if reserve::release(&*place.fs, &place.dir)? =>
            {
                open_and_migrate(&database)?
            }
            other => other?,
        };
        // Files beside the database that an earlier process made and did not come to make durable by name:
        // SQLite does it only for those that it makes itself, and a log without a name is lost with the power.
        place
            .fs
            .sync_dir(&place.dir)
            .map_err(|error| StoreError::io("opening the account's folder", error))?;
        let install: Vec<u8> =
            conn.query_row("SELECT install FROM account WHERE id = 1", [], |row| row.get(0))?;
        let cloned = install != place.install.0;
        let files = Files::writing(&place.dir, place.fs.clone());
        files.make_folder()?;
        if lock.as_ref().is_none_or(ProcessLock::was_left_behind) {
            let removed = files.sweep(|file| is_named(&conn, file))?;
            if removed > 0 {
                tracing::info!(removed, "Files that no row names were removed after an end without a close.");
            }
        }
        let writer = Writer { conn, place, files, cloned, lock };
        writer.keep_reserve();
        Ok(writer)
    }

    /// The connection. One transaction at a time: `BEGIN IMMEDIATE`, savepoints, `COMMIT`.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.conn
    }

    /// Gives memory back that only saves time.
    pub fn drop_caches(&self) {
        // What is in use stays; it fails for no other reason than a closed database.
        let _ = self.conn.release_memory();
    }

    /// From now on keeps little in memory: for processes that are killed for some megabytes (R21).
    pub fn use_little_memory(&self) -> Result<(), StoreError> {
        connect::use_little_memory(&self.conn)
    }

    /// The account's files. Handles of it can be cloned and used on other threads while the writer lives.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Whether the store was made in another installation: it can be read, and nothing may log in from it.
    pub fn is_cloned(&self) -> bool {
        self.cloned
    }

    /// Gives up the room that is kept for this: the next commit may succeed where one has failed with
    /// [`StoreError::Full`]. False if it was given up before.
    pub fn release_reserve(&self) -> Result<bool, StoreError> {
        reserve::release(&*self.place.fs, &self.place.dir)
    }

    /// Takes the reserve again if there is plenty of room; whether it is there now. Without it there is no harm,
    /// only the next full disk is harder: ask again later.
    pub fn keep_reserve(&self) -> bool {
        reserve::keep(&*self.place.fs, &self.place.dir).unwrap_or_else(|error| {
            tracing::info!(%error, "No room could be kept in reserve.");
            false
        })
    }

    /// Moves everything from the WAL into the database. `false` if a reader was in the way: nothing is wrong
    /// then, and it can be tried again.
    pub fn checkpoint(&mut self) -> Result<bool, StoreError> {
        let busy: i64 = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }

    /// Closes the store: checkpoint, files that no row names removed, all files closed, the lock given back.
    /// From then on the handles of its files only read. What was committed stays committed even if this fails.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.files.end_writing();
        let mut clean = false;
        if self.conn.is_autocommit() {
            connect::give_back_pages(&self.conn)?;
            // As long as the log stands, a commit that has failed may still come back with it, and its files be
            // named again: without a checkpoint the next opening looks for leftovers.
            clean = self.checkpoint()?;
        }
        if clean {
            self.files.sweep_made(|file| is_named(&self.conn, file))?;
        }
        self.files.rest();
        self.conn.close().map_err(|(_, error)| StoreError::from(error))?;
        if let Some(lock) = self.lock.as_mut().filter(|_| clean) {
            lock.note_end();
        }
        Ok(())
    }
}

fn lock(place: &Place) -> Result<Option<ProcessLock>, StoreError> {
    if place.vfs.is_some() { Ok(None) } else { ProcessLock::take(&place.dir).map(Some) }
}

fn open_and_migrate(database: &Database<'_>) -> Result<Connection, StoreError> {
    let mut conn = database.open_for_writing(false)?;
    let found = migrate::version(&conn)?;
    if found > migrate::known() {
        return Err(StoreError::Newer { found, known: migrate::known() });
    }
    if found == 0 {
        return Err(StoreError::NotFound);
    }
    connect::settle(&conn)?;
    migrate::run(&mut conn, |_| Ok(()))?;
    Ok(conn)
}

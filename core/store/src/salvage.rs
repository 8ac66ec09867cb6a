//! Saving what still reads of a damaged store (R31).
//!
//! Table by table into a new database beside the old one; what hangs in the air is mended there; then the new
//! one takes the name, and the old one is kept as `mail.db.damaged-N`, with its log. Nothing is deleted: files
//! whose rows are lost are moved to `damaged-N/`. A kill at any point leaves the old store, or the new one.
//!
//! | step | a kill behind it leaves |
//! |---|---|
//! | `mail.db.salvaging` is complete and synced | the old store; the next call starts again |
//! | files of lost rows are in `damaged-N/` | the same |
//! | `mail.db` is `mail.db.damaged-N` | no `mail.db`: the next opening, or salvage, gives the new one its name |
//! | `mail.db.salvaging` is `mail.db` | the new store |
//!
//! What cannot be salvaged: a database whose head or list of tables does not read.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::error::StoreError;
use crate::lock::ProcessLock;
use crate::migrate;
use crate::open::{DATABASE, Place, open_for_reading, without_changes};

mod copy;
mod fill;
mod mend;
mod swap;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use swap::finish;

const SALVAGING: &str = "mail.db.salvaging";

/// What was saved and what was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SalvageReport {
    /// The name of the old database, in the same folder.
    pub kept: String,
    /// Table by table.
    pub tables: Vec<TableReport>,
    /// Files that no saved row names, in the folder `damaged-N`.
    pub files_set_aside: u64,
}

impl SalvageReport {
    /// Whether everything was saved.
    pub fn is_complete(&self) -> bool {
        self.files_set_aside == 0 && self.tables.iter().all(|table| table.lost == Lost::Nothing)
    }
}

/// What was saved of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableReport {
    /// Its name.
    pub name: String,
    /// Rows that were saved.
    pub read: u64,
    /// Rows that were not.
    pub lost: Lost,
}

/// What was lost of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// All of it reads.
    Nothing,
    /// This many rows, as an index that still reads tells.
    Rows(u64),
    /// Some rows; no index tells how many.
    Unknown,
}

/// Salvages the store of an account, which must not be open. If that fails, the old store is as it was.
pub fn salvage(place: &Place) -> Result<SalvageReport, StoreError> {
    let _lock = if place.vfs.is_some() { None } else { Some(ProcessLock::take(&place.dir)?) };
    finish(place)?;
    swap::clear(place)?;
    let old = open_for_reading(&place.dir.join(DATABASE), place.vfs.as_deref())?;
    without_changes(&old)?;
    // Damage inside a page is met as an error, not as a wrong row.
    old.pragma_update(None, "cell_size_check", true)?;
    let version = migrate::version(&old)?;
    if version == 0 {
        return Err(StoreError::NotFound);
    }
    if version > migrate::known() {
        return Err(StoreError::Newer { found: version, known: migrate::known() });
    }
    let mut new = make(place, version)?;
    let tx = new.transaction()?;
    let mut tables = Vec::new();
    for table in table::tables(&tx)? {
        tables.push(copy::copy(&old, &tx, &table)?);
    }
    if tx.query_row("SELECT count(*) FROM account", [], |row| row.get::<_, i64>(0))? == 0 {
        return Err(StoreError::Corrupt { what: "the row that says which member this is" });
    }
    mend::mend(&tx, &mut tables)?;
    tx.commit()?;
    drop(old);
    let number = swap::free_number(place)?;
    let files_set_aside = swap::set_files_aside(place, &new, number)?;
    new.close().map_err(|(_, error)| StoreError::from(error))?;
    let kept = swap::swap(place, number)?;
    tracing::warn!(files_set_aside, "A damaged store was salvaged.");
    Ok(SalvageReport { kept, tables, files_set_aside })
}

/// A new database, in one file without a log, so that it can be renamed.
fn make(place: &Place, version: u32) -> Result<Connection, StoreError> {
    let mut new = crate::open::create_at(&place.dir.join(SALVAGING), place.vfs.as_deref())?;
    // The salvaged rows come in any order; what hangs in the air is mended at the end.
    new.pragma_update(None, "foreign_keys", false)?;
    new.pragma_update(None, "synchronous", "FULL")?;
    migrate::run_to(&mut new, version, |_| Ok(()))?;
    Ok(new)
}

fn beside(place: &Place, name: &str) -> PathBuf {
    place.dir.join(name)
}

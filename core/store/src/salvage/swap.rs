//! Putting the new database in the place of the old one, so that a kill in between does no harm.

use std::path::Path;

use rusqlite::Connection;

use super::{SALVAGING, beside};
use crate::error::StoreError;
use crate::open::{DATABASE, Place, is_named};

/// Files that SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Removes what an earlier attempt has left.
pub(super) fn clear(place: &Place) -> Result<(), StoreError> {
    for rest in ["", "-wal", "-shm", "-journal"] {
        let path = beside(place, &format!("{SALVAGING}{rest}"));
        if exists(place, &path)? {
            place.fs.remove(&path).map_err(|error| StoreError::io("removing a leftover", error))?;
        }
    }
    Ok(())
}

/// The first number under which nothing damaged is kept.
pub(super) fn free_number(place: &Place) -> Result<u32, StoreError> {
    let mut number = 1;
    while exists(place, &beside(place, &kept(number)))? || exists(place, &beside(place, &aside(number)))? {
        number += 1;
    }
    Ok(number)
}

fn kept(number: u32) -> String {
    format!("{DATABASE}.damaged-{number}")
}

fn aside(number: u32) -> String {
    format!("damaged-{number}")
}

/// Moves the files that the new database does not name out of `files/`, where the next opening would take
/// them for leftovers. How many.
pub(super) fn set_files_aside(place: &Place, new: &Connection, number: u32) -> Result<u64, StoreError> {
    let failed = |error| StoreError::io("setting a file aside", error);
    let files = beside(place, "files");
    if !exists(place, &files)? {
        return Ok(0);
    }
    let target = beside(place, &aside(number));
    let mut moved = 0;
    for file in place.fs.list(&files).map_err(failed)? {
        if is_named(new, &file)? {
            continue;
        }
        if moved == 0 {
            place.fs.create_dir(&target).map_err(failed)?;
        }
        place.fs.rename(&files.join(&file), &target.join(&file)).map_err(failed)?;
        moved += 1;
    }
    if moved > 0 {
        for dir in [&target, &files, &place.dir] {
            place.fs.sync_dir(dir).map_err(failed)?;
        }
    }
    Ok(moved)
}

/// Gives the old database its new name, and the new one the old name. The name of the old one.
pub(super) fn swap(place: &Place, number: u32) -> Result<String, StoreError> {
    let failed = |error| StoreError::io("keeping the damaged database", error);
    place.fs.sync_dir(&place.dir).map_err(failed)?;
    place.fs.rename(&beside(place, DATABASE), &beside(place, &kept(number))).map_err(failed)?;
    place.fs.sync_dir(&place.dir).map_err(failed)?;
    put_in_place(place, number)?;
    Ok(kept(number))
}

/// Ends a salvage that was cut short between its last two steps. Costs one look if there was none.
pub(crate) fn finish(place: &Place) -> Result<(), StoreError> {
    if exists(place, &beside(place, DATABASE))? || !exists(place, &beside(place, SALVAGING))? {
        return Ok(());
    }
    // Without a database kept under the number before, the salvaged one was never complete.
    let number = free_number(place)?;
    if number > 1 { put_in_place(place, number - 1) } else { Ok(()) }
}

fn put_in_place(place: &Place, number: u32) -> Result<(), StoreError> {
    let failed = |error| StoreError::io("putting the salvaged database in place", error);
    // The old log must not be taken for the new database's.
    for rest in BESIDE {
        let old = beside(place, &format!("{DATABASE}{rest}"));
        if exists(place, &old)? {
            place.fs.rename(&old, &beside(place, &format!("{}{rest}", kept(number)))).map_err(failed)?;
        }
    }
    place.fs.sync_dir(&place.dir).map_err(failed)?;
    place.fs.rename(&beside(place, SALVAGING), &beside(place, DATABASE)).map_err(failed)?;
    place.fs.sync_dir(&place.dir).map_err(failed)
}

fn exists(place: &Place, path: &Path) -> Result<bool, StoreError> {
    place.fs.exists(path).map_err(|error| StoreError::io("looking for a file", error))
}

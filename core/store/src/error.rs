//! What can go wrong with a store, by what it means for the one who asked.

use std::io;

use rusqlite::{ErrorCode, ffi};

use crate::limits;
use crate::values::UnknownText;

/// Why the store could not do something. Whatever it was, nothing is half done: a change that failed has
/// not happened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full. Try again when there is room.
    #[error("no room on the disk: about {needed} bytes must become free")]
    Full {
        /// About how many bytes must become free.
        needed: u64,
    },
    /// The account would take more than it is allowed, files and database together.
    #[error("the account may take {limit} bytes, {needed} more than that would be needed")]
    QuotaExceeded {
        /// Bytes that this account may take.
        limit: u64,
        /// Bytes above that.
        needed: u64,
    },
    /// The store is damaged. See [`crate::salvage`]; nothing is deleted.
    #[error("the store is damaged: {what}")]
    Corrupt {
        /// What does not read.
        what: &'static str,
    },
    /// The operating system failed to read or write.
    #[error("{what} failed")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The disk or the folder can only be read, or belongs to somebody else.
    #[error("{what} failed: the disk, or the folder, can only be read")]
    NotWritable {
        /// What was tried.
        what: &'static str,
    },
    /// Another connection kept the database locked for longer than is waited.
    #[error("the store is busy")]
    Busy,
    /// A later version of this program made the store. It was left as it is.
    #[error("the store has format {found}, this program knows up to {known}: update the program")]
    Newer {
        /// The version of the store.
        found: u32,
        /// The latest version known here.
        known: u32,
    },
    /// Another process has the store open for writing.
    #[error("another process has this account open")]
    InUse {
        /// Which, if it has said so.
        pid: Option<u32>,
    },
    /// There is a store, or a file, where one was to be made.
    #[error("it exists already")]
    Exists,
    /// There is nothing by this name.
    #[error("it does not exist")]
    NotFound,
    /// A page was asked for behind a place that is none of this list.
    #[error("not a place in this list")]
    BadCursor,
    /// Files can be changed only by the process that has the store open for writing.
    #[error("the files of this account are open for reading only")]
    ReadOnly,
    /// A statement failed in a way that none of the others describes.
    #[error("the database refused")]
    Sqlite(#[source] rusqlite::Error),
}

impl StoreError {
    /// An error of the operating system, with what was tried.
    pub fn io(what: &'static str, source: io::Error) -> StoreError {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::Full { needed: limits::ROOM_WANTED }
            }
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                StoreError::NotWritable { what }
            }
            io::ErrorKind::NotFound => StoreError::NotFound,
            _ => StoreError::Io { what, source },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
            return StoreError::NotFound;
        }
        if let rusqlite::Error::FromSqlConversionFailure(_, _, source) = &error
            && let Some(UnknownText(what)) = source.downcast_ref()
        {
            return StoreError::Corrupt { what };
        }
        // The memory that connections share is a file beside the database: making it needs room, too.
        let no_room_for_log =
            error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE);
        match error.sqlite_error_code() {
            _ if no_room_for_log => StoreError::Full { needed: limits::ROOM_WANTED },
            Some(ErrorCode::DiskFull) => StoreError::Full { needed: limits::ROOM_WANTED },
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt { what: "a page of the database" },
            Some(ErrorCode::NotADatabase) => StoreError::Corrupt { what: "the head of the database" },
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => StoreError::Busy,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                StoreError::NotWritable { what: "writing the database" }
            }
            Some(ErrorCode::SystemIoFailure) => {
                StoreError::Io { what: "the database", source: io::Error::other(error) }
            }
            Some(ErrorCode::CannotOpen) => {
                StoreError::Io { what: "opening the database", source: io::Error::other(error) }
            }
            _ => StoreError::Sqlite(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i32) -> StoreError {
        StoreError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn what_sqlite_says_is_told_by_what_it_means() {
        assert!(matches!(of(ffi::SQLITE_FULL), StoreError::Full { .. }));
        assert!(matches!(of(ffi::SQLITE_IOERR_SHMSIZE), StoreError::Full { .. }));
        assert!(matches!(of(ffi::SQLITE_IOERR_READ), StoreError::Io { .. }));
        assert!(matches!(of(ffi::SQLITE_CORRUPT_INDEX), StoreError::Corrupt { .. }));
        assert!(matches!(of(ffi::SQLITE_NOTADB), StoreError::Corrupt { .. }));
        assert!(matches!(of(ffi::SQLITE_BUSY_SNAPSHOT), StoreError::Busy));
        assert!(matches!(of(ffi::SQLITE_READONLY_DIRECTORY), StoreError::NotWritable { .. }));
        assert!(matches!(of(ffi::SQLITE_CONSTRAINT_UNIQUE), StoreError::Sqlite(_)));
        assert!(matches!(StoreError::from(rusqlite::Error::QueryReturnedNoRows), StoreError::NotFound));
    }
}

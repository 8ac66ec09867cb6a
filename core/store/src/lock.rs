//! Who may write: the holder of a lock on the account's `lock` file. The lock is the operating system's and
//! dies with the process, so there is no such thing as a stale one; no flag is ever believed (R19).
//!
//! The file's content is only a hint: the process id of the holder, empty after an orderly end. Left behind
//! by a kill, it tells the next opener to look for leftovers.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::error::StoreError;

/// The right to write to one account. Given back when dropped.
#[derive(Debug)]
pub struct ProcessLock {
    file: File,
    left_behind: bool,
}

impl ProcessLock {
    /// Takes the lock of the account in `dir`, which must exist.
    pub fn take(dir: &Path) -> Result<ProcessLock, StoreError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file =
            options.open(dir.join("lock")).map_err(|error| StoreError::io("opening the lock", error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { pid: pid_in(&mut file) }),
            Err(TryLockError::Error(error)) => return Err(StoreError::io("locking the account", error)),
        }
        let mut lock = ProcessLock { left_behind: pid_in(&mut file).is_some(), file };
        // On a full disk the hint is missing; the lock itself is held all the same.
        if lock.note(&std::process::id().to_string()).is_err() {
            tracing::info!("The lock could not be labelled.");
        }
        Ok(lock)
    }

    /// Who holds the lock of the account in `dir`: nobody (`None`), or some process, which may be known.
    pub fn holder(dir: &Path) -> Result<Option<Option<u32>>, StoreError> {
        let mut file = match File::open(dir.join("lock")) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("opening the lock", error)),
        };
        // A shared lock: two that only ask do not take each other for the holder.
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(pid_in(&mut file))),
            Err(TryLockError::Error(error)) => Err(StoreError::io("asking for the lock", error)),
        }
    }

    /// Whether the holder before has ended without an orderly close.
    pub(crate) fn was_left_behind(&self) -> bool {
        self.left_behind
    }

    /// Notes an orderly end.
    pub(crate) fn note_end(&mut self) {
        if self.note("").is_err() {
            tracing::info!("The lock could not be cleared.");
        }
    }

    fn note(&mut self, text: &str) -> std::io::Result<()> {
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(text.as_bytes())
    }
}

fn pid_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

//! Who may write: the holder of a lock on the account's `lock` file. The lock is the operating system's and
//! dies with the process, so there is no such thing as a stale one; no flag is ever believed (R19).
//!
//! It is given back by word, not by closing the file alone: what this process starts inherits the open file for the
//! moment until it runs its own program, and a lock lives as long as any descriptor of its file.
//!
//! The file's content is only a hint: the process id of the holder, empty after an orderly end. Left behind
//! by a kill, it tells the next opener to look for leftovers.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::thread;

use crate::error::StoreError;
use crate::limits;

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
        let mut left = limits::LOCK_WAIT.as_millis() / limits::LOCK_PAUSE.as_millis();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => {
                    return Err(StoreError::io("locking the account", error));
                }
                // Who only asks, or reads alone, holds it shared, and for a moment: that is no holder.
                Err(TryLockError::WouldBlock) if left > 0 && file.try_lock_shared().is_ok() => {
                    give_back(&file);
                    left -= 1;
                    thread::sleep(limits::LOCK_PAUSE);
                }
                Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { pid: pid_in(&mut file) }),
            }
        }
        let mut lock = ProcessLock { left_behind: pid_in(&mut file).is_some(), file };
        // On a full disk the hint is missing; the lock itself is held all the same.
        if lock.note(&std::process::id().to_string()).is_err() {
            tracing::info!("The lock could not be labelled.");
        }
        Ok(lock)
    }

    /// Whether the disk and the folder let the lock of the account in `dir` be taken, whoever holds it now. Changes
    /// nothing.
    pub fn can_be_taken(dir: &Path) -> bool {
        match OpenOptions::new().write(true).open(dir.join("lock")) {
            Err(error) => !matches!(
                error.kind(),
                std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied
            ),
            Ok(_) => true,
        }
    }

    /// Who holds the lock of the account in `dir`: nobody (`None`), or some process, which may be known.
    pub fn holder(dir: &Path) -> Result<Option<Option<u32>>, StoreError> {
        match ProcessLock::ask(dir) {
            Ok(_) => Ok(None),
            Err(StoreError::InUse { pid }) => Ok(Some(pid)),
            Err(error) => Err(error),
        }
    }

    /// Keeps the lock of the account in `dir` from being taken, for a moment; `None` if there is no lock to be held:
    /// nobody has ever written there. [`StoreError::InUse`] if somebody holds it. Any number may ask at a time.
    pub(crate) fn ask(dir: &Path) -> Result<Option<Asking>, StoreError> {
        let mut file = match File::open(dir.join("lock")) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("opening the lock", error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Asking(file))),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { pid: pid_in(&mut file) }),
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

impl Drop for ProcessLock {
    fn drop(&mut self) {
        give_back(&self.file);
    }
}

/// A lock that is asked about: while this lives, nobody can take it.
pub(crate) struct Asking(File);

impl Drop for Asking {
    fn drop(&mut self) {
        give_back(&self.0);
    }
}

fn give_back(file: &File) {
    // Where it fails, the lock goes with the last descriptor.
    if let Err(error) = file.unlock() {
        tracing::info!(%error, "A lock could not be given back.");
    }
}

fn pid_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_given_back_though_a_started_process_still_has_its_descriptor() {
        let dir = tempfile::tempdir().unwrap();
        let lock = ProcessLock::take(dir.path()).unwrap();
        // What a process inherits until it runs its own program is the same open file.
        let inherited = lock.file.try_clone().unwrap();
        drop(lock);
        assert_eq!(ProcessLock::holder(dir.path()).unwrap(), None);
        ProcessLock::take(dir.path()).unwrap();
        drop(inherited);
    }
}

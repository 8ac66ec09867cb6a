//! The account's `files/`: what is too large for a row of the database.
//!
//! A file is complete and durable (its bytes and its name) before a row names it, is never changed after, and
//! is removed after the commit that takes its name out of the rows. So a crash can leave files that no row
//! names, never a row without its file; the next opening removes them. Names are made here
//! out of what the caller chose and a number; nothing of the wire or of a person is ever a file name.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::error::StoreError;
use crate::fs::{FileSystem, ReadableFile, read_full};
use crate::limits;

mod ahead;
mod export;
mod incoming;
mod stage;
#[cfg(test)]
mod tests;

pub use export::Source;
pub use incoming::Incoming;
pub use stage::Staged;

/// The files of one account. A cheap handle: clones share everything.
#[derive(Clone)]
pub struct Files {
    inner: Arc<Inner>,
    /// Raised: long work through this handle is given up.
    halt: Option<Arc<AtomicBool>>,
}

struct Inner {
    dir: PathBuf,
    fs: Arc<dyn FileSystem>,
    /// Whether this process has the account open for writing.
    writable: AtomicBool,
    /// What was made since the account was opened.
    made: Mutex<BTreeSet<String>>,
    next: AtomicU64,
    limit: AtomicU64,
    /// Bytes of the database, as its writer has last said: they count like those of the files.
    database: AtomicU64,
    /// Bytes of all files; counted when first asked.
    used: Mutex<Option<u64>>,
    /// The file read last: large ones are read piece by piece.
    open: Mutex<Option<(String, Arc<dyn ReadableFile>)>>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files")
            .field("writable", &self.inner.writable.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded here is whole after each statement, so a panic elsewhere has not broken it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Files {
    /// The files of the account in `account_dir`, for reading only. A process that has the account open for
    /// writing uses [`crate::Writer::files`].
    pub fn reading(account_dir: &Path, fs: Arc<dyn FileSystem>) -> Files {
        Files::with(account_dir, fs, false)
    }

    /// The files of an account whose lock this process holds.
    pub(crate) fn writing(account_dir: &Path, fs: Arc<dyn FileSystem>) -> Files {
        Files::with(account_dir, fs, true)
    }

    fn with(account_dir: &Path, fs: Arc<dyn FileSystem>, writable: bool) -> Files {
        let inner = Inner {
            dir: account_dir.join("files"),
            fs,
            writable: AtomicBool::new(writable),
            made: Mutex::default(),
            next: AtomicU64::new(0),
            limit: AtomicU64::new(limits::ACCOUNT_MAX),
            database: AtomicU64::new(0),
            used: Mutex::new(None),
            open: Mutex::new(None),
        };
        Files { inner: Arc::new(inner), halt: None }
    }

    /// The same files, by a handle whose long work (taking files in, giving them out) is given up as soon as this is
    /// raised. What was begun is undone.
    #[must_use]
    pub fn halted_by(self, halt: Arc<AtomicBool>) -> Files {
        Files { halt: Some(halt), ..self }
    }

    /// Whether long work is to be given up.
    fn go_on(&self) -> Result<(), StoreError> {
        match &self.halt {
            Some(halt) if halt.load(Ordering::Relaxed) => {
                let source = std::io::Error::from(std::io::ErrorKind::Interrupted);
                Err(StoreError::Io { what: "long work on files, which was given up,", source })
            }
            _ => Ok(()),
        }
    }

    /// Sets how many bytes this account may take, files and database together.
    pub fn set_limit(&self, bytes: u64) {
        self.inner.limit.store(bytes, Ordering::Relaxed);
    }

    /// How many bytes this account may take.
    pub fn limit(&self) -> u64 {
        self.inner.limit.load(Ordering::Relaxed)
    }

    /// Says how many bytes the database takes; see [`crate::write::bytes_used`].
    pub fn set_database(&self, bytes: u64) {
        self.inner.database.store(bytes, Ordering::Relaxed);
    }

    /// Bytes that this account may still take. The first call lists the folder.
    pub fn room(&self) -> Result<u64, StoreError> {
        let used = self.used(&mut locked(&self.inner.used))?;
        let taken = used.saturating_add(self.inner.database.load(Ordering::Relaxed));
        Ok(self.limit().saturating_sub(taken))
    }

    /// Bytes that are free on the disk of the account.
    pub fn free_space(&self) -> Result<u64, StoreError> {
        self.inner
            .fs
            .free_space(&self.inner.dir)
            .map_err(|error| StoreError::io("asking for free space", error))
    }

    /// Reads from a file into `buf`, which is filled unless the file ends; the number of bytes.
    pub fn read_at(&self, file: &str, offset: u64, buf: &mut [u8]) -> Result<usize, StoreError> {
        let open = self.open(file)?;
        read_full(&*open, offset, buf).map_err(|error| StoreError::io("reading a file", error))
    }

    /// Removes a file. One that is not there is fine: it was removed before.
    pub fn remove(&self, file: &str) -> Result<(), StoreError> {
        self.changing()?;
        self.remove_now(file).map(|_| ())
    }

    /// Removes a file; false if it is not there.
    fn remove_now(&self, file: &str) -> Result<bool, StoreError> {
        let path = self.path(file)?;
        locked(&self.inner.open).take_if(|(open, _)| open == file);
        let size = match self.inner.fs.size(&path) {
            Ok(size) => size,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StoreError::io("looking at a file", error)),
        };
        self.inner.fs.remove(&path).map_err(|error| StoreError::io("removing a file", error))?;
        locked(&self.inner.made).remove(file);
        self.refund(size);
        Ok(true)
    }

    /// Removes all files that `is_named` does not know; how many. Only for the opening of an account, before
    /// anything else can make files.
    pub(crate) fn sweep(
        &self,
        is_named: impl FnMut(&str) -> Result<bool, StoreError>,
    ) -> Result<u64, StoreError> {
        let failed = |error| StoreError::io("listing the files", error);
        let there = self.inner.fs.list(&self.inner.dir).map_err(failed)?;
        self.remove_unnamed(there, is_named)
    }

    /// The same for the files that were made since the account was opened: for its close, behind
    /// [`Files::end_writing`].
    pub(crate) fn sweep_made(
        &self,
        is_named: impl FnMut(&str) -> Result<bool, StoreError>,
    ) -> Result<u64, StoreError> {
        let made = std::mem::take(&mut *locked(&self.inner.made));
        self.remove_unnamed(made, is_named)
    }

    fn remove_unnamed(
        &self,
        files: impl IntoIterator<Item = String>,
        mut is_named: impl FnMut(&str) -> Result<bool, StoreError>,
    ) -> Result<u64, StoreError> {
        let mut removed = 0;
        for file in files {
            if !is_named(&file)? && self.remove_now(&file)? {
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// From now on nothing is made any more, by whatever handle.
    pub(crate) fn end_writing(&self) {
        self.inner.writable.store(false, Ordering::Release);
    }

    /// Lets go of everything that is open.
    pub(crate) fn rest(&self) {
        locked(&self.inner.open).take();
    }

    /// Makes the folder if it is missing.
    pub(crate) fn make_folder(&self) -> Result<(), StoreError> {
        self.inner.fs.create_dir(&self.inner.dir).map_err(|error| StoreError::io("making a folder", error))
    }

    fn open(&self, file: &str) -> Result<Arc<dyn ReadableFile>, StoreError> {
        let mut slot = locked(&self.inner.open);
        if let Some((name, open)) = &*slot
            && name == file
        {
            return Ok(open.clone());
        }
        let path = self.path(file)?;
        let open = self.inner.fs.open(&path).map_err(|error| StoreError::io("opening a file", error))?;
        let open: Arc<dyn ReadableFile> = Arc::from(open);
        *slot = Some((file.to_owned(), open.clone()));
        Ok(open)
    }

    /// The path of a file. Names come out of the store, and a damaged store must not lead elsewhere.
    fn path(&self, file: &str) -> Result<PathBuf, StoreError> {
        let plain = file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if file.is_empty() || file.len() > 200 || !plain {
            return Err(StoreError::Corrupt { what: "the name of a file" });
        }
        Ok(self.inner.dir.join(file))
    }

    /// A name that no file has, made of `base` and a number.
    fn fresh_name(&self, base: &str) -> Result<(String, PathBuf), StoreError> {
        loop {
            let number = self.inner.next.fetch_add(1, Ordering::Relaxed);
            let name = format!("{base}-{number:x}");
            let path = self.path(&name)?;
            if !self.inner.fs.exists(&path).map_err(|error| StoreError::io("looking for a file", error))? {
                locked(&self.inner.made).insert(name.clone());
                return Ok((name, path));
            }
        }
    }

    fn changing(&self) -> Result<(), StoreError> {
        if self.inner.writable.load(Ordering::Acquire) { Ok(()) } else { Err(StoreError::ReadOnly) }
    }

    /// Counts bytes that are about to be written.
    fn charge(&self, bytes: u64) -> Result<(), StoreError> {
        let mut used = locked(&self.inner.used);
        let after = self.used(&mut used)?.saturating_add(bytes);
        let taken = after.saturating_add(self.inner.database.load(Ordering::Relaxed));
        let limit = self.limit();
        if taken > limit {
            return Err(StoreError::QuotaExceeded { limit, needed: taken - limit });
        }
        *used = Some(after);
        Ok(())
    }

    /// Bytes of all files, counted if they never were.
    fn used(&self, used: &mut Option<u64>) -> Result<u64, StoreError> {
        let bytes = match *used {
            Some(bytes) => bytes,
            None => self.count()?,
        };
        *used = Some(bytes);
        Ok(bytes)
    }

    fn refund(&self, bytes: u64) {
        if let Some(used) = &mut *locked(&self.inner.used) {
            *used = used.saturating_sub(bytes);
        }
    }

    fn count(&self) -> Result<u64, StoreError> {
        let failed = |error| StoreError::io("listing the files", error);
        let mut sum = 0_u64;
        for file in self.inner.fs.list(&self.inner.dir).map_err(failed)? {
            // One that was removed meanwhile does not count.
            sum = sum.saturating_add(self.inner.fs.size(&self.inner.dir.join(file)).unwrap_or(0));
        }
        Ok(sum)
    }
}

/// SHA-256 of a part of a file, and how many bytes of that part the file has.
fn hash_part(file: &dyn ReadableFile, part: Range<u64>) -> io::Result<([u8; 32], u64)> {
    let mut hash = Sha256::new();
    let read = hash_on(&mut hash, file, part)?;
    Ok((hash.finalize().into(), read))
}

/// Goes on hashing with a part of a file; how many bytes of that part the file has.
fn hash_on(hash: &mut Sha256, file: &dyn ReadableFile, part: Range<u64>) -> io::Result<u64> {
    let mut buf = vec![0; limits::CHUNK];
    let mut at = part.start;
    while at < part.end {
        let want = usize::try_from(part.end - at).unwrap_or(usize::MAX).min(buf.len());
        let count = read_full(file, at, buf.get_mut(..want).unwrap_or_default())?;
        hash.update(buf.get(..count).unwrap_or_default());
        at += count as u64;
        if count < want {
            break;
        }
    }
    Ok(at - part.start)
}

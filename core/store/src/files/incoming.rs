//! A large delivery on its way in: written piece by piece, and when it is complete hashed and synced, before a row
//! names it.

use std::fmt;
use std::ops::Range;

use super::ahead::Ahead;
use super::{Files, hash_part};
use crate::error::StoreError;
use crate::fs::WritableFile;

/// A file that is being written. Dropped before [`Incoming::sync`] has succeeded, it is removed.
pub struct Incoming {
    files: Files,
    file: String,
    writing: Box<dyn WritableFile>,
    /// The parts that are being hashed already, and who does it.
    pub(super) ahead: Option<(Vec<Range<u64>>, Ahead)>,
    durable: bool,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("file", &self.file)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

impl Files {
    /// Begins a file. `name` is what the caller calls it (letters and digits, such as a message id); the file
    /// gets a name of its own out of it, so that a repetition never touches an earlier file.
    pub fn incoming(&self, name: &str) -> Result<Incoming, StoreError> {
        self.changing()?;
        let (file, path) = self.fresh_name(name)?;
        let writing = self.inner.fs.create(&path).map_err(|error| StoreError::io("making a file", error))?;
        let incoming = Incoming { files: self.clone(), file, writing, ahead: None, durable: false };
        // Closed meanwhile: the close has looked for leftovers, perhaps before this one was there.
        self.changing()?;
        Ok(incoming)
    }
}

impl Incoming {
    /// Adds bytes. After an error the file is of no use: drop it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.files.charge(bytes.len() as u64)?;
        let before = self.writing.len();
        let written = self.writing.write_all(bytes);
        if written.is_err() {
            // What is in the file is given back when it is removed; what did not get into it, now.
            let kept = self.writing.len().saturating_sub(before);
            self.files.refund((bytes.len() as u64).saturating_sub(kept));
        }
        if let Some((_, ahead)) = &self.ahead {
            ahead.written(self.writing.len());
        }
        written.map_err(|error| StoreError::io("writing a file", error))
    }

    /// Begins to write back and to hash what is there, and goes on with it while more comes: for a file of which much
    /// is to come. `parts` is what [`Incoming::sync`] will be asked for; they follow each other from the file's start.
    /// False if the system has no thread for it.
    pub fn work_ahead(&mut self, parts: Vec<Range<u64>>) -> Result<bool, StoreError> {
        let Files { inner, .. } = &self.files;
        let path = self.files.path(&self.file)?;
        let ahead = Ahead::begin(&inner.fs, path, parts.clone(), self.writing.len());
        self.ahead = ahead.map(|ahead| (parts, ahead));
        Ok(self.ahead.is_some())
    }

    /// Makes all bytes and the name durable, and meanwhile hashes these parts of the file; their SHA-256 in the
    /// same order. Can take long: the driver does it on another thread.
    ///
    /// Hashed here and not as they come, so that the thread of the link has nothing to do with it: what was written
    /// a moment ago is read out of the system's memory while the medium is waited for.
    pub fn sync(&mut self, parts: &[Range<u64>]) -> Result<Vec<[u8; 32]>, StoreError> {
        // The close of the account takes what is not named by then for a leftover.
        self.files.changing()?;
        let failed = |error| StoreError::io("syncing a file", error);
        let begun = self.ahead.take();
        let Incoming { files, file, writing, .. } = self;
        let (mut hashes, mut synced) = (Ok(Vec::new()), Ok(()));
        if let Some((theirs, ahead)) = begun {
            ahead.complete();
            synced = writing.sync();
            let early = ahead.hashes().map_err(failed)?;
            hashes = if theirs == parts { Ok(early) } else { hash_all(files, file, parts) };
        } else {
            files
                .inner
                .fs
                .both(&mut || hashes = hash_all(files, file, parts), &mut || synced = writing.sync());
        }
        synced.map_err(failed)?;
        let hashes = hashes?;
        let dir = &files.inner.dir;
        files.inner.fs.sync_dir(dir).map_err(|error| StoreError::io("syncing a folder", error))?;
        self.durable = true;
        Ok(hashes)
    }

    /// SHA-256 of these parts of what was written so far, and nothing else.
    pub fn hashes(&self, parts: &[Range<u64>]) -> Result<Vec<[u8; 32]>, StoreError> {
        hash_all(&self.files, &self.file, parts)
    }

    /// Keeps the file without the cost of a sync, in tests that make many.
    #[cfg(test)]
    pub(crate) fn durable_for_tests(&mut self) {
        self.durable = true;
    }

    /// Its name in `files/`, for the row that will name it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Bytes written so far.
    pub fn size(&self) -> u64 {
        self.writing.len()
    }

    /// Removes it.
    pub fn abandon(mut self) {
        self.durable = false;
    }
}

fn hash_all(files: &Files, file: &str, parts: &[Range<u64>]) -> Result<Vec<[u8; 32]>, StoreError> {
    let reading = files.inner.fs.open(&files.path(file)?);
    let reading = reading.map_err(|error| StoreError::io("opening a file", error))?;
    parts
        .iter()
        .map(|part| {
            let (hash, size) = hash_part(&*reading, part.clone())
                .map_err(|error| StoreError::io("reading a file", error))?;
            let whole = size == part.end.saturating_sub(part.start);
            if whole {
                Ok(hash)
            } else {
                Err(StoreError::Corrupt { what: "a file of the account is too short" })
            }
        })
        .collect()
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Nothing has the file open any more.
        self.ahead = None;
        if self.durable {
            return;
        }
        if self.files.remove_now(&self.file).is_err() {
            tracing::warn!("A file that is not needed could not be removed; the next start does it.");
        }
    }
}

//! A large delivery on its way in: written piece by piece, hashed on the way, synced before a row names it.

use std::fmt;

use sha2::{Digest, Sha256};

use super::Files;
use crate::error::StoreError;
use crate::fs::WritableFile;

/// A file that is being written. Dropped before [`Incoming::sync`] has succeeded, it is removed.
pub struct Incoming {
    files: Files,
    file: String,
    writing: Box<dyn WritableFile>,
    hash: Sha256,
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
        let incoming = Incoming { files: self.clone(), file, writing, hash: Sha256::new(), durable: false };
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
        written.map_err(|error| StoreError::io("writing a file", error))?;
        self.hash.update(bytes);
        Ok(())
    }

    /// Makes all bytes and the name durable. Can take long: the driver does it on another thread.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        // The close of the account takes what is not named by then for a leftover.
        self.files.changing()?;
        self.writing.sync().map_err(|error| StoreError::io("syncing a file", error))?;
        let dir = &self.files.inner.dir;
        self.files.inner.fs.sync_dir(dir).map_err(|error| StoreError::io("syncing a folder", error))?;
        self.durable = true;
        Ok(())
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

    /// SHA-256 of what was written so far.
    pub fn sha256(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// Removes it.
    pub fn abandon(mut self) {
        self.durable = false;
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if self.durable {
            return;
        }
        if self.files.remove_now(&self.file).is_err() {
            tracing::warn!("A file that is not needed could not be removed; the next start does it.");
        }
    }
}

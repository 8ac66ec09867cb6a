//! Taking a file in that is to be sent: copied, hashed, synced, before `send` returns.
//!
//! It is a copy and no hard link: a link would follow later edits of the original, and what is sent again
//! after a cut must be the same bytes.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::Files;
use crate::error::StoreError;
use crate::limits::{self, COPIED_AT_ONCE as LARGE};

/// A file that the store has taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// Its name in `files/`.
    pub file: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
}

impl Files {
    /// Takes a file in, durable on return. `name` is what the caller calls it (letters and digits); the file
    /// gets a name of its own out of it. The account must be open for writing (else the next opening would
    /// take the file for a leftover); can take long.
    pub fn stage(&self, source: &Path, name: &str) -> Result<Staged, StoreError> {
        self.changing()?;
        let fs = &self.inner.fs;
        let size =
            fs.size(source).map_err(|error| StoreError::io("looking at the file to be sent", error))?;
        self.charge(size)?;
        let (file, path) = self.fresh_name(name)?;
        let taken = self.take(source, &path);
        match taken {
            Ok((real, sha256)) => {
                // It may have been appended to between the two looks.
                self.refund(size);
                if let Err(error) = self.charge(real) {
                    let _ = fs.remove(&path);
                    return Err(error);
                }
                Ok(Staged { file, size: real, sha256 })
            }
            Err(error) => {
                self.refund(size);
                if fs.exists(&path).unwrap_or(false) && fs.remove(&path).is_err() {
                    tracing::warn!("A file that is not needed could not be removed; the next start does it.");
                }
                Err(error)
            }
        }
    }

    fn take(&self, source: &Path, path: &Path) -> Result<(u64, [u8; 32]), StoreError> {
        let fs = &self.inner.fs;
        self.copy(source, path)?;
        // Closed meanwhile: the close has looked for leftovers, perhaps before this one was there.
        self.changing()?;
        let (size, sha256) = self.hash(path)?;
        fs.sync_file(path).map_err(|error| StoreError::io("syncing a file", error))?;
        fs.sync_dir(&self.inner.dir).map_err(|error| StoreError::io("syncing a folder", error))?;
        Ok((size, sha256))
    }

    /// Where disks share blocks a copy costs nothing, whatever its size. Elsewhere a large one is made in pieces,
    /// which are synced on the way: so it can be given up at any time, and the last sync is short.
    fn copy(&self, source: &Path, path: &Path) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("copying the file to be sent", error);
        let fs = &self.inner.fs;
        if self.halt.is_none() || cfg!(target_vendor = "apple") || fs.size(source).map_err(failed)? < LARGE {
            fs.reflink_or_copy(source, path).map_err(failed)?;
            return Ok(());
        }
        let from = fs.open(source).map_err(failed)?;
        let mut to = fs.create(path).map_err(failed)?;
        let mut buf = vec![0; limits::CHUNK];
        let (mut size, mut synced) = (0, 0);
        loop {
            self.go_on()?;
            let count = from.read_at(size, &mut buf).map_err(failed)?;
            let Some(read) = buf.get(..count).filter(|read| !read.is_empty()) else { return Ok(()) };
            to.write_all(read).map_err(failed)?;
            size += count as u64;
            if size - synced >= LARGE {
                to.sync().map_err(failed)?;
                synced = size;
            }
        }
    }

    /// Hashes the copy, not the original, which may change meanwhile.
    fn hash(&self, path: &Path) -> Result<(u64, [u8; 32]), StoreError> {
        let failed = |error| StoreError::io("reading the file to be sent", error);
        let copy = self.inner.fs.open(path).map_err(failed)?;
        let mut hash = Sha256::new();
        let mut buf = vec![0; limits::CHUNK];
        let mut size = 0;
        loop {
            self.go_on()?;
            let count = copy.read_at(size, &mut buf).map_err(failed)?;
            let Some(read) = buf.get(..count).filter(|read| !read.is_empty()) else { break };
            hash.update(read);
            size += count as u64;
        }
        Ok((size, hash.finalize().into()))
    }
}

//! Taking a file in that is to be sent: copied, then hashed and synced, before `send` returns.
//!
//! It is a copy and no hard link: a link would follow later edits of the original, and what is sent again
//! after a cut must be the same bytes.

use std::path::Path;

use super::{Files, hash_part};
use crate::error::StoreError;

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
        fs.reflink_or_copy(source, path)
            .map_err(|error| StoreError::io("copying the file to be sent", error))?;
        // Closed meanwhile: the close has looked for leftovers, perhaps before this one was there.
        self.changing()?;
        let (mut hashed, mut synced) = (Ok(([0; 32], 0)), Ok(()));
        fs.both(&mut || hashed = self.hash(path), &mut || synced = fs.sync_file(path));
        let (sha256, size) = hashed?;
        synced.map_err(|error| StoreError::io("syncing a file", error))?;
        fs.sync_dir(&self.inner.dir).map_err(|error| StoreError::io("syncing a folder", error))?;
        Ok((size, sha256))
    }

    /// Hashes the copy, not the original, which may change meanwhile; and how many bytes it has.
    fn hash(&self, path: &Path) -> Result<([u8; 32], u64), StoreError> {
        let copy = self.inner.fs.open(path);
        let hashed = copy.and_then(|copy| hash_part(&*copy, 0..u64::MAX));
        hashed.map_err(|error| StoreError::io("reading the file to be sent", error))
    }
}

//! Taking a file in that is to be sent: copied, then hashed and synced, before `send` returns.
//!
//! It is a copy and no hard link: a link would follow later edits of the original, and what is sent again
//! after a cut must be the same bytes.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Files, hash_on};
use crate::error::StoreError;
use crate::limits::{CHUNK, COPIED_AT_ONCE as PIECE};

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
        // Where disks share blocks a copy costs nothing, whatever its size. Elsewhere a large one is made in pieces, so
        // that it can be given up at any time.
        let sharing = cfg!(target_vendor = "apple");
        let taken = if self.halt.is_none() || sharing || fs.size(source).map_err(not_copied)? < PIECE {
            self.copy_at_once(source, path)?
        } else {
            self.copy_in_pieces(source, path)?
        };
        // Closed meanwhile: the close has looked for leftovers, perhaps before this one was there.
        self.changing()?;
        fs.sync_dir(&self.inner.dir).map_err(|error| StoreError::io("syncing a folder", error))?;
        Ok(taken)
    }

    fn copy_at_once(&self, source: &Path, path: &Path) -> Result<(u64, [u8; 32]), StoreError> {
        let fs = &self.inner.fs;
        fs.reflink_or_copy(source, path).map_err(not_copied)?;
        let (mut hashed, mut synced) = (Ok((0, [0; 32])), Ok(()));
        fs.both(&mut || hashed = self.hash(path), &mut || synced = fs.sync_file(path));
        synced.map_err(not_synced)?;
        hashed
    }

    /// Hashes the copy, not the original, which may change meanwhile; and how many bytes it has.
    fn hash(&self, path: &Path) -> Result<(u64, [u8; 32]), StoreError> {
        let copy = self.inner.fs.open(path).map_err(not_read)?;
        let (mut hash, mut size) = (Sha256::new(), 0);
        loop {
            self.go_on()?;
            let read = hash_on(&mut hash, &*copy, size..size + PIECE).map_err(not_read)?;
            size += read;
            if read < PIECE {
                return Ok((size, hash.finalize().into()));
            }
        }
    }

    /// Copies a piece, then hashes and syncs it side by side, and so on.
    fn copy_in_pieces(&self, source: &Path, path: &Path) -> Result<(u64, [u8; 32]), StoreError> {
        let fs = &self.inner.fs;
        let from = fs.open(source).map_err(not_copied)?;
        let mut to = fs.create(path).map_err(not_copied)?;
        let copy = fs.open(path).map_err(not_read)?;
        let (mut hash, mut size) = (Sha256::new(), 0);
        let mut buf = vec![0; CHUNK];
        loop {
            let piece = size..size + PIECE;
            while size < piece.end {
                self.go_on()?;
                let count = from.read_at(size, &mut buf).map_err(not_copied)?;
                let Some(read) = buf.get(..count).filter(|read| !read.is_empty()) else { break };
                to.write_all(read).map_err(not_copied)?;
                size += count as u64;
            }
            let (mut hashed, mut synced) = (Ok(0), Ok(()));
            fs.both(&mut || hashed = hash_on(&mut hash, &*copy, piece.start..size), &mut || {
                synced = to.sync()
            });
            synced.map_err(not_synced)?;
            if hashed.map_err(not_read)? != size - piece.start {
                return Err(not_read(std::io::ErrorKind::UnexpectedEof.into()));
            }
            if size < piece.end {
                return Ok((size, hash.finalize().into()));
            }
        }
    }
}

fn not_copied(error: std::io::Error) -> StoreError {
    StoreError::io("copying the file to be sent", error)
}

fn not_read(error: std::io::Error) -> StoreError {
    StoreError::io("reading the file to be sent", error)
}

fn not_synced(error: std::io::Error) -> StoreError {
    StoreError::io("syncing a file", error)
}

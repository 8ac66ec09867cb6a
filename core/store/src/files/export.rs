//! Giving a file out to a place that the person chose.

use std::io;
use std::path::{Path, PathBuf};

use super::Files;
use crate::error::StoreError;
use crate::limits;

/// Where the bytes of something are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Here.
    Bytes(Vec<u8>),
    /// In a part of a file of this account.
    File {
        /// Its name in `files/`.
        file: String,
        /// Offset of the first byte.
        start: u64,
        /// Bytes.
        size: u64,
    },
}

impl Files {
    /// Writes the bytes to `to`: completely, or not at all. What is there already is replaced only with
    /// `overwrite`, otherwise it is [`StoreError::Exists`].
    pub fn export(&self, source: &Source, to: &Path, overwrite: bool) -> Result<(), StoreError> {
        let fs = &self.inner.fs;
        if !overwrite && fs.exists(to).map_err(|error| StoreError::io("looking at the target", error))? {
            return Err(StoreError::Exists);
        }
        let temporary = self.temporary(to)?;
        let done = self.write_out(source, &temporary).and_then(|()| {
            let moved = if overwrite { fs.rename(&temporary, to) } else { fs.rename_new(&temporary, to) };
            moved.map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => StoreError::Exists,
                _ => StoreError::io("naming the target", error),
            })
        });
        if done.is_err() && fs.exists(&temporary).unwrap_or(false) && fs.remove(&temporary).is_err() {
            tracing::warn!("A half-written file could not be removed.");
        }
        done?;
        let dir = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs.sync_dir(dir).map_err(|error| StoreError::io("syncing the target's folder", error))
    }

    /// A name beside the target that is free.
    fn temporary(&self, to: &Path) -> Result<PathBuf, StoreError> {
        for number in 0..100 {
            let path = to.with_file_name(format!(".tmtp-{number}.part"));
            if !self.inner.fs.exists(&path).map_err(|error| StoreError::io("looking at the target", error))? {
                return Ok(path);
            }
        }
        Err(StoreError::Exists)
    }

    fn write_out(&self, source: &Source, path: &Path) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("writing the target", error);
        let mut target = self.inner.fs.create(path).map_err(failed)?;
        match source {
            Source::Bytes(bytes) => target.write_all(bytes).map_err(failed)?,
            Source::File { file, start, size } => {
                let mut buf = vec![0; limits::CHUNK];
                let mut done = 0;
                while done < *size {
                    self.go_on()?;
                    let want = usize::try_from(size - done).unwrap_or(usize::MAX).min(buf.len());
                    let part = buf.get_mut(..want).unwrap_or_default();
                    let count = self.read_at(file, start + done, part)?;
                    if count < want {
                        return Err(StoreError::Corrupt { what: "a file of the account is too short" });
                    }
                    target.write_all(part).map_err(failed)?;
                    done += count as u64;
                }
            }
        }
        target.sync().map_err(failed)
    }
}

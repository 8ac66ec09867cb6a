//! The real disk, which can be told to be full: then nothing that needs room is done, as a full disk would have it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tmtp_client::RealFs;
use tmtp_store::FileSystem;
use tmtp_store::fs::{ReadableFile, WritableFile};

use super::Controls;

/// The real disk with an end.
pub(super) struct LimitedFs {
    real: RealFs,
    controls: Arc<Controls>,
}

impl LimitedFs {
    pub(super) fn new(controls: Arc<Controls>) -> LimitedFs {
        LimitedFs { real: RealFs, controls }
    }

    fn room(&self) -> io::Result<()> {
        if self.controls.is_full() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl FileSystem for LimitedFs {
    fn create(&self, path: &Path) -> io::Result<Box<dyn WritableFile>> {
        let file = self.real.create(path)?;
        Ok(Box::new(LimitedFile { file, controls: Arc::clone(&self.controls) }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadableFile>> {
        self.real.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.real.rename(from, to)
    }

    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.real.rename_new(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.real.remove(path)
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        if !dir.exists() {
            self.room()?;
        }
        self.real.create_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.real.sync_dir(dir)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.real.exists(path)
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        self.real.size(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.real.list(dir)
    }

    fn reflink_or_copy(&self, from: &Path, to: &Path) -> io::Result<u64> {
        self.room()?;
        self.real.reflink_or_copy(from, to)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.real.sync_file(path)
    }

    fn free_space(&self, dir: &Path) -> io::Result<u64> {
        if self.controls.is_full() { Ok(0) } else { self.real.free_space(dir) }
    }
}

/// A file that does not grow while the disk is full.
struct LimitedFile {
    file: Box<dyn WritableFile>,
    controls: Arc<Controls>,
}

impl WritableFile for LimitedFile {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.controls.is_full() && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }

    fn len(&self) -> u64 {
        self.file.len()
    }
}

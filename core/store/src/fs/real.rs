//! The operating system's disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread::{self, JoinHandle};
#[cfg(unix)]
use std::time::UNIX_EPOCH;

use crate::limits;

use super::{FileIdentity, FileSystem, ReadableFile, WritableFile};

/// The operating system's disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFs;

struct Writing {
    file: File,
    len: u64,
}

struct Reading(File);

impl WritableFile for Writing {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// On Apple's systems the standard library asks for a full flush here, not only for `fsync`.
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn len(&self) -> u64 {
        self.len
    }
}

impl ReadableFile for Reading {
    #[cfg(unix)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.0, buf, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.0, buf, offset)
    }
}

fn new_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

impl FileSystem for RealFs {
    fn create(&self, path: &Path) -> io::Result<Box<dyn WritableFile>> {
        Ok(Box::new(Writing { file: new_file().open(path)?, len: 0 }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadableFile>> {
        // Asked before it is opened: opening a pipe would wait for its other end.
        self.size(path)?;
        Ok(Box::new(Reading(File::open(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        match fs::hard_link(from, to) {
            Ok(()) => return fs::remove_file(from),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            // Some disks (memory cards) have no links: there a short race with another process remains.
            Err(_) if fs::exists(to)? => return Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => {}
        }
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
        if let Some(above) = above {
            self.create_dir(above)?;
        }
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(dir) {
            // Somebody else has made it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
            other => other?,
        }
        self.sync_dir(above.unwrap_or(Path::new(".")))
    }

    #[cfg(unix)]
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        Ok(())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        fs::exists(path)
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        let about = fs::metadata(path)?;
        if !about.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
        }
        Ok(about.len())
    }

    #[cfg(unix)]
    fn identity(&self, path: &Path) -> io::Result<Option<FileIdentity>> {
        let about = fs::metadata(path)?;
        let born = about.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
        let number = std::os::unix::fs::MetadataExt::ino(&about);
        Ok(Some(FileIdentity { number, born: born.map(|since| since.as_nanos()) }))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn reflink_or_copy(&self, from: &Path, to: &Path) -> io::Result<u64> {
        if fs::exists(to)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        // The standard library shares blocks where the disk can (APFS, Btrfs, XFS) and refuses what is no file.
        let size = fs::copy(from, to)?;
        #[cfg(unix)]
        fs::set_permissions(to, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(size)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    #[cfg(unix)]
    fn free_space(&self, dir: &Path) -> io::Result<u64> {
        let about = rustix::fs::statvfs(dir)?;
        Ok(about.f_bavail.saturating_mul(about.f_frsize))
    }

    #[cfg(not(unix))]
    fn free_space(&self, _dir: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn beside(&self, work: Box<dyn FnOnce() + Send>) -> Option<JoinHandle<()>> {
        thread::Builder::new().name("tmtp-ahead".to_owned()).stack_size(limits::AHEAD_STACK).spawn(work).ok()
    }

    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        let mut begun = false;
        thread::scope(|scope| {
            begun = thread::Builder::new().spawn_scoped(scope, &mut *one).is_ok();
            other();
        });
        // There was no thread to be had.
        if !begun {
            one();
        }
    }
}

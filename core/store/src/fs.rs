//! The files below an account, as a trait: so that tests can put a disk under it that loses what was not
//! synced. The database has its own way to the disk (SQLite's VFS); both must be the same disk.
//!
//! Nothing here is durable by itself: a file's bytes are after [`WritableFile::sync`], its name after
//! [`FileSystem::sync_dir`] of its folder.

use std::io;
use std::path::Path;
use std::thread::JoinHandle;

mod real;

pub use real::RealFs;

/// A disk.
pub trait FileSystem: Send + Sync {
    /// Makes a file that must not exist, readable by its owner only.
    fn create(&self, path: &Path) -> io::Result<Box<dyn WritableFile>>;
    /// Opens a file for reading. Folders and devices are refused.
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadableFile>>;
    /// Moves a file, replacing what is there.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Moves a file to a name that must not exist yet.
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes a folder and those above it, readable by its owner only, durable on return. One that exists is fine.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Whether there is a file.
    fn exists(&self, path: &Path) -> io::Result<bool>;
    /// Bytes of a file.
    fn size(&self, path: &Path) -> io::Result<u64>;
    /// What is the same for this file for as long as it is not copied, whatever it is called; `None` if the disk tells
    /// nothing of that kind. A simulated disk does not.
    fn identity(&self, path: &Path) -> io::Result<Option<FileIdentity>> {
        let _ = path;
        Ok(None)
    }
    /// The names of the files in a folder, in no order.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Copies a file to a name that must not exist, by sharing its blocks where the disk can; its size. Not
    /// yet durable: [`FileSystem::sync_file`] makes it so.
    fn reflink_or_copy(&self, from: &Path, to: &Path) -> io::Result<u64>;
    /// Makes the bytes of a file durable that is not open.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Bytes that are free on the disk of a folder.
    fn free_space(&self, dir: &Path) -> io::Result<u64>;
    /// Begins work on a thread of its own, if it can. Here it cannot: a simulated disk knows no two at once.
    fn beside(&self, work: Box<dyn FnOnce() + Send>) -> Option<JoinHandle<()>> {
        drop(work);
        None
    }
    /// Does two pieces of work, at the same time if it can. Here one after the other, so that what happens to a
    /// simulated disk happens in the same order each time.
    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        one();
        other();
    }
}

/// What tells a file from its copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    /// Its number on its disk.
    pub number: u64,
    /// When it was made, in nanoseconds since 1970, where the disk knows.
    pub born: Option<u128>,
}

/// A file that grows at its end.
pub trait WritableFile: Send {
    /// Adds bytes at the end.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes all bytes durable, as far as the hardware keeps its word.
    fn sync(&mut self) -> io::Result<()>;
    /// Bytes written so far.
    fn len(&self) -> u64;
    /// Whether nothing was written yet.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A file that is read from any place.
pub trait ReadableFile: Send + Sync {
    /// Reads from `offset` into the start of `buf`; 0 only at the end.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;
}

/// Fills `buf` from `offset` on, or as much of it as the file has.
pub fn read_full(file: &dyn ReadableFile, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match file.read_at(offset + done as u64, rest) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Reads a small file whole; one of more than `max` bytes is refused.
pub fn read_small(fs: &dyn FileSystem, path: &Path, max: usize) -> io::Result<Vec<u8>> {
    let file = fs.open(path)?;
    let mut buf = vec![0; max + 1];
    let count = read_full(&*file, 0, &mut buf)?;
    if count > max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is larger than it can be"));
    }
    buf.truncate(count);
    Ok(buf)
}

/// Writes a small file so that after a crash either the old or the new one is there; durable on return.
pub fn write_atomic(fs: &dyn FileSystem, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let no_folder = || io::Error::new(io::ErrorKind::InvalidInput, "a file without a folder");
    let dir = path.parent().ok_or_else(no_folder)?;
    let mut name = path.file_name().ok_or_else(no_folder)?.to_owned();
    name.push(".new");
    let temporary = dir.join(name);
    if fs.exists(&temporary)? {
        fs.remove(&temporary)?;
    }
    let mut file = fs.create(&temporary)?;
    file.write_all(bytes)?;
    file.sync()?;
    drop(file);
    fs.rename(&temporary, path)?;
    fs.sync_dir(dir)
}

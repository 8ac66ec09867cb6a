//! The disk as a [`FileSystem`], for one life of the process.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tmtp_store::FileSystem;
use tmtp_store::fs::{ReadableFile, WritableFile};

use crate::disk::{Change, Shared, State};
use crate::fault::Fault;
use crate::model::{Entry, folder_of};
use crate::registry;

pub(crate) struct DiskFs {
    shared: Arc<Shared>,
    life: u64,
}

impl DiskFs {
    pub(crate) fn new(shared: Arc<Shared>, life: u64) -> DiskFs {
        DiskFs { shared, life }
    }

    /// A path of this disk, without its root.
    fn inner<'a>(&self, path: &'a Path) -> Result<&'a str, Fault> {
        let (id, inner) = path.to_str().and_then(registry::split).ok_or(Fault::Invalid)?;
        if id == self.shared.id { Ok(inner) } else { Err(Fault::Invalid) }
    }

    /// Runs an operation of a process that must be alive.
    fn with<T>(&self, run: impl FnOnce(&mut State) -> Result<T, Fault>) -> io::Result<T> {
        let mut state = self.shared.state();
        state.alive(self.life)?;
        Ok(run(&mut state)?)
    }

    fn handle(&self, path: &str, inode: u64) -> Handle {
        Handle { shared: self.shared.clone(), life: self.life, inode, path: path.to_owned(), len: 0 }
    }
}

/// An open file.
struct Handle {
    shared: Arc<Shared>,
    life: u64,
    inode: u64,
    path: String,
    len: usize,
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        if self.life == state.life
            && let Ok(file) = state.model.inode(self.inode)
        {
            file.opens = file.opens.saturating_sub(1);
            state.model.forget_if_gone(self.inode);
        }
    }
}

fn open(state: &mut State, inode: u64) -> Result<(), Fault> {
    state.model.inode(inode)?.opens += 1;
    Ok(())
}

fn sync_file(state: &mut State, path: &str, inode: u64) -> Result<(), Fault> {
    state.faults.before_sync()?;
    state.model.sync(inode)?;
    state.note(path, Change::Synced);
    state.faults.after_sync()
}

impl WritableFile for Handle {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.shared.state();
        state.alive(self.life)?;
        state.faults.write(true)?;
        state.model.write(self.inode, self.len, bytes)?;
        state.note(&self.path, Change::Written(bytes.len()));
        self.len += bytes.len();
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.shared.state();
        state.alive(self.life)?;
        Ok(sync_file(&mut state, &self.path, self.inode)?)
    }

    fn len(&self) -> u64 {
        self.len as u64
    }
}

impl ReadableFile for Handle {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut state = self.shared.state();
        state.alive(self.life)?;
        let file = state.model.inode(self.inode)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(file.bytes.len());
        let there = file.bytes.get(from..).unwrap_or_default();
        let count = there.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(there) {
            *to = *from;
        }
        Ok(count)
    }
}

impl FileSystem for DiskFs {
    fn create(&self, path: &Path) -> io::Result<Box<dyn WritableFile>> {
        let path = self.inner(path)?;
        let inode = self.with(|state| {
            state.faults.write(true)?;
            let inode = state.model.create(path)?;
            state.note(path, Change::Created);
            open(state, inode)?;
            Ok(inode)
        })?;
        Ok(Box::new(self.handle(path, inode)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadableFile>> {
        let path = self.inner(path)?;
        let inode = self.with(|state| {
            let inode = state.model.file(path)?;
            open(state, inode)?;
            Ok(inode)
        })?;
        Ok(Box::new(self.handle(path, inode)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (self.inner(from)?, self.inner(to)?);
        self.with(|state| {
            state.faults.write(false)?;
            state.model.rename(from, to)?;
            state.note(to, Change::Renamed);
            Ok(())
        })
    }

    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.exists(to)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let path = self.inner(path)?;
        self.with(|state| {
            state.faults.write(false)?;
            state.model.remove(path)?;
            state.note(path, Change::Removed);
            Ok(())
        })
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        let dir = self.inner(dir)?;
        self.with(|state| {
            let ends = dir.match_indices('/').skip(1).map(|(at, _)| at).chain([dir.len()]);
            for path in ends.filter_map(|end| dir.get(..end)) {
                match state.model.entry(path) {
                    Some(Entry::Folder) => continue,
                    Some(Entry::File(_)) => return Err(Fault::Exists),
                    None => {}
                }
                state.faults.write(true)?;
                state.model.make_folder(path);
                state.note(path, Change::Created);
                state.faults.before_sync()?;
                state.model.sync_folder(folder_of(path));
                state.faults.after_sync()?;
            }
            Ok(())
        })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let dir = self.inner(dir)?;
        self.with(|state| {
            if state.model.entry(dir) != Some(Entry::Folder) {
                return Err(Fault::NotFound);
            }
            state.faults.before_sync()?;
            state.model.sync_folder(dir);
            state.note(dir, Change::Synced);
            state.faults.after_sync()
        })
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        let path = self.inner(path)?;
        self.with(|state| Ok(state.model.entry(path).is_some()))
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        let path = self.inner(path)?;
        self.with(|state| {
            let inode = state.model.file(path)?;
            Ok(state.model.inode(inode)?.bytes.len() as u64)
        })
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let dir = self.inner(dir)?;
        self.with(|state| match state.model.entry(dir) {
            Some(Entry::Folder) => Ok(state.model.list(dir)),
            _ => Err(Fault::NotFound),
        })
    }

    fn reflink_or_copy(&self, from: &Path, to: &Path) -> io::Result<u64> {
        let from = self.inner(from)?;
        let bytes = self.with(|state| {
            let inode = state.model.file(from)?;
            Ok(state.model.inode(inode)?.bytes.clone())
        })?;
        self.create(to)?.write_all(&bytes)?;
        Ok(bytes.len() as u64)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let path = self.inner(path)?;
        self.with(|state| {
            let inode = state.model.file(path)?;
            sync_file(state, path, inode)
        })
    }

    fn free_space(&self, _dir: &Path) -> io::Result<u64> {
        self.with(|state| {
            let room = state.model.capacity.map(|capacity| capacity.saturating_sub(state.model.used));
            Ok(room.unwrap_or(u64::MAX))
        })
    }
}

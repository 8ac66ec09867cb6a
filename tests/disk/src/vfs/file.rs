//! A file as SQLite has it open: everything that is not about pointers.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::disk::{Change, Shared};
use crate::fault::Fault;
use crate::locks::{self, Shm};
use crate::model::folder_of;
use crate::registry;

/// How SQLite wants a file opened.
pub(super) struct Mode {
    pub(super) create: bool,
    pub(super) exclusive: bool,
    pub(super) delete_on_close: bool,
    /// A journal or log: its first sync makes its name durable too, as on a real disk.
    pub(super) journal: bool,
}

/// An open file.
pub(super) enum OpenFile {
    /// One with a name, on some disk.
    Named(Named),
    /// One without: for sorting and the like, gone when it is closed.
    Scratch(Vec<u8>),
}

pub(super) struct Named {
    shared: Arc<Shared>,
    life: u64,
    handle: u64,
    inode: u64,
    path: String,
    sync_folder: bool,
    delete_on_close: bool,
    shm: Option<Arc<Shm>>,
}

impl OpenFile {
    pub(super) fn open(path: &str, mode: &Mode) -> Result<OpenFile, Fault> {
        let (shared, path) = registry::find(path).ok_or(Fault::Invalid)?;
        let mut guard = shared.state();
        let state = &mut *guard;
        state.faults.alive()?;
        let (inode, made) = match state.model.file(path) {
            Ok(_) if mode.create && mode.exclusive => return Err(Fault::Exists),
            Ok(inode) => (inode, false),
            Err(Fault::NotFound) if mode.create => {
                state.faults.write(true)?;
                let inode = state.model.create(path)?;
                state.note(path, Change::Created);
                (inode, true)
            }
            Err(fault) => return Err(fault),
        };
        state.model.inode(inode)?.opens += 1;
        state.next_handle += 1;
        let named = Named {
            life: state.life,
            handle: state.next_handle,
            inode,
            path: path.to_owned(),
            sync_folder: made && mode.journal,
            delete_on_close: mode.delete_on_close,
            shm: None,
            shared: shared.clone(),
        };
        drop(guard);
        Ok(OpenFile::Named(named))
    }

    /// Reads what there is; the number of bytes.
    pub(super) fn read(&self, offset: usize, buf: &mut [u8]) -> Result<usize, Fault> {
        let mut fill = |bytes: &[u8]| {
            let there = bytes.get(offset.min(bytes.len())..).unwrap_or_default();
            let count = there.len().min(buf.len());
            if let (Some(to), Some(from)) = (buf.get_mut(..count), there.get(..count)) {
                to.copy_from_slice(from);
            }
            count
        };
        match self {
            OpenFile::Scratch(bytes) => Ok(fill(bytes)),
            OpenFile::Named(named) => {
                let mut state = named.shared.state();
                state.alive(named.life)?;
                Ok(fill(&state.model.inode(named.inode)?.bytes))
            }
        }
    }

    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), Fault> {
        match self {
            OpenFile::Scratch(target) => {
                if target.len() < offset + bytes.len() {
                    target.resize(offset + bytes.len(), 0);
                }
                if let Some(part) = target.get_mut(offset..offset + bytes.len()) {
                    part.copy_from_slice(bytes);
                }
                Ok(())
            }
            OpenFile::Named(named) => {
                let mut state = named.shared.state();
                state.alive(named.life)?;
                state.faults.write(true)?;
                state.model.write(named.inode, offset, bytes)?;
                state.note(&named.path, Change::Written(bytes.len()));
                Ok(())
            }
        }
    }

    pub(super) fn truncate(&mut self, len: usize) -> Result<(), Fault> {
        match self {
            OpenFile::Scratch(bytes) => bytes.resize(len, 0),
            OpenFile::Named(named) => {
                let mut state = named.shared.state();
                state.alive(named.life)?;
                state.faults.write(false)?;
                state.model.truncate(named.inode, len)?;
                state.note(&named.path, Change::Truncated);
            }
        }
        Ok(())
    }

    pub(super) fn sync(&mut self) -> Result<(), Fault> {
        let OpenFile::Named(named) = self else { return Ok(()) };
        let mut guard = named.shared.state();
        let state = &mut *guard;
        state.alive(named.life)?;
        state.faults.before_sync()?;
        state.model.sync(named.inode)?;
        if std::mem::take(&mut named.sync_folder) {
            state.model.sync_folder(folder_of(&named.path));
        }
        state.note(&named.path, Change::Synced);
        state.faults.after_sync()
    }

    pub(super) fn size(&self) -> Result<usize, Fault> {
        match self {
            OpenFile::Scratch(bytes) => Ok(bytes.len()),
            OpenFile::Named(named) => {
                let mut state = named.shared.state();
                state.alive(named.life)?;
                Ok(state.model.inode(named.inode)?.bytes.len())
            }
        }
    }

    /// Raises the database lock; false if others are in the way.
    pub(super) fn lock(&self, level: i32) -> Result<bool, Fault> {
        let OpenFile::Named(named) = self else { return Ok(true) };
        let mut state = named.shared.state();
        state.alive(named.life)?;
        Ok(state.model.inode(named.inode)?.locks.lock(named.handle, level))
    }

    /// Lowers it. A dead process holds none anyway.
    pub(super) fn unlock(&self, level: i32) {
        let OpenFile::Named(named) = self else { return };
        let mut state = named.shared.state();
        if state.life == named.life
            && let Ok(file) = state.model.inode(named.inode)
        {
            file.locks.unlock(named.handle, level);
        }
    }

    pub(super) fn is_reserved(&self) -> Result<bool, Fault> {
        let OpenFile::Named(named) = self else { return Ok(false) };
        let mut state = named.shared.state();
        state.alive(named.life)?;
        Ok(state.model.inode(named.inode)?.locks.is_reserved())
    }

    /// The start of a region of the log's shared memory. It stays valid until [`OpenFile::shm_leave`].
    pub(super) fn shm_region(
        &mut self,
        index: usize,
        bytes: usize,
        make: bool,
    ) -> Result<Option<*const AtomicU64>, Fault> {
        let OpenFile::Named(named) = self else { return Err(Fault::Invalid) };
        let mut state = named.shared.state();
        state.alive(named.life)?;
        let file = state.model.inode(named.inode)?;
        let shm = match (&named.shm, file.shm.upgrade()) {
            (Some(mine), _) => mine.clone(),
            (None, Some(shared)) => shared,
            (None, None) => Arc::default(),
        };
        file.shm = Arc::downgrade(&shm);
        Ok(named.shm.insert(shm).region(index, bytes, make))
    }

    /// Takes or gives back locks of the shared memory; false if others are in the way.
    pub(super) fn shm_lock(
        &self,
        first: usize,
        count: usize,
        take: bool,
        alone: bool,
    ) -> Result<bool, Fault> {
        let OpenFile::Named(named) = self else { return Err(Fault::Invalid) };
        let Some(shm) = &named.shm else { return Err(Fault::Invalid) };
        if !take {
            shm.unlock(named.handle, first, count, alone);
            return Ok(true);
        }
        named.shared.state().alive(named.life)?;
        Ok(shm.lock(named.handle, first, count, alone))
    }

    /// Lets go of the shared memory. With the last connection of a life it is gone.
    pub(super) fn shm_leave(&mut self) {
        if let OpenFile::Named(named) = self
            && let Some(shm) = named.shm.take()
        {
            shm.leave(named.handle);
        }
    }

    pub(super) fn close(mut self) {
        self.shm_leave();
        self.unlock(locks::NONE);
        let OpenFile::Named(named) = self else { return };
        let mut state = named.shared.state();
        if state.life != named.life {
            return;
        }
        if named.delete_on_close && state.faults.write(false).is_ok() {
            // It may have been removed already.
            let _ = state.model.remove(&named.path);
        }
        if let Ok(file) = state.model.inode(named.inode) {
            file.opens = file.opens.saturating_sub(1);
            state.model.forget_if_gone(named.inode);
        }
        drop(state);
    }
}

/// Removes a file by its path.
pub(super) fn remove(path: &str, sync_folder: bool) -> Result<(), Fault> {
    let (shared, path) = registry::find(path).ok_or(Fault::Invalid)?;
    let mut guard = shared.state();
    let state = &mut *guard;
    state.faults.write(false)?;
    state.model.remove(path)?;
    state.note(path, Change::Removed);
    if sync_folder {
        state.faults.before_sync()?;
        state.model.sync_folder(folder_of(path));
        state.faults.after_sync()?;
    }
    drop(guard);
    Ok(())
}

/// Whether there is a file with anything in it: an empty one counts as none, as in SQLite's own VFS.
pub(super) fn exists(path: &str) -> Result<bool, Fault> {
    let (shared, path) = registry::find(path).ok_or(Fault::Invalid)?;
    let mut state = shared.state();
    state.faults.alive()?;
    let Ok(inode) = state.model.file(path) else { return Ok(false) };
    let filled = state.model.inode(inode).is_ok_and(|file| !file.bytes.is_empty());
    drop(state);
    Ok(filled)
}

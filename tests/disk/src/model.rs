//! Files and names, as they are now and as they are durable.
//!
//! A file's bytes become durable by a sync of the file, its name by a sync of its folder. Until then each
//! change is pending: a kill drops it, or, where the disk tears, keeps it, or a part of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Weak;

use crate::fault::Fault;
use crate::locks::{DatabaseLocks, Shm};
use crate::rng::Rng;

/// Bytes that a disk writes as one. A torn write keeps some of these and loses others.
const SECTOR: usize = 512;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Folder,
    File(u64),
}

/// A change of names that is not durable yet, in the folder that must be synced for it.
struct NameChange {
    folder: String,
    change: Naming,
}

enum Naming {
    Set(String, Entry),
    Remove(String),
    Rename(String, String),
}

/// A change of bytes that is not durable yet.
enum Pending {
    Write { offset: usize, bytes: Box<[u8]> },
    Truncate(usize),
}

/// A file, whatever its names.
#[derive(Default)]
pub(crate) struct Inode {
    pub(crate) bytes: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Pending>,
    /// Open handles of the living process.
    pub(crate) opens: u32,
    pub(crate) locks: DatabaseLocks,
    pub(crate) shm: Weak<Shm>,
}

#[derive(Default)]
pub(crate) struct Model {
    names: BTreeMap<String, Entry>,
    durable_names: BTreeMap<String, Entry>,
    pending_names: Vec<NameChange>,
    inodes: HashMap<u64, Inode>,
    next_inode: u64,
    /// Bytes of all files that exist.
    pub(crate) used: u64,
    pub(crate) capacity: Option<u64>,
}

/// The folder of a path; the root's is empty.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn apply_name(names: &mut BTreeMap<String, Entry>, change: &Naming) {
    match change {
        Naming::Set(path, entry) => {
            names.insert(path.clone(), *entry);
        }
        Naming::Remove(path) => {
            names.remove(path);
        }
        Naming::Rename(from, to) => {
            if let Some(entry) = names.remove(from) {
                names.insert(to.clone(), entry);
            }
        }
    }
}

fn write_into(target: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if target.len() < end {
        target.resize(end, 0);
    }
    if let Some(part) = target.get_mut(offset..end) {
        part.copy_from_slice(bytes);
    }
}

impl Model {
    pub(crate) fn entry(&self, path: &str) -> Option<Entry> {
        if path.is_empty() { Some(Entry::Folder) } else { self.names.get(path).copied() }
    }

    pub(crate) fn file(&self, path: &str) -> Result<u64, Fault> {
        match self.entry(path) {
            Some(Entry::File(inode)) => Ok(inode),
            Some(Entry::Folder) => Err(Fault::Invalid),
            None => Err(Fault::NotFound),
        }
    }

    pub(crate) fn inode(&mut self, inode: u64) -> Result<&mut Inode, Fault> {
        self.inodes.get_mut(&inode).ok_or(Fault::NotFound)
    }

    /// The names of the files directly in a folder.
    pub(crate) fn list(&self, folder: &str) -> Vec<String> {
        let prefix = format!("{folder}/");
        let inside = self.names.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        inside
            .filter(|(_, entry)| matches!(entry, Entry::File(_)))
            .filter_map(|(path, _)| path.strip_prefix(&prefix))
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect()
    }

    pub(crate) fn create(&mut self, path: &str) -> Result<u64, Fault> {
        if self.entry(path).is_some() {
            return Err(Fault::Exists);
        }
        if self.entry(folder_of(path)) != Some(Entry::Folder) {
            return Err(Fault::NotFound);
        }
        self.next_inode += 1;
        self.inodes.insert(self.next_inode, Inode::default());
        self.rename_in(folder_of(path), Naming::Set(path.to_owned(), Entry::File(self.next_inode)));
        Ok(self.next_inode)
    }

    pub(crate) fn make_folder(&mut self, path: &str) {
        self.rename_in(folder_of(path), Naming::Set(path.to_owned(), Entry::Folder));
    }

    pub(crate) fn remove(&mut self, path: &str) -> Result<(), Fault> {
        let inode = self.file(path)?;
        self.rename_in(folder_of(path), Naming::Remove(path.to_owned()));
        self.forget_if_gone(inode);
        Ok(())
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) -> Result<(), Fault> {
        self.file(from)?;
        if self.entry(folder_of(to)) != Some(Entry::Folder) {
            return Err(Fault::NotFound);
        }
        let replaced = match self.entry(to) {
            Some(Entry::Folder) => return Err(Fault::Invalid),
            Some(Entry::File(inode)) => Some(inode),
            None => None,
        };
        self.rename_in(folder_of(to), Naming::Rename(from.to_owned(), to.to_owned()));
        if let Some(inode) = replaced {
            self.forget_if_gone(inode);
        }
        Ok(())
    }

    fn rename_in(&mut self, folder: &str, change: Naming) {
        apply_name(&mut self.names, &change);
        self.pending_names.push(NameChange { folder: folder.to_owned(), change });
    }

    /// Writes. Room is only needed for what makes the file longer.
    pub(crate) fn write(&mut self, inode: u64, offset: usize, bytes: &[u8]) -> Result<(), Fault> {
        let left = self.capacity.map(|capacity| capacity.saturating_sub(self.used));
        let file = self.inode(inode)?;
        let grows = (offset + bytes.len()).saturating_sub(file.bytes.len()) as u64;
        if left.is_some_and(|left| grows > left) {
            return Err(Fault::Full);
        }
        write_into(&mut file.bytes, offset, bytes);
        file.pending.push(Pending::Write { offset, bytes: bytes.into() });
        self.used += grows;
        Ok(())
    }

    pub(crate) fn truncate(&mut self, inode: u64, len: usize) -> Result<(), Fault> {
        let file = self.inode(inode)?;
        let before = file.bytes.len();
        file.bytes.resize(len, 0);
        file.pending.push(Pending::Truncate(len));
        self.used = (self.used + len as u64).saturating_sub(before as u64);
        Ok(())
    }

    pub(crate) fn sync(&mut self, inode: u64) -> Result<(), Fault> {
        let Inode { durable, pending, .. } = self.inode(inode)?;
        for change in pending.drain(..) {
            match change {
                Pending::Write { offset, bytes } => write_into(durable, offset, &bytes),
                Pending::Truncate(len) => durable.resize(len, 0),
            }
        }
        Ok(())
    }

    pub(crate) fn sync_folder(&mut self, folder: &str) {
        let durable_names = &mut self.durable_names;
        let before = self.pending_names.len();
        self.pending_names.retain(|pending| {
            let here = pending.folder == folder;
            if here {
                apply_name(durable_names, &pending.change);
            }
            !here
        });
        if self.pending_names.len() < before {
            self.forget_all_gone();
        }
    }

    /// Changes of existing files, and of names, that a kill could lose.
    pub(crate) fn unsynced(&self) -> usize {
        let files = self.names.values().filter_map(|entry| match entry {
            Entry::File(inode) => self.inodes.get(inode),
            Entry::Folder => None,
        });
        files.map(|file| file.pending.len()).sum::<usize>() + self.pending_names.len()
    }

    /// The paths of those changes: of files that exist, and of names.
    pub(crate) fn unsynced_paths(&self) -> Vec<String> {
        let files = self.names.iter().filter(|(_, entry)| match entry {
            Entry::File(inode) => self.inodes.get(inode).is_some_and(|file| !file.pending.is_empty()),
            Entry::Folder => false,
        });
        let names = self.pending_names.iter().map(|pending| match &pending.change {
            Naming::Set(name, _) | Naming::Remove(name) | Naming::Rename(_, name) => name,
        });
        files.map(|(path, _)| path).chain(names).cloned().collect()
    }

    /// A file of which the living process has closed its last handle.
    pub(crate) fn forget_if_gone(&mut self, inode: u64) {
        let entry = Entry::File(inode);
        if self.names.values().any(|named| *named == entry) {
            return;
        }
        let Some(file) = self.inodes.get_mut(&inode) else { return };
        if file.opens > 0 {
            return;
        }
        self.used = self.used.saturating_sub(file.bytes.len() as u64);
        file.bytes = Vec::new();
        if !self.durable_names.values().any(|named| *named == entry) {
            self.inodes.remove(&inode);
        }
    }

    fn forget_all_gone(&mut self) {
        let Model { names, durable_names, inodes, .. } = self;
        inodes.retain(|inode, file| {
            let entry = Entry::File(*inode);
            let named = |names: &BTreeMap<String, Entry>| names.values().any(|named| *named == entry);
            file.opens > 0 || named(names) || named(durable_names)
        });
    }

    /// The process is dead: what is durable stays. With `tear`, chance keeps some of the rest. How many
    /// changes were lost.
    pub(crate) fn kill(&mut self, rng: &mut Rng, tear: bool) -> u64 {
        let mut lost = 0;
        let names_kept = if tear { rng.below(self.pending_names.len() + 1) } else { 0 };
        for (at, pending) in std::mem::take(&mut self.pending_names).into_iter().enumerate() {
            if at < names_kept {
                apply_name(&mut self.durable_names, &pending.change);
            } else {
                lost += 1;
            }
        }
        // In the order of their numbers, so that one seed gives one outcome.
        let mut order: Vec<u64> = self.inodes.keys().copied().collect();
        order.sort_unstable();
        for inode in order {
            let Some(file) = self.inodes.get_mut(&inode) else { continue };
            lost += file.kill(rng, tear);
        }
        self.names = self.durable_names.clone();
        self.drop_names_without_folder();
        self.forget_all_gone();
        self.used = self.inodes.values().map(|file| file.bytes.len() as u64).sum();
        lost
    }

    fn drop_names_without_folder(&mut self) {
        let mut kept: BTreeMap<String, Entry> = BTreeMap::new();
        // A folder comes before what is in it.
        for (path, entry) in &self.names {
            let folder = folder_of(path);
            if folder.is_empty() || kept.get(folder) == Some(&Entry::Folder) {
                kept.insert(path.clone(), *entry);
            }
        }
        self.names.clone_from(&kept);
        self.durable_names = kept;
    }

    /// Changes one byte for good. False if the file is shorter.
    pub(crate) fn damage(&mut self, inode: u64, offset: usize) -> bool {
        let Some(file) = self.inodes.get_mut(&inode) else { return false };
        let mut found = false;
        for bytes in [&mut file.bytes, &mut file.durable] {
            if let Some(byte) = bytes.get_mut(offset) {
                *byte = !*byte;
                found = true;
            }
        }
        found
    }

    /// What would be left if the power went now, on another disk.
    pub(crate) fn durable_image(&self) -> Model {
        let files = self.inodes.iter().map(|(inode, file)| {
            let (bytes, durable) = (file.durable.clone(), file.durable.clone());
            (*inode, Inode { bytes, durable, ..Inode::default() })
        });
        let mut image = Model {
            names: self.durable_names.clone(),
            durable_names: self.durable_names.clone(),
            inodes: files.collect(),
            next_inode: self.next_inode,
            ..Model::default()
        };
        image.drop_names_without_folder();
        image.forget_all_gone();
        image.used = image.inodes.values().map(|file| file.bytes.len() as u64).sum();
        image
    }

    /// Everything as it is now, durable, on another disk.
    pub(crate) fn image(&self) -> Model {
        let files = self.inodes.iter().map(|(inode, file)| {
            let copy = Inode { bytes: file.bytes.clone(), durable: file.bytes.clone(), ..Inode::default() };
            (*inode, copy)
        });
        Model {
            names: self.names.clone(),
            durable_names: self.names.clone(),
            inodes: files.collect(),
            next_inode: self.next_inode,
            used: self.used,
            ..Model::default()
        }
    }
}

impl Inode {
    fn kill(&mut self, rng: &mut Rng, tear: bool) -> u64 {
        self.opens = 0;
        self.locks = DatabaseLocks::default();
        self.shm = Weak::new();
        if self.pending.is_empty() {
            // A removed file whose removal was lost has its bytes again.
            self.bytes.clone_from(&self.durable);
            return 0;
        }
        let pending = std::mem::take(&mut self.pending);
        // A disk drops all it had not written, or has written all in order, or up to a point, or anything.
        let way = if tear { rng.below(4) } else { 0 };
        let up_to = rng.below(pending.len() + 1);
        let mut lost = 0;
        for (at, change) in pending.into_iter().enumerate() {
            let whole = way == 1 || way == 2 && at < up_to;
            if way == 3 {
                lost += self.tear(rng, change);
            } else if whole {
                self.keep(&change);
            } else {
                lost += 1;
            }
        }
        self.bytes.clone_from(&self.durable);
        lost
    }

    fn keep(&mut self, change: &Pending) {
        match change {
            Pending::Write { offset, bytes } => write_into(&mut self.durable, *offset, bytes),
            Pending::Truncate(len) => self.durable.resize(*len, 0),
        }
    }

    /// Keeps each sector of a write or not. 1 if anything was lost.
    fn tear(&mut self, rng: &mut Rng, change: Pending) -> u64 {
        let Pending::Write { offset, bytes } = change else {
            let keep = rng.coin();
            if keep {
                self.keep(&change);
            }
            return u64::from(!keep);
        };
        let mut lost = 0;
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let at = offset + done;
            let len = (SECTOR - at % SECTOR).min(rest.len());
            if rng.coin() {
                write_into(&mut self.durable, at, rest.get(..len).unwrap_or_default());
            } else {
                lost = 1;
            }
            done += len;
        }
        lost
    }
}

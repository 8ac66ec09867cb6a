//! The handle that tests hold.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tmtp_store::FileSystem;

use crate::fault::{Fault, Faults};
use crate::fs::DiskFs;
use crate::model::Model;
use crate::rng::Rng;
use crate::{registry, vfs};

/// On which side of a sync the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The sync does not happen.
    Before,
    /// The sync is complete, but nobody hears of it.
    After,
}

/// What happened on a disk that records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The path of the file or folder, without the disk's root.
    pub path: String,
    /// What was done to it.
    pub change: Change,
}

/// What was done to a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was made.
    Created,
    /// This many bytes were written.
    Written(usize),
    /// It was cut or lengthened.
    Truncated,
    /// It got this name.
    Renamed,
    /// It was removed.
    Removed,
    /// Its bytes, or a folder's names, were made durable.
    Synced,
}

pub(crate) struct Shared {
    pub(crate) id: u64,
    state: Mutex<State>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        registry::remove(self.id);
    }
}

pub(crate) struct State {
    pub(crate) model: Model,
    pub(crate) faults: Faults,
    /// Counts lives: handles of an earlier one are of a dead process.
    pub(crate) life: u64,
    pub(crate) next_handle: u64,
    rng: Rng,
    tear: bool,
    log: Option<Vec<Event>>,
}

impl State {
    pub(crate) fn alive(&self, life: u64) -> Result<(), Fault> {
        if life == self.life { self.faults.alive() } else { Err(Fault::Dead) }
    }

    pub(crate) fn note(&mut self, path: &str, change: Change) {
        if let Some(log) = &mut self.log {
            log.push(Event { path: path.to_owned(), change });
        }
    }
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A simulated disk. Clones are handles of the same disk.
#[derive(Clone)]
pub struct Disk {
    shared: Arc<Shared>,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("id", &self.shared.id).finish_non_exhaustive()
    }
}

impl Disk {
    /// An empty disk, whose choices come from a seed.
    pub fn new(seed: u64) -> Disk {
        Disk::with(Model::default(), seed)
    }

    fn with(model: Model, seed: u64) -> Disk {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        vfs::register();
        let state = State {
            model,
            faults: Faults::default(),
            life: 0,
            next_handle: 0,
            rng: Rng::new(seed),
            tear: false,
            log: None,
        };
        let shared = Arc::new(Shared { id: NEXT.fetch_add(1, Ordering::Relaxed), state: Mutex::new(state) });
        registry::add(&shared);
        Disk { shared }
    }

    /// The folder that every path of this disk begins with. It exists, and only here.
    pub fn root(&self) -> PathBuf {
        registry::root(self.shared.id).into()
    }

    /// The files of this disk, for the process that lives now: after a [`Disk::kill`], ask for another.
    pub fn fs(&self) -> Arc<dyn FileSystem> {
        let life = self.shared.state().life;
        Arc::new(DiskFs::new(self.shared.clone(), life))
    }

    /// Whether a kill may also keep, or keep parts of, what was not synced, by the disk's own choice: it is
    /// all lost, all kept, kept up to a point in time, or kept sector by sector. Otherwise it is all lost.
    pub fn set_torn(&self, tear: bool) {
        self.shared.state().tear = tear;
    }

    /// Kills the process: what was not synced is lost (but see [`Disk::set_torn`]), open handles are of no
    /// use, locks are gone, ordered faults are forgotten. How many changes were lost.
    pub fn kill(&self) -> u64 {
        let mut state = self.shared.state();
        let State { model, faults, life, rng, tear, .. } = &mut *state;
        *life += 1;
        faults.forget();
        model.kill(rng, *tear)
    }

    /// Lets the process die at the `n`-th change from now on (1 is the next): it does not happen, and from then
    /// on every operation fails. Then drop what is open, and call [`Disk::kill`].
    pub fn die_at_write(&self, n: u64) {
        let mut state = self.shared.state();
        state.faults.die_at_write = Some(state.faults.writes + n);
    }

    /// Lets the process die at the `n`-th sync from now on.
    pub fn die_at_sync(&self, n: u64, when: When) {
        let mut state = self.shared.state();
        state.faults.die_at_sync = Some((state.faults.syncs + n, when));
    }

    /// Whether the process has died, and was not yet killed for good.
    pub fn dead(&self) -> bool {
        self.shared.state().faults.dead
    }

    /// How many bytes files may still grow by; `None`: as much as they like. What is removed gives room.
    pub fn set_room(&self, room: Option<u64>) {
        let mut state = self.shared.state();
        state.model.capacity = room.map(|room| state.model.used + room);
    }

    /// Lets the `n`-th change from now on (or the first behind it that needs room) fail as if the disk were
    /// full; only that one.
    pub fn full_at_write(&self, n: u64) {
        let mut state = self.shared.state();
        state.faults.full_at_write = Some(state.faults.writes + n);
    }

    /// Changes so far: of bytes, lengths and names.
    pub fn writes(&self) -> u64 {
        self.shared.state().faults.writes
    }

    /// Syncs completed so far, of files and folders.
    pub fn syncs(&self) -> u64 {
        self.shared.state().faults.syncs
    }

    /// Changes that a kill could lose now.
    pub fn unsynced(&self) -> usize {
        self.shared.state().model.unsynced()
    }

    /// The files and names of those changes, without the disk's root.
    pub fn unsynced_paths(&self) -> Vec<String> {
        self.shared.state().model.unsynced_paths()
    }

    /// Bytes of all files.
    pub fn used(&self) -> u64 {
        self.shared.state().model.used
    }

    /// Begins to record what happens, anew.
    pub fn record(&self) {
        self.shared.state().log = Some(Vec::new());
    }

    /// What happened since [`Disk::record`] or the last call.
    pub fn take_log(&self) -> Vec<Event> {
        self.shared.state().log.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Another disk with everything that is here now, durable: a clone, as a restored backup is one.
    pub fn copy(&self, seed: u64) -> Disk {
        let image = self.shared.state().model.image();
        Disk::with(image, seed)
    }

    /// Another disk with what would be left of this one if the power went now. This one goes on.
    pub fn durable_copy(&self, seed: u64) -> Disk {
        let image = self.shared.state().model.durable_image();
        Disk::with(image, seed)
    }

    /// Changes one byte of a file behind everybody's back: a damaged sector. False if there is none.
    pub fn damage(&self, path: &std::path::Path, offset: usize) -> bool {
        let Some(path) = path.to_str().and_then(registry::split) else { return false };
        let mut state = self.shared.state();
        let Ok(inode) = state.model.file(path.1) else { return false };
        state.model.damage(inode, offset)
    }
}

//! SQLite's locks, and the shared memory of its log.
//!
//! Database locks are counted per open file: many may read, one may intend to write, one may write alone
//! (`sqlite3.h`, "File Locking Levels"). The log's memory has eight locks of its own. Both live beside the
//! file in memory and are gone when its process is killed.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The levels of a database lock, as SQLite counts them.
pub(crate) const NONE: i32 = 0;
pub(crate) const SHARED: i32 = 1;
pub(crate) const RESERVED: i32 = 2;
pub(crate) const PENDING: i32 = 3;
pub(crate) const EXCLUSIVE: i32 = 4;

/// The locks on one database.
#[derive(Default)]
pub(crate) struct DatabaseLocks {
    /// Handles that hold any, with their level.
    held: Vec<(u64, i32)>,
}

impl DatabaseLocks {
    fn level(&self, handle: u64) -> i32 {
        self.held.iter().find(|(id, _)| *id == handle).map_or(NONE, |(_, level)| *level)
    }

    fn others(&self, handle: u64) -> i32 {
        self.held.iter().filter(|(id, _)| *id != handle).map(|(_, level)| *level).max().unwrap_or(NONE)
    }

    /// Raises the lock of a handle; false if others are in the way.
    pub(crate) fn lock(&mut self, handle: u64, wanted: i32) -> bool {
        let has = self.level(handle);
        if has >= wanted {
            return true;
        }
        let others = self.others(handle);
        let free = match wanted {
            SHARED => others < PENDING,
            RESERVED => others < RESERVED,
            _ => others < RESERVED,
        };
        if !free {
            return false;
        }
        if wanted == EXCLUSIVE && others >= SHARED {
            // Those who read may finish, and nobody new begins.
            self.set(handle, PENDING);
            return false;
        }
        self.set(handle, wanted);
        true
    }

    pub(crate) fn unlock(&mut self, handle: u64, to: i32) {
        if self.level(handle) > to {
            self.set(handle, to);
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.held.iter().any(|(_, level)| *level >= RESERVED)
    }

    fn set(&mut self, handle: u64, level: i32) {
        self.held.retain(|(id, _)| *id != handle);
        if level > NONE {
            self.held.push((handle, level));
        }
    }
}

/// How many locks the log's memory has.
const SLOTS: usize = 8;

/// The memory that the connections to one database share.
#[derive(Default)]
pub(crate) struct Shm {
    /// Atomic, so that it may be written through shared references; SQLite orders its accesses itself.
    regions: Mutex<Vec<Box<[AtomicU64]>>>,
    slots: Mutex<[Slot; SLOTS]>,
}

#[derive(Default)]
struct Slot {
    exclusive: Option<u64>,
    shared: Vec<u64>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shm {
    /// The start of a region; it stays where it is while `self` lives. `None` if there is none and none is to
    /// be made.
    pub(crate) fn region(&self, index: usize, bytes: usize, make: bool) -> Option<*const AtomicU64> {
        let mut regions = locked(&self.regions);
        while make && regions.len() <= index {
            regions.push((0..bytes.div_ceil(8)).map(|_| AtomicU64::new(0)).collect());
        }
        regions.get(index).map(|region| region.as_ptr())
    }

    /// Takes locks `first..first + count`, all or none; false if others are in the way.
    pub(crate) fn lock(&self, handle: u64, first: usize, count: usize, exclusive: bool) -> bool {
        let mut slots = locked(&self.slots);
        let Some(wanted) = slots.get_mut(first..first + count) else { return false };
        let free = wanted.iter().all(|slot| {
            let owned = slot.exclusive.is_none_or(|owner| owner == handle);
            owned && (!exclusive || slot.shared.iter().all(|reader| *reader == handle))
        });
        if !free {
            return false;
        }
        for slot in wanted {
            if exclusive {
                slot.exclusive = Some(handle);
            } else {
                slot.shared.push(handle);
            }
        }
        true
    }

    pub(crate) fn unlock(&self, handle: u64, first: usize, count: usize, exclusive: bool) {
        let mut slots = locked(&self.slots);
        for slot in slots.get_mut(first..first + count).unwrap_or_default() {
            if exclusive {
                slot.exclusive.take_if(|owner| *owner == handle);
            } else if let Some(at) = slot.shared.iter().position(|reader| *reader == handle) {
                slot.shared.swap_remove(at);
            }
        }
    }

    /// Gives back everything that a handle holds.
    pub(crate) fn leave(&self, handle: u64) {
        for slot in &mut *locked(&self.slots) {
            slot.exclusive.take_if(|owner| *owner == handle);
            slot.shared.retain(|reader| *reader != handle);
        }
    }
}

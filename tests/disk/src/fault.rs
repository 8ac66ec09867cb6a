//! Why an operation fails, and the faults that tests have ordered.

use std::io;

use crate::disk::When;

/// Why an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process is dead, or this handle is one of a process that was killed.
    Dead,
    Full,
    NotFound,
    Exists,
    /// Not a path of this disk, or not a file.
    Invalid,
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> io::Error {
        match fault {
            Fault::Dead => io::Error::other("the process is dead"),
            Fault::Full => io::ErrorKind::StorageFull.into(),
            Fault::NotFound => io::ErrorKind::NotFound.into(),
            Fault::Exists => io::ErrorKind::AlreadyExists.into(),
            Fault::Invalid => io::ErrorKind::InvalidInput.into(),
        }
    }
}

/// Ordered faults and the counts that they go by.
#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) dead: bool,
    pub(crate) writes: u64,
    pub(crate) syncs: u64,
    /// These are absolute counts.
    pub(crate) die_at_write: Option<u64>,
    pub(crate) die_at_sync: Option<(u64, When)>,
    pub(crate) full_at_write: Option<u64>,
}

impl Faults {
    pub(crate) fn alive(&self) -> Result<(), Fault> {
        if self.dead { Err(Fault::Dead) } else { Ok(()) }
    }

    /// Counts an operation that changes something. `allocates`: it can fail for lack of room.
    pub(crate) fn write(&mut self, allocates: bool) -> Result<(), Fault> {
        self.alive()?;
        self.writes += 1;
        if self.die_at_write.is_some_and(|at| self.writes >= at) {
            self.dead = true;
            return Err(Fault::Dead);
        }
        if allocates && self.full_at_write.is_some_and(|at| self.writes >= at) {
            self.full_at_write = None;
            return Err(Fault::Full);
        }
        Ok(())
    }

    /// Runs a sync, unless the process dies before it.
    pub(crate) fn before_sync(&mut self) -> Result<(), Fault> {
        self.alive()?;
        if self.die_at_sync.is_some_and(|(at, when)| when == When::Before && self.syncs + 1 >= at) {
            self.dead = true;
            return Err(Fault::Dead);
        }
        Ok(())
    }

    /// Counts a sync that was completed; the process may die before it hears of it.
    pub(crate) fn after_sync(&mut self) -> Result<(), Fault> {
        self.syncs += 1;
        if self.die_at_sync.is_some_and(|(at, when)| when == When::After && self.syncs >= at) {
            self.dead = true;
            return Err(Fault::Dead);
        }
        Ok(())
    }

    pub(crate) fn forget(&mut self) {
        self.dead = false;
        self.die_at_write = None;
        self.die_at_sync = None;
        self.full_at_write = None;
    }
}

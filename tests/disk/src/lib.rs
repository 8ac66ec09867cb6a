//! A simulated disk, for tests only: a kill loses what was not synced.
//!
//! A [`Disk`] lives in memory and is reached in two ways that see the same files: as an SQLite VFS
//! ([`VFS_NAME`], registered once; a path's first folder names the disk) and as a
//! [`tmtp_store::FileSystem`] ([`Disk::fs`]). It can be told to die at an instant, to be full, and to tear
//! writes; one seed gives one run. Disks are cheap, share no lock with each other, and leave nothing behind
//! when their last handle is dropped.
//!
//! | module | |
//! |---|---|
//! | `disk` | the handle that tests hold: faults, kills, counts |
//! | `model` | files, names, and which of their changes are durable |
//! | `locks` | SQLite's locks and the shared memory of its log; both vanish with their process |
//! | `vfs` | the SQLite side; the only unsafe code |
//! | `fs` | the other side |
//!
//! What it does not model: two processes on one disk that die apart. All handles from before a kill belong
//! to the dead process.

mod disk;
mod fault;
mod fs;
mod locks;
mod model;
mod registry;
mod rng;
#[allow(unsafe_code, reason = "SQLite's VFS is an interface of C; each use says what SQLite promises")]
mod vfs;

pub use disk::{Change, Disk, Event, When};
pub use vfs::VFS_NAME;

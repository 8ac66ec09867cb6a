//! Large data: from the link into a file, from files to the link. None of it passes through a transaction;
//! the step that names a file comes after the file was synced.
//!
//! A large delivery goes into a file of its own as it comes, is taken apart on the way (`inbox::sort`), then hashed
//! and synced by a [`Job`] on another thread, and only then named by rows and confirmed.
//! Killed before that, nobody names the file: the store sweeps it at the next start, the site sends again.

use std::ops::Range;

mod arriving;
mod head;
mod outgoing;

pub(crate) use arriving::{Arriving, Waiting};
pub(crate) use outgoing::Outgoing;

/// Names a job while its account is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub(crate) u64);

/// Long work on files, for another thread: makes the file of a large delivery durable, and hashes its parts.
#[derive(Debug)]
pub struct Job {
    incoming: tmtp_store::files::Incoming,
    parts: Vec<Range<u64>>,
}

/// Why a job failed.
pub type JobError = tmtp_store::StoreError;

/// What a job has found out, for the account that it comes from.
#[derive(Debug)]
pub struct JobDone {
    /// SHA-256 of each part.
    pub(crate) hashes: Vec<[u8; 32]>,
}

impl Job {
    /// Does the work. May take as long as the disk needs; blocks the thread.
    pub fn run(self) -> Result<JobDone, JobError> {
        let Job { mut incoming, parts } = self;
        let unsynced = crate::plant::on(crate::plant::Plant::UnsyncedAttachment);
        let hashes = if unsynced { incoming.hashes(&parts)? } else { incoming.sync(&parts)? };
        Ok(JobDone { hashes })
    }
}

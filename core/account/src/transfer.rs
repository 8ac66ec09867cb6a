//! Large data: from the link into a file, from files to the link. None of it passes through a transaction;
//! the step that names a file comes after the file was synced.
//!
//! A large delivery goes into a file of its own as it comes, is hashed and taken apart on the way
//! (`inbox::sort`), then synced by a [`Job`] on another thread, and only then named by rows and confirmed.
//! Killed before that, nobody names the file: the store sweeps it at the next start, the site sends again.

mod arriving;
mod outgoing;

pub(crate) use arriving::{Arriving, Waiting};
pub(crate) use outgoing::Outgoing;

/// Names a job while its account is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub(crate) u64);

/// Long work on files, for another thread.
#[derive(Debug)]
pub struct Job(Kind);

/// Why a job failed.
pub type JobError = tmtp_store::StoreError;

enum Kind {
    /// Makes the file of a large delivery durable.
    Sync(tmtp_store::files::Incoming),
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Kind::Sync(incoming) = self;
        f.debug_struct("Sync").field("size", &incoming.size()).finish()
    }
}

impl Job {
    pub(crate) fn sync(incoming: tmtp_store::files::Incoming) -> Self {
        Job(Kind::Sync(incoming))
    }

    /// Does the work. May take as long as the disk needs; blocks the thread.
    pub fn run(self) -> Result<(), JobError> {
        let Kind::Sync(mut incoming) = self.0;
        if crate::plant::on(crate::plant::Plant::UnsyncedAttachment) {
            return Ok(());
        }
        incoming.sync()
    }
}

//! How much an account may take on the phone: files and database together (P9). Asked before anything is
//! stored that a site or a peer sends, for what is confirmed has to be kept, and before what a person writes.
//!
//! Small things stop at it with [`crate::State::StorageFull`]: nothing is confirmed, no link is made while there
//! is no room, and deleting makes some. A large delivery is asked about instead, for time alone brings no room.

use tmtp_store::{StoreError, write};

use crate::api::Refused;
use crate::core::Core;
use crate::limits::{QUOTA_SLACK, TALLY_EVERY};
use crate::tx::Tx;

impl Core {
    /// How many bytes are missing for so many more; `None` if there is room.
    pub(crate) fn lacks(&self, bytes: u64) -> Option<u64> {
        let wanted = bytes.saturating_add(QUOTA_SLACK);
        match self.files.room() {
            Ok(room) if room < wanted => Some(wanted - room),
            Ok(_) => None,
            Err(error) => {
                // What cannot be counted is checked when a file is written.
                tracing::warn!(%error, "The account's files cannot be counted.");
                None
            }
        }
    }

    /// Measures the database now and then: when enough has come in to matter, when some time has passed, and in
    /// each step while no link is allowed, for something may have been deleted. In between it is below what
    /// [`QUOTA_SLACK`] leaves.
    pub(crate) fn measure(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = self.now.mono;
        let due = self.grown >= QUOTA_SLACK / 2
            || now.since(self.measured) >= TALLY_EVERY
            || self.condition.is_some();
        if due && tx.has_changed() {
            self.files.set_database(write::bytes_used(tx.conn()?)?);
            self.grown = 0;
            self.measured = now;
        }
        Ok(())
    }

    /// Something small came that there is no room for: it is not confirmed, and comes again when there is.
    pub(crate) fn over_quota(&mut self, tx: &mut Tx<'_>, needed: u64) -> Result<(), StoreError> {
        self.count("over_quota");
        self.store_failed(&StoreError::QuotaExceeded { limit: self.files.limit(), needed });
        self.leave_now(tx)
    }

    /// Refuses what a person wants to add when there is no room for so many bytes. Deleting is always possible.
    pub(crate) fn room_for(&mut self, bytes: usize) -> Result<(), Refused> {
        self.grown += bytes as u64;
        match self.lacks(bytes as u64) {
            Some(_) => Err(Refused::QuotaExceeded { limit: self.files.limit() }),
            None => Ok(()),
        }
    }
}

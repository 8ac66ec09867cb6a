//! One account, as an app holds it. Reading works always, also beside another process that is the account's
//! writer; the first call that writes or wants a link opens it for writing.
//!
//! What is read ([`reading`]), what is written ([`writing`]), how it runs ([`running`]).

pub(crate) mod reading;
mod running;
mod writing;

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::board::Standing;
use crate::home::AccountName;
use crate::slot::Slot;
use crate::state::State;

pub use reading::{AccountSummary, Status};
pub use running::Stay;
pub use writing::{NewMessage, NewPing, Sent, To};

pub(crate) use reading::summary;
pub(crate) use running::wake_account;

/// One account. Cheap to clone; all clones are the same account.
///
/// Every call may be dropped while it runs. One that only reads then has read nothing; one that writes has
/// either happened or not, and calling it again is harmless where its text says *idempotent*.
#[derive(Clone)]
pub struct AccountHandle {
    slot: Arc<Slot>,
}

impl AccountHandle {
    pub(crate) fn new(slot: Arc<Slot>) -> AccountHandle {
        AccountHandle { slot }
    }

    pub(crate) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// How it is called on this device.
    pub fn name(&self) -> &AccountName {
        &self.slot.name
    }

    /// How it stands with its site, as this process knows.
    pub fn state(&self) -> State {
        self.slot.board.standing().state
    }

    /// Sees each change of how it stands, at least the last of several.
    pub fn watch_state(&self) -> watch::Receiver<Standing> {
        self.slot.board.watch()
    }
}

impl fmt::Debug for AccountHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountHandle").field("state", &self.state()).finish_non_exhaustive()
    }
}

//! `login` messages: one for every login of every node of the member. Only the one that repeats the random
//! tag of this session's own login means anything: everything that waited before it has come (wire 14.3).

use tmtp_store::StoreError;
use tmtp_wire::message::Queued;

use crate::core::Core;
use crate::plant::{self, Plant};
use crate::tx::Tx;

impl Core {
    /// Takes a `login` message. It needs no commit of its own, unless something was in doubt.
    pub(super) fn login_message(&mut self, tx: &mut Tx<'_>, head: &Queued) -> Result<(), StoreError> {
        let tag = self.link.up().and_then(|up| up.tag);
        let mine = tag.is_some_and(|tag| head.datasum == Some(tag.value())) && self.is_own(&head.from);
        if mine || plant::on(Plant::AnyLoginIsBarrier) {
            self.barrier_reached(tx, true)?;
        } else if self.is_own(&head.from) {
            self.untagged_login();
        }
        self.confirm(head.id.to_string());
        Ok(())
    }
}

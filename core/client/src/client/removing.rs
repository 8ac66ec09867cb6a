//! Taking an account away. The order makes a kill harmless: first the folder leaves the list in one step, then
//! the secrets go, then the folder. Whatever is left is finished at the next open.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tmtp_store::{ProcessLock, Reader, StoreError, Writer};

use super::Client;
use crate::error::Error;
use crate::events::Event;
use crate::home::{AccountName, storage};
use crate::house::House;
use crate::limits::clamped;
use crate::reconciler::Fact;
use crate::slot::{Slot, off_thread};

impl Client {
    /// Removes an account from this device: quits its link (at most `deadline`), then removes its secrets and
    /// its folder with all mail. The member goes on to exist at the site.
    ///
    /// # Errors
    /// [`Error::InUse`]: another process has it open; nothing was removed, and so it is whenever the account is still
    /// listed afterwards. [`Error::KeyStore`]: the account is
    /// gone from the list, and its secrets are removed at the next open.
    pub async fn remove(&self, name: &AccountName, deadline: Duration) -> Result<(), Error> {
        let slot = self.account(name).await?.slot().clone();
        self.take_away(&slot, clamped(deadline)).await
    }

    pub(super) async fn take_away(&self, slot: &Arc<Slot>, deadline: Duration) -> Result<(), Error> {
        let outcome = slot.closed_for(deadline, true, take_apart).await;
        // Whatever went wrong: it is gone if its folder has left the list, and there if it has not.
        let (house, name) = (Arc::clone(&self.house), slot.name.clone());
        if off_thread(move || Ok(!house.home.holds(&name))).await? {
            let left = {
                let mut slots = self.slots();
                slots.remove(&slot.name);
                slots.keys().cloned().collect()
            };
            self.house.lifecycle.tell(Fact::Accounts(left));
            slot.board.tell(Event::AccountRemoved);
        }
        outcome
    }

    /// Finishes what an earlier process has begun to remove. What still cannot be removed waits for the next open.
    pub(super) fn finish_removals(&self) {
        let gone = self.house.home.set_asides().unwrap_or_default();
        for folder in gone {
            let cleared = key_names(&folder).and_then(|names| clear(&self.house, &names, &folder));
            if cleared.is_err() {
                tracing::warn!("An account that was removed could not be cleared away completely.");
            }
        }
    }
}

/// Takes the folder out of the list, then clears it away, while no other process can open it.
fn take_apart(slot: &Slot) -> Result<(), Error> {
    let (house, folder) = (&slot.house, slot.folder());
    let names = match key_names(&folder) {
        // Reading takes a little room: opening for writing gives up what is kept in reserve.
        Err(Error::StorageFull { .. } | Error::Storage { .. }) => {
            Writer::open(slot.place())?.close()?;
            key_names(&folder)?
        }
        names => names?,
    };
    let _lock = ProcessLock::take(&folder)?;
    let aside = house.home.set_aside(&slot.name)?;
    clear(house, &names, &aside)
}

/// Under which names the key store has secrets of the account in this folder.
fn key_names(folder: &Path) -> Result<Vec<String>, Error> {
    match Reader::open(folder).and_then(|reader| reader.key_names()) {
        // A store that cannot be read any more names no keys: they cannot be found, and open nothing by themselves.
        Err(StoreError::Corrupt { .. } | StoreError::NotFound) => Ok(Vec::new()),
        names => Ok(names?),
    }
}

/// Removes the secrets, then the folder. Another process may be doing the same.
fn clear(house: &House, names: &[String], folder: &Path) -> Result<(), Error> {
    for name in names {
        house.keys.remove(name)?;
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(storage(error)),
        _ => Ok(()),
    }
}

//! The object that an app holds: all accounts of an installation.
//!
//! It knows which accounts there are, makes and removes them ([`joining`], [`removing`]), passes on facts about
//! the world, and collects events. Everything about one account is done by its [`AccountHandle`].

mod joining;
mod removing;
mod trusting;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tmtp_link::{Dialer, FileTrustStore};
use tmtp_store::read::Unread;
use tmtp_store::{FileKeyStore, Reader};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::config::Config;
use crate::error::Error;
use crate::events::{Batch, EventCursor, Events};
use crate::handle::{AccountHandle, AccountSummary, summary};
use crate::home::{AccountName, Home};
use crate::house::House;
use crate::slot::{Slot, off_thread};

pub use trusting::SiteKey;

/// All accounts of an installation. Cheap to clone; all clones are the same client.
///
/// Needs a tokio runtime with time and I/O to live in, best with two workers or more: each commit waits for the
/// disk on one of them. Several processes may have clients on one home: all
/// read, and each account has one writer at a time ([`Error::InUse`]).
///
/// When the last clone and the last handle are dropped, links are quit in the background; [`Client::stop`]
/// waits for that.
#[derive(Clone)]
pub struct Client {
    house: Arc<House>,
    slots: Arc<Mutex<BTreeMap<AccountName, Arc<Slot>>>>,
}

impl Client {
    /// Opens the accounts of a home. Takes nothing exclusive, connects nowhere, and is not stopped by accounts
    /// that are damaged or in use: those say so when they are asked.
    pub async fn open(config: Config) -> Result<Client, Error> {
        let client = off_thread(move || {
            let house = Arc::new(furnish(config)?);
            let client = Client { house, slots: Arc::default() };
            client.finish_removals();
            Ok(client)
        })
        .await?;
        client.known().await?;
        Ok(client)
    }

    /// The accounts, by name. Works beside other processes. An account that cannot be read is listed with its
    /// trouble.
    pub async fn accounts(&self) -> Result<Vec<AccountSummary>, Error> {
        let slots = self.known().await?;
        off_thread(move || Ok(slots.iter().map(|slot| summary(slot)).collect())).await
    }

    /// One account.
    ///
    /// # Errors
    /// [`Error::NotFound`]: there is none of this name.
    pub async fn account(&self, name: &AccountName) -> Result<AccountHandle, Error> {
        let slots = self.known().await?;
        let slot = slots.into_iter().find(|slot| slot.name == *name).ok_or(Error::NotFound)?;
        Ok(AccountHandle::new(slot))
    }

    /// What was not seen yet, over all accounts that can be read.
    pub async fn unread_total(&self) -> Result<Unread, Error> {
        let slots = self.known().await?;
        off_thread(move || {
            let mut total = Unread::default();
            for slot in slots {
                let unread = slot.read_now(Reader::unread_total).unwrap_or_default();
                total.messages += unread.messages;
                total.pings += unread.pings;
            }
            Ok(total)
        })
        .await
    }

    /// The events behind `after`, over all accounts: at most `max`, and if there are none yet, the first ones
    /// that come within `wait` (at most 60 s). Events of other processes do not come here.
    ///
    /// Begin with the default cursor, which gives all events still kept, or with [`Client::event_cursor`].
    pub async fn next_events(&self, after: EventCursor, max: usize, wait: Duration) -> Batch {
        self.house.events.next(after, max, wait).await
    }

    /// Where the newest event stands.
    pub fn event_cursor(&self) -> EventCursor {
        self.house.events.now()
    }

    /// The way into the network has changed: held links are probed, waits for the old way are void. A hint only
    /// hastens (R18).
    pub fn network_changed(&self) {
        self.house.dialer.network_changed();
        for slot in self.slots().values() {
            slot.want(|wanted| wanted.networks = wanted.networks.wrapping_add(1));
        }
    }

    /// Quits all links, closes all stores, ends all tasks. From then on every call gets [`Error::Closed`].
    ///
    /// # Errors
    /// [`Error::TimedOut`]: something had to be cut short after `deadline`. Everything that was accepted is in
    /// the stores all the same.
    pub async fn stop(&self, deadline: Duration) -> Result<(), Error> {
        self.house.closed.store(true, Ordering::SeqCst);
        let until = Instant::now() + deadline;
        let slots: Vec<Arc<Slot>> = self.slots().values().cloned().collect();
        let mut closing = JoinSet::new();
        for slot in slots {
            closing.spawn(async move { slot.close(until.saturating_duration_since(Instant::now())).await });
        }
        let mut in_order = true;
        while let Some(closed) = closing.join_next().await {
            in_order &= closed.unwrap_or(false);
        }
        if in_order { Ok(()) } else { Err(Error::TimedOut) }
    }

    /// The accounts that are in the home now: another process may have made or removed some.
    async fn known(&self) -> Result<Vec<Arc<Slot>>, Error> {
        if self.house.is_closed() {
            return Err(Error::Closed);
        }
        let home = self.house.home.clone();
        let names = off_thread(move || home.list()).await?;
        let mut slots = self.slots();
        slots.retain(|name, _| names.contains(name));
        Ok(names.into_iter().map(|name| self.slot_in(&mut slots, name)).collect())
    }

    fn slot(&self, name: AccountName) -> Arc<Slot> {
        self.slot_in(&mut self.slots(), name)
    }

    fn slot_in(&self, slots: &mut BTreeMap<AccountName, Arc<Slot>>, name: AccountName) -> Arc<Slot> {
        let make = || Arc::new(Slot::new(name.clone(), Arc::clone(&self.house)));
        Arc::clone(slots.entry(name.clone()).or_insert_with(make))
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<AccountName, Arc<Slot>>> {
        // The map is changed by single calls, so a panic elsewhere leaves it whole.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("accounts", &self.slots().len()).finish_non_exhaustive()
    }
}

/// Makes what all accounts share.
fn furnish(config: Config) -> Result<House, Error> {
    let Config { home, keys, trust, proxy, settings, instance } = config;
    let home = Home::open(&home)?;
    let fs = Arc::clone(&instance.fs);
    let keys = match keys {
        Some(keys) => keys,
        None => Arc::new(FileKeyStore::with_fs(home.keys(), Arc::clone(&fs))),
    };
    let trust = match trust {
        Some(trust) => trust,
        None => Arc::new(FileTrustStore::new(home.trust())),
    };
    let mut random = (instance.random)();
    let fresh = (u128::from(random.next()) << 64) | u128::from(random.next());
    let install = tmtp_store::install::read_or_make(fs.as_ref(), &home.install(), fresh.to_be_bytes())?;
    Ok(House {
        dialer: Arc::new(Dialer::new(Arc::clone(&trust), proxy.clone())),
        proxy,
        events: Arc::new(Events::new(random.next())),
        turns: Mutex::default(),
        making: Mutex::default(),
        closed: AtomicBool::new(false),
        home,
        install,
        keys,
        trust,
        settings,
        instance,
    })
}

//! The object that an app holds: all accounts of an installation.
//!
//! It knows which accounts there are, makes and removes them ([`joining`], [`removing`]), passes on facts about
//! the world, and collects events. Everything about one account is done by its [`AccountHandle`].

mod joining;
mod living;
mod removing;
mod trusting;
pub(crate) mod waking;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tmtp_link::{Alarm, Dialer, FileTrustStore};
use tmtp_store::read::Unread;
use tmtp_store::{FileKeyStore, KeyStore, Reader};

use crate::config::{Config, Profile};
use crate::error::Error;
use crate::events::{Batch, EventCursor, Events};
use crate::handle::{AccountHandle, AccountSummary, summary};
use crate::home::{AccountName, Home};
use crate::house::House;
use crate::keys::PatientKeys;
use crate::lifecycle::Lifecycle;
use crate::limits::{EVENTS_KEPT, EVENTS_KEPT_EXTENSION};
use crate::reconciler::{Fact, Files};
use crate::slot::{Slot, off_thread};
use crate::steward;

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
    slots: Slots,
}

/// The accounts that a client knows.
pub(crate) type Slots = Arc<Mutex<BTreeMap<AccountName, Arc<Slot>>>>;

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
        steward::start(&client.house, &client.slots);
        Ok(client)
    }

    /// The accounts, by name. Works beside other processes. An account that cannot be read is listed with its
    /// trouble.
    pub async fn accounts(&self) -> Result<Vec<AccountSummary>, Error> {
        let slots = self.known().await?;
        let house = Arc::clone(&self.house);
        off_thread(move || {
            let _pass = house.lifecycle.enter()?;
            Ok(slots.iter().map(|slot| summary(slot)).collect())
        })
        .await
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
    /// that come within `wait` (at most 10 minutes). Events of other processes do not come here. Events go on while the
    /// client is suspended; that it is, is one of them.
    ///
    /// Begin with the default cursor, which gives all events still kept, or with [`Client::event_cursor`].
    ///
    /// # Errors
    /// [`Error::Closed`]: the client has been stopped, and there are none left.
    pub async fn next_events(&self, after: EventCursor, max: usize, wait: Duration) -> Result<Batch, Error> {
        let House { lifecycle, events, .. } = &*self.house;
        lifecycle.look_for_sleep();
        let mut plans = lifecycle.watch();
        // What is waited for must not be held over the next wait: it is a lock.
        let stopping = async { drop(plans.wait_for(|plan| plan.files == Files::Stopped).await) };
        let batch = tokio::select! {
            biased;
            batch = events.next(after, max, wait) => batch,
            () = stopping => events.next(after, max, Duration::ZERO).await,
        };
        let stopped = lifecycle.files() == Files::Stopped;
        if batch.events.is_empty() && stopped { Err(Error::Closed) } else { Ok(batch) }
    }

    /// Where the newest event stands.
    pub fn event_cursor(&self) -> EventCursor {
        self.house.events.now()
    }

    /// The accounts that are in the home now: another process may have made or removed some.
    async fn known(&self) -> Result<Vec<Arc<Slot>>, Error> {
        let house = Arc::clone(&self.house);
        let names = off_thread(move || {
            let _pass = house.lifecycle.enter()?;
            house.home.list()
        })
        .await?;
        let known = {
            let mut slots = self.slots();
            slots.retain(|name, _| names.contains(name));
            names.iter().map(|name| self.slot_in(&mut slots, name.clone())).collect()
        };
        self.house.lifecycle.tell(Fact::Accounts(names.into_iter().collect()));
        Ok(known)
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
    let Config { home, keys, trust, proxy, settings, profile, instance } = config;
    let home = Home::open(&home)?;
    let fs = Arc::clone(&instance.fs);
    let keys: Arc<dyn KeyStore> = match keys {
        Some(keys) => Arc::new(PatientKeys::new(keys)),
        None => Arc::new(FileKeyStore::with_fs(home.keys(), Arc::clone(&fs))),
    };
    let trust = match trust {
        Some(trust) => trust,
        None => Arc::new(FileTrustStore::new(home.trust())),
    };
    let mut random = (instance.random)();
    let fresh = (u128::from(random.next()) << 64) | u128::from(random.next());
    let install = tmtp_store::install::read_or_make(fs.as_ref(), &home.install(), fresh.to_be_bytes())?;
    let events = match profile {
        Profile::App => EVENTS_KEPT,
        Profile::Extension => EVENTS_KEPT_EXTENSION,
    };
    let alarm = match profile {
        Profile::App => Alarm::of(instance.clock.as_ref()),
        // It lives for seconds: what its waits would cost is less than one thread more (R21).
        Profile::Extension => Alarm::default(),
    };
    Ok(House {
        dialer: Arc::new(
            Dialer::new(Arc::clone(&trust), proxy.clone()).with_clock(Arc::clone(&instance.clock)),
        ),
        proxy,
        events: Arc::new(Events::new(random.next(), events, alarm.clone())),
        turns: Mutex::default(),
        making: Mutex::default(),
        lifecycle: Arc::new(Lifecycle::new(Arc::clone(&instance.clock))),
        profile,
        home,
        install,
        keys,
        trust,
        settings,
        instance,
        alarm,
    })
}

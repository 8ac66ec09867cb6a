//! What all accounts of a client share: where things are, whom to ask, and whether it is still open.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tmtp_account::{Env, Settings};
use tmtp_link::{Alarm, Dialer, Proxy, TrustStore};
use tmtp_store::install::InstallId;
use tmtp_store::keys::KeyStore;

use crate::client::resuming::Joins;
use crate::config::{Instance, Profile};
use crate::events::Events;
use crate::home::Home;
use crate::lifecycle::Lifecycle;
use crate::scheduler::Turns;

/// What all accounts of a client share.
pub(crate) struct House {
    pub(crate) home: Home,
    pub(crate) install: InstallId,
    pub(crate) keys: Arc<dyn KeyStore>,
    pub(crate) trust: Arc<dyn TrustStore>,
    pub(crate) dialer: Arc<Dialer>,
    pub(crate) proxy: Proxy,
    pub(crate) settings: Settings,
    pub(crate) instance: Instance,
    /// Where everything waits that has long to wait.
    pub(crate) alarm: Alarm,
    pub(crate) events: Arc<Events>,
    pub(crate) turns: Mutex<Turns>,
    /// Held while an account is made: two that are made at a time do not find the same name free.
    pub(crate) making: Mutex<()>,
    pub(crate) joins: Joins,
    pub(crate) lifecycle: Arc<Lifecycle>,
    pub(crate) profile: Profile,
}

impl House {
    /// How long an account that is about to dial has to wait for its turn.
    pub(crate) fn take_turn(&self) -> Duration {
        let (now, random) = (self.instance.clock.now().mono, self.random());
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).take(now, random)
    }

    /// A random number.
    pub(crate) fn random(&self) -> u64 {
        (self.instance.random)().next()
    }

    /// What an account is given.
    pub(crate) fn env(&self) -> Env {
        Env {
            keys: Arc::clone(&self.keys),
            random: (self.instance.random)(),
            settings: self.settings.clone(),
        }
    }
}

//! What an account is given from outside: the key store, random numbers, and how it is set.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tmtp_store::keys::KeyStore;

use crate::limits;

/// What an account is given from outside.
pub struct Env {
    /// Where the node's secret is.
    pub keys: Arc<dyn KeyStore>,
    /// Random numbers.
    pub random: Box<dyn Random>,
    /// How it is set.
    pub settings: Settings,
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A source of random numbers. Ids of messages are made of them: two accounts must never share a sequence.
pub trait Random: Send {
    /// The next 64 bits.
    fn next(&mut self) -> u64;
}

/// The operating system's random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// If the operating system has none (it then has much else not), the address-space layout and the time
    /// of the process stand in, mixed by the standard library's hasher: unique, though not unguessable.
    fn next(&mut self) -> u64 {
        getrandom::u64().unwrap_or_else(|_| {
            use std::hash::{BuildHasher, Hasher};
            std::collections::hash_map::RandomState::new().build_hasher().finish()
        })
    }
}

impl Settings {
    /// Bytes above which a delivery is asked about. An own copy always passes: it has head and text beside
    /// what [`Settings::own_copy_max`] measures, for which half as much again is kept.
    pub(crate) fn asked_above(&self) -> u64 {
        self.delivery_max.max(self.own_copy_max.saturating_add(self.own_copy_max / 2))
    }

    /// Bytes above which no post has an own copy, so that it passes in the same way.
    pub(crate) fn copied_up_to(&self) -> u64 {
        self.own_copy_cheap_max.min(self.asked_above() / 3 * 2)
    }
}

/// How an account is set. The defaults fit the public server; tests and demos with a quicker site shorten
/// them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the first node is called when registering, 1 to 64 bytes. The public server forgets it.
    pub label: String,
    /// Bytes of the largest delivery that is taken without asking. Never below what an own copy can have.
    pub delivery_max: u64,
    /// Bytes of the largest post that proves itself by an own copy in any case.
    pub own_copy_max: u64,
    /// Bytes of the largest post that does so where bytes cost nothing, or where it begins a thread, of which nobody
    /// could go on without its id; as far as deliveries may be so large. A larger one is followed by a marker instead.
    pub own_copy_cheap_max: u64,
    /// Bytes that the account may take on the disk, files and database together.
    pub quota: u64,
    /// The first wait after a failure; it doubles from there, with full jitter.
    pub backoff_first: Duration,
    /// The longest wait after failures.
    pub backoff_max: Duration,
    /// How long a link must hold to count as success.
    pub stable_after: Duration,
    /// How long a site holds a vanished link for alive after its last byte (wire 20.2).
    pub busy_bound: Duration,
    /// Dials within an hour.
    pub dials_per_hour: usize,
    /// Logins within an hour: each one makes a message for every node of the member (R61).
    pub logins_per_hour: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            label: "tmtp".to_owned(),
            delivery_max: limits::DELIVERY_MAX,
            own_copy_max: limits::OWN_COPY_MAX,
            own_copy_cheap_max: limits::OWN_COPY_CHEAP_MAX,
            quota: tmtp_store::limits::ACCOUNT_MAX,
            backoff_first: limits::BACKOFF_FIRST,
            backoff_max: limits::BACKOFF_MAX,
            stable_after: limits::STABLE_AFTER,
            busy_bound: limits::BUSY_BOUND,
            dials_per_hour: limits::DIALS_PER_HOUR,
            logins_per_hour: limits::LOGINS_PER_HOUR,
        }
    }
}

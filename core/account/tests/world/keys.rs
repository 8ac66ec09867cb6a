//! A key store that can be locked, as a phone's is before the first unlock.

use std::sync::atomic::{AtomicBool, Ordering};

use tmtp_store::{KeyAnswer, KeyError, KeyStore, MemoryKeyStore};
use tmtp_wire::ids::NodeSecret;

#[derive(Default)]
pub struct Keys {
    kept: MemoryKeyStore,
    locked: AtomicBool,
    full: AtomicBool,
}

impl Keys {
    pub fn lock(&self, locked: bool) {
        self.locked.store(locked, Ordering::SeqCst);
    }
}

impl Keys {
    /// Takes no new secrets.
    pub fn fill(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }
}

impl KeyStore for Keys {
    fn get(&self, name: &str) -> Result<KeyAnswer, KeyError> {
        if self.locked.load(Ordering::SeqCst) { Ok(KeyAnswer::NotNow) } else { self.kept.get(name) }
    }

    fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(KeyError::NotNow);
        }
        self.kept.put(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), KeyError> {
        self.kept.remove(name)
    }
}

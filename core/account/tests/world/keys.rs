//! A key store that can be locked, as a phone's is before the first unlock.

use std::sync::atomic::{AtomicBool, Ordering};

use tmtp_store::{KeyAnswer, KeyError, KeyStore, MemoryKeyStore};
use tmtp_wire::ids::NodeSecret;

#[derive(Default)]
pub struct Keys {
    kept: MemoryKeyStore,
    locked: AtomicBool,
}

impl Keys {
    pub fn lock(&self, locked: bool) {
        self.locked.store(locked, Ordering::SeqCst);
    }
}

impl KeyStore for Keys {
    fn get(&self, name: &str) -> Result<KeyAnswer, KeyError> {
        if self.locked.load(Ordering::SeqCst) { Ok(KeyAnswer::NotNow) } else { self.kept.get(name) }
    }

    fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError> {
        self.kept.put(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), KeyError> {
        self.kept.remove(name)
    }
}

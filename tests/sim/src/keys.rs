//! A key store that may not answer for a while, as before the first unlock.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tmtp_store::{KeyAnswer, KeyError, KeyStore};
use tmtp_wire::ids::NodeSecret;

/// Keys in memory; they survive every kill.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    inside: Mutex<Inside>,
}

#[derive(Clone, Debug, Default)]
struct Inside {
    keys: BTreeMap<String, NodeSecret>,
    away: bool,
}

impl Keys {
    /// Whether it answers from now on.
    pub(crate) fn set_away(&self, away: bool) {
        self.with(|inside| inside.away = away);
    }

    /// Another key store with the same keys, which answers.
    pub(crate) fn copy(&self) -> Keys {
        let inside = self.with(|inside| Inside { away: false, ..inside.clone() });
        Keys { inside: Mutex::new(inside) }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inside) -> T) -> T {
        let mut inside = self.inside.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        work(&mut inside)
    }
}

impl KeyStore for Keys {
    fn get(&self, name: &str) -> Result<KeyAnswer, KeyError> {
        Ok(self.with(|inside| match inside.keys.get(name) {
            _ if inside.away => KeyAnswer::NotNow,
            Some(secret) => KeyAnswer::Value(secret.clone()),
            None => KeyAnswer::Absent,
        }))
    }

    fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError> {
        self.with(|inside| inside.keys.insert(name.to_owned(), secret.clone()));
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), KeyError> {
        self.with(|inside| inside.keys.remove(name));
        Ok(())
    }
}

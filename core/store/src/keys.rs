//! Where node secrets are: outside the store, behind a trait, so that a platform's key store can hold them.
//!
//! A key store has three answers (R27): the value, *absent*, and *not now* (a phone before its first unlock).
//! Only *absent* may ever lead to making something new; taking *not now* for it has cost others their data.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tmtp_wire::ids::NodeSecret;

mod file;

pub use file::FileKeyStore;

/// What a key store says about a name.
#[derive(Clone, Debug)]
pub enum KeyAnswer {
    /// The secret.
    Value(NodeSecret),
    /// There is certainly none.
    Absent,
    /// It cannot be read at this moment. Ask again later; never make a new one because of this.
    NotNow,
}

/// Why a key store failed. Never holds anything of a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The name cannot be one: 1 to 80 bytes.
    #[error("not a name for a key")]
    BadName,
    /// What is kept under the name is no node secret.
    #[error("the key is damaged")]
    Damaged,
    /// It cannot be changed at this moment.
    #[error("the key store cannot be used now")]
    NotNow,
    /// The key store's own trouble.
    #[error("the key store failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A place for secrets. On phones: readable after the first unlock, on this device only, never in backups
/// (R28).
pub trait KeyStore: Send + Sync {
    /// The secret of this name.
    fn get(&self, name: &str) -> Result<KeyAnswer, KeyError>;
    /// Keeps a secret, replacing an earlier one; durable on return.
    fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError>;
    /// Forgets a secret. One that is not there is fine.
    fn remove(&self, name: &str) -> Result<(), KeyError>;
}

/// A key store in memory, for tests.
#[derive(Debug, Default)]
pub struct MemoryKeyStore {
    kept: Mutex<BTreeMap<String, NodeSecret>>,
}

impl KeyStore for MemoryKeyStore {
    fn get(&self, name: &str) -> Result<KeyAnswer, KeyError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.get(name).cloned().map_or(KeyAnswer::Absent, KeyAnswer::Value))
    }

    fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(name.to_owned(), secret.clone());
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), KeyError> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }
}

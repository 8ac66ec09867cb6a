//! Where secrets are: given by the shell, because only it can reach the platform's key store.
//!
//! A key store has three answers: the value, *absent*, and *not now*. Only *absent* may lead to making something new,
//! and never where a store exists.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tmtp_client as core;

/// What a key store says about a name.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum KeyAnswer {
    /// The secret, as it was put.
    Value {
        /// Its bytes. Never to be logged.
        secret: Vec<u8>,
    },
    /// There is certainly none.
    Absent,
    /// It cannot be read at this moment, usually before the first unlock.
    NotNow,
}

/// Why a key store failed. Must not hold anything of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeyStoreError {
    /// It cannot be changed at this moment.
    #[error("the key store cannot be used now")]
    NotNow,
    /// Its own trouble, or it threw something unexpected.
    #[error("the key store failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KeyStoreError {
    /// What was thrown has a stack trace, and perhaps a secret, in its text: it goes no further.
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> KeyStoreError {
        KeyStoreError::Failed
    }
}

/// A place for secrets: readable after the first unlock, on this device only, never in backups.
///
/// Called on a thread of the library that is kept for it, one call at a time, never while anything of ours is locked.
/// One that does not answer within 2 s (5 s for changes) is taken for *not now*.
#[uniffi::export(rust, foreign)]
pub trait KeyStore: Send + Sync {
    /// The secret of this name.
    fn get(&self, name: String) -> Result<KeyAnswer, KeyStoreError>;
    /// Keeps a secret, replacing an earlier one; durable on return.
    fn put(&self, name: String, secret: Vec<u8>) -> Result<(), KeyStoreError>;
    /// Forgets a secret. One that is not there is fine.
    fn remove(&self, name: String) -> Result<(), KeyStoreError>;
}

/// A foreign key store as the core sees it.
pub(crate) struct ForeignKeys(pub(crate) Arc<dyn KeyStore>);

impl core::KeyStore for ForeignKeys {
    fn get(&self, name: &str) -> Result<core::KeyAnswer, core::KeyError> {
        match asked(|| self.0.get(name.to_owned()))? {
            KeyAnswer::Value { secret } => {
                let text = String::from_utf8(secret).map_err(|_| core::KeyError::Damaged)?;
                Ok(core::KeyAnswer::Value(text.parse().map_err(|_| core::KeyError::Damaged)?))
            }
            KeyAnswer::Absent => Ok(core::KeyAnswer::Absent),
            KeyAnswer::NotNow => Ok(core::KeyAnswer::NotNow),
        }
    }

    fn put(&self, name: &str, secret: &core::NodeSecret) -> Result<(), core::KeyError> {
        asked(|| self.0.put(name.to_owned(), secret.expose().as_bytes().to_vec()))
    }

    fn remove(&self, name: &str) -> Result<(), core::KeyError> {
        asked(|| self.0.remove(name.to_owned()))
    }
}

/// Asks; a key store that panics has failed.
fn asked<T>(ask: impl FnOnce() -> Result<T, KeyStoreError>) -> Result<T, core::KeyError> {
    match catch_unwind(AssertUnwindSafe(ask)) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(KeyStoreError::NotNow)) => Err(core::KeyError::NotNow),
        Ok(Err(KeyStoreError::Failed)) | Err(_) => {
            Err(core::KeyError::Failed(Box::new(KeyStoreError::Failed)))
        }
    }
}

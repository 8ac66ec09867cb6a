//! A key store for tests, with all three answers: what was put, *absent*, and *not now*.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tmtp_ffi::{KeyAnswer, KeyStore, KeyStoreError};

/// How a key store answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, uniffi::Enum)]
pub enum KitKeyAnswer {
    /// What was put; *absent* for other names.
    #[default]
    Honest,
    /// *Absent* for every name.
    Absent,
    /// *Not now* for every name: the device was not unlocked yet.
    NotNow,
    /// It fails.
    Fails,
}

/// A key store in memory.
#[derive(Default, uniffi::Object)]
pub struct KitKeys {
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    answer: KitKeyAnswer,
    kept: BTreeMap<String, Vec<u8>>,
    asked: i64,
}

#[uniffi::export]
impl KitKeys {
    /// One that is empty and answers as it should.
    #[uniffi::constructor]
    pub fn new() -> Arc<KitKeys> {
        Arc::default()
    }

    /// Answers so from now on.
    pub fn answer(&self, answer: KitKeyAnswer) {
        self.lock().answer = answer;
    }

    /// How often it was asked for a secret.
    pub fn asked(&self) -> i64 {
        self.lock().asked
    }

    /// The names that it holds secrets of.
    pub fn names(&self) -> Vec<String> {
        self.lock().kept.keys().cloned().collect()
    }

    /// What `open_client` is given.
    pub fn key_store(self: Arc<Self>) -> Arc<dyn KeyStore> {
        self
    }
}

impl KitKeys {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyStore for KitKeys {
    fn get(&self, name: String) -> Result<KeyAnswer, KeyStoreError> {
        let mut inside = self.lock();
        inside.asked += 1;
        match inside.answer {
            KitKeyAnswer::Honest => Ok(match inside.kept.get(&name) {
                Some(secret) => KeyAnswer::Value { secret: secret.clone() },
                None => KeyAnswer::Absent,
            }),
            KitKeyAnswer::Absent => Ok(KeyAnswer::Absent),
            KitKeyAnswer::NotNow => Ok(KeyAnswer::NotNow),
            KitKeyAnswer::Fails => Err(KeyStoreError::Failed),
        }
    }

    fn put(&self, name: String, secret: Vec<u8>) -> Result<(), KeyStoreError> {
        let mut inside = self.lock();
        changeable(inside.answer)?;
        inside.kept.insert(name, secret);
        Ok(())
    }

    fn remove(&self, name: String) -> Result<(), KeyStoreError> {
        let mut inside = self.lock();
        changeable(inside.answer)?;
        inside.kept.remove(&name);
        Ok(())
    }
}

fn changeable(answer: KitKeyAnswer) -> Result<(), KeyStoreError> {
    match answer {
        KitKeyAnswer::Honest | KitKeyAnswer::Absent => Ok(()),
        KitKeyAnswer::NotNow => Err(KeyStoreError::NotNow),
        KitKeyAnswer::Fails => Err(KeyStoreError::Failed),
    }
}

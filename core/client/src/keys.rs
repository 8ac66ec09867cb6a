//! A key store of the platform's, kept at arm's length: each call runs on a thread of its own, outside all locks,
//! and one that does not answer in time counts as *not now*.
//!
//! The account asks for its secret in the middle of a step. A key store that hangs there, as those of phones do
//! before the first unlock, would hold up wakes beyond their budget (R16, R27). Calls are made one after the other,
//! so those that hang do not pile up. Late answers are thrown away.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tmtp_store::{KeyAnswer, KeyError, KeyStore};
use tmtp_wire::ids::NodeSecret;

use crate::limits::{KEY_ANSWER, KEY_CHANGE};

/// A key store that always answers.
pub(crate) struct PatientKeys {
    inner: Arc<dyn KeyStore>,
    turn: Arc<Turn>,
    answer: Duration,
    change: Duration,
}

impl PatientKeys {
    pub(crate) fn new(inner: Arc<dyn KeyStore>) -> PatientKeys {
        PatientKeys { inner, turn: Arc::default(), answer: KEY_ANSWER, change: KEY_CHANGE }
    }

    /// `None` if there was no answer within the time.
    fn ask<T: Send + 'static>(
        &self,
        within: Duration,
        call: impl FnOnce(&dyn KeyStore) -> T + Send + 'static,
    ) -> Option<T> {
        let until = Instant::now() + within;
        let free = self.turn.take(within)?;
        let (answer, answered) = mpsc::sync_channel(1);
        let inner = Arc::clone(&self.inner);
        let work = move || {
            let outcome = call(&*inner);
            drop(free);
            // Nobody may be left who waits for it.
            let _ = answer.send(outcome);
        };
        // Without a thread nothing can be asked now.
        thread::Builder::new().name("tmtp-keys".to_owned()).spawn(work).ok()?;
        // A call that panics ends the channel, and counts as no answer.
        answered.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
    }
}

/// Whether a call is under way, or hangs.
#[derive(Default)]
struct Turn {
    busy: Mutex<bool>,
    freed: Condvar,
}

impl Turn {
    /// Waits for the turn; `None` if it has not come by then.
    fn take(self: &Arc<Self>, within: Duration) -> Option<Free> {
        let waited = self.freed.wait_timeout_while(self.lock(), within, |busy| *busy);
        let (mut busy, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (!std::mem::replace(&mut *busy, true)).then(|| Free(Arc::clone(self)))
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        // A single value is always whole.
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that no call is under way any more, also when one panics.
struct Free(Arc<Turn>);

impl Drop for Free {
    fn drop(&mut self) {
        *self.0.lock() = false;
        self.0.freed.notify_one();
    }
}

impl KeyStore for PatientKeys {
    fn get(&self, name: &str) -> Result<KeyAnswer, KeyError> {
        let name = name.to_owned();
        self.ask(self.answer, move |keys| keys.get(&name)).unwrap_or(Ok(KeyAnswer::NotNow))
    }

    fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError> {
        let (name, secret) = (name.to_owned(), secret.clone());
        self.ask(self.change, move |keys| keys.put(&name, &secret)).unwrap_or(Err(KeyError::NotNow))
    }

    fn remove(&self, name: &str) -> Result<(), KeyError> {
        let name = name.to_owned();
        self.ask(self.change, move |keys| keys.remove(&name)).unwrap_or(Err(KeyError::NotNow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tmtp_store::MemoryKeyStore;

    /// Hangs until it is let go.
    #[derive(Default)]
    struct Hanging {
        gate: Mutex<bool>,
        opened: Condvar,
        inner: MemoryKeyStore,
    }

    impl Hanging {
        fn let_go(&self) {
            *self.gate.lock().unwrap() = true;
            self.opened.notify_all();
        }

        fn wait(&self) {
            let gate = self.gate.lock().unwrap();
            drop(self.opened.wait_while(gate, |open| !*open).unwrap());
        }
    }

    impl KeyStore for Hanging {
        fn get(&self, name: &str) -> Result<KeyAnswer, KeyError> {
            self.wait();
            self.inner.get(name)
        }
        fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError> {
            self.inner.put(name, secret)
        }
        fn remove(&self, _: &str) -> Result<(), KeyError> {
            panic!("a defect of the platform's side")
        }
    }

    fn secret() -> NodeSecret {
        "1".repeat(40).parse().unwrap()
    }

    #[test]
    fn a_key_store_that_hangs_says_not_now_and_is_asked_again_when_it_is_free() {
        let hanging = Arc::new(Hanging::default());
        let short = Duration::from_millis(20);
        let new = PatientKeys::new(hanging.clone());
        let keys = PatientKeys { answer: short, ..new };
        keys.put("k", &secret()).unwrap();
        assert!(matches!(keys.get("k"), Ok(KeyAnswer::NotNow)));
        // No second call is made while the first one hangs.
        let keys = PatientKeys { change: short, ..keys };
        assert!(matches!(keys.put("other", &secret()), Err(KeyError::NotNow)));
        hanging.let_go();
        let patient = PatientKeys { answer: Duration::from_secs(60), ..keys };
        assert!(matches!(patient.get("k"), Ok(KeyAnswer::Value(_))));
        assert!(matches!(patient.get("other"), Ok(KeyAnswer::Absent)));
    }

    #[test]
    fn calls_at_a_time_have_their_turns() {
        let keys = Arc::new(PatientKeys::new(Arc::new(MemoryKeyStore::default())));
        let ask = |number: usize| {
            let keys = Arc::clone(&keys);
            thread::spawn(move || keys.get(&format!("k{number}")))
        };
        let asked: Vec<_> = (0..20).map(ask).collect();
        for answer in asked {
            assert!(matches!(answer.join().unwrap(), Ok(KeyAnswer::Absent)));
        }
    }

    #[test]
    fn a_key_store_that_panics_has_failed_and_no_more() {
        let hanging = Arc::new(Hanging::default());
        hanging.let_go();
        let keys = PatientKeys::new(hanging);
        assert!(keys.remove("k").is_err());
        assert!(matches!(keys.get("k"), Ok(KeyAnswer::Absent)));
    }
}

//! Where long waits wait: one small thread that sleeps for all of them and wakes each once, when it is due.
//!
//! tokio keeps timers in wheels of 64 places. One that is more than 4 s away wakes the process up to two times before
//! it is due, only to be put into the next finer wheel. For a link that is held and idle that would be two wake-ups in
//! three. So whatever waits for longer than [`ALARM_FROM`] waits here, and tokio has the short waits.
//!
//! In: moments. Out: tasks that are woken, each once, never early, and about [`ALARM_GRAIN`] late, so that waits which
//! were reckoned apart for the same moment are one wake-up. It reads no clock but the one that the system's waits go
//! by; who waits by another clock reckons that out.
//!
//! | the thread | |
//! |---|---|
//! | begins | with the first wait |
//! | sleeps | until the earliest wait, for ever if there is none |
//! | ends | with the last [`Alarm`] of its kind, or by [`Alarm::rest`] when nobody waits |
//!
//! A clock that is not the device's own ([`Clock::is_device`]) goes with tokio's, which tests pause and move: then
//! there is no thread, and tokio has all waits.

mod waits;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::Clock;
#[cfg(doc)]
use crate::limits::ALARM_GRAIN;
use crate::limits::{ALARM_FROM, ALARM_STACK};

use waits::Waits;

/// Wakes tasks at moments that are far away. Cheap to clone; all clones are the same.
#[derive(Clone, Default)]
pub struct Alarm(Option<Arc<Owned>>);

impl Alarm {
    /// One that goes by this clock: with a thread if it is the device's own, with tokio's time if it is not.
    pub fn of(clock: &dyn Clock) -> Alarm {
        if clock.is_device() { Alarm(Some(Arc::default())) } else { Alarm(None) }
    }

    /// Waits until this moment. Cancel-safe.
    pub async fn sleep_until(&self, at: tokio::time::Instant) {
        let far = at.saturating_duration_since(tokio::time::Instant::now()) > ALARM_FROM;
        match &self.0 {
            Some(owned) if far && owned.bell.is_manned() => {
                Wait { bell: Arc::clone(&owned.bell), at: at.into_std(), number: None }.await;
            }
            _ => tokio::time::sleep_until(at).await,
        }
    }

    /// Waits that long. Cancel-safe.
    pub async fn sleep(&self, wait: Duration) {
        self.sleep_until(tokio::time::Instant::now() + wait).await;
    }

    /// Does this, until then at most. Cancel-safe if that is.
    pub async fn timeout_at<F: Future>(&self, at: tokio::time::Instant, work: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.sleep_until(at) => None,
        }
    }

    /// Ends the thread if nobody waits; the next wait begins another.
    pub fn rest(&self) {
        if let Some(owned) = &self.0 {
            owned.bell.end(false);
        }
    }

    /// How many waits the thread has.
    pub fn waiting(&self) -> usize {
        self.0.as_ref().map_or(0, |owned| owned.bell.lock().waits.len())
    }
}

/// Ends the thread with the last alarm.
#[derive(Default)]
struct Owned {
    bell: Arc<Bell>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.bell.end(true);
    }
}

/// What waits and thread share.
#[derive(Default)]
struct Bell {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waits: Waits,
    /// There is a thread.
    manned: bool,
    /// It is to end.
    over: bool,
}

impl Bell {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is a single step, so a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the thread if there is none. False if the system has none to give.
    fn is_manned(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        if state.manned && !state.over {
            return true;
        }
        let bell = Arc::clone(self);
        let thread = thread::Builder::new().name("tmtp-alarm".to_owned()).stack_size(ALARM_STACK);
        state.over = false;
        if !state.manned {
            state.manned = thread.spawn(move || bell.keep()).is_ok();
        }
        state.manned
    }

    /// Has the thread end: in any case, or if nobody waits.
    fn end(&self, in_any_case: bool) {
        let mut state = self.lock();
        if in_any_case || state.waits.len() == 0 {
            state.over = true;
            self.changed.notify_one();
        }
    }

    /// What the thread does.
    fn keep(&self) {
        let mut state = self.lock();
        while !state.over {
            let now = Instant::now();
            let due = state.waits.take_due(now);
            if !due.is_empty() {
                // Who is woken may come back here at once.
                drop(state);
                due.into_iter().for_each(std::task::Waker::wake);
                state = self.lock();
                continue;
            }
            state = match state.waits.plan(now) {
                Some(wait) => {
                    let woken = self.changed.wait_timeout(state, wait);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        state.manned = false;
    }
}

/// One wait.
struct Wait {
    bell: Arc<Bell>,
    at: Instant,
    /// Under which it is known, once it has been asked for.
    number: Option<u64>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        if self.at <= now {
            return Poll::Ready(());
        }
        let (number, hasten) = {
            let mut state = self.bell.lock();
            let number = self.number.unwrap_or_else(|| state.waits.number());
            (number, state.waits.put(self.at, number, context.waker(), now))
        };
        self.number = Some(number);
        if hasten {
            self.bell.changed.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            // A waker may belong to the task that is just ending: it is dropped outside the lock.
            let waker = self.bell.lock().waits.take(self.at, number);
            drop(waker);
        }
    }
}

#[cfg(test)]
mod tests;

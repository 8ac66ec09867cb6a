//! Giving up a call, the same way in both languages.
//!
//! Kotlin drops the future of a cancelled coroutine, Swift does not tell: so long calls take a [`Cancel`], and the
//! shells tie it to their own ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Ends the calls that it was given to: they return [`Cancelled`](crate::TmtpError::Cancelled) at once. Good for any
/// number of calls, once; what each has done by then is in its own text.
#[derive(Debug, Default, uniffi::Object)]
pub struct Cancel {
    cancelled: AtomicBool,
    waiting: Notify,
}

#[uniffi::export]
impl Cancel {
    /// One that is not cancelled.
    #[uniffi::constructor]
    pub fn new() -> Arc<Cancel> {
        Arc::default()
    }

    /// Cancels, also calls that are yet to come. Again: no effect.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.waiting.notify_waiters();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }
}

impl Cancel {
    /// Returns when it is cancelled.
    pub async fn cancelled(&self) {
        let waiting = self.waiting.notified();
        tokio::pin!(waiting);
        // In line first, then a look: whoever cancels in between is not missed.
        waiting.as_mut().enable();
        if !self.is_cancelled() {
            waiting.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_cancel_ends_all_waits_also_later_ones() {
        let cancel = Cancel::new();
        let waits: Vec<_> = (0..3)
            .map(|_| {
                let cancel = Arc::clone(&cancel);
                tokio::spawn(async move { cancel.cancelled().await })
            })
            .collect();
        tokio::task::yield_now().await;
        cancel.cancel();
        for wait in waits {
            wait.await.unwrap();
        }
        cancel.cancelled().await;
        assert!(cancel.is_cancelled());
    }
}

//! When a piece may go on: after the latency, at the rate, and not while the path is stalled.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::control::{Path, Settings};

/// One direction of one link.
pub(crate) struct Pace {
    settings: watch::Receiver<Settings>,
    /// When the line is free again.
    free: Instant,
}

impl Pace {
    pub(crate) fn new(settings: watch::Receiver<Settings>) -> Pace {
        Pace { settings, free: Instant::now() }
    }

    /// Waits until a piece that came at `came` may go on.
    pub(crate) async fn wait(&mut self, came: Instant, bytes: usize) {
        let Settings { latency, rate, .. } = *self.settings.borrow();
        let start = self.free.max(came);
        self.free = match rate {
            Some(rate) if rate > 0 => start + Duration::from_secs_f64(bytes as f64 / rate as f64),
            _ => start,
        };
        sleep_until(self.free + latency).await;
        // An error means that the relay is gone; then this task ends with it.
        let _ = self.settings.wait_for(|settings| settings.path != Path::Stalled).await;
    }
}

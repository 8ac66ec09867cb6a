//! Held links of several accounts, in virtual time: an hour passes at once, and the clock that the client is given
//! notes each different moment at which it was asked. Such a moment is a wake-up of the device: whatever has to be
//! done at one moment is done in one.
//!
//! The site runs in the same process on the same virtual time; its own timers do not count, for the client does not
//! look at its clock for them. The way there and back takes no time here: over a distance the answer to a pulse is a
//! wake-up of its own.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tmtp_client::{Client, Clock, Config, Join, Mono, State, Wall};
use tmtp_site::{Server, ServerConfig};
use tokio::time::Instant;

use super::Answer;
use crate::error::{BenchError, Outcome};
use crate::limits::{FAREWELL, WAKE};

/// A clock that goes with tokio's, and notes when it is asked.
struct Notes {
    began: Instant,
    moments: Mutex<BTreeSet<u64>>,
}

/// Some time long ago; which one does not matter.
const START: u64 = 1_700_000_000_000;

impl Notes {
    fn new() -> Arc<Notes> {
        Arc::new(Notes { began: Instant::now(), moments: Mutex::default() })
    }

    fn take(&self) -> BTreeSet<u64> {
        std::mem::take(&mut self.moments.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clock for Notes {
    fn now(&self) -> tmtp_client::Now {
        let passed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moments.lock().unwrap_or_else(PoisonError::into_inner).insert(passed);
        tmtp_client::Now { mono: Mono(START + passed), wall: Wall((START + passed).cast_signed()) }
    }
}

/// Joins with so many accounts, holds their links, lets `settle` seconds pass, and counts during `seconds`.
pub(super) async fn run(home: &Path, accounts: usize, settle: u64, seconds: u64) -> Outcome<Answer> {
    let site = Server::start(ServerConfig::default()).await?;
    let notes = Notes::new();
    let mut config = Config::new(home);
    config.instance.clock = Arc::clone(&notes) as Arc<dyn Clock>;
    let client = Client::open(config).await?;
    for number in 0..accounts {
        let join = Join {
            address: site.address().clone(),
            alias: format!("bench idle {number}").parse()?,
            name: Some(format!("idle-{number}").parse()?),
            deadline: WAKE,
        };
        client.join(join).await?;
    }
    client.foreground()?;
    for number in 0..accounts {
        let mut standing = client.account(&format!("idle-{number}").parse()?).await?.watch_state();
        let online = standing.wait_for(|standing| standing.state == State::Online).await;
        online.map_err(|_| BenchError::Expected("a link"))?;
    }
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(settle)).await;
    notes.take();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let moments = notes.take();
    tokio::time::resume();
    let links = site.handle().with(|site, _, _| site.record().logins) as usize;
    client.stop(FAREWELL).await?;
    site.stop().await;
    Ok(Answer::Idle { moments: moments.len(), links })
}

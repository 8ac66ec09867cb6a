//! What a shell reports of its life: seen or not, frozen or not, the network, the key store, memory, energy. Each
//! call notes a fact and returns; what follows from all of them is decided in one place
//! ([`crate::reconciler`]) and carried out beside ([`crate::steward`]).
//!
//! All of them may be called from any thread, in any order, at any rate, again and against each other: the last
//! word of each kind counts (R36). Only after [`Client::stop`] there is nothing left to say: [`Error::Closed`].

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::Client;
use crate::error::Error;
use crate::lifecycle::NetworkHint;
use crate::limits::{DEADLINE_MAX, QUIT_LINKS, SUSPEND_CALLS, clamped};
use crate::reconciler::{Fact, Files};
use crate::slot::{Slot, boxed};
use crate::state::State;

impl Client {
    /// The person looks at the app: all accounts hold a link from now on. While the client is suspended this is
    /// only remembered, and holds from [`Client::resumed`] on.
    pub fn foreground(&self) -> Result<(), Error> {
        self.report(Fact::Foreground)
    }

    /// Nobody looks at the app any more, and the platform lets it run for `budget` (at most a day). Each account
    /// looks once more, sends what is queued, and quits its link as soon as that is through, or when the time is
    /// over; zero: at once. Links that somebody holds by hand ([`crate::Stay`]) stay. From then on mail comes by
    /// [`Client::push`] and [`Client::wake`] (R39). Said again, only the end of the time moves.
    pub fn background(&self, budget: Duration) -> Result<(), Error> {
        let budget = budget.min(DEADLINE_MAX);
        let until = self.house.instance.clock.now().mono + (budget - QUIT_LINKS.min(budget / 2));
        self.report(Fact::Background { until })
    }

    /// What the platform thinks of the network. A better or another one has held links probed, and those that do
    /// not answer replaced; waits for the old one are void. A worse one forbids nothing (R18, R44, R45).
    pub fn network(&self, hint: NetworkHint) -> Result<(), Error> {
        self.report(Fact::Network(hint))
    }

    /// The device was unlocked: whatever waits for the key store, or for files that could not be read, is tried
    /// now.
    pub fn unlocked(&self) -> Result<(), Error> {
        self.report(Fact::Unlocked)
    }

    /// Memory is short: readers are closed, caches are dropped. They come back as they are needed.
    pub fn memory_pressure(&self) -> Result<(), Error> {
        self.report(Fact::MemoryPressure)
    }

    /// Energy is short, or not any more. While it is, two waits are four times as long: until an account that could not
    /// be opened is tried again, and between two probes when the network changes again and again. Nothing else
    /// changes: links are held as long as the app is seen, mail comes and leaves as before.
    pub fn power(&self, saver: bool) -> Result<(), Error> {
        self.report(Fact::Power { saver })
    }

    /// The process is about to be frozen, or to lose its right to hold files. Calls that are under way come to
    /// their end or are undone, sites are told, stores are checkpointed and closed.
    ///
    /// When this has returned `Ok`, no file of ours is open or locked (R24, R26), and nothing opens one before
    /// [`Client::resumed`]: calls get [`Error::Suspended`] and have changed nothing. What was accepted before is
    /// durable and waits. Idempotent; goes on to its end if the caller goes away.
    ///
    /// # Errors
    /// [`Error::TimedOut`]: something was still open after `deadline` (taken as 100 ms to a day), or
    /// [`Client::resumed`] came in between. What was accepted is in the stores all the same.
    pub async fn will_suspend(&self, deadline: Duration) -> Result<(), Error> {
        self.report(Fact::WillSuspend)?;
        self.put_away(deadline).await
    }

    /// The process runs again. Links that are wanted are made again, everything else opens as it is needed. Links
    /// that are still held are probed, in case that the process was frozen without a word.
    pub fn resumed(&self) -> Result<(), Error> {
        self.report(Fact::Resumed)?;
        self.awake();
        Ok(())
    }

    /// Quits all links, closes all stores, ends all tasks. From then on every call gets [`Error::Closed`].
    /// Idempotent; goes on to its end if the caller goes away.
    ///
    /// # Errors
    /// [`Error::TimedOut`]: something had to be cut short after `deadline` (taken as 100 ms to a day). Everything
    /// that was accepted is in the stores all the same, at any time (R57).
    pub async fn stop(&self, deadline: Duration) -> Result<(), Error> {
        self.house.lifecycle.tell(Fact::Stop);
        self.put_away(deadline).await
    }

    fn report(&self, fact: Fact) -> Result<(), Error> {
        self.house.lifecycle.report(fact)
    }

    /// Has everything closed that the plan says shall not be open.
    async fn put_away(&self, deadline: Duration) -> Result<(), Error> {
        let until = Instant::now() + clamped(deadline);
        let client = self.clone();
        let closing = tokio::spawn(boxed(async move {
            let closed = client.close_all(until).await;
            client.house.alarm.rest();
            closed
        }));
        match timeout_at(until, closing).await {
            Ok(Ok(true)) => Ok(()),
            _ => Err(Error::TimedOut),
        }
    }

    /// Whether everything is closed, in order and in time.
    async fn close_all(&self, until: Instant) -> bool {
        let lifecycle = &self.house.lifecycle;
        let left = until.saturating_duration_since(Instant::now());
        // Those that do not come to an end are noticed below.
        let _ = timeout_at(until - left / SUSPEND_CALLS, lifecycle.all_out()).await;
        let mut closing = JoinSet::new();
        for slot in self.all_slots() {
            if lifecycle.files() == Files::Open {
                return false;
            }
            closing.spawn(boxed(
                async move { slot.close(until.saturating_duration_since(Instant::now())).await },
            ));
        }
        let mut in_order = true;
        while let Some(closed) = closing.join_next().await {
            in_order &= closed.unwrap_or(false);
        }
        in_order &= timeout_at(until, lifecycle.all_out()).await.is_ok();
        if lifecycle.files() == Files::Suspended {
            self.all_slots().iter().for_each(|slot| slot.board.stands(State::Suspended));
        }
        let closed = lifecycle.files() != Files::Open;
        if !closed {
            // Resumed in between: then nobody may be left standing so.
            self.awake();
        }
        in_order && closed
    }

    fn awake(&self) {
        for slot in self.all_slots() {
            if slot.board.standing().state == State::Suspended {
                slot.board.stands(State::Idle);
            }
        }
    }

    fn all_slots(&self) -> Vec<Arc<Slot>> {
        self.slots().values().cloned().collect()
    }
}

//! How an account runs: holding a link, looking once, or neither.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tmtp_account::{Hint, Input, WaitWhy, WakeEnd, WakeReport, Wish};
use tmtp_link::driver::Order;
use tmtp_store::salvage::{SalvageReport, salvage};
use tmtp_wire::time::Mono;
use tokio::time::{sleep, timeout};

use super::AccountHandle;
use crate::board::Turn;
use crate::error::Error;
use crate::limits::{STOP, WAKE_GRACE};
use crate::slot::Slot;
use crate::state::State;

impl AccountHandle {
    /// Holds a link to the site as long as the guard lives: what comes is stored and told by events, what is
    /// sent leaves at once, and whenever the link breaks another one is made. Guards are counted.
    ///
    /// Returns when the account is open for writing, not when the link stands: watch the state for that.
    pub async fn stay(&self) -> Result<Stay, Error> {
        self.slot.line().await?;
        self.slot.want(|wanted| wanted.stays += 1);
        Ok(Stay { slot: Arc::clone(&self.slot), held: true })
    }

    /// Looks once: connects, stores everything that waits, sends what is queued while there is time, quits. If a
    /// link is held already it is only probed. Always ends within `deadline` (and 2 s, if the account is
    /// stuck), and the report says what is known (R15).
    ///
    /// Wakes beside each other share one look as far as that proves something for each of them. Dropped, it goes
    /// on to its own deadline by itself, and what arrives is in the store and in the events.
    ///
    /// # Errors
    /// Only if the account cannot be opened for writing.
    pub async fn wake(&self, deadline: Duration) -> Result<WakeReport, Error> {
        let until = self.slot.board.now().mono + deadline;
        loop {
            let Ok(looked) = timeout(left(until, &self.slot) + WAKE_GRACE, self.look(until)).await else {
                return Ok(not_known());
            };
            let (turn, report) = looked?;
            if turn.is_answered_by(&report) {
                return Ok(report);
            }
            if left(until, &self.slot).is_zero() {
                return Ok(not_known());
            }
        }
    }

    /// Looks, or waits for the look that is running.
    async fn look(&self, until: Mono) -> Result<(Turn, WakeReport), Error> {
        let slot = &self.slot;
        let line = slot.line().await?;
        if !matches!(slot.board.standing().state, State::Online | State::Connecting) {
            sleep(slot.house.take_turn().min(left(until, slot) / 2)).await;
        }
        let room = line.orders.reserve().await.map_err(|_| slot.gone())?;
        let begin = || room.send(Order::Input(Input::Wish(Wish::Wake { deadline: until })));
        let times = (slot.board.now().mono, until);
        let (turn, report) = line.pending.expect_wake(times, begin).ok_or_else(|| slot.gone())?;
        Ok((turn, report.await.map_err(|_| slot.gone())?))
    }

    /// A person wants it now: waits are void, and what was stopped is tried once more. Without effect while no
    /// link is wanted.
    pub async fn user_acts(&self) {
        self.slot.hint(Input::Hint(Hint::UserActs)).await;
    }

    /// The device has slept or the process was suspended: a held link is probed.
    pub async fn resumed(&self) {
        self.slot.hint(Input::Hint(Hint::Resumed)).await;
    }

    /// Closes the account in this process: quits the link, closes the store, frees it for another process. It
    /// opens again by the next call that needs it. Guards of [`AccountHandle::stay`] are then heeded again.
    ///
    /// # Errors
    /// [`Error::TimedOut`]: it was cut short after `deadline`. What was accepted is in the store all the same.
    pub async fn close(&self, deadline: Duration) -> Result<(), Error> {
        if self.slot.close(deadline).await { Ok(()) } else { Err(Error::TimedOut) }
    }

    /// Saves what still reads of a damaged store ([`Error::Damaged`], [`State::Broken`]) into a new one, and keeps the
    /// old one in the account's folder. Closes the account for that; it opens again by the next call that needs it.
    /// If this fails, or is cut short by a kill, the old store is as it was. Can take long.
    ///
    /// # Errors
    /// [`Error::Damaged`]: nothing of it reads. [`Error::InUse`]; [`Error::StorageFull`].
    pub async fn salvage(&self) -> Result<SalvageReport, Error> {
        self.slot.closed_for(STOP, false, |slot| Ok(salvage(&slot.place())?)).await
    }
}

fn left(until: Mono, slot: &Slot) -> Duration {
    until.since(slot.board.now().mono)
}

fn not_known() -> WakeReport {
    WakeReport {
        arrived: Vec::new(),
        arrived_count: 0,
        pings: Vec::new(),
        end: WakeEnd::NotKnown(WaitWhy::Deadline),
        stages: Vec::new(),
    }
}

/// As long as one of these lives, the account holds a link.
#[must_use = "the link is let go when this is dropped"]
pub struct Stay {
    slot: Arc<Slot>,
    held: bool,
}

impl Stay {
    /// Lets the link go, and waits until the site has been told and it is closed. Returns at once if others
    /// still hold it.
    ///
    /// # Errors
    /// [`Error::TimedOut`]: it is still closing after `deadline`, and goes on to do so.
    pub async fn stop(mut self, deadline: Duration) -> Result<(), Error> {
        let mut standing = self.slot.board.watch();
        self.let_go();
        if self.slot.is_wanted() {
            return Ok(());
        }
        let linked = |state: &State| {
            matches!(
                state,
                State::Connecting
                    | State::Online
                    | State::Waiting { .. }
                    | State::NodeBusy { .. }
                    | State::Refused(_)
            )
        };
        match timeout(deadline, standing.wait_for(|standing| !linked(&standing.state))).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::TimedOut),
        }
    }

    fn let_go(&mut self) {
        if std::mem::take(&mut self.held) {
            self.slot.want(|wanted| wanted.stays = wanted.stays.saturating_sub(1));
        }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl fmt::Debug for Stay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stay")
    }
}

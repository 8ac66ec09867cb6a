//! How an account runs: holding a link, looking once, or neither.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tmtp_account::{Hint, Input, WaitWhy, WakeEnd, WakeReport, Wish};
use tmtp_link::driver::Order;
use tmtp_store::read::WakeEntry;
use tmtp_store::salvage::{SalvageReport, salvage};
use tmtp_wire::time::{Mono, Wall};
use tokio::time::{sleep, timeout};

use super::AccountHandle;
use crate::board::{Asked, Turn};
use crate::client::waking::Times;
use crate::desk::Line;
use crate::error::Error;
use crate::limits::{STOP, WAKE_GRACE, clamped};
use crate::reconciler::Fact;
use crate::slot::Slot;
use crate::state::State;
use crate::wake::{AccountWake, NotKnown};

impl AccountHandle {
    /// Holds a link to the site as long as the guard lives: what comes is stored and told by events, what is
    /// sent leaves at once, and whenever the link breaks another one is made. Guards are counted.
    ///
    /// Returns when the account is open for writing, not when the link stands: watch the state for that.
    pub async fn stay(&self) -> Result<Stay, Error> {
        self.slot.line().await?;
        let account = self.slot.name.clone();
        self.slot.house.lifecycle.tell(Fact::Stay { account, more: true });
        Ok(Stay { slot: Arc::clone(&self.slot), held: true })
    }

    /// Looks once: connects, stores everything that waits, sends what is queued while there is time, quits. If a
    /// link is held already it is only probed. Always ends within `deadline` (taken as 100 ms to a day; and 2 s, if
    /// the account is stuck), and the report says what is known (R15). [`Client::wake`](crate::Client::wake) does
    /// this for an app, with the platform's limits in mind.
    ///
    /// Wakes beside each other share one look as far as that proves something for each of them. Dropped, it goes
    /// on to its own deadline by itself, and what arrives is in the store and in the events.
    ///
    /// # Errors
    /// Only if the account cannot be opened for writing.
    pub async fn wake(&self, deadline: Duration) -> Result<WakeReport, Error> {
        let received = self.slot.board.now().mono;
        let line = self.slot.line().await?;
        look_until(&self.slot, line, received, received + clamped(deadline)).await
    }

    /// A person wants it now: waits are void, and what was stopped is tried once more. Without effect while no
    /// link is wanted.
    pub async fn user_acts(&self) {
        self.slot.hint(Input::Hint(Hint::UserActs)).await;
    }

    /// Closes the account in this process: quits the link, closes the store, frees it for another process. It
    /// opens again by the next call that needs it, or the next [`Client::foreground`](crate::Client::foreground).
    /// Guards of [`AccountHandle::stay`] are then heeded again.
    ///
    /// # Errors
    /// [`Error::TimedOut`]: it was cut short after `deadline`. What was accepted is in the store all the same.
    pub async fn close(&self, deadline: Duration) -> Result<(), Error> {
        self.slot.house.lifecycle.tell(Fact::PutDown(self.slot.name.clone()));
        if self.slot.close(clamped(deadline)).await { Ok(()) } else { Err(Error::TimedOut) }
    }

    /// Saves what still reads of a damaged store ([`Error::Damaged`], [`State::Damaged`]) into a new one, and keeps the
    /// old one in the account's folder. Closes the account for that; it opens again by the next call that needs it.
    /// If this fails, or is cut short by a kill, the old store is as it was. Can take long.
    ///
    /// # Errors
    /// [`Error::Damaged`]: nothing of it reads. [`Error::InUse`]; [`Error::StorageFull`].
    pub async fn salvage(&self) -> Result<SalvageReport, Error> {
        self.slot.closed_for(STOP, false, |slot| Ok(salvage(&slot.place())?)).await
    }
}

/// A wake of one account among others: never fails, for what goes wrong is an outcome, too.
pub(crate) async fn wake_account(slot: Arc<Slot>, times: Times) -> AccountWake {
    let name = slot.name.clone();
    let opened = match timeout(left(times.until, &slot), slot.line()).await {
        Ok(opened) => opened,
        Err(_) => Err(Error::TimedOut),
    };
    let looked = match opened {
        Ok(line) => look_until(&slot, line, times.received, times.until).await,
        Err(error) => {
            let why = NotKnown::of_error(&error);
            note_unopened(&slot, times, &why);
            return AccountWake::not_known(name, why);
        }
    };
    match looked {
        Ok(report) => {
            let suspended = slot.house.lifecycle.barred().is_some();
            let state = if suspended { State::Suspended } else { slot.board.standing().state };
            AccountWake::of_report(name, report, &state)
        }
        Err(error) => AccountWake::not_known(name, NotKnown::of_error(&error)),
    }
}

/// The ledger's row of a wake that could not open its account.
fn note_unopened(slot: &Slot, times: Times, why: &NotKnown) {
    let now = slot.board.now();
    let since = now.mono.since(times.received);
    let since = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    slot.note_wake(WakeEntry {
        began: Wall(now.wall.0.saturating_sub(since)),
        stages: vec![("received".to_owned(), 0), ("not_opened".to_owned(), since.cast_unsigned())],
        outcome: why.code().to_owned(),
        arrived: 0,
    });
}

/// Looks until it is known what came, at most until then.
async fn look_until(slot: &Arc<Slot>, line: Line, received: Mono, until: Mono) -> Result<WakeReport, Error> {
    let mut line = line;
    loop {
        let look = look(slot, &line, received, until);
        let Ok(looked) = timeout(left(until, slot) + WAKE_GRACE, look).await else {
            return Ok(not_known());
        };
        let (turn, report) = looked?;
        if turn.is_answered_by(&report) {
            return Ok(report);
        }
        if left(until, slot).is_zero() {
            return Ok(not_known());
        }
        line = slot.line().await?;
    }
}

/// Looks, or waits for the look that is running.
async fn look(slot: &Slot, line: &Line, received: Mono, until: Mono) -> Result<(Turn, WakeReport), Error> {
    if !matches!(slot.board.standing().state, State::Online | State::Connecting) {
        sleep(slot.house.take_turn().min(left(until, slot) / 2)).await;
    }
    let mut rooms = line.orders.reserve_many(2).await.map_err(|_| slot.gone())?;
    let begin = || {
        let said =
            [Input::Hint(Hint::WakeReceived { at: received }), Input::Wish(Wish::Wake { deadline: until })];
        for (room, input) in rooms.by_ref().zip(said) {
            room.send(Order::Input(input));
        }
    };
    let asked = Asked { received, now: slot.board.now().mono, until };
    let (turn, report) = line.pending.expect_wake(asked, begin).ok_or_else(|| slot.gone())?;
    // What was reserved and not used would keep others out.
    drop(rooms);
    Ok((turn, report.await.map_err(|_| slot.gone())?))
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
        if self.slot.house.lifecycle.link(&self.slot.name).is_some() {
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
        match timeout(clamped(deadline), standing.wait_for(|standing| !linked(&standing.state))).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::TimedOut),
        }
    }

    fn let_go(&mut self) {
        if std::mem::take(&mut self.held) {
            let account = self.slot.name.clone();
            self.slot.house.lifecycle.tell(Fact::Stay { account, more: false });
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

//! An account while it is open for writing: its driver, and the task that keeps it.
//!
//! The keeper tells the driver how the account is to run (whether the plan wants its link held), each dial in
//! its turn, notices when the driver ends, and closes the store behind it. A driver that panics leaves the
//! account [`State::Broken`]; nothing is lost, because whatever was accepted is in the store, and the next
//! call opens it again.
//!
//! | the keeper sees | what it does |
//! |---|---|
//! | the plan wants its link | waits for the account's turn, then puts `Stay` |
//! | the plan wants it no more | puts `Off` at once, or when a running wake has ended |
//! | the network has changed | waits for the account's turn, then puts the hint |
//! | the device slept, was unlocked, is short of memory | puts that hint |
//! | nobody is left to give orders | lets the driver go, which quits and ends |
//! | the driver has ended | closes the store, tells those who wait |

use std::sync::Arc;
use std::time::Duration;

use tmtp_account::{Account, Hint, Input, Wish};
use tmtp_link::driver::{Driver, Order};
use tmtp_store::Files;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use crate::board::{Board, Pending, Reporter};
use crate::home::AccountName;
use crate::house::House;
use crate::limits::{CLOSE_STORE, ENDED_YET, MAILBOX};
use crate::reconciler::{Fact, Plan};
use crate::slot::boxed;
use crate::state::{BrokenWhy, State};

/// How to reach an open account. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) pending: Arc<Pending>,
    /// The account's files, with the right to add to them.
    pub(crate) files: Files,
}

/// An account that is open for writing.
pub(crate) struct Desk {
    line: Line,
    driver: AbortHandle,
    keeper: JoinHandle<()>,
}

impl Desk {
    /// Starts the driver of an account that was just opened, and its keeper.
    pub(crate) fn start(
        account: Account,
        name: &AccountName,
        house: &Arc<House>,
        board: &Arc<Board>,
        alive: watch::Receiver<()>,
    ) -> Desk {
        board.stands(State::of(account.state(), board.now()));
        let (orders, inbox) = mpsc::channel(MAILBOX);
        let pending = Arc::new(Pending::default());
        let (site, files) = (account.member().site.clone(), account.files().clone());
        let reporter = Reporter { board: Arc::clone(board), pending: Arc::clone(&pending) };
        let (dialer, clock) = (Arc::clone(&house.dialer), Arc::clone(&house.instance.clock));
        let driver = Driver::new(account, site, dialer, clock, inbox, Box::new(reporter));
        let driver = driver.with_alarm(house.alarm.clone());
        let driver = tokio::spawn(boxed(driver.run()));
        let abort = driver.abort_handle();
        let keeper = Keeper {
            orders: Some(orders.clone()),
            name: name.clone(),
            house: Arc::clone(house),
            pending: Arc::clone(&pending),
            board: Arc::clone(board),
        };
        let watched = Watched {
            name: name.clone(),
            house: Arc::clone(house),
            board: Arc::clone(board),
            pending: Arc::clone(&pending),
            driver: abort.clone(),
        };
        let keeper = tokio::spawn(boxed(watched.over(tokio::spawn(boxed(keeper.keep(driver, alive))))));
        Desk { line: Line { orders, pending, files }, driver: abort, keeper }
    }

    /// How to reach it; `None` if it has ended.
    pub(crate) fn line(&self) -> Option<Line> {
        (!self.line.orders.is_closed()).then(|| self.line.clone())
    }

    /// Quits the link and closes the store. False if that took longer than `within` and was cut short: then,
    /// too, everything that was accepted is in the store.
    pub(crate) async fn stop(self, within: Duration) -> bool {
        let Desk { line, driver, mut keeper } = self;
        let until = Instant::now() + within;
        // The driver answers to this before anything that comes behind it. If it is gone already, so be it.
        let link = within - CLOSE_STORE.min(within / 4);
        let asked = timeout(link, line.orders.send(Order::Stop { within: link })).await;
        drop(line);
        if asked.is_ok() && timeout_at(until, &mut keeper).await.is_ok() {
            return true;
        }
        driver.abort();
        // The keeper ends with the driver.
        let _ = keeper.await;
        false
    }
}

/// The task beside a driver.
struct Keeper {
    orders: Option<mpsc::Sender<Order>>,
    name: AccountName,
    house: Arc<House>,
    pending: Arc<Pending>,
    board: Arc<Board>,
}

/// Who watches a keeper: a defect of ours in it must not leave a driver that nobody stops.
struct Watched {
    name: AccountName,
    house: Arc<House>,
    board: Arc<Board>,
    pending: Arc<Pending>,
    driver: AbortHandle,
}

impl Watched {
    async fn over(self, keeper: JoinHandle<()>) {
        let Err(error) = keeper.await else { return };
        if !error.is_panic() {
            return;
        }
        tracing::error!("An account's keeper has panicked.");
        self.driver.abort();
        // Its store is closed with it.
        while !self.driver.is_finished() {
            sleep(ENDED_YET).await;
        }
        self.pending.end();
        self.board.stands(State::Broken(BrokenWhy::Panicked));
        self.house.lifecycle.tell(Fact::Ended(self.name));
    }
}

/// What the plan says about one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    link: bool,
    networks: u64,
    sleeps: u64,
    unlocks: u64,
    squeezes: u64,
    metered: bool,
}

/// What is to be put when the account's turn has come.
#[derive(Default)]
struct Due {
    stay: bool,
    /// As soon as no wake is running, which `Off` would end; to be tried then at the latest.
    off: Option<Instant>,
    network: bool,
    at: Option<Instant>,
}

impl Keeper {
    async fn keep(mut self, mut driver: JoinHandle<Account>, mut alive: watch::Receiver<()>) {
        let mut plans = self.house.lifecycle.watch();
        let mut told = Wanted { link: false, metered: false, ..self.wanted(&plans.borrow()) };
        let mut due = Due::default();
        plans.mark_changed();
        let mut changes = self.board.changes();
        let ended = loop {
            let turn = due.at.unwrap_or_else(Instant::now);
            tokio::select! {
                ended = &mut driver => break ended,
                () = sleep_until(turn), if due.at.is_some() => self.turn(&mut due).await,
                () = changed_or(&mut changes, due.off), if due.off.is_some() => due.off = self.off().await,
                // The house is held here, so plans never end.
                _ = plans.changed(), if self.orders.is_some() => {
                    let now = self.wanted(&plans.borrow_and_update());
                    self.heed(told, now, &mut due).await;
                    told = now;
                }
                // Nobody is left to give orders. Nothing is ever sent there.
                _ = alive.changed(), if self.orders.is_some() => {
                    self.orders = None;
                    due = Due::default();
                }
            }
        };
        self.orders = None;
        let state = match ended {
            Ok(account) => close(account).await,
            Err(error) if error.is_panic() => {
                tracing::error!("An account's task has panicked.");
                State::Broken(BrokenWhy::Panicked)
            }
            // It was cut short on purpose.
            Err(_) => State::Idle,
        };
        self.pending.end();
        self.board.stands(state);
        self.house.lifecycle.tell(Fact::Ended(self.name.clone()));
    }

    fn wanted(&self, plan: &Plan) -> Wanted {
        let Plan { networks, sleeps, unlocks, squeezes, metered, .. } = *plan;
        Wanted { link: plan.links.contains_key(&self.name), networks, sleeps, unlocks, squeezes, metered }
    }

    async fn heed(&self, told: Wanted, now: Wanted, due: &mut Due) {
        if told.link && !now.link {
            due.stay = false;
            due.off = self.off().await;
        }
        if now.link && !told.link {
            due.stay = true;
            due.off = None;
        }
        for (new, hint) in [
            (now.sleeps != told.sleeps, Hint::Resumed),
            (now.unlocks != told.unlocks, Hint::Unlocked),
            (now.squeezes != told.squeezes, Hint::MemoryLow),
            (now.metered != told.metered, Hint::Metered(now.metered)),
        ] {
            if new {
                self.put(Input::Hint(hint)).await;
            }
        }
        due.network |= now.networks != told.networks;
        if !due.stay && !due.network {
            due.at = None;
        } else if due.at.is_none() {
            due.at = Some(Instant::now() + self.house.take_turn());
        }
    }

    async fn turn(&self, due: &mut Due) {
        let Due { stay, network, off, .. } = std::mem::take(due);
        due.off = off;
        if stay {
            self.put(Input::Wish(Wish::Stay)).await;
        }
        if network {
            self.put(Input::Hint(Hint::NetworkChanged)).await;
        }
    }

    /// Puts `Off`, unless a wake is running: then, when that is over at the latest.
    async fn off(&self) -> Option<Instant> {
        // A driver that is gone is noticed by its end.
        let room = self.orders.as_ref()?.reserve().await.ok()?;
        let now = self.board.now().mono;
        let until = self.pending.unless_waking(now, || room.send(Order::Input(Input::Wish(Wish::Off))))?;
        Some(Instant::now() + until.since(now))
    }

    async fn put(&self, input: Input) {
        if let Some(orders) = &self.orders {
            // A driver that is gone is noticed by its end.
            let _ = orders.send(Order::Input(input)).await;
        }
    }
}

/// Checkpoints and closes; how the account stands then.
async fn close(account: Account) -> State {
    match spawn_blocking(move || account.close()).await {
        Ok(Ok(())) => State::Idle,
        Ok(Err(_)) | Err(_) => {
            tracing::warn!("A store was not closed in order; what was committed is in it.");
            State::Idle
        }
    }
}

/// Waits for the next change, or until this moment.
async fn changed_or(changes: &mut watch::Receiver<u64>, at: Option<Instant>) {
    // The keeper holds the board, so changes are never closed.
    let _ = timeout_at(at.unwrap_or_else(Instant::now), changes.changed()).await;
}

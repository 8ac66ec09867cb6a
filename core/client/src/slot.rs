//! One account as the client knows it: its folder, its reader, and, once something has to be written or a
//! link is wanted, its desk. Opened lazily; opened at most once at a time in this process, and by the store's
//! lock at most once on this device.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tmtp_account::{Account, Command, Input, Reply};
use tmtp_link::driver::Order;
use tmtp_store::ledger::{self, WakeRow};
use tmtp_store::read::WakeEntry;
use tmtp_store::{Files, Place, Reader, StoreError, Writer};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard, watch};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::board::{Answer, Board};
use crate::config::Profile;
use crate::desk::{Desk, Line};
use crate::error::Error;
use crate::home::AccountName;
use crate::house::House;
use crate::limits::{LEDGER_WAITING, clamped};
use crate::reconciler::Fact;
use crate::state::State;

/// One account.
pub(crate) struct Slot {
    pub(crate) name: AccountName,
    pub(crate) house: Arc<House>,
    pub(crate) board: Arc<Board>,
    /// Dropped with the slot: then nobody is left to give orders.
    alive: watch::Sender<()>,
    /// Wakes that could not be noted in the store yet.
    wakes: Mutex<VecDeque<WakeEntry>>,
    reader: Mutex<Option<Arc<Reader>>>,
    desk: AsyncMutex<Seat>,
    /// Held while a draft is changed, and while one is read to be sent.
    drafts: Arc<AsyncMutex<()>>,
}

/// Whether the account is open for writing.
enum Seat {
    Empty,
    Taken(Desk),
    /// The account is being removed, or is gone.
    Removed,
}

impl Slot {
    pub(crate) fn new(name: AccountName, house: Arc<House>) -> Slot {
        let clock = Arc::clone(&house.instance.clock);
        let board = Arc::new(Board::new(name.clone(), Arc::clone(&house.events), clock));
        let (alive, wakes, reader, drafts) =
            (watch::Sender::default(), Mutex::default(), Mutex::default(), Arc::default());
        Slot { name, house, board, alive, wakes, reader, desk: AsyncMutex::new(Seat::Empty), drafts }
    }

    /// The account's folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.house.home.folder(&self.name)
    }

    /// Where the store is, as it wants to be told.
    pub(crate) fn place(&self) -> Place {
        Place {
            dir: self.folder(),
            install: self.house.install,
            fs: Arc::clone(&self.house.instance.fs),
            vfs: self.house.instance.vfs.clone(),
        }
    }

    /// The account's files, for reading.
    pub(crate) fn files(&self) -> Files {
        Files::reading(&self.folder(), Arc::clone(&self.house.instance.fs))
            .halted_by(self.house.lifecycle.halt())
    }

    /// Reads from the store, on a thread for that.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        ask: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Error> {
        let slot = Arc::clone(self);
        off_thread(move || slot.read_now(ask)).await
    }

    /// The same on the thread of the caller, which must be one that may block.
    pub(crate) fn read_now<T>(&self, ask: impl FnOnce(&Reader) -> Result<T, StoreError>) -> Result<T, Error> {
        let _pass = self.house.lifecycle.enter()?;
        let reader = self.reader()?;
        Ok(ask(&reader)?)
    }

    /// For somebody who has a pass.
    fn reader(&self) -> Result<Arc<Reader>, Error> {
        let mut kept = self.lock_reader();
        if let Some(reader) = kept.as_ref() {
            return Ok(Arc::clone(reader));
        }
        let reader = Reader::open_on(&self.folder(), self.house.instance.vfs.as_deref())?;
        if self.house.profile == Profile::Extension {
            reader.use_little_memory()?;
        }
        let reader = Arc::new(reader);
        *kept = Some(Arc::clone(&reader));
        Ok(reader)
    }

    /// Closes what is kept open for reading; those who are reading go on with theirs.
    pub(crate) fn close_reader(&self) {
        *self.lock_reader() = None;
    }

    fn lock_reader(&self) -> MutexGuard<'_, Option<Arc<Reader>>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How to reach the account, opened for writing if it was not. If the caller goes away meanwhile, the opening
    /// goes on to its end.
    pub(crate) async fn line(self: &Arc<Self>) -> Result<Line, Error> {
        if let Some(error) = self.house.lifecycle.barred() {
            return Err(error);
        }
        if let Ok(seat) = self.desk.try_lock()
            && let Seat::Taken(desk) = &*seat
            && let Some(line) = desk.line()
        {
            return Ok(line);
        }
        let slot = Arc::clone(self);
        joined(tokio::spawn(boxed(async move { slot.open().await })).await)
    }

    async fn open(self: Arc<Self>) -> Result<Line, Error> {
        let mut seat = self.desk.lock().await;
        if let Some(error) = self.house.lifecycle.barred() {
            return Err(error);
        }
        match &*seat {
            Seat::Removed => return Err(Error::NotFound),
            Seat::Taken(desk) => {
                if let Some(line) = desk.line() {
                    return Ok(line);
                }
            }
            Seat::Empty => {}
        }
        // One that has ended closes its store before the next is opened.
        if let Seat::Taken(ended) = std::mem::replace(&mut *seat, Seat::Empty) {
            ended.stop(crate::limits::STOP).await;
        }
        let slot = Arc::clone(&self);
        let opened = off_thread(move || slot.open_store()).await;
        let account = opened.inspect_err(|error| self.board.stands(State::behind(error)))?;
        // Before anything can tell that it has ended.
        self.house.lifecycle.tell(Fact::Opened(self.name.clone()));
        let desk = Desk::start(account, &self.name, &self.house, &self.board, self.alive.subscribe());
        let line = desk.line();
        *seat = Seat::Taken(desk);
        line.ok_or(Error::Broken)
    }

    fn open_store(&self) -> Result<Account, Error> {
        let mut writer = Writer::open(self.place())?;
        if self.house.profile == Profile::Extension {
            writer.use_little_memory()?;
        }
        self.note_waiting_wakes(&mut writer);
        Ok(Account::open(writer, self.house.env(), self.board.now())?)
    }

    /// Has something done and waits for its answer.
    pub(crate) async fn command(self: &Arc<Self>, command: Command) -> Result<Reply, Error> {
        let _pass = self.house.lifecycle.enter()?;
        let answer = self.put(command).await?;
        self.answered(answer).await
    }

    /// Puts a command. When this has returned, it will be done, even if nobody waits for the answer.
    pub(crate) async fn put(self: &Arc<Self>, command: Command) -> Result<Answer, Error> {
        let line = self.line().await?;
        let room = line.orders.reserve().await.map_err(|_| self.gone())?;
        // From here on there is no waiting, so nobody expects an answer to what was never put.
        let (ticket, answer) = line.pending.expect_answer().ok_or_else(|| self.gone())?;
        room.send(Order::Input(Input::Command(ticket, command)));
        Ok(answer)
    }

    /// Waits for the answer to a command that was put.
    pub(crate) async fn answered(&self, answer: Answer) -> Result<Reply, Error> {
        match answer.await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(self.gone()),
        }
    }

    /// Does this while no other draft is changed or sent. If the caller goes away meanwhile, it goes on to its end.
    pub(crate) async fn with_drafts<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let drafts = Arc::clone(&self.drafts);
        joined(
            tokio::spawn(boxed(async move {
                let _held = drafts.lock().await;
                work.await
            }))
            .await,
        )
    }

    /// Hands in something that has no answer, if the account is open.
    pub(crate) async fn hint(&self, input: Input) {
        let line = match &*self.desk.lock().await {
            Seat::Taken(desk) => desk.line(),
            Seat::Empty | Seat::Removed => None,
        };
        if let Some(line) = line {
            // A driver that is just ending needs no hint.
            let _ = line.orders.send(Order::Input(input)).await;
        }
    }

    /// What is said when the driver has ended under a caller.
    pub(crate) fn gone(&self) -> Error {
        self.house.lifecycle.barred().unwrap_or(Error::Broken)
    }

    /// Remembers a wake that could not even be noted in the store.
    pub(crate) fn note_wake(&self, wake: WakeEntry) {
        let mut wakes = self.lock_wakes();
        if wakes.len() == LEDGER_WAITING {
            wakes.pop_front();
        }
        wakes.push_back(wake);
    }

    /// The wakes that wait to be noted, the newest first.
    pub(crate) fn waiting_wakes(&self) -> Vec<WakeEntry> {
        self.lock_wakes().iter().rev().cloned().collect()
    }

    /// Notes in the store what could not be noted before. What still cannot waits for the next open.
    fn note_waiting_wakes(&self, writer: &mut Writer) {
        let mut wakes = self.lock_wakes();
        while let Some(WakeEntry { began, stages, outcome, arrived }) = wakes.front() {
            let stages: Vec<(&str, u64)> = stages.iter().map(|(stage, at)| (stage.as_str(), *at)).collect();
            let row = WakeRow { began: *began, stages: &stages, outcome, arrived: *arrived };
            if ledger::add(writer.connection(), &row).is_err() {
                return;
            }
            wakes.pop_front();
        }
    }

    fn lock_wakes(&self) -> MutexGuard<'_, VecDeque<WakeEntry>> {
        self.wakes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks into the store now and after every change, until there is an answer; `None` when the time is over.
    pub(crate) async fn until<T: Send + 'static>(
        self: &Arc<Self>,
        limit: Duration,
        look: impl Fn(&Reader) -> Result<Option<T>, StoreError> + Clone + Send + 'static,
    ) -> Result<Option<T>, Error> {
        let until = Instant::now() + clamped(limit);
        let mut changes = self.board.changes();
        loop {
            changes.mark_unchanged();
            if let Some(found) = self.read(look.clone()).await? {
                return Ok(Some(found));
            }
            match self.house.alarm.timeout_at(until, changes.changed()).await {
                Some(Ok(())) => {}
                Some(Err(_)) => return Err(self.gone()),
                None => return Ok(None),
            }
        }
    }

    /// Closes the account: its link in order, its store, its reader. False if it had to be cut short. If the caller
    /// goes away meanwhile, the closing goes on to its end.
    pub(crate) async fn close(self: &Arc<Self>, within: Duration) -> bool {
        let slot = Arc::clone(self);
        tokio::spawn(boxed(async move { slot.leave(within).await.1 })).await.unwrap_or(false)
    }

    /// Closes the account, does this with its folder while nobody here can open it, and says whether it is to
    /// stay closed for ever if its folder is gone then. Goes on to its end, too.
    pub(crate) async fn closed_for<T: Send + 'static>(
        self: &Arc<Self>,
        within: Duration,
        for_ever: bool,
        work: impl FnOnce(&Slot) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let slot = Arc::clone(self);
        joined(
            tokio::spawn(boxed(async move {
                let (mut seat, _) = slot.leave(within).await;
                let _pass = slot.house.lifecycle.enter()?;
                let worker = Arc::clone(&slot);
                let worked = off_thread(move || {
                    let outcome = work(&worker);
                    Ok((outcome, for_ever && !worker.house.home.holds(&worker.name)))
                });
                let (outcome, gone) = worked.await.unwrap_or_else(|error| (Err(error), false));
                // A reader that was opened meanwhile belongs to the folder as it was.
                slot.close_reader();
                if gone {
                    *seat = Seat::Removed;
                }
                outcome
            }))
            .await,
        )
    }

    async fn leave(&self, within: Duration) -> (AsyncMutexGuard<'_, Seat>, bool) {
        let mut seat = self.desk.lock().await;
        // First, so that it is in nobody's way at the last checkpoint.
        self.close_reader();
        let in_order = match std::mem::replace(&mut *seat, Seat::Empty) {
            Seat::Taken(desk) => desk.stop(within).await,
            other => {
                *seat = other;
                true
            }
        };
        self.close_reader();
        (seat, in_order)
    }
}

/// Work in a box.
pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Work for a task, in a box: there is one kind of task for each type of result, and not for each piece of work. Each
/// kind brings some kilobytes of tokio into the library.
pub(crate) fn boxed<T>(work: impl Future<Output = T> + Send + 'static) -> Boxed<T> {
    Box::pin(work)
}

/// Runs something that may block on a thread for that.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    // One kind of task for all of them: each kind would bring two more kilobytes of tokio into the library.
    let place = Arc::new(Mutex::new(None));
    let put = Arc::clone(&place);
    let work: Box<dyn FnOnce() + Send> = Box::new(move || {
        let outcome = work();
        *put.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    });
    joined(spawn_blocking(work).await.map(Ok))?;
    let outcome = place.lock().unwrap_or_else(PoisonError::into_inner).take();
    outcome.unwrap_or(Err(Error::Closed))
}

fn joined<T>(outcome: Result<Result<T, Error>, tokio::task::JoinError>) -> Result<T, Error> {
    match outcome {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => Err(Error::Broken),
        // The runtime is going down.
        Err(_) => Err(Error::Closed),
    }
}

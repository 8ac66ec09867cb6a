//! One account as the client knows it: its folder, its reader, and, once something has to be written or a
//! link is wanted, its desk. Opened lazily; opened at most once at a time in this process, and by the store's
//! lock at most once on this device.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tmtp_account::{Account, Command, Input, Reply};
use tmtp_link::driver::Order;
use tmtp_store::{Files, Place, Reader, StoreError, Writer};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use crate::board::{Answer, Board};
use crate::desk::{Desk, Line, Wanted};
use crate::error::Error;
use crate::home::AccountName;
use crate::house::House;
use crate::state::State;

/// One account.
pub(crate) struct Slot {
    pub(crate) name: AccountName,
    pub(crate) house: Arc<House>,
    pub(crate) board: Arc<Board>,
    wanted: watch::Sender<Wanted>,
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
        let (wanted, reader, drafts) = (watch::Sender::default(), Mutex::default(), Arc::default());
        Slot { name, house, board, wanted, reader, desk: AsyncMutex::new(Seat::Empty), drafts }
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
            vfs: None,
        }
    }

    /// The account's files, for reading.
    pub(crate) fn files(&self) -> Files {
        Files::reading(&self.folder(), Arc::clone(&self.house.instance.fs))
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
        let reader = self.reader()?;
        Ok(ask(&reader)?)
    }

    fn reader(&self) -> Result<Arc<Reader>, Error> {
        let mut kept = self.lock_reader();
        if self.house.is_closed() {
            return Err(Error::Closed);
        }
        if let Some(reader) = kept.as_ref() {
            return Ok(Arc::clone(reader));
        }
        let reader = Arc::new(Reader::open(&self.folder())?);
        *kept = Some(Arc::clone(&reader));
        Ok(reader)
    }

    fn lock_reader(&self) -> MutexGuard<'_, Option<Arc<Reader>>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How to reach the account, opened for writing if it was not. If the caller goes away meanwhile, the opening
    /// goes on to its end.
    pub(crate) async fn line(self: &Arc<Self>) -> Result<Line, Error> {
        if let Ok(seat) = self.desk.try_lock()
            && let Seat::Taken(desk) = &*seat
            && let Some(line) = desk.line()
        {
            return Ok(line);
        }
        let slot = Arc::clone(self);
        joined(tokio::spawn(async move { slot.open().await }).await)
    }

    async fn open(self: Arc<Self>) -> Result<Line, Error> {
        let mut seat = self.desk.lock().await;
        if self.house.is_closed() {
            return Err(Error::Closed);
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
        let account = opened.inspect_err(|error| self.board.stands(stands_after(error)))?;
        let desk = Desk::start(account, &self.house, &self.board, self.wanted.subscribe());
        let line = desk.line();
        *seat = Seat::Taken(desk);
        line.ok_or(Error::Broken)
    }

    fn open_store(&self) -> Result<Account, Error> {
        let writer = Writer::open(self.place())?;
        Ok(Account::open(writer, self.house.env(), self.board.now())?)
    }

    /// Has something done and waits for its answer.
    pub(crate) async fn command(self: &Arc<Self>, command: Command) -> Result<Reply, Error> {
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
            tokio::spawn(async move {
                let _held = drafts.lock().await;
                work.await
            })
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
        if self.house.is_closed() { Error::Closed } else { Error::Broken }
    }

    /// Changes how the account is to run.
    pub(crate) fn want(&self, change: impl FnOnce(&mut Wanted)) {
        self.wanted.send_modify(change);
    }

    /// Whether somebody wants the link held.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.borrow().stays > 0
    }

    /// Looks into the store now and after every change, until there is an answer; `None` when the time is over.
    pub(crate) async fn until<T: Send + 'static>(
        self: &Arc<Self>,
        limit: Duration,
        look: impl Fn(&Reader) -> Result<Option<T>, StoreError> + Clone + Send + 'static,
    ) -> Result<Option<T>, Error> {
        let until = Instant::now() + limit;
        let mut changes = self.board.changes();
        loop {
            changes.mark_unchanged();
            if let Some(found) = self.read(look.clone()).await? {
                return Ok(Some(found));
            }
            match timeout_at(until, changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(self.gone()),
                Err(_) => return Ok(None),
            }
        }
    }

    /// Closes the account: its link in order, its store, its reader. False if it had to be cut short. If the caller
    /// goes away meanwhile, the closing goes on to its end.
    pub(crate) async fn close(self: &Arc<Self>, within: Duration) -> bool {
        let slot = Arc::clone(self);
        tokio::spawn(async move { slot.leave(within).await.1 }).await.unwrap_or(false)
    }

    /// Closes the account, does this with its folder while nobody here can open it, and says whether it is to
    /// stay closed for ever. Goes on to its end, too.
    pub(crate) async fn closed_for<T: Send + 'static>(
        self: &Arc<Self>,
        within: Duration,
        for_ever: bool,
        work: impl FnOnce(&Slot) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let slot = Arc::clone(self);
        joined(
            tokio::spawn(async move {
                let (mut seat, _) = slot.leave(within).await;
                let worker = Arc::clone(&slot);
                let outcome = off_thread(move || work(&worker)).await;
                // A reader that was opened meanwhile belongs to the folder as it was.
                *slot.lock_reader() = None;
                if for_ever && !matches!(outcome, Err(Error::InUse { .. })) {
                    *seat = Seat::Removed;
                }
                outcome
            })
            .await,
        )
    }

    async fn leave(&self, within: Duration) -> (AsyncMutexGuard<'_, Seat>, bool) {
        let mut seat = self.desk.lock().await;
        let in_order = match std::mem::replace(&mut *seat, Seat::Empty) {
            Seat::Taken(desk) => desk.stop(within).await,
            other => {
                *seat = other;
                true
            }
        };
        *self.lock_reader() = None;
        (seat, in_order)
    }
}

/// How an account that could not be opened stands.
fn stands_after(error: &Error) -> State {
    match error {
        Error::InUse { by } => State::InUse { by: *by },
        Error::StorageFull { needed } => State::StorageFull { needed: *needed },
        Error::Cloned => State::Cloned,
        Error::KeyLost => State::KeyLost,
        Error::Locked => State::Locked,
        Error::Closed => State::Idle,
        _ => State::Broken,
    }
}

/// Runs something that may block on a thread for that.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    joined(spawn_blocking(work).await)
}

fn joined<T>(outcome: Result<Result<T, Error>, tokio::task::JoinError>) -> Result<T, Error> {
    match outcome {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => Err(Error::Broken),
        // The runtime is going down.
        Err(_) => Err(Error::Closed),
    }
}

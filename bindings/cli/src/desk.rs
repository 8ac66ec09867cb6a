//! Where orders go: to this process if it holds the home, else to the one that does.
//!
//! A holder serves others for as long as its own command runs. When the holder of a guest ends in the middle, the
//! guest goes on by itself; orders can be repeated.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::failure::{Failure, Outcome};
use crate::handoff::{self, Asked, Guest, Place, Taken};
use crate::local::Local;
use crate::orders::{Done, Order};

/// How often a guest may lose its holder before it gives up: holders are processes that end, not loops.
const HANDOVERS_MAX: usize = 20;
/// The accounts are closed in order within this time, links included.
const CLOSE: Duration = Duration::from_secs(3);

/// How often a process that wants to stay looks whether the one before it still answers.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// A place at which orders are done.
pub(crate) struct Desk {
    home: PathBuf,
    side: Side,
}

enum Side {
    Own { local: Arc<Local>, end: watch::Sender<bool>, serving: JoinHandle<Taken> },
    Guest(Guest),
}

impl Desk {
    /// Takes the home, or finds its holder. The folder is made if it is not there.
    pub(crate) async fn open(home: &Path) -> Outcome<Desk> {
        crate::home::make(home)?;
        let side = match handoff::find_place(home).await? {
            Place::Guest(guest) => Side::Guest(guest),
            Place::Holder(seat) => {
                let local = Arc::new(Local::open(home).await?);
                let (end, over) = watch::channel(false);
                let serving = tokio::spawn(seat.serve(Arc::clone(&local), over));
                Side::Own { local, end, serving }
            }
        };
        Ok(Desk { home: home.to_owned(), side })
    }

    /// Takes the home for a process that stays: waits for a command that has it, and fails if another process stays.
    pub(crate) async fn open_to_stay(home: &Path, waits: impl FnOnce()) -> Outcome<Desk> {
        let mut waits = Some(waits);
        loop {
            let mut desk = Desk::open(home).await?;
            let Side::Guest(guest) = &mut desk.side else { return Ok(desk) };
            match guest.ask(Order::IsWatch).await {
                Asked::Answered(Ok(Done::IsWatch(true)) | Err(_)) => {
                    let sentence =
                        "tmtp is running on this home already; end it first, or look with `threads --unread`";
                    return Err(Failure::new("in_use", sentence));
                }
                Asked::Silent(failure) => return Err(failure),
                Asked::Answered(Ok(_)) | Asked::Gone => {}
            }
            if let Some(waits) = waits.take() {
                waits();
            }
            // Now and then it is asked again: it may have been stopped.
            let _ = tokio::time::timeout(ASK_AGAIN, guest.gone()).await;
        }
    }

    /// What does the orders, if it is this process.
    pub(crate) fn local(&self) -> Option<&Arc<Local>> {
        match &self.side {
            Side::Own { local, .. } => Some(local),
            Side::Guest(_) => None,
        }
    }

    /// Does an order, here or there; returns when it is durable.
    pub(crate) async fn perform(&mut self, order: Order) -> Outcome<Done> {
        let began = Instant::now();
        let mut asked_before = false;
        for _ in 0..HANDOVERS_MAX {
            let order = order.clone().after(began.elapsed());
            let before = order.done_before().filter(|_| asked_before);
            match &mut self.side {
                Side::Own { local, .. } => {
                    let done = handoff::Doer::perform(local.as_ref(), order).await;
                    return or_before(done, before);
                }
                Side::Guest(guest) => match guest.ask(order).await {
                    Asked::Answered(done) => return or_before(done, before),
                    Asked::Silent(failure) => return Err(failure),
                    Asked::Gone => asked_before = true,
                },
            }
            *self = Desk::open(&self.home).await?;
        }
        Err(Failure::new(
            "in_use",
            "other processes on this home come and go; try again when they have ended",
        ))
    }

    /// Ends serving, quits the links and closes the accounts.
    pub(crate) async fn close(self) {
        if let Side::Own { local, end, serving } = self.side {
            let _ = end.send(true);
            let seat = serving.await;
            local.close(CLOSE).await;
            // Only now may another process take the home.
            drop(seat);
        }
    }
}

/// What came of an order that another process was asked for before: what it has removed is not there any more.
fn or_before(done: Outcome<Done>, before: Option<Done>) -> Outcome<Done> {
    match (done, before) {
        (Err(failure), Some(before)) if failure.code == tmtp_client::Error::NotFound.code() => Ok(before),
        (done, _) => done,
    }
}

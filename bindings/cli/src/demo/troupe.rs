//! The running clients together: what each still has to be told, who is dead and when he starts again.
//!
//! A message is told until its client says that it has taken it, also across kills: the same draft id, so that a
//! client that had taken it before it was killed does not take it twice. One at a time per client; so the order of
//! telling is the order of `send`.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::cast::Client;
use super::child::{Heard, Process, Start};
use super::protocol::{Said, Tell};
use crate::failure::Outcome;

/// Lines of all clients that wait to be looked at.
const LINES_MAX: usize = 10_000;

/// The clients.
pub(super) struct Troupe {
    slots: BTreeMap<Client, Slot>,
    heard: mpsc::Receiver<Heard>,
    say: mpsc::Sender<Heard>,
}

struct Slot {
    start: Start,
    process: Option<Process>,
    /// It has told its store and listens.
    ready: bool,
    /// When it starts again; only while it is dead.
    again: Option<Instant>,
    /// When it was killed, how long it stays dead.
    dead_for: Duration,
    /// Messages that it has not taken yet; the first one has been told if it is ready.
    queue: VecDeque<(String, Tell)>,
}

impl Troupe {
    /// Starts all of them.
    pub(super) fn start(starts: BTreeMap<Client, Start>) -> Outcome<Self> {
        let (say, heard) = mpsc::channel(LINES_MAX);
        let mut slots = BTreeMap::new();
        for (client, start) in starts {
            let process = Some(Process::start(client, &start, say.clone())?);
            let (again, dead_for, queue) = (None, Duration::ZERO, VecDeque::new());
            slots.insert(client, Slot { start, process, ready: false, again, dead_for, queue });
        }
        Ok(Troupe { slots, heard, say })
    }

    /// The next line of anybody. A client that has died is put down for its restart. Safe to drop.
    pub(super) async fn hear(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }

    /// Does what a line asks of the troupe itself; true if the client has just died.
    pub(super) async fn note(&mut self, heard: &Heard) -> bool {
        let Some(slot) = self.slots.get_mut(&heard.client) else { return false };
        match &heard.said {
            None => {
                slot.process = None;
                slot.ready = false;
                slot.again = Some(Instant::now() + slot.dead_for);
                return true;
            }
            Some(Said::Ready) => {
                slot.ready = true;
                slot.tell_first().await;
            }
            Some(Said::Taken { draft, .. })
                if slot.queue.front().is_some_and(|(first, _)| first == draft) =>
            {
                slot.queue.pop_front();
                slot.tell_first().await;
            }
            Some(_) => {}
        }
        false
    }

    /// Has a message sent by a client, behind those it still has to take.
    pub(super) async fn send(&mut self, client: Client, draft: String, tell: Tell) {
        if let Some(slot) = self.slots.get_mut(&client) {
            slot.queue.push_back((draft, tell));
            if slot.ready && slot.queue.len() == 1 {
                slot.tell_first().await;
            }
        }
    }

    /// Tells a client something once, if it runs.
    pub(super) async fn tell(&mut self, client: Client, tell: &Tell) {
        if let Some(process) = self.slots.get_mut(&client).and_then(|slot| slot.process.as_mut()) {
            process.tell(tell).await;
        }
    }

    /// Kills a client; false if it is dead or not up yet.
    pub(super) async fn kill(&mut self, client: Client, dead_for: Duration) -> bool {
        let Some(slot) = self.slots.get_mut(&client).filter(|slot| slot.ready) else { return false };
        let Some(process) = slot.process.as_mut() else { return false };
        process.kill().await;
        (slot.ready, slot.dead_for) = (false, dead_for);
        true
    }

    /// When the next dead client starts again.
    pub(super) fn next_restart(&self) -> Option<Instant> {
        self.slots.values().filter_map(|slot| slot.again).min()
    }

    /// Starts those whose time has come, and says who.
    pub(super) fn restart_due(&mut self) -> Outcome<Vec<Client>> {
        let now = Instant::now();
        let mut started = Vec::new();
        for (&client, slot) in &mut self.slots {
            if slot.again.is_some_and(|again| again <= now) {
                slot.process = Some(Process::start(client, &slot.start, self.say.clone())?);
                slot.again = None;
                started.push(client);
            }
        }
        Ok(started)
    }

    /// Whether every client is up and has taken everything.
    pub(super) fn is_idle(&self) -> bool {
        self.slots.values().all(|slot| slot.ready && slot.queue.is_empty())
    }

    /// Ends all of them in order.
    pub(super) async fn stop(self) -> Outcome<()> {
        let Troupe { slots, mut heard, say } = self;
        drop(say);
        // Nobody listens to last words, but a pipe that is full would keep a client from ending.
        let listening = tokio::spawn(async move { while heard.recv().await.is_some() {} });
        for slot in slots.into_values() {
            if let Some(mut process) = slot.process {
                process.tell(&Tell::Stop).await;
                process.ended().await?;
            }
        }
        let _ = listening.await;
        Ok(())
    }
}

impl Slot {
    async fn tell_first(&mut self) {
        if let (true, Some(process), Some((_, tell))) =
            (self.ready, self.process.as_mut(), self.queue.front())
        {
            process.tell(tell).await;
        }
    }
}

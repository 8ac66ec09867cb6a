//! The one site behind a lock, its clock, and who is woken by what: every call that may have changed other
//! links wakes their tasks, every new fact wakes the keeper of the journal.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use tmtp_wire::time::{Mono, Wall};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::journal::Journal;
use crate::limits::{JOURNAL_COMPACT_MIN, JOURNAL_GROWTH};
use crate::logic::{LinkId, Record, Site};

/// What all tasks of a server share.
#[derive(Debug)]
pub(super) struct Shared {
    site: Mutex<Site>,
    /// Facts have come up.
    facts: Condvar,
    wakes: Mutex<BTreeMap<LinkId, Arc<Notify>>>,
    started: Instant,
    stop: watch::Sender<bool>,
}

/// Nanoseconds of the wall clock, which is where the ids of messages start (wire 6).
pub(super) fn nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(site: Site) -> Shared {
        Shared {
            site: Mutex::new(site),
            facts: Condvar::new(),
            wakes: Mutex::new(BTreeMap::new()),
            started: Instant::now(),
            stop: watch::Sender::new(false),
        }
    }

    /// Does something with the site, then wakes whom it concerns.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut Site, Mono, Wall) -> R) -> R {
        self.with_but(None, act)
    }

    /// The same for the task of a link, which looks at its own link next anyway.
    pub(super) fn with_link<R>(&self, link: LinkId, act: impl FnOnce(&mut Site, Mono, Wall) -> R) -> R {
        self.with_but(Some(link), act)
    }

    fn with_but<R>(&self, awake: Option<LinkId>, act: impl FnOnce(&mut Site, Mono, Wall) -> R) -> R {
        let millis = self.started.elapsed().as_millis();
        let now = Mono(u64::try_from(millis).unwrap_or(u64::MAX));
        let wall = Wall(i64::try_from(nanoseconds() / 1_000_000).unwrap_or(i64::MAX));
        let mut site = lock(&self.site);
        let result = act(&mut site, now, wall);
        let mut touched = site.take_touched();
        let facts = site.has_storage();
        drop(site);
        if facts {
            self.facts.notify_one();
        }
        if let Some(awake) = awake {
            touched.remove(&awake);
        }
        if !touched.is_empty() {
            let wakes = lock(&self.wakes);
            for wake in touched.iter().filter_map(|link| wakes.get(link)) {
                wake.notify_one();
            }
        }
        result
    }

    /// Opens a link; its task is woken through what comes with it.
    pub(super) fn open(&self) -> (LinkId, Arc<Notify>) {
        let link = self.with(|site, now, wall| site.open(now, wall));
        let wake = Arc::new(Notify::new());
        lock(&self.wakes).insert(link, Arc::clone(&wake));
        (link, wake)
    }

    /// The link's socket is gone.
    pub(super) fn closed(&self, link: LinkId) {
        lock(&self.wakes).remove(&link);
        self.with(|site, now, wall| site.closed(now, wall, link));
    }

    /// The tokio instant of a time of the site's.
    pub(super) fn instant(&self, at: Mono) -> Instant {
        self.started + std::time::Duration::from_millis(at.0)
    }

    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
        // Under the lock, so that the keeper cannot miss it between looking and waiting.
        let _site = lock(&self.site);
        self.facts.notify_all();
    }

    /// Waits until the server is told to stop.
    pub(super) async fn stopped(&self) {
        // The sender lives as long as this does, so the wait cannot fail.
        let _ = self.stop.subscribe().wait_for(|stopped| *stopped).await;
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

/// Starts the thread that writes facts into the journal, all that are there at a time with one sync. It
/// ends when the server stops and everything is written. When the disk fails it stops the server: nothing
/// that is not stored is ever answered.
pub(super) fn keep(shared: Arc<Shared>, journal: Journal) -> io::Result<thread::JoinHandle<()>> {
    let run = move || {
        if let Err(error) = keep_all(&shared, journal) {
            tracing::error!(%error, "The site's folder cannot be written; the site stops.");
            shared.stop();
        }
    };
    thread::Builder::new().name("tmtp-site journal".to_owned()).spawn(run)
}

fn keep_all(shared: &Shared, mut journal: Journal) -> io::Result<()> {
    loop {
        let mut site = lock(&shared.site);
        while !site.has_storage() {
            if shared.is_stopped() {
                return Ok(());
            }
            site = shared.facts.wait(site).unwrap_or_else(PoisonError::into_inner);
        }
        let facts = site.poll_storage();
        let grown = journal.len() > JOURNAL_COMPACT_MIN.max(JOURNAL_GROWTH * journal.len_when_made());
        let snapshot = grown.then(|| site.snapshot());
        drop(site);
        match snapshot {
            Some(snapshot) => journal.replace(&snapshot)?,
            None => journal.append(&facts)?,
        }
        shared.with(|site, now, wall| site.stored(now, wall, facts.len() as u64));
    }
}

/// The record and the controls of a running site. Cheap to clone; outlives the server.
#[derive(Clone, Debug)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl Handle {
    pub(super) fn new(shared: Arc<Shared>) -> Handle {
        Handle { shared }
    }

    /// A copy of what the site has seen so far.
    pub fn record(&self) -> Record {
        self.with(|site, _, _| site.record().clone())
    }

    /// Looks at the site or does something with it; see [`Site`] for what there is. The site's clock is
    /// passed along. Everything stands still meanwhile.
    pub fn with<R>(&self, act: impl FnOnce(&mut Site, Mono, Wall) -> R) -> R {
        self.shared.with(act)
    }

    /// Stops deliveries to a member's nodes; `false` if there is no such member.
    pub fn hold(&self, uid: &str) -> bool {
        self.with(|site, _, _| site.hold(uid))
    }

    /// Resumes deliveries to a member's nodes.
    pub fn release(&self, uid: &str) -> bool {
        self.with(|site, now, wall| site.release(now, wall, uid))
    }

    /// See [`Site::gap_at_next_login`].
    pub fn gap_at_next_login(&self, uid: &str) -> bool {
        self.with(|site, _, _| site.gap_at_next_login(uid))
    }

    /// Messages that wait for a member's nodes.
    pub fn queued(&self, uid: &str) -> usize {
        self.with(|site, _, _| site.queued(uid))
    }

    /// Messages that wait for any node.
    pub fn undelivered(&self) -> usize {
        self.with(|site, _, _| site.undelivered())
    }

    /// Ends all links as the death of the process would; queues survive.
    pub fn restart(&self) {
        self.with(|site, now, wall| site.restart(now, wall));
    }

    /// See [`Site::crash_inside_fanout`].
    pub fn crash_inside_fanout(&self, after: usize) {
        self.with(|site, _, _| site.crash_inside_fanout(after));
    }
}

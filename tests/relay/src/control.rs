//! What a relay is told and what it has counted.
//!
//! | control | links that stand | new links |
//! |---|---|---|
//! | `stall` | nothing moves until `heal` | the same |
//! | `black_hole` | dead for ever, though open at both ends | dead too, until `heal` |
//! | `refuse` | run on | reset at once |
//! | `cut_now` | end | run |
//! | `cut_after` | the first to get there ends | the same |
//! | `heal` | stalled ones run on, dead ones stay dead | run |

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the site.
    Up,
    /// From the site to the client.
    Down,
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Links that were let through.
    pub links: u64,
    /// Links that were cut.
    pub cuts: u64,
    /// Times that everything was stalled.
    pub stalls: u64,
    /// Links that fell into a black hole.
    pub black_holes: u64,
    /// Connections that were refused.
    pub refusals: u64,
    /// Links on which the client itself ended its stream inside a TLS record: a violation, always.
    pub torn: u64,
    /// Links on which a reset from the client's side arrived inside a record. Its kernel does that to whole records
    /// that it had not sent, for instance when a process is killed with unread input.
    pub reset_inside: u64,
    /// Bytes that came from clients.
    pub bytes_up: u64,
    /// Bytes that came from the site.
    pub bytes_down: u64,
    /// Round trips begun by clients: one for each connection, one for each time that the site spoke after the client.
    pub round_trips: u64,
}

/// Controls a running relay. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
}

impl Handle {
    /// Delays everything by this long each way; a round trip takes twice as long. Making a connection takes one.
    pub fn latency(&self, each_way: Duration) {
        self.shared.set(|settings| settings.latency = each_way);
    }

    /// Lets so many bytes per second through, per link and direction. `None` takes the limit away.
    pub fn rate(&self, bytes_per_second: Option<u64>) {
        self.shared.set(|settings| settings.rate = bytes_per_second);
    }

    /// Nothing moves any more, either way.
    pub fn stall(&self) {
        self.shared.set(|settings| settings.path = Path::Stalled);
        self.shared.count(|counters| counters.stalls += 1);
    }

    /// All links that stand are dead from now on, and both ends see silence. So are new ones until [`Handle::heal`].
    pub fn black_hole(&self) {
        self.shared.set(|settings| settings.path = Path::Vanished);
        let links: Vec<_> = self.shared.links().values().cloned().collect();
        links.iter().for_each(|link| self.shared.end(link, Fate::Dead));
    }

    /// Stalled links run on, new ones run; dead ones stay dead.
    pub fn heal(&self) {
        self.shared.set(|settings| settings.path = Path::Open);
    }

    /// Refuses new connections or takes them again.
    pub fn refuse(&self, refuse: bool) {
        self.shared.set(|settings| settings.refuse = refuse);
    }

    /// Cuts all links.
    pub fn cut_now(&self) {
        let links: Vec<_> = self.shared.links().values().cloned().collect();
        links.iter().for_each(|link| self.shared.end(link, Fate::Cut));
    }

    /// Cuts the next link on which so many bytes have gone that way since it began. Exact towards the client; towards
    /// the site the cut falls at the end of the last record that is within.
    pub fn cut_after(&self, bytes: u64, direction: Direction) {
        *lock(&self.shared.cut_after) = Some(CutAfter { bytes, direction, link: None });
    }

    /// What has happened so far.
    pub fn counters(&self) -> Counters {
        *lock(&self.shared.counters)
    }

    /// Links that run at the moment.
    pub fn running(&self) -> usize {
        self.shared.links().len()
    }
}

/// How the path behaves as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Path {
    #[default]
    Open,
    Stalled,
    Vanished,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) latency: Duration,
    pub(crate) rate: Option<u64>,
    pub(crate) path: Path,
    pub(crate) refuse: bool,
    /// The relay is ending.
    pub(crate) stop: bool,
}

/// What becomes of one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Runs,
    Cut,
    Dead,
}

#[derive(Clone, Copy)]
struct CutAfter {
    bytes: u64,
    direction: Direction,
    /// Only this link; any if `None`.
    link: Option<u64>,
}

/// One link as its parts and the controls see it.
pub(crate) struct LinkControl {
    pub(crate) id: u64,
    pub(crate) fate: watch::Sender<Fate>,
    forwarded_up: AtomicU64,
    forwarded_down: AtomicU64,
    spoke_last: Mutex<Option<Direction>>,
}

impl LinkControl {
    fn forwarded(&self, direction: Direction) -> &AtomicU64 {
        match direction {
            Direction::Up => &self.forwarded_up,
            Direction::Down => &self.forwarded_down,
        }
    }
}

pub(crate) struct Shared {
    pub(crate) settings: watch::Sender<Settings>,
    links: Mutex<BTreeMap<u64, Arc<LinkControl>>>,
    counters: Mutex<Counters>,
    cut_after: Mutex<Option<CutAfter>>,
}

impl Shared {
    pub(crate) fn new() -> Arc<Shared> {
        Arc::new(Shared {
            settings: watch::Sender::new(Settings::default()),
            links: Mutex::default(),
            counters: Mutex::default(),
            cut_after: Mutex::default(),
        })
    }

    fn set(&self, change: impl FnOnce(&mut Settings)) {
        self.settings.send_modify(change);
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut lock(&self.counters));
    }

    pub(crate) fn links(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<LinkControl>>> {
        lock(&self.links)
    }

    /// A new link. It is dead from the start while the path has vanished.
    pub(crate) fn add(&self) -> Arc<LinkControl> {
        let id = {
            let mut counters = lock(&self.counters);
            counters.links += 1;
            counters.round_trips += 1;
            counters.links
        };
        let link = Arc::new(LinkControl {
            id,
            fate: watch::Sender::new(Fate::Runs),
            forwarded_up: AtomicU64::new(0),
            forwarded_down: AtomicU64::new(0),
            spoke_last: Mutex::new(None),
        });
        self.links().insert(id, Arc::clone(&link));
        // After the insertion, so that a black hole at the same moment is seen here or sees the link.
        if self.settings.borrow().path == Path::Vanished {
            self.end(&link, Fate::Dead);
        }
        link
    }

    pub(crate) fn remove(&self, link: &LinkControl) {
        self.links().remove(&link.id);
    }

    /// Ends a link that runs. Counted once, whoever wants it first.
    pub(crate) fn end(&self, link: &LinkControl, fate: Fate) {
        let ended = link.fate.send_if_modified(|now| {
            let runs = *now == Fate::Runs;
            if runs {
                *now = fate;
            }
            runs
        });
        if ended {
            self.remove(link);
            self.count(|counters| match fate {
                Fate::Cut => counters.cuts += 1,
                Fate::Dead => counters.black_holes += 1,
                Fate::Runs => {}
            });
        }
    }

    /// Bytes have come in.
    pub(crate) fn heard(&self, link: &LinkControl, direction: Direction, bytes: usize) {
        let bytes = bytes as u64;
        let before = lock(&link.spoke_last).replace(direction);
        self.count(|counters| match direction {
            Direction::Up => counters.bytes_up += bytes,
            Direction::Down => {
                counters.bytes_down += bytes;
                counters.round_trips += u64::from(before == Some(Direction::Up));
            }
        });
    }

    /// How many of the next `bytes` may still go that way, and whether the link is to be cut then.
    pub(crate) fn allowed(&self, link: &LinkControl, direction: Direction, bytes: usize) -> (usize, bool) {
        let already = link.forwarded(direction).fetch_add(bytes as u64, Ordering::Relaxed);
        let mut cut = lock(&self.cut_after);
        match *cut {
            Some(at)
                if at.direction == direction
                    && at.link.is_none_or(|id| id == link.id)
                    && at.bytes <= already + bytes as u64 =>
            {
                *cut = None;
                (usize::try_from(at.bytes.saturating_sub(already)).unwrap_or(bytes), true)
            }
            _ => (bytes, false),
        }
    }

    /// Cuts this link after so many further bytes on their way to its client.
    pub(crate) fn cut_soon(&self, link: &LinkControl, bytes: u64) {
        let at = link.forwarded(Direction::Down).load(Ordering::Relaxed) + bytes;
        *lock(&self.cut_after) =
            Some(CutAfter { bytes: at, direction: Direction::Down, link: Some(link.id) });
    }
}

/// What these locks guard is consistent after each statement, so a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! What a benchmark plays on: the far side, members of both sides, and a feeder that fills their queues.

mod feeder;
mod pair;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::bare::{self, Shelf};
use crate::child::{Process, Took};
use crate::error::{BenchError, Outcome};
use crate::limits::{ACCOUNTS, LOOK};
use crate::order::{Answer, Ask, Order, OursTask, Say, Seat};
use crate::phone;

pub(crate) use feeder::Feeder;
pub(crate) use pair::Pair;

/// Which side does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    Bare,
}

/// Both, in the order in which they take turns.
pub(crate) const SIDES: [Side; 2] = [Side::Ours, Side::Bare];

/// What the site has counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) posts: u64,
    pub(crate) logins: u64,
    pub(crate) violations: usize,
}

/// Everything that the scenes play on. Gone, files included, when dropped.
pub(crate) struct Stage {
    far: Process,
    /// The site itself.
    pub(crate) site: String,
    /// The ways to it that can be made long.
    relays: Vec<String>,
    dir: TempDir,
    made: usize,
    /// Members with large stores, by how many messages they have.
    large: BTreeMap<usize, Pair>,
    /// Whether system calls can be counted.
    pub(crate) strace: bool,
}

impl Stage {
    /// Starts the far side.
    pub(crate) async fn raise() -> Outcome<Stage> {
        let below = std::env::current_exe()?.ancestors().nth(2).unwrap_or(Path::new(".")).join("bench");
        std::fs::create_dir_all(&below)?;
        let dir = tempfile::Builder::new().prefix("run-").tempdir_in(below)?;
        let mut far = Process::far(ACCOUNTS + 1)?;
        let Answer::Listening { site, relays } = far.hear("where the site is").await? else {
            return Err(BenchError::Expected("the site's address"));
        };
        let found =
            std::process::Command::new("strace").arg("-V").stdout(std::process::Stdio::null()).status();
        let strace = found.is_ok_and(|status| status.success());
        Ok(Stage { far, site, relays, dir, made: 0, large: BTreeMap::new(), strace })
    }

    /// The address of the site behind a relay.
    pub(crate) fn way(&self, relay: usize) -> Outcome<String> {
        self.relays.get(relay).cloned().ok_or(BenchError::Expected("a relay"))
    }

    /// A folder of this name for whatever needs one.
    pub(crate) fn folder(&self, name: &str) -> Outcome<PathBuf> {
        let folder = self.dir.path().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    async fn ask(&mut self, ask: Ask) -> Outcome<Answer> {
        self.far.tell(&ask).await?;
        self.far.hear("what it was asked").await
    }

    /// Delays a relay by so much each way.
    pub(crate) async fn latency(&mut self, relay: usize, one_way: Duration) -> Outcome<()> {
        let millis = u64::try_from(one_way.as_millis()).unwrap_or(u64::MAX);
        self.ask(Ask::Latency { relay, millis }).await.map(|_| ())
    }

    /// Round trips and bytes that a relay has seen.
    pub(crate) async fn counters(&mut self, relay: usize) -> Outcome<(u64, u64)> {
        match self.ask(Ask::Counters { relay }).await? {
            Answer::Counters { round_trips, bytes } => Ok((round_trips, bytes)),
            _ => Err(BenchError::Expected("counters")),
        }
    }

    /// What the site has seen.
    pub(crate) async fn seen(&mut self) -> Outcome<Seen> {
        match self.ask(Ask::Site).await? {
            Answer::Site { posts, logins, violations } => Ok(Seen { posts, logins, violations }),
            _ => Err(BenchError::Expected("the site's record")),
        }
    }

    /// Own copies that a member has asked for so far.
    pub(crate) async fn own_copies(&mut self, uid: &str) -> Outcome<usize> {
        self.number(Ask::OwnCopies { uid: uid.to_owned() }).await
    }

    /// Waits until nothing waits for a member any more.
    pub(crate) async fn until_taken(&mut self, uid: &str) -> Outcome<()> {
        while self.number(Ask::Queued { uid: uid.to_owned() }).await? > 0 {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn number(&mut self, ask: Ask) -> Outcome<usize> {
        match self.ask(ask).await? {
            Answer::Number(number) => Ok(number),
            _ => Err(BenchError::Expected("a number")),
        }
    }

    /// Makes pairs of members, one at each of these addresses. All of ours are in one home.
    pub(crate) async fn pairs(&mut self, sites: &[String]) -> Outcome<Vec<Pair>> {
        self.made += 1;
        let home = self.dir.path().join(format!("ours-{}", self.made));
        let folder = self.folder(&format!("bare-{}", self.made))?;
        let name = |at: usize| format!("a{}-{at}", self.made);
        let seats: Vec<Seat> =
            sites.iter().enumerate().map(|(at, site)| Seat { site: site.clone(), name: name(at) }).collect();
        let order = Order::Ours { home: home.clone(), task: OursTask::Join { seats: seats.clone() } };
        let mut worker = Process::worker(&order, None)?;
        let Say::Joined { uids } = worker.hear("who has joined").await? else {
            return Err(BenchError::Expected("members"));
        };
        worker.end().await?;
        let mut pairs = Vec::new();
        for (Seat { site, name }, ours) in seats.into_iter().zip(uids) {
            let bare = bare::register(&bare::dialer(), &site.parse()?).await?;
            pairs.push(Pair { site, home: home.clone(), name, ours, folder: folder.clone(), bare });
        }
        Ok(pairs)
    }

    /// Makes one pair.
    pub(crate) async fn pair(&mut self, site: &str) -> Outcome<Pair> {
        let pairs = self.pairs(&[site.to_owned()]).await?;
        pairs.into_iter().next().ok_or(BenchError::Expected("a pair"))
    }

    /// A pair whose own member has so many messages in the store. Made once, for that takes a while.
    pub(crate) async fn large(&mut self, messages: usize) -> Outcome<Pair> {
        if let Some(pair) = self.large.get(&messages) {
            return Ok(pair.clone());
        }
        let site = self.site.clone();
        let pair = self.pair(&site).await?;
        let task = phone::Task::Fill { name: pair.name(), messages };
        let mut worker = Process::worker(&Order::Phone { home: pair.home(), task }, None)?;
        let phone::Answer::Filled { .. } = worker.hear("that the store is filled").await? else {
            return Err(BenchError::Expected("a filled store"));
        };
        self.large.insert(messages, pair.clone());
        Ok(pair)
    }

    /// Makes a feeder, who is next to the site.
    pub(crate) async fn feeder(&mut self, folds: bool) -> Outcome<Feeder> {
        self.made += 1;
        let (dialer, site) = (bare::dialer(), self.site.parse()?);
        let key = bare::register(&dialer, &site).await?;
        let dir = self.folder(&format!("feeder-{}", self.made))?;
        Ok(Feeder { key, folds, dialer, site, shelf: Shelf::open(&dir)?, dir })
    }

    /// Runs a worker that takes in what waits, and says how long that took.
    pub(crate) async fn drain(&mut self, pair: &Pair, side: Side) -> Outcome<Took> {
        let mut worker = Process::worker(&pair.drain(side), None)?;
        let took = worker.took().await?;
        worker.end().await?;
        Ok(took)
    }
}

//! A device with one of our nodes: a disk and a key store that live on, clocks, and a process that comes
//! and goes. What is to be done with the account is asked for as *errands*, which are repeated until they
//! are answered, across deaths of the process too, as a person does with an app.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use tmtp_account::{Account, Env, Now, OpenError, Random, Settings};
use tmtp_disk::Disk;
use tmtp_store::{InstallId, NewAccount, Place, StoreError, Writer};
use tmtp_wire::address::SiteAddress;
use tmtp_wire::ids::{MessageRef, MsgId, NodeSecret, SendId, ThreadRef, Uid};
use tmtp_wire::time::{Mono, Wall};

use crate::faults::Moment;
use crate::keys::Keys;
use crate::limits::WALL_BEGIN;
use crate::rng::Rng;
use crate::view::{Shown, View};

/// The name of the only key on a device.
const KEY: &str = "node";

/// Something to be done, until it is answered.
#[derive(Debug)]
pub(crate) struct Errand {
    /// What.
    pub(crate) task: Task,
    /// The ticket under which it was asked for in the living process.
    pub(crate) asked: Option<u64>,
    /// Not before this time, unless something changes that it may wait for.
    pub(crate) not_before: u64,
    /// Never before this time: the person takes so long.
    pub(crate) earliest: u64,
    /// Why it was not done the last time.
    pub(crate) refused: String,
    /// So often it was asked for.
    pub(crate) tries: u32,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Sends an item of the journal.
    Send(usize),
    /// Gets the alias.
    Alias(String),
    /// Makes the node of another client.
    Node(usize),
    /// Gets what that client needs.
    Ticket(usize),
    /// Forgets it here.
    Forget(usize),
    /// Takes an item back.
    Withdraw(usize),
    /// Sends an item again that the site has refused for no reason.
    Retry(usize),
    /// Decides about an item in doubt: send again, or take as sent.
    Decide(usize, bool),
    /// Answers about a delivery above the limit: fetch it, or let it be lost.
    TooLarge(MsgId, bool),
    /// Marks as read.
    Read(MessageRef),
    /// Deletes a message.
    DeleteMessage(MessageRef),
    /// Deletes a thread.
    DeleteThread(ThreadRef),
}

/// A running process.
pub(crate) struct Process {
    /// The account.
    pub(crate) account: Account,
    /// The judge's way into its store.
    pub(crate) view: View,
    /// What was asked of it and not answered.
    pub(crate) asked: BTreeMap<u64, Task>,
    tickets: u64,
}

/// A device's clocks: how far they are from the world's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// Ahead of world time; another one after each start, as after a reboot.
    pub(crate) ahead: u64,
    /// What the wall clock is wrong by.
    pub(crate) wall: i64,
}

impl Clock {
    /// Both clocks at a moment of the world.
    pub(crate) fn at(self, now: u64) -> Now {
        let wall = WALL_BEGIN + i64::try_from(now).unwrap_or_default() + self.wall;
        Now { mono: Mono(now + self.ahead), wall: Wall(wall) }
    }
}

/// See the module's text.
pub(crate) struct Device {
    /// Its disk.
    pub(crate) disk: Disk,
    /// Its key store.
    pub(crate) keys: Arc<Keys>,
    /// Its clocks.
    pub(crate) clock: Clock,
    /// Its process, if one runs.
    pub(crate) process: Option<Process>,
    /// How it becomes the node that it is; `None`: by registering.
    pub(crate) ticket: Option<(Uid, NodeSecret)>,
    /// When its process dies.
    pub(crate) doom: Option<(Moment, u64)>,
    /// What is to be done.
    pub(crate) errands: Vec<Errand>,
    /// What it has shown, as far as it was told in this and earlier lives.
    pub(crate) shown: Vec<Shown>,
    /// What the last life had shown.
    pub(crate) shown_before: Vec<String>,
    /// Texts that were shown, and whose rows are gone.
    pub(crate) taken_back: BTreeSet<String>,
    /// The rows seen in the store, with their texts.
    pub(crate) rows: BTreeMap<i64, String>,
    /// Steps that committed something.
    pub(crate) commits: u64,
    /// The person has deleted something here.
    pub(crate) deletions: u64,
    /// Deliveries that the person has asked to discard: whether that was answered.
    pub(crate) discarded: BTreeMap<MsgId, bool>,
    /// Whom the site has checked, alias and uid, as far as it was looked at.
    pub(crate) checked: BTreeSet<(String, String)>,
    /// What is in doubt and is to stay so.
    pub(crate) left: BTreeSet<SendId>,
    settings: Settings,
    install: InstallId,
    draws: Rng,
}

/// What of a device is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    /// Its disk and its key, not the id of its installation.
    ButForTheInstall,
    /// Its disk and the id of its installation, not its key.
    ButForTheKey,
    /// All of it.
    Whole,
}

/// The random numbers of one process.
struct Draws(Rng);

impl Random for Draws {
    fn next(&mut self) -> u64 {
        self.0.next()
    }
}

impl Device {
    /// A device with an empty disk.
    pub(crate) fn new(mut draws: Rng, settings: Settings) -> Device {
        let disk = torn(draws.next());
        let clock = Clock { ahead: draws.below(1 << 40), wall: 0 };
        let install = install(&mut draws);
        Device::off(disk, Arc::default(), clock, install, draws, settings)
    }

    /// A device on which nothing runs and nobody has seen anything yet.
    fn off(
        disk: Disk,
        keys: Arc<Keys>,
        clock: Clock,
        install: InstallId,
        draws: Rng,
        settings: Settings,
    ) -> Device {
        Device {
            disk,
            keys,
            clock,
            process: None,
            ticket: None,
            doom: None,
            errands: Vec::new(),
            shown: Vec::new(),
            shown_before: Vec::new(),
            taken_back: BTreeSet::new(),
            rows: BTreeMap::new(),
            commits: 0,
            deletions: 0,
            discarded: BTreeMap::new(),
            checked: BTreeSet::new(),
            left: BTreeSet::new(),
            settings,
            install,
            draws,
        }
    }

    /// Where its account is.
    pub(crate) fn dir(&self) -> PathBuf {
        self.disk.root().join("account")
    }

    /// Starts a process: makes the store if there is none yet, and opens the account.
    pub(crate) fn start(&mut self, site: &SiteAddress, now: u64) -> Result<(), OpenError> {
        self.clock.ahead = self.draws.below(1 << 40);
        let clocks = self.clock.at(now);
        let place = || Place {
            dir: self.dir(),
            install: self.install,
            fs: self.disk.fs(),
            vfs: Some(tmtp_disk::VFS_NAME.to_owned()),
        };
        let uid = self.ticket.as_ref().map(|(uid, _)| uid.clone());
        if let Some((_, secret)) = &self.ticket {
            // The simulated key store takes every key.
            let _kept = tmtp_store::keys::KeyStore::put(&*self.keys, KEY, secret);
        }
        let writer = match Writer::open(place()) {
            // Not made yet, or not to its end.
            Err(StoreError::NotFound) => {
                let new =
                    NewAccount { site: site.clone(), key_name: KEY.to_owned(), uid, created: clocks.wall };
                Writer::create(place(), &new)?
            }
            other => other?,
        };
        let random = Box::new(Draws(self.draws.branch(now)));
        let env = Env { keys: self.keys.clone(), random, settings: self.settings.clone() };
        let account = Account::open(writer, env, clocks)?;
        let view = View::open(&self.dir(), tmtp_disk::VFS_NAME).map_err(StoreError::from)?;
        self.process = Some(Process { account, view, asked: BTreeMap::new(), tickets: 0 });
        Ok(())
    }

    /// The process dies; the disk drops what was not synced. Returns how much that was.
    pub(crate) fn die(&mut self) -> u64 {
        self.doom = None;
        let dropped = self.disk.kill();
        self.process = None;
        self.rows.clear();
        self.taken_back.clear();
        self.shown_before.extend(self.shown.drain(..).map(|shown| shown.text));
        for errand in &mut self.errands {
            (errand.asked, errand.not_before) = (None, 0);
        }
        dropped
    }

    /// A copy of the device on other hardware, which has room.
    pub(crate) fn copy(&self, what: Copied) -> Device {
        let mut draws = self.draws.branch(0xc0de);
        let disk = self.disk.copy(draws.next());
        disk.set_room(None);
        let keys = if what == Copied::ButForTheKey { Keys::default() } else { self.keys.copy() };
        let install = if what == Copied::ButForTheInstall { install(&mut draws) } else { self.install };
        let (keys, settings) = (Arc::new(keys), self.settings.clone());
        let mut copy = Device::off(disk, keys, self.clock, install, draws, settings);
        (copy.discarded, copy.deletions) = (self.discarded.clone(), self.deletions);
        copy
    }

    /// Adds an errand.
    pub(crate) fn send_for(&mut self, task: Task, not_before: u64) {
        self.errands.push(Errand::new(task, not_before));
    }
}

impl Errand {
    /// One that was not asked for yet.
    pub(crate) fn new(task: Task, not_before: u64) -> Errand {
        Errand { task, asked: None, not_before, earliest: 0, refused: String::new(), tries: 0 }
    }
}

impl Process {
    /// A number for the next question.
    pub(crate) fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }
}

/// A disk that does with unsynced writes what real ones do: it loses, keeps or tears them.
fn torn(seed: u64) -> Disk {
    let disk = Disk::new(seed);
    disk.set_torn(true);
    disk
}

fn install(draws: &mut Rng) -> InstallId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&draws.next().to_le_bytes());
    bytes[8..].copy_from_slice(&draws.next().to_le_bytes());
    InstallId(bytes)
}

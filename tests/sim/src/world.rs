//! The world: sites, clients, the links between them, and time. It runs a [`Plan`] to its end, one event
//! after the other, in one thread; the same plan gives the same run, bit by bit.
//!
//! | file | holds |
//! |---|---|
//! | this one | the clock, the list of what is due, the end |
//! | `lines` | dialling, moving bytes between clients and sites, ends of links |
//! | `drive` | one client's turn: step, outputs, bytes to write; the moments of death |
//! | `people`, `commands`, `answers` | what people want, how it is asked of an account, what they are answered |
//! | `choices` | what people decide about what waits for their word |
//! | `wrong`, `aimed` | what goes wrong: by the plan, or at one exact place |
//! | `lies` | what others say that is not so |
//! | `copies` | copied devices: one that is known for a copy, and one that is used beside its original |

mod aimed;
mod answers;
mod choices;
mod commands;
mod copies;
mod drive;
mod lies;
mod lines;
mod people;
mod wrong;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use tmtp_account::Settings;
use tmtp_site::{Config, LinkId, Site};
use tmtp_wire::address::SiteAddress;
use tmtp_wire::names::Alias;
use tmtp_wire::time::{Mono, Wall};

use crate::device::{Device, Task};
use crate::faults::Counts;
use crate::journal::{Journal, Member};
use crate::judge::{self, Finding};
use crate::limits::{
    LOOK_EVERY, LOW_DELIVERY_MAX, LOW_MESSAGE_MAX, LOW_OWN_COPY_MAX, SETTLING, STEPS_MAX, WALL_BEGIN,
};
use crate::link::{Direction, Ending, Link};
use crate::plan::{self, Plan, Role};
use crate::rng::Rng;
use crate::spy::Spy;
use crate::stock::Stock;

pub use aimed::{How, Trigger};

/// Something that will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A deed of the plan, for the n-th time.
    Deed(usize, u32),
    /// A site's timer.
    Site(usize),
    /// A client's timer.
    Client(usize),
    /// Something arrives.
    Arrive(usize, Direction),
    /// A dial gives a link.
    Dialed(usize, u64),
    /// A dial fails.
    NotDialed(usize, u64, bool),
    /// An orderly close has waited long enough.
    CloseOver(usize, usize),
    /// A link whose bytes nobody acknowledges.
    Unacknowledged(usize),
    /// A reset reaches the site.
    SiteReset(usize),
    /// A process starts.
    Start(usize),
    /// A device wakes up.
    Awake(usize),
    /// A disk has room again.
    Room(usize),
    /// A key store answers again.
    Keys(usize),
    /// A site delivers to this client's member again.
    Release(usize),
    /// A process that was shot falls.
    Killed(usize),
    /// Errands may be tried again.
    Errands(usize),
    /// A copied device is not used any more.
    CopyUnused(usize),
    /// Look whether everything has come to rest.
    Look,
}

/// Where a client stands with its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    None,
    Dialing(u64),
    Up(usize),
    Closing(usize),
}

/// What a client is.
pub(crate) enum Party {
    Ours(Box<Device>),
    Stock(Box<Stock>),
}

/// A client and what stands around it.
pub(crate) struct Slot {
    pub plan: plan::Client,
    pub party: Party,
    pub line: Line,
    pub spy: Spy,
    pub armed: Option<u64>,
    pub stays: bool,
    pub asleep: bool,
    pub refused_until: u64,
    /// It has more to write than the path takes.
    pub blocked: bool,
    /// Bytes written in each direction over all links, for [`Trigger`].
    pub passed: [u64; 2],
    /// The link ends when a post that nothing will prove may have been taken.
    pub cut_unproven: Option<Ending>,
    /// The client whose device this one is a copy of.
    pub copy_of: Option<usize>,
    /// The client that is a copy of this one.
    pub copy: Option<usize>,
    /// How far a copy is used.
    pub using: Using,
    /// How much the site had ever queued for this node when the last dial began.
    pub queued_at_dial: usize,
    dials: u64,
}

/// How far a copied device is used. An original is always [`Using::InUse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Using {
    InUse,
    /// Only until it has sent what was handed to it; the original rests meanwhile.
    Emptied,
    /// No more: its store is only read.
    Over,
}

pub(crate) struct SiteSlot {
    pub site: Site,
    pub address: SiteAddress,
    pub links: BTreeMap<LinkId, usize>,
    pub armed: Option<u64>,
}

/// What a world has come to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What must not be. Empty if all promises were kept.
    pub findings: Vec<Finding>,
    /// Steps of all accounts.
    pub steps: u64,
    /// Posts and pings that were handed to `send` and taken.
    pub posts: u64,
    /// What went wrong, by kind.
    pub faults: Counts,
    /// What the design allows to remain, by kind.
    pub remainders: Counts,
    /// What people did or were told, by kind.
    pub done: Counts,
    /// Milliseconds of world time.
    pub lasted: u64,
    /// A number made of everything that happened: equal for equal runs.
    pub trace: u64,
    /// Steps that committed something, by client.
    pub commits: Vec<u64>,
    /// Writes to the disk, by client.
    pub writes: Vec<u64>,
    /// Plaintext bytes that passed, by client: to the site, to the client.
    pub passed: Vec<[u64; 2]>,
    /// Whether the [`Trigger`] has struck.
    pub struck: bool,
    /// What happened, a line for each event, if [`World::keep_log`] was called.
    pub log: Vec<String>,
}

/// See the module's text.
pub struct World {
    pub(crate) plan: Plan,
    pub(crate) now: u64,
    pub(crate) slots: Vec<Slot>,
    pub(crate) sites: Vec<SiteSlot>,
    pub(crate) links: BTreeMap<usize, Link>,
    pub(crate) members: BTreeMap<usize, Member>,
    /// The clients by the names that sites have for their nodes.
    pub(crate) nodes: BTreeMap<String, usize>,
    pub(crate) journal: Journal,
    pub(crate) findings: Vec<Finding>,
    pub(crate) faults: Counts,
    pub(crate) remainders: Counts,
    pub(crate) done: Counts,
    pub(crate) trigger: Option<Trigger>,
    pub(crate) struck: bool,
    pub(crate) rng: Rng,
    pub(crate) steps: u64,
    log: Option<Vec<String>>,
    due: BinaryHeap<Reverse<(u64, u64, Due)>>,
    queued: u64,
    last_link: usize,
    trace: u64,
    over: bool,
}

impl World {
    /// A world before its first moment.
    pub fn new(plan: Plan) -> World {
        let root = Rng::new(plan.seed);
        let sites = (0..plan.sites).filter_map(|number| site(number, plan.low_limits, &root)).collect();
        let mut world = World {
            now: 0,
            slots: Vec::new(),
            sites,
            links: BTreeMap::new(),
            members: BTreeMap::new(),
            nodes: BTreeMap::new(),
            journal: Journal::default(),
            findings: Vec::new(),
            faults: Counts::default(),
            remainders: Counts::default(),
            done: Counts::default(),
            trigger: None,
            struck: false,
            rng: root.branch(2),
            steps: 0,
            log: None,
            due: BinaryHeap::new(),
            queued: 0,
            last_link: 0,
            trace: 0,
            over: false,
            plan,
        };
        world.settle_in(&root);
        world
    }

    fn settle_in(&mut self, root: &Rng) {
        for (number, client) in self.plan.cast.clone().into_iter().enumerate() {
            let text = match client.role {
                // Taken for the alias of the first member.
                Role::Liar => crate::lies::look_alike("Member-0000"),
                _ => format!("Member-{number:04}"),
            };
            let Ok(alias) = text.parse::<Alias>() else { continue };
            let draws = root.branch(1_000 + number as u64);
            if client.member == number {
                let member = Member { alias: text.clone(), uid: None, named: false };
                self.members.insert(number, member);
            }
            let party = if client.role == Role::FurtherStock {
                let Ok(alias) = format!("Member-{:04}", client.member).parse::<Alias>() else { continue };
                Party::Stock(Box::new(Stock::unborn(alias, draws)))
            } else if client.role.is_foreign() {
                self.at(number as u64 * 7, Due::Client(number));
                Party::Stock(Box::new(Stock::new(alias, draws)))
            } else {
                let mut device = Device::new(draws, settings(self.plan.low_limits));
                if client.role == Role::First {
                    device.send_for(Task::Alias(text), 0);
                    let begin = self.rng.below(3_000);
                    self.at(begin, Due::Start(number));
                }
                Party::Ours(Box::new(device))
            };
            let stays = client.stays || client.role == Role::First;
            self.slots.push(Slot::new(client, party, stays));
        }
        for number in 0..self.plan.deeds.len() {
            let at = self.plan.deeds[number].at;
            self.at(at, Due::Deed(number, 0));
        }
        self.at(self.plan.calm + LOOK_EVERY, Due::Look);
    }

    /// Runs to the end and judges.
    pub fn run(mut self) -> Outcome {
        while !self.over {
            let Some(Reverse((at, _, due))) = self.due.pop() else { break };
            self.now = self.now.max(at);
            self.mix(at ^ trace_of(&due));
            self.happen(due);
            if self.steps > STEPS_MAX {
                self.find(Finding::Circles { client: None });
                break;
            }
        }
        judge::at_end(&mut self);
        self.count_gaps();
        self.count_lies();
        let posts = self.journal.items.iter().filter(|item| item.send_id().is_some()).count() as u64;
        Outcome {
            findings: self.findings,
            steps: self.steps,
            posts,
            faults: self.faults,
            remainders: self.remainders,
            done: self.done,
            lasted: self.now,
            trace: self.trace,
            commits: self.slots.iter().map(|slot| slot.device().map_or(0, |device| device.commits)).collect(),
            writes: self
                .slots
                .iter()
                .map(|slot| slot.device().map_or(0, |device| device.disk.writes()))
                .collect(),
            passed: self.slots.iter().map(|slot| slot.passed).collect(),
            struck: self.struck,
            log: self.log.unwrap_or_default(),
        }
    }

    /// Keeps a log of everything that happens, for a person who looks into one world.
    pub fn keep_log(&mut self) {
        self.log = Some(Vec::new());
    }

    /// Adds to the log, if one is kept.
    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(log) = &mut self.log {
            log.push(format!("{now:>9}  {}", line()));
        }
    }

    fn happen(&mut self, due: Due) {
        if !matches!(due, Due::Arrive(..) | Due::Client(_) | Due::Site(_) | Due::Look | Due::Errands(_)) {
            self.note(|| format!("{due:?}"));
        }
        match due {
            Due::Deed(number, times) => self.deed(number, times),
            Due::Site(number) => self.site_timer(number),
            Due::Client(number) => self.client_timer(number),
            Due::Arrive(link, direction) => self.arrive(link, direction),
            Due::Dialed(client, dial) => self.dialed(client, dial),
            Due::NotDialed(client, dial, at_once) => self.not_dialed(client, dial, at_once),
            Due::CloseOver(client, link) => self.close_over(client, link),
            Due::Unacknowledged(link) => self.unacknowledged(link),
            Due::SiteReset(link) => self.site_reset(link),
            Due::Start(client) => self.start(client),
            Due::Awake(client) => self.awake(client),
            Due::Room(client) => self.room(client),
            Due::Keys(client) => self.keys(client),
            Due::Release(client) => self.release(client),
            Due::Killed(client) => self.killed(client),
            Due::Errands(client) => self.run_errands(client),
            Due::CopyUnused(copy) => self.copy_unused(copy),
            Due::Look => self.look(),
        }
    }

    /// Everything must come to rest after the calm, within a limit.
    fn look(&mut self) {
        self.everybody_stays();
        for client in 0..self.slots.len() {
            self.look_at_lists(client);
        }
        if judge::at_rest(self) {
            self.over = true;
        } else if self.now > self.plan.calm + SETTLING {
            let what = judge::unrest(self);
            self.find(Finding::NotAtRest { what });
            self.over = true;
        } else {
            self.at(self.now + LOOK_EVERY, Due::Look);
        }
    }

    pub(crate) fn at(&mut self, at: u64, due: Due) {
        self.queued += 1;
        self.due.push(Reverse((at.max(self.now), self.queued, due)));
    }

    pub(crate) fn find(&mut self, finding: Finding) {
        self.note(|| format!("FOUND {finding}"));
        if self.findings.len() < 20 {
            self.findings.push(finding);
        }
    }

    /// Whether people still act and things still go wrong.
    pub(crate) fn is_calm(&self) -> bool {
        self.now > self.plan.calm
    }

    pub(crate) fn mono(&self) -> Mono {
        Mono(self.now)
    }

    pub(crate) fn wall(&self) -> Wall {
        Wall(WALL_BEGIN + i64::try_from(self.now).unwrap_or_default())
    }

    /// Mixes a number into the trace of the run.
    pub(crate) fn mix(&mut self, number: u64) {
        self.trace = Rng::new(self.trace ^ number).next();
    }

    pub(crate) fn device(&mut self, client: usize) -> Option<&mut Device> {
        match &mut self.slots.get_mut(client)?.party {
            Party::Ours(device) => Some(device),
            Party::Stock(_) => None,
        }
    }

    pub(crate) fn stock(&mut self, client: usize) -> Option<&mut Stock> {
        match &mut self.slots.get_mut(client)?.party {
            Party::Ours(_) => None,
            Party::Stock(stock) => Some(stock),
        }
    }

    fn new_link(&mut self, link: Link) -> usize {
        self.last_link += 1;
        self.links.insert(self.last_link, link);
        self.last_link
    }
}

impl Slot {
    fn new(plan: plan::Client, party: Party, stays: bool) -> Slot {
        Slot {
            plan,
            party,
            line: Line::None,
            spy: Spy::default(),
            armed: None,
            stays,
            asleep: false,
            refused_until: 0,
            blocked: false,
            passed: [0; 2],
            cut_unproven: None,
            copy_of: None,
            copy: None,
            using: Using::InUse,
            queued_at_dial: 0,
            dials: 0,
        }
    }

    pub(crate) fn device(&self) -> Option<&Device> {
        match &self.party {
            Party::Ours(device) => Some(device),
            Party::Stock(_) => None,
        }
    }

    pub(crate) fn stock(&self) -> Option<&Stock> {
        match &self.party {
            Party::Ours(_) => None,
            Party::Stock(stock) => Some(stock),
        }
    }
}

/// How our clients are set.
fn settings(low_limits: bool) -> Settings {
    if low_limits {
        Settings {
            own_copy_max: LOW_OWN_COPY_MAX,
            own_copy_cheap_max: LOW_OWN_COPY_MAX,
            delivery_max: LOW_DELIVERY_MAX,
            ..Settings::default()
        }
    } else {
        Settings::default()
    }
}

fn site(number: usize, low_limits: bool, root: &Rng) -> Option<SiteSlot> {
    let address = format!("=site-{number}:1").parse().ok()?;
    let mut draws = root.branch(500 + number as u64);
    let seed = draws.next();
    // Every fourth does not repeat the tag of a login: nothing but a ping to oneself proves anything there.
    let echo_login_tag = !seed.is_multiple_of(4);
    let mut config = Config { name: format!("Site {number}"), seed, echo_login_tag, ..Config::default() };
    if low_limits {
        config.message_max = LOW_MESSAGE_MAX;
    }
    Some(SiteSlot { site: Site::new(config), address, links: BTreeMap::new(), armed: None })
}

fn trace_of(due: &Due) -> u64 {
    let (kind, number) = match due {
        Due::Deed(number, _) => (1, *number),
        Due::Site(number) => (2, *number),
        Due::Client(number) => (3, *number),
        Due::Arrive(link, Direction::ToSite) => (4, *link),
        Due::Arrive(link, Direction::ToClient) => (5, *link),
        Due::Dialed(client, _) => (6, *client),
        Due::NotDialed(client, ..) => (7, *client),
        Due::CloseOver(_, link) => (8, *link),
        Due::Unacknowledged(link) => (9, *link),
        Due::SiteReset(link) => (10, *link),
        Due::Start(client) => (11, *client),
        Due::Awake(client) => (12, *client),
        Due::Room(client) => (13, *client),
        Due::Keys(client) => (14, *client),
        Due::Release(client) => (15, *client),
        Due::Errands(client) => (16, *client),
        Due::Killed(client) => (17, *client),
        Due::Look => (18, 0),
        Due::CopyUnused(copy) => (19, *copy),
    };
    (kind << 32) | number as u64
}

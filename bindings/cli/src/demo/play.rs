//! The play itself: messages are handed over, things go wrong, copies arrive; then everything is left in peace until
//! nothing is missing any more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep_until};

use super::cast::{Client, Node, SITES, Who, alias, site_name};
use super::child::Heard;
use super::faults::{Fault, Faults};
use super::judge::Handed;
use super::net::Net;
use super::plan::{Plan, Post, Thread};
use super::protocol::{Said, Tell, number_of};
use super::rng::Rng;
use super::screen::Screen;
use super::troupe::Troupe;
use crate::failure::{Failure, Outcome};
use crate::orders::{Message, To};

/// When everything is left in peace, what is still missing must come within this: the longest wait of a client is
/// for a link that vanished.
const PEACE_MAX: Duration = Duration::from_secs(150);
/// How often the screen and the end are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// Words for the messages.
const WORDS: [&str; 8] = [
    "Three terns on the pier this morning.",
    "The tide table is attached, or will be.",
    "No sign of the knots yet.",
    "Counted twice, both times forty-one.",
    "The hide needs a new roof.",
    "Meet at the slipway at six?",
    "Ring numbers follow.",
    "Fog. Heard more than I saw.",
];

/// Everything that moves.
pub(super) struct Play<'a> {
    net: &'a Net,
    troupe: &'a mut Troupe,
    screen: &'a mut Screen,
    files: PathBuf,
    stock_uid: String,
    plan: Plan,
    faults: Faults,
    content: Rng,
    threads: BTreeMap<u32, Thread>,
    /// What was handed over so far, in this order.
    handed: Vec<Handed>,
    handed_at: BTreeMap<u32, Instant>,
    seen: BTreeSet<(Node, u32)>,
    copies: u64,
    waiting: BTreeMap<Node, u64>,
    latencies: Vec<u64>,
    heals: Vec<(Instant, Heal)>,
    kills: u64,
    attached: u64,
}

#[derive(Clone, Copy)]
enum Heal {
    Stall(Node),
    Refuse(Node),
    BlackHole(Node),
}

/// What the play has left behind.
pub(super) struct Played {
    /// In the order of `send`.
    pub(super) handed: Vec<Handed>,
    /// From `send` to each receiver's store, sorted.
    pub(super) latencies: Vec<u64>,
    pub(super) kills: u64,
    pub(super) attached: u64,
}

impl<'a> Play<'a> {
    /// A play from this seed.
    pub(super) fn new(
        (net, troupe, screen): (&'a Net, &'a mut Troupe, &'a mut Screen),
        (files, stock_uid): (PathBuf, String),
        rng: &Rng,
        time: Duration,
    ) -> Self {
        Play {
            net,
            troupe,
            screen,
            files,
            stock_uid,
            plan: Plan::new(rng.fork(1)),
            faults: Faults::new(rng.fork(2), time),
            content: rng.fork(3),
            threads: BTreeMap::new(),
            handed: Vec::new(),
            handed_at: BTreeMap::new(),
            seen: BTreeSet::new(),
            copies: 0,
            waiting: BTreeMap::new(),
            latencies: Vec::new(),
            heals: Vec::new(),
            kills: 0,
            attached: 0,
        }
    }

    /// Hands over so many messages, spread over this time, among faults; then waits for what is missing.
    pub(super) async fn run(mut self, messages: u32, time: Duration) -> Outcome<Played> {
        let began = Instant::now();
        let mut next_fault = began + self.faults.pause();
        let mut next_look = began;
        while self.handed.len() < messages as usize {
            let next_post = began + time.mul_f64(self.handed.len() as f64 / f64::from(messages));
            let next = next_post.min(next_fault).min(next_look).min(self.next_own_time());
            self.hear_until(next).await?;
            let now = Instant::now();
            self.do_what_is_due().await?;
            if next_post <= now {
                self.hand_over().await?;
            }
            if next_fault <= now {
                next_fault = now + self.faults.pause();
                if let Some(fault) = self.faults.next(now - began) {
                    self.strike(fault).await;
                }
            }
            if next_look <= now {
                next_look = now + LOOK;
                self.look();
            }
        }
        self.in_peace().await?;
        self.latencies.sort_unstable();
        let Play { handed, latencies, kills, attached, .. } = self;
        Ok(Played { handed, latencies, kills, attached })
    }

    /// No more faults. Returns when nothing is missing, or when waiting is of no more use: the judgement says what
    /// is missing then.
    async fn in_peace(&mut self) -> Outcome<()> {
        self.screen.fault("from here on the network is left in peace");
        let give_up = Instant::now() + PEACE_MAX;
        for node in Node::all() {
            self.net.peace(node);
        }
        while Instant::now() < give_up && !self.is_complete() {
            self.hear_until((Instant::now() + LOOK).min(self.next_own_time())).await?;
            self.do_what_is_due().await?;
            self.look();
        }
        Ok(())
    }

    fn is_complete(&self) -> bool {
        let arrived = self.seen.len() as u64 == self.copies;
        arrived
            && self.troupe.is_idle()
            && self.waiting.values().all(|items| *items == 0)
            && self.net.is_empty()
    }

    fn next_own_time(&self) -> Instant {
        let heal = self.heals.iter().map(|(when, _)| *when).min();
        let far = Instant::now() + PEACE_MAX;
        heal.into_iter().chain(self.troupe.next_restart()).fold(far, Instant::min)
    }

    async fn do_what_is_due(&mut self) -> Outcome<()> {
        for client in self.troupe.restart_due()? {
            self.screen.runs(client, true);
        }
        let now = Instant::now();
        let (due, later) = self.heals.drain(..).partition(|(when, _)| *when <= now);
        self.heals = later;
        let due: Vec<(Instant, Heal)> = due;
        for (_, heal) in due {
            match heal {
                Heal::Stall(node) => self.net.heal(node),
                Heal::Refuse(node) => self.net.accept(node),
                Heal::BlackHole(node) => {
                    self.net.heal(node);
                    // As a phone's system would: the old way is gone, here is another.
                    self.troupe.tell(node.client, &Tell::NetworkChanged).await;
                }
            }
        }
        Ok(())
    }

    async fn strike(&mut self, fault: Fault) {
        let now = Instant::now();
        match &fault {
            Fault::Kill(client, dead_for) => {
                if !self.troupe.kill(*client, *dead_for).await {
                    return;
                }
                self.kills += 1;
                self.screen.runs(*client, false);
            }
            Fault::Stall(node, time) => self.heals.push((now + *time, Heal::Stall(*node))),
            Fault::Refuse(node, time) => self.heals.push((now + *time, Heal::Refuse(*node))),
            Fault::BlackHole(node, time) => self.heals.push((now + *time, Heal::BlackHole(*node))),
            Fault::Cut(_) | Fault::CutAfter(..) | Fault::Latency(..) => {}
        }
        self.net.strike(&fault);
        self.screen.fault(&fault.words());
    }

    async fn hear_until(&mut self, when: Instant) -> Outcome<()> {
        loop {
            tokio::select! {
                biased;
                () = sleep_until(when) => return Ok(()),
                heard = self.troupe.hear() => match heard {
                    Some(heard) => self.listen(heard).await?,
                    None => return Err(Failure::new("demo", "all clients are gone")),
                },
            }
        }
    }

    async fn listen(&mut self, heard: Heard) -> Outcome<()> {
        self.troupe.note(&heard).await;
        let client = heard.client;
        let node =
            |account: &str| Some(Node { client, site: SITES.iter().position(|site| *site == account)? });
        match heard.said {
            Some(Said::Arrived { account, thread, text }) => {
                if let (Some(node), Some(number)) = (node(&account), number_of(&text)) {
                    self.arrived(node, number, thread);
                }
            }
            Some(Said::Taken { draft, thread }) => self.taken(client, &draft, thread),
            Some(Said::State { account, state }) => {
                if let Some(node) = node(&account) {
                    self.screen.state(client, node.site, &state);
                }
            }
            Some(Said::Waiting { account, items }) => {
                if let Some(node) = node(&account) {
                    self.waiting.insert(node, items);
                    self.screen.waiting(client, node.site, items);
                }
            }
            Some(Said::Failed { what, reason }) => {
                return Err(Failure::new("demo", format!("{}: {what}: {reason}", client.name())));
            }
            _ => {}
        }
        Ok(())
    }

    fn arrived(&mut self, node: Node, number: u32, thread: String) {
        let Some(handed) = usize::try_from(number).ok().and_then(|n| self.handed.get(n.checked_sub(1)?))
        else {
            return;
        };
        let post = &handed.post;
        if let Some(known) = self.threads.get_mut(&post.thread) {
            known.known.insert(node, thread);
        }
        if !self.seen.insert((node, number)) || node.client == post.from.client {
            return;
        }
        if let Some(at) = self.handed_at.get(&number) {
            self.latencies.push(u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX));
        }
    }

    /// A sender has its message in its own store from the moment it has taken it.
    fn taken(&mut self, client: Client, draft: &str, thread: String) {
        let Some(number) = draft.strip_prefix("post-").and_then(|number| number.parse::<u32>().ok()) else {
            return;
        };
        let Some(site) = self.handed.get(number as usize - 1).map(|handed| handed.post.from.site) else {
            return;
        };
        self.arrived(Node { client, site }, number, thread);
    }

    async fn hand_over(&mut self) -> Outcome<()> {
        let post = self.plan.next(&self.threads);
        let (attach, file) = self.file_of(&post)?;
        let word = self.content.pick(&WORDS).copied().unwrap_or_default();
        let text = format!("#{} {word}", post.number);
        let thread_name =
            self.threads.get(&post.thread).and_then(|thread| thread.known.get(&post.from)).cloned();
        let to = match thread_name {
            Some(name) => To::Thread(name),
            None => To::New {
                recipients: post.to.iter().map(|who| (self.address(*who), String::new())).collect(),
                from: None,
            },
        };
        let draft = format!("post-{}", post.number);
        let message = Message {
            account: site_name(post.from.site).to_owned(),
            draft: draft.clone(),
            to,
            subject: if post.is_new() { format!("Watch no. {}", post.number) } else { String::new() },
            text: text.clone(),
            attach,
        };
        if post.is_new() {
            let members = post.to.iter().copied().chain([post.from.client.who()]).collect();
            self.threads.insert(post.number, Thread { members, known: BTreeMap::new() });
        }
        self.copies += post.nodes().count() as u64;
        self.handed_at.insert(post.number, Instant::now());
        let client = post.from.client;
        self.handed.push(Handed { post, text, file });
        self.troupe.send(client, draft, Tell::Send(message)).await;
        Ok(())
    }

    fn address(&self, who: Who) -> String {
        match who {
            Who::Person(_) => alias(who).to_owned(),
            Who::Stock => self.stock_uid.clone(),
        }
    }

    fn file_of(&mut self, post: &Post) -> Outcome<(Vec<PathBuf>, Option<String>)> {
        let Some(size) = post.file else { return Ok((Vec::new(), None)) };
        let bytes = self.content.bytes(size);
        let path = self.files.join(format!("plate-{}.bin", post.number));
        std::fs::write(&path, &bytes)
            .map_err(|error| Failure::io("a file for the demo cannot be written", &error))?;
        self.attached += size as u64;
        Ok((vec![path], Some(hex(&Sha256::digest(&bytes)))))
    }

    fn look(&mut self) {
        self.screen.progress(self.handed.len() as u64, self.seen.len() as u64, self.copies);
    }
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

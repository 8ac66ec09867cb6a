//! A small world for tests: one embedded site, some members with real stores on simulated disks, links
//! without sockets, virtual time. Deterministic.
// Each test file uses its own part of it.
#![allow(dead_code, unreachable_pub)]
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod keys;
pub mod member;
pub mod stock;

use std::time::Duration;

use tmtp_account::{
    Attachment, Command, Event, Input, Now, Output, Ping, Recipient, Refused, Reply, Send, State, Ticket, To,
    Wish,
};
use tmtp_disk::When;
use tmtp_session::StreamEnd;
use tmtp_site::{Config, LinkEnd, Site};
use tmtp_store::KeyStore;
use tmtp_store::files::Staged;
use tmtp_wire::frame;
use tmtp_wire::ids::{NodeSecret, SendId, ThreadRef, Uid};
use tmtp_wire::names::{Alias, Label};
use tmtp_wire::time::{Mono, Wall};

use member::Member;

pub struct World {
    pub site: Site,
    pub now: Mono,
    pub members: Vec<Member>,
    tickets: u64,
    /// Bytes that come from the site in one piece.
    pub piece: usize,
    /// Kill this member after so many of its steps, before its outputs are taken.
    pub kill_at: Option<(usize, usize)>,
    /// Cut this member's link in its so many-th movement of bytes, to the site (true) or from it.
    pub cut_at: Option<(usize, bool, usize)>,
    /// Let this member's process die at its so many-th sync, before or after it is done.
    pub die_at: Option<(usize, u64, When)>,
    /// Let this member's disk be full at the so many-th change.
    pub full_at: Option<(usize, u64)>,
    /// The planned disturbance has happened.
    pub struck: bool,
}

impl World {
    pub fn new() -> World {
        World::of(Config::default())
    }

    pub fn of(config: Config) -> World {
        World {
            site: Site::new(config),
            now: Mono(1_000_000),
            members: Vec::new(),
            tickets: 0,
            piece: 16 * 1024,
            kill_at: None,
            cut_at: None,
            die_at: None,
            full_at: None,
            struck: false,
        }
    }

    pub fn clock(&self) -> Now {
        Now { mono: self.now, wall: self.wall() }
    }

    fn wall(&self) -> Wall {
        Wall(1_790_000_000_000 + self.now.0.cast_signed())
    }

    /// Adds a member that is not yet registered and wants no link.
    pub fn add(&mut self) -> usize {
        let number = self.members.len();
        self.members.push(Member::new(number, self.clock()));
        let disk = &self.members[number].disk;
        if let Some((victim, sync, when)) = self.die_at
            && victim == number
        {
            disk.die_at_sync(sync, when);
        }
        if let Some((victim, change)) = self.full_at
            && victim == number
        {
            disk.full_at_write(change);
        }
        number
    }

    /// Adds a member that has registered, with this alias, and holds a link.
    pub fn join(&mut self, alias: &str) -> usize {
        let who = self.add();
        self.put(who, Input::Wish(Wish::Stay));
        self.run(Duration::ZERO);
        let done = self.ask(who, Command::AddAlias(alias.parse().unwrap()));
        assert!(matches!(done, Ok(Reply::Done)), "{done:?}");
        self.run(Duration::from_secs(3));
        assert_eq!(self.account(who).state(), &State::Online);
        who
    }

    /// Two members who know each other's alias, both ways.
    pub fn pair() -> (World, usize, usize) {
        World::pair_of(Config::default())
    }

    /// The same at a site of another kind.
    pub fn pair_of(config: Config) -> (World, usize, usize) {
        let mut world = World::of(config);
        let (anna, berta) = (world.join("anna alias"), world.join("berta alias"));
        world.ping(anna, "berta alias", "hello");
        world.ping(berta, "anna alias", "hello back");
        world.run(Duration::from_secs(1));
        (world, anna, berta)
    }

    /// Makes a second node of a member and takes it into use.
    pub fn second_node(&mut self, who: usize, label: &str) -> usize {
        let (uid, secret, aliases) = self.ticket(who, label);
        let number = self.members.len();
        let keys = std::sync::Arc::new(keys::Keys::default());
        keys.put(&format!("key{number}"), &secret).unwrap();
        let member = Member::with(number, self.clock(), Some(uid), keys);
        self.members.push(member);
        for alias in aliases {
            self.ask(number, Command::AliasIsOurs(alias)).unwrap();
        }
        self.put(number, Input::Wish(Wish::Stay));
        self.run(Duration::from_secs(1));
        number
    }

    /// Makes a node of a member: what another device needs to become it, and what the member is called.
    pub fn ticket(&mut self, who: usize, label: &str) -> (Uid, NodeSecret, Vec<Alias>) {
        let label: Label = label.parse().unwrap();
        self.ask(who, Command::AddNode(label.clone())).unwrap();
        self.run(Duration::from_secs(5));
        let Ok(Reply::NodeTicket { uid, secret, aliases, .. }) =
            self.ask(who, Command::NodeTicket(label.clone()))
        else {
            panic!("no ticket")
        };
        self.ask(who, Command::ForgetNodeSecret(label)).unwrap();
        (uid, secret, aliases)
    }

    pub fn uid(&mut self, who: usize) -> String {
        self.account(who).member().uid.as_ref().unwrap().to_string()
    }

    pub fn account(&mut self, who: usize) -> &mut tmtp_account::Account {
        self.members[who].account.as_mut().expect("the account is open")
    }

    pub fn put(&mut self, who: usize, input: Input) {
        self.account(who).put(input);
    }

    /// Puts a command in and runs until it is answered.
    pub fn ask(&mut self, who: usize, command: Command) -> Result<Reply, Refused> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.put(who, Input::Command(ticket, command));
        self.run(Duration::ZERO);
        let replies = &mut self.members[who].replies;
        let at = replies.iter().position(|(other, _)| *other == ticket).expect("answered");
        replies.remove(at).1
    }

    /// The same for a member that may be killed meanwhile: asks again, as a person would.
    pub fn ask_surely(&mut self, who: usize, command: impl Fn(&mut World) -> Command) -> Reply {
        for _ in 0..4 {
            let command = command(self);
            self.tickets += 1;
            let ticket = Ticket(self.tickets);
            self.put(who, Input::Command(ticket, command));
            self.run(Duration::ZERO);
            let replies = &mut self.members[who].replies;
            if let Some(at) = replies.iter().position(|(other, _)| *other == ticket) {
                match replies.remove(at).1 {
                    Ok(reply) => return reply,
                    Err(Refused::StorageFull { .. } | Refused::Storage) => {}
                    Err(refused) => panic!("{refused}"),
                }
            }
            // A person who reads "the disk is full" waits a while.
            self.run(Duration::from_secs(40));
        }
        panic!("never answered")
    }

    fn step(&mut self, who: usize) {
        let clock = self.clock();
        let Some(account) = &mut self.members[who].account else { return };
        account.step(clock);
        if let Some((victim, left)) = &mut self.kill_at
            && *victim == who
        {
            *left -= 1;
            if *left == 0 {
                self.kill_at = None;
                self.struck = true;
                self.kill(who);
                self.start(who);
            }
        }
    }

    fn strikes(&mut self, who: usize, up: bool) -> bool {
        if let Some((victim, direction, left)) = &mut self.cut_at
            && (*victim, *direction) == (who, up)
        {
            *left -= 1;
            if *left == 0 {
                self.cut_at = None;
                self.struck = true;
                return true;
            }
        }
        false
    }

    pub fn ping(&mut self, who: usize, to: &str, text: &str) -> SendId {
        let draft = format!("ping {}", self.tickets);
        let ping = Ping { draft, from: None, to: to.parse().unwrap(), text: text.to_owned() };
        match self.ask(who, Command::Ping(ping)) {
            Ok(Reply::Pinged { send_id, .. }) => send_id,
            other => panic!("{other:?}"),
        }
    }

    pub fn send_command(&self, draft: &str, to: &[&str], text: &str) -> Send {
        let recipient = |who: &&str| Recipient { who: (*who).to_owned(), note: String::new() };
        Send {
            draft: draft.to_owned(),
            to: To::NewThread { recipients: to.iter().map(recipient).collect(), from_alias: None },
            subject: "a subject".to_owned(),
            text: text.to_owned(),
            attachments: Vec::new(),
        }
    }

    pub fn begin(&mut self, who: usize, to: &[&str], text: &str) -> (SendId, ThreadRef) {
        let send = self.send_command(text, to, text);
        self.sent(who, send)
    }

    pub fn begin_with(
        &mut self,
        who: usize,
        to: &[&str],
        text: &str,
        files: &[(&str, &[u8])],
    ) -> (SendId, ThreadRef) {
        let mut send = self.send_command(text, to, text);
        for (name, bytes) in files {
            let staged = self.members[who].stage(bytes);
            send.attachments.push(Attachment { name: (*name).to_owned(), staged });
        }
        self.sent(who, send)
    }

    pub fn reply(&mut self, who: usize, thread: ThreadRef, text: &str) -> (SendId, ThreadRef) {
        let send = Send {
            draft: text.to_owned(),
            to: To::Reply(thread),
            subject: String::new(),
            text: text.to_owned(),
            attachments: Vec::new(),
        };
        self.sent(who, send)
    }

    fn sent(&mut self, who: usize, send: Send) -> (SendId, ThreadRef) {
        match self.ask(who, Command::Send(send)) {
            Ok(Reply::Sent { send_id, thread, .. }) => (send_id, thread),
            other => panic!("{other:?}"),
        }
    }

    /// Lets everything happen that happens within this time.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            self.settle();
            let timeouts = self.members.iter().filter_map(|member| member.account.as_ref()?.poll_timeout());
            let next = timeouts.chain(self.site.next_timeout()).min();
            match next {
                Some(at) if at <= end => self.now = self.now.max(at),
                _ => break,
            }
            let (now, wall) = (self.now, self.wall());
            self.site.timeout(now, wall);
            for who in 0..self.members.len() {
                self.step(who);
            }
        }
        self.now = end;
        self.settle();
    }

    /// Moves bytes and steps until nothing moves any more at this moment.
    fn settle(&mut self) {
        for _ in 0..100_000 {
            let mut moved = false;
            for who in 0..self.members.len() {
                moved |= self.turn(who);
            }
            if !moved {
                return;
            }
        }
        panic!("the world does not come to rest");
    }

    /// Takes a file in, also if the process dies over it or the disk is full once.
    pub fn stage_surely(&mut self, who: usize, bytes: &[u8]) -> Staged {
        for _ in 0..4 {
            match self.members[who].try_stage(bytes) {
                Ok(staged) => return staged,
                Err(_) => self.bury(who),
            };
        }
        panic!("never staged")
    }

    /// If a member's process has died by its disk, ends it for good and starts another.
    fn bury(&mut self, who: usize) -> bool {
        if !self.members[who].disk.dead() {
            return false;
        }
        self.struck = true;
        self.kill(who);
        self.start(who);
        true
    }

    fn turn(&mut self, who: usize) -> bool {
        let mut moved = self.bury(who);
        if self.members[who].account.as_ref().is_some_and(tmtp_account::Account::wants_step) {
            self.step(who);
            moved = true;
        }
        moved |= self.take_outputs(who);
        moved | self.give(who) | self.fetch(who)
    }

    fn take_outputs(&mut self, who: usize) -> bool {
        let (now, wall) = (self.now, self.wall());
        let World { site, members, .. } = self;
        let member = &mut members[who];
        let Some(account) = member.account.as_mut() else { return false };
        let mut moved = false;
        while let Some(output) = account.poll_output() {
            moved = true;
            member.dials += u64::from(matches!(output, Output::Dial));
            match output {
                Output::Reply(ticket, result) => member.replies.push((ticket, result)),
                Output::Event(event) => member.events.push(event),
                Output::Job(id, job) => account.put(Input::JobDone(id, job.run())),
                Output::Dial if member.unreachable => {
                    account.put(Input::DialFailed(tmtp_account::DialFailure::Unreachable));
                }
                Output::Dial => {
                    member.link = Some(site.open(now, wall));
                    account.put(Input::LinkUp);
                }
                Output::Close => {
                    if let Some(link) = member.link.take() {
                        site.receive_end(now, wall, link, LinkEnd::CloseNotify);
                        site.closed(now, wall, link);
                    }
                    account.put(Input::LinkClosed);
                }
            }
        }
        moved
    }

    fn give(&mut self, who: usize) -> bool {
        let (now, wall, clock) = (self.now, self.wall(), self.clock());
        let member = &mut self.members[who];
        let (Some(account), Some(link)) = (member.account.as_mut(), member.link) else { return false };
        if member.mute || member.quota == Some(0) || !self.site.takes_input(link) {
            return false;
        }
        let Some(bytes) = account.poll_transmit(clock) else { return false };
        member.quota = member.quota.map(|quota| quota.saturating_sub(bytes.len()));
        member.given.extend_from_slice(&bytes);
        let disliked = |what: &Vec<u8>| bytes.windows(what.len()).any(|window| window == what);
        let lossy = member.lossy || member.swallowed.as_ref().is_some_and(disliked);
        if member.disliked.as_ref().is_some_and(disliked) {
            if member.disliked_late {
                self.site.receive(now, wall, link, &bytes);
            }
            let mut quit = Vec::new();
            frame::encode(br#"{"error":"invalid header","op":"quit"}"#, &mut quit).unwrap();
            account.put(Input::Received(quit));
            account.put(Input::LinkEnded(StreamEnd::CloseNotify));
            member.link = None;
            self.site.receive_end(now, wall, link, LinkEnd::CloseNotify);
            self.site.closed(now, wall, link);
            return true;
        }
        if self.strikes(who, true) {
            // Half of it arrives.
            let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
            self.site.receive(now, wall, link, half);
            self.cut(who);
        } else if !lossy {
            self.site.receive(now, wall, link, &bytes);
        }
        true
    }

    fn fetch(&mut self, who: usize) -> bool {
        let (now, wall, piece) = (self.now, self.wall(), self.piece);
        let member = &mut self.members[who];
        let (Some(account), Some(link)) = (member.account.as_mut(), member.link) else { return false };
        if member.deaf || member.appetite == Some(0) {
            return false;
        }
        if self.site.has_output(link) {
            let bytes = self.site.take_output(now, wall, link, piece);
            if member.unheard {
                return true;
            }
            member.appetite = member.appetite.map(|appetite| appetite.saturating_sub(bytes.len()));
            account.put(Input::Received(bytes));
            if self.strikes(who, false) {
                self.cut(who);
            }
            return true;
        }
        if self.site.wants_close(link) {
            self.site.closed(now, wall, link);
            member.link = None;
            account.put(Input::LinkEnded(StreamEnd::CloseNotify));
            return true;
        }
        false
    }

    /// Cuts a member's link: both sides notice at once, and what was on its way to the member is lost.
    pub fn cut(&mut self, who: usize) {
        let (now, wall) = (self.now, self.wall());
        if let Some(link) = self.members[who].link.take() {
            self.site.receive_end(now, wall, link, LinkEnd::Reset);
            self.site.closed(now, wall, link);
            self.put(who, Input::LinkEnded(StreamEnd::Reset));
        }
    }

    /// The member's process dies; the site notices at once.
    pub fn kill(&mut self, who: usize) {
        let (now, wall) = (self.now, self.wall());
        let member = &mut self.members[who];
        member.account = None;
        member.disk.kill();
        if let Some(link) = member.link.take() {
            self.site.receive_end(now, wall, link, LinkEnd::Reset);
            self.site.closed(now, wall, link);
        }
    }

    /// The member's process dies, and the site does not notice.
    pub fn vanish(&mut self, who: usize) {
        let member = &mut self.members[who];
        member.account = None;
        member.disk.kill();
        member.link = None;
    }

    /// The member's process starts again and holds a link.
    pub fn start(&mut self, who: usize) {
        let clock = self.clock();
        self.members[who].open(clock);
        self.put(who, Input::Wish(Wish::Stay));
    }

    pub fn events(&mut self, who: usize) -> Vec<Event> {
        std::mem::take(&mut self.members[who].events)
    }

    /// What is wrong with any world at rest: something accepted twice though proof was asked for, or a
    /// violation of the site.
    pub fn judge(&self) {
        let record = self.site.record();
        assert_eq!(record.accepted_twice(), 0, "accepted twice");
        assert!(record.violations.is_empty(), "{:?}", record.violations);
    }
}

//! A stock member: it does what the existing desktop client does as far as others can tell (client-formats
//! 3, 8, 9). It stores every delivery under its id and folds nothing, names no send id of its own, and
//! never repeats what may have arrived. So a post that the site accepts twice is seen here twice.
//!
//! It never dies and never forgets; what is tested are the others.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use tmtp_session::{
    Body, Command, Config, Event, Input, Opening, RequestKey, Session, StreamEnd, Submit, Transmit,
};
use tmtp_wire::datahead::{self, Cc, PostHead};
use tmtp_wire::ids::{MsgId, NodeSecret, Uid};
use tmtp_wire::message::{Queued, QueuedOp};
use tmtp_wire::names::{Alias, Gid};
use tmtp_wire::request::{Request, To, Token};
use tmtp_wire::time::Mono;

use crate::limits::STOCK_REDIAL;
use crate::rng::Rng;

/// A post that came.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    /// The site's id.
    pub(crate) msgid: MsgId,
    /// The thread it names; its own id if it begins one.
    pub(crate) thread: MsgId,
    /// Its text.
    pub(crate) text: String,
}

/// What a stock member wants to write.
#[derive(Debug)]
pub(crate) enum Letter {
    /// A post.
    Post(Post),
    /// An invitation of a member, by alias, into a group that is made for it: something that our version
    /// stores without understanding it.
    Invitation {
        /// The journal's number of it.
        item: usize,
        /// Whom.
        to: Alias,
    },
    /// What no stock client would write.
    Raw {
        /// The journal's number of it.
        item: usize,
        /// Its header.
        request: Request,
        /// Its data.
        data: Vec<u8>,
    },
}

/// A post to be written.
#[derive(Debug)]
pub(crate) struct Post {
    /// The journal's number of it.
    pub(crate) item: usize,
    /// To whom, with what to call them.
    pub(crate) to: Vec<(Uid, String)>,
    /// The thread it answers.
    pub(crate) thread: Option<MsgId>,
    /// What it says.
    pub(crate) text: String,
}

/// What a stock member is about to do with its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Out { dial_at: u64 },
    Dialing,
    In,
    Closing,
}

/// What it wants the world to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// A link.
    Dial,
    /// No link any more.
    Close,
}

/// See the module's text.
#[derive(Debug)]
pub(crate) struct Stock {
    alias: Alias,
    named: bool,
    login: Option<(Uid, NodeSecret)>,
    session: Option<Session>,
    door: Door,
    rng: Rng,
    keys: u64,
    letters: Vec<Letter>,
    under_way: BTreeMap<RequestKey, Option<usize>>,
    /// What came, in the order of arrival, each id once.
    pub(crate) arrived: Vec<Arrived>,
    /// Texts of pings that came, each id once.
    pub(crate) pings: Vec<String>,
    /// Items that were answered, with the site's id.
    pub(crate) answered: Vec<(usize, MsgId)>,
    /// What was handed to the site: item by the hash of its data, in hex as the site's record has it.
    pub(crate) written: BTreeMap<String, usize>,
    known: BTreeSet<MsgId>,
    threads: BTreeMap<MsgId, Vec<(Uid, String)>>,
}

impl Stock {
    /// One that is not yet a member.
    pub(crate) fn new(alias: Alias, rng: Rng) -> Stock {
        Stock {
            alias,
            named: false,
            login: None,
            session: None,
            door: Door::Out { dial_at: 0 },
            rng,
            keys: 0,
            letters: Vec::new(),
            under_way: BTreeMap::new(),
            arrived: Vec::new(),
            pings: Vec::new(),
            answered: Vec::new(),
            written: BTreeMap::new(),
            known: BTreeSet::new(),
            threads: BTreeMap::new(),
        }
    }

    /// One that waits for a node to be made for it.
    pub(crate) fn unborn(alias: Alias, rng: Rng) -> Stock {
        Stock { door: Door::Out { dial_at: u64::MAX }, named: true, ..Stock::new(alias, rng) }
    }

    /// Its node has been made.
    pub(crate) fn born(&mut self, now: Mono, uid: Uid, secret: NodeSecret) {
        (self.login, self.door) = (Some((uid, secret)), Door::Out { dial_at: now.0 });
    }

    /// Its uid, once it is a member.
    pub(crate) fn uid(&self) -> Option<&Uid> {
        self.login.as_ref().map(|(uid, _)| uid)
    }

    /// Whether the site has taken its alias.
    pub(crate) fn is_named(&self) -> bool {
        self.named
    }

    /// The threads in which it may write, with their members.
    pub(crate) fn threads(&self) -> impl Iterator<Item = (MsgId, &Vec<(Uid, String)>)> {
        self.threads.iter().map(|(id, members)| (*id, members))
    }

    /// Something to write.
    pub(crate) fn write(&mut self, letter: Letter) {
        self.letters.push(letter);
    }

    /// Whether everything it wanted to write is answered or lost.
    pub(crate) fn is_idle(&self) -> bool {
        self.letters.is_empty() && self.under_way.is_empty()
    }

    /// The dial has given a link.
    pub(crate) fn up(&mut self, now: Mono) {
        let opening = match &self.login {
            None => Opening::Register { label: "x".to_owned() },
            Some((uid, secret)) => {
                let tag = Token::from_random(self.rng.next());
                Opening::Login { uid: uid.clone(), secret: secret.clone(), tag }
            }
        };
        let mut config = Config::new(opening);
        config.inline_max = u64::from(u32::MAX);
        self.session = Some(Session::new(now, config));
        self.door = Door::In;
    }

    /// The dial failed, the link ended, or it is closed as wanted.
    pub(crate) fn down(&mut self, now: Mono) {
        self.session = None;
        self.under_way.clear();
        let wait = self.rng.between(STOCK_REDIAL.0, STOCK_REDIAL.1);
        self.door = Door::Out { dial_at: now.0 + wait };
    }

    /// Bytes have come.
    pub(crate) fn received(&mut self, now: Mono, bytes: &[u8]) {
        if let Some(session) = &mut self.session {
            // Bytes are never rejected; what is wrong with them comes as an event.
            let _taken = session.handle_input(now, Input::Bytes(bytes));
        }
        self.listen(now);
    }

    /// The link has ended by itself.
    pub(crate) fn ended(&mut self, now: Mono, end: StreamEnd) {
        if let Some(session) = &mut self.session {
            let _taken = session.handle_input(now, Input::End(end));
        }
        self.listen(now);
        self.down(now);
    }

    /// The time has come.
    pub(crate) fn tick(&mut self, now: Mono) {
        if let Some(session) = &mut self.session {
            session.handle_timeout(now);
        }
        self.listen(now);
    }

    /// When to tick.
    pub(crate) fn timeout(&self) -> Option<Mono> {
        match self.door {
            Door::Out { dial_at } => Some(Mono(dial_at)),
            _ => self.session.as_ref().and_then(Session::poll_timeout),
        }
    }

    /// What it wants of the world, once.
    pub(crate) fn want(&mut self, now: Mono) -> Option<Want> {
        let over = self.session.as_ref().is_some_and(|session| session.state() == tmtp_session::State::Ended);
        match self.door {
            Door::Out { dial_at } if dial_at <= now.0 => {
                self.door = Door::Dialing;
                Some(Want::Dial)
            }
            Door::In if over => {
                self.door = Door::Closing;
                Some(Want::Close)
            }
            _ => None,
        }
    }

    /// The next bytes to write.
    pub(crate) fn transmit(&mut self, now: Mono) -> Option<Vec<u8>> {
        self.submit(now);
        match self.session.as_mut()?.poll_transmit(now)? {
            Transmit::Bytes(bytes) => Some(bytes),
            Transmit::Stream { .. } => None,
        }
    }

    fn submit(&mut self, now: Mono) {
        let Some(session) = &mut self.session else { return };
        if session.state() != tmtp_session::State::Online || session.room() == 0 || !self.under_way.is_empty()
        {
            return;
        }
        self.keys += 1;
        let key = RequestKey(self.keys);
        let (request, body, item) = if !self.named {
            (Request::NewAlias(self.alias.clone()), Body::None, None)
        } else if let Some(letter) = self.letters.first() {
            let own = self.login.as_ref().map(|(uid, _)| uid);
            let (item, made) = match letter {
                Letter::Post(letter) => (letter.item, post(&self.alias, own, letter)),
                Letter::Invitation { item, to } => (*item, invitation(&self.alias, *item, to)),
                Letter::Raw { item, request, data } => {
                    (*item, Some((request.clone(), Body::Whole(data.clone()))))
                }
            };
            // A list may be longer than any header.
            let fits = |(request, _): &(Request, Body)| request.encode("q0000000000").is_ok();
            let Some((request, body)) = made.filter(fits) else {
                self.letters.remove(0);
                return;
            };
            if let Body::Whole(data) = &body {
                self.written.insert(hash(data), item);
            }
            (request, body, Some(item))
        } else {
            return;
        };
        let submit = Submit { key, request, body };
        if session.handle_input(now, Input::Command(Command::Submit(submit))).is_ok() {
            self.under_way.insert(key, item);
            if item.is_some() {
                self.letters.remove(0);
            }
        }
    }

    fn listen(&mut self, now: Mono) {
        while let Some(event) = self.session.as_mut().and_then(Session::poll_event) {
            match event {
                Event::Registered { uid, secret, .. } => self.login = Some((uid, secret)),
                Event::Answered { key, outcome } => {
                    let item = self.under_way.remove(&key).flatten();
                    if let (Some(item), Some(msgid)) = (item, outcome.msgid) {
                        self.answered.push((item, msgid));
                    }
                    self.named |= item.is_none() && outcome.error.is_none();
                }
                Event::Message { head, data } => {
                    self.keep(&head, &data);
                    self.confirm(now, head.id.to_string());
                }
                Event::BadFrame { id, .. } => self.confirm(now, id),
                _ => {}
            }
        }
    }

    fn confirm(&mut self, now: Mono, id: String) {
        if let Some(session) = &mut self.session {
            // Refused only when the session is over: then the site repeats.
            let _taken = session.handle_input(now, Input::Command(Command::Confirm(id)));
        }
    }

    fn keep(&mut self, head: &Queued, data: &[u8]) {
        if !self.known.insert(head.id) {
            return;
        }
        match &head.op {
            QueuedOp::Ping { .. } => self.pings.push(String::from_utf8_lossy(data).into_owned()),
            QueuedOp::Delivery { .. } => {
                let split = usize::try_from(head.datahead).unwrap_or_default().min(data.len());
                let (lead, rest) = data.split_at(split);
                let Ok(parsed) = datahead::parse(lead) else { return };
                let text = usize::try_from(parsed.text_len(head.datalen, head.datahead).unwrap_or_default());
                let text = rest.get(..text.unwrap_or_default()).unwrap_or_default();
                let thread = parsed.thread().ok().flatten().unwrap_or(head.id);
                if parsed.starts_thread() {
                    let named = parsed.cc.iter().filter(|cc| !cc.is_group());
                    let members =
                        named.filter_map(|cc| Some((cc.who_uid.parse().ok()?, cc.who.clone()))).collect();
                    self.threads.insert(head.id, members);
                }
                let text = String::from_utf8_lossy(text).into_owned();
                self.arrived.push(Arrived { msgid: head.id, thread, text });
            }
            _ => {}
        }
    }
}

/// Every post of a stock member carries this: to others it is a number without a meaning, and nobody may
/// take it for a name.
pub(crate) const DATASUM: u64 = 7;

fn hash(data: &[u8]) -> String {
    Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn invitation(alias: &Alias, item: usize, to: &Alias) -> Option<(Request, Body)> {
    let gid = format!("Group of item {item:04}").parse::<Gid>().ok()?;
    let request =
        Request::GroupInvite { gid, from: alias.clone(), to: to.clone(), datalen: 0, datasum: None };
    Some((request, Body::None))
}

fn post(alias: &Alias, own: Option<&Uid>, letter: &Post) -> Option<(Request, Body)> {
    let own = own?;
    let entry = |who: &str, uid: &Uid, note: &str| Cc {
        who: who.to_owned(),
        by: alias.as_str().to_owned(),
        who_uid: uid.as_str().to_owned(),
        by_uid: own.as_str().to_owned(),
        date: "2026-01-01T00:00:00Z".to_owned(),
        note: note.to_owned(),
        subscribe: true,
    };
    let mut cc = Vec::new();
    if letter.thread.is_none() {
        cc.push(entry(alias.as_str(), own, "author"));
        cc.extend(letter.to.iter().filter(|(uid, _)| uid != own).map(|(uid, name)| entry(name, uid, "")));
    }
    let head = PostHead {
        alias: alias.as_str().to_owned(),
        thread_id: letter.thread.map(|id| id.to_string()),
        subject: "from a stock client".to_owned(),
        cc,
        ..PostHead::default()
    };
    let mut data = datahead::encode(&head).ok()?;
    let datahead = u32::try_from(data.len()).ok()?;
    data.extend_from_slice(letter.text.as_bytes());
    let mut to: Vec<To> =
        letter.to.iter().filter(|(uid, _)| uid != own).map(|(uid, _)| To::Member(uid.clone())).collect();
    to.push(To::Member(own.clone()));
    let datalen = data.len() as u64;
    let request = Request::Post { to, datahead, datalen, datasum: Some(DATASUM) };
    Some((request, Body::Whole(data)))
}

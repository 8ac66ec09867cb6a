//! The link as the account sees it, and what it knows of the requests under way. All of it may be lost at
//! any moment: the outbox rows say the same, only more carefully.

use std::collections::{BTreeMap, BTreeSet};

use tmtp_session::Session;
use tmtp_wire::ids::SendId;
use tmtp_wire::request::Token;
use tmtp_wire::time::Mono;

use crate::barrier::Search;
use crate::transfer::{Arriving, Outgoing};

/// The link of an account. There is never more than one.
pub(crate) enum Link {
    /// None, and none is being made.
    None,
    /// One is being made.
    Dialing,
    /// There is one.
    Up(Box<Up>),
    /// It is being closed, or the dial is being given up.
    Closing,
}

impl Link {
    pub(crate) fn up(&self) -> Option<&Up> {
        match self {
            Link::Up(up) => Some(up),
            _ => None,
        }
    }

    pub(crate) fn up_mut(&mut self) -> Option<&mut Up> {
        match self {
            Link::Up(up) => Some(up),
            _ => None,
        }
    }
}

/// A link that is up.
pub(crate) struct Up {
    /// Its protocol machine.
    pub(crate) session: Session,
    /// The random tag of its login; `None` while registering.
    pub(crate) tag: Option<Token>,
    /// The number by which outbox rows know this link, never 0.
    pub(crate) login: i64,
    /// Logged in since.
    pub(crate) online: Option<Mono>,
    /// This session's own `login` message has come: everything that waited before it is here (wire 14.3).
    pub(crate) barrier: bool,
    /// How that is looked for where the site does not repeat our tag.
    pub(crate) search: Search,
    /// Somebody has asked it to end.
    pub(crate) leaving: bool,
    /// Requests that were handed to the session and are not answered, by outbox row.
    pub(crate) open: BTreeMap<i64, Open>,
    /// Requests that the session did not take: nothing of them left.
    pub(crate) not_taken: BTreeSet<i64>,
    /// Markers of posts without a copy that are not answered.
    pub(crate) markers: usize,
    /// Own copies that are under way.
    pub(crate) copies: BTreeSet<SendId>,
    /// When one was last asked for.
    pub(crate) copied: Mono,
    /// How many requests were handed to the session.
    pub(crate) handed: i64,
    /// The large delivery that is arriving.
    pub(crate) incoming: Option<Arriving>,
    /// The post whose file could not be read.
    pub(crate) unreadable: Option<i64>,
    /// A wake has asked whether it lives.
    pub(crate) probing: bool,
    /// When the last byte left.
    pub(crate) last_byte: Mono,
    /// Since when it is up.
    pub(crate) since: Mono,
}

impl Up {
    pub(crate) fn new(session: Session, tag: Option<Token>, login: Token, now: Mono) -> Self {
        Up {
            session,
            tag,
            login: login.value().cast_signed(),
            online: None,
            barrier: false,
            search: Search::default(),
            leaving: false,
            open: BTreeMap::new(),
            not_taken: BTreeSet::new(),
            markers: 0,
            copies: BTreeSet::new(),
            copied: now,
            handed: 0,
            incoming: None,
            unreadable: None,
            probing: false,
            last_byte: now,
            since: now,
        }
    }

    /// Bytes of the requests under way that are held in memory, at most.
    pub(crate) fn held(&self) -> u64 {
        self.open.values().map(|open| open.held).sum()
    }

    /// Whether a post is being streamed.
    pub(crate) fn streams(&self) -> bool {
        self.open.values().any(|open| open.stream.is_some())
    }
}

/// A request under way.
pub(crate) struct Open {
    /// Its id.
    pub(crate) send_id: SendId,
    /// Nothing else may be under way beside it.
    pub(crate) alone: bool,
    /// It is a large one, and its last record may leave: from here on the answer is worth waiting for.
    pub(crate) released: bool,
    /// Its files, if they are fetched piece by piece.
    pub(crate) stream: Option<Outgoing>,
    /// Bytes of it that the session holds in memory, at most.
    pub(crate) held: u64,
}

//! What people have asked for, kept outside of everything that is tested: the truth that the judge holds
//! against the site's record and the members' stores.

use tmtp_store::files::Staged;
use tmtp_wire::ids::{MessageRef, SendId, ThreadRef, Uid};

use crate::lies::Lie;

/// Something that somebody has written.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// At which client.
    pub(crate) client: usize,
    /// The id under which `send` is called, also when it is called again.
    pub(crate) draft: String,
    /// Its text, which no other item of the world has.
    pub(crate) text: String,
    /// What it is and where it goes.
    pub(crate) kind: Kind,
    /// Its file, if it has one.
    pub(crate) file: Option<File>,
    /// What is known of it.
    pub(crate) fate: Fate,
    /// What became of its withdrawal, if it was withdrawn.
    pub(crate) withdrawn: Option<tmtp_account::Withdrawn>,
    /// Somebody has asked to take it back, answered or not.
    pub(crate) called_back: bool,
    /// The person gave up the proof: sent it again, or took it for sent, answered or not.
    pub(crate) by_hand: bool,
    /// Its recipients are written to by their names, as long as nobody says that these are none.
    pub(crate) by_name: bool,
    /// The person has asked to take it for sent.
    pub(crate) taken_as_sent: bool,
    /// The person has seen in the outbox that nothing will prove whether it was sent.
    pub(crate) seen_unproven: bool,
}

/// What an item is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// The beginning of a thread, to these clients' members. Without any: a note to self.
    Begin(Vec<usize>),
    /// A reply in a thread that was chosen when it was first asked for.
    Reply {
        /// A number to choose by.
        pick: u64,
        /// The thread, once chosen.
        thread: Option<ThreadRef>,
    },
    /// A ping to the member of this client.
    Ping(usize),
    /// A stock client's invitation of the member of this client into a group.
    Invitation(usize),
    /// Something that is not so.
    Lie(Told),
}

/// A lie that was told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Which.
    pub(crate) lie: Lie,
    /// The uids in its list, or what stands in their place.
    pub(crate) listed: Vec<String>,
    /// It is no post, and can only be stored raw.
    pub(crate) broken: bool,
}

/// A file of an item.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its name for people.
    pub(crate) name: String,
    /// Its bytes are made of these.
    pub(crate) seed: u64,
    /// How many.
    pub(crate) size: u64,
    /// The sender's store has it.
    pub(crate) staged: Option<Staged>,
}

/// What is known of an item outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Not yet asked for, or not yet answered: `send` is called again until it is.
    Open,
    /// `send` has returned: it is durable and must arrive.
    Taken {
        /// Its id.
        send_id: SendId,
        /// The message it made; the site's number for a stock client.
        message: Option<MessageRef>,
        /// Place in the order in which this client's sends have returned.
        order: u64,
    },
    /// It could not be sent and never will be; nobody may have it.
    Impossible,
}

impl Item {
    /// Its own id, once taken.
    pub(crate) fn send_id(&self) -> Option<SendId> {
        match self.fate {
            Fate::Taken { send_id, .. } => Some(send_id),
            _ => None,
        }
    }

    /// The lie that it is, if it is one.
    pub(crate) fn told(&self) -> Option<&Told> {
        match &self.kind {
            Kind::Lie(told) => Some(told),
            _ => None,
        }
    }

    /// Whether it is an honest post, and not one of the other things.
    pub(crate) fn is_post(&self) -> bool {
        matches!(self.kind, Kind::Begin(_) | Kind::Reply { .. })
    }
}

impl File {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut rng = crate::rng::Rng::new(self.seed);
        let words = self.size.div_ceil(8);
        let mut bytes: Vec<u8> = (0..words).flat_map(|_| rng.next().to_le_bytes()).collect();
        bytes.truncate(usize::try_from(self.size).unwrap_or_default());
        bytes
    }
}

/// Everything that was asked for in one world.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// In the order of the wishes.
    pub(crate) items: Vec<Item>,
    orders: u64,
}

impl Journal {
    /// Notes a new wish. Its text says who wrote it and is unique.
    pub(crate) fn add(&mut self, client: usize, kind: Kind, file: Option<File>) -> usize {
        let number = self.items.len();
        let what = if matches!(kind, Kind::Ping(_)) { "ping" } else { "post" };
        self.items.push(Item {
            client,
            draft: format!("draft-{number}"),
            text: format!("{what} {number} by {client}."),
            kind,
            file,
            fate: Fate::Open,
            withdrawn: None,
            called_back: false,
            by_hand: false,
            by_name: number.is_multiple_of(3),
            taken_as_sent: false,
            seen_unproven: false,
        });
        number
    }

    /// `send` has returned. Called again it must say the same.
    pub(crate) fn taken(&mut self, number: usize, send_id: SendId, message: Option<MessageRef>) -> bool {
        let order = self.orders;
        let Some(item) = self.items.get_mut(number) else { return false };
        match item.fate {
            Fate::Taken { send_id: before, .. } => before == send_id,
            _ => {
                self.orders += 1;
                item.fate = Fate::Taken { send_id, message, order };
                true
            }
        }
    }
}

/// A member as the world knows it.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// The only alias it asks for.
    pub(crate) alias: String,
    /// Known once registered.
    pub(crate) uid: Option<Uid>,
    /// The site has said that the alias is its own.
    pub(crate) named: bool,
}

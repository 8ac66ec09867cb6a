//! Who plays: three people at two sites, a second device of the first, and a receiver of the old kind.
//!
//! A *client* is a process with a home of its own. A *node* is a client's account at one site: it has one link
//! and one store.

/// The sites.
pub(super) const SITES: [&str; 2] = ["harbour", "mountain"];
/// The people's aliases, the same at both sites.
pub(super) const ALIASES: [&str; 3] = ["Ada Kittiwake", "Ben Lapwing", "Cleo Dunlin"];
/// The alias of the receiver that folds nothing.
pub(super) const STOCK_ALIAS: &str = "Otto Oldtimer";
/// The label of Ada's second node.
pub(super) const SECOND_LABEL: &str = "tablet";

/// Somebody who is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Who {
    /// One of [`ALIASES`].
    Person(usize),
    /// The receiver that folds nothing.
    Stock,
}

/// A process with a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Client {
    /// A person's first device, member of both sites.
    First(usize),
    /// Ada's second device, at the first site.
    Second,
    /// The receiver that folds nothing, at the first site.
    Stock,
}

impl Client {
    /// All of them.
    pub(super) const ALL: [Client; 5] =
        [Client::First(0), Client::First(1), Client::First(2), Client::Second, Client::Stock];

    /// What it is called on the screen, in files and in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Client::First(0) => "ada",
            Client::First(1) => "ben",
            Client::First(_) => "cleo",
            Client::Second => "ada-tablet",
            Client::Stock => "otto",
        }
    }

    /// Who acts there.
    pub(super) fn who(self) -> Who {
        match self {
            Client::First(person) => Who::Person(person),
            Client::Second => Who::Person(0),
            Client::Stock => Who::Stock,
        }
    }

    /// The sites at which it has a node.
    pub(super) fn sites(self) -> &'static [usize] {
        match self {
            Client::First(_) => &[0, 1],
            Client::Second | Client::Stock => &[0],
        }
    }
}

/// A client's account at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node {
    /// The process.
    pub(super) client: Client,
    /// Index into [`SITES`].
    pub(super) site: usize,
}

impl Node {
    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Node> {
        Client::ALL
            .into_iter()
            .flat_map(|client| client.sites().iter().map(move |&site| Node { client, site }))
    }

    /// The nodes of somebody at a site.
    pub(super) fn of(who: Who, site: usize) -> impl Iterator<Item = Node> {
        Node::all().filter(move |node| node.site == site && node.client.who() == who)
    }
}

/// What a site is called.
pub(super) fn site_name(site: usize) -> &'static str {
    SITES.get(site).copied().unwrap_or_default()
}

/// A person's alias.
pub(super) fn alias(who: Who) -> &'static str {
    match who {
        Who::Person(person) => ALIASES.get(person).copied().unwrap_or_default(),
        Who::Stock => STOCK_ALIAS,
    }
}

//! Before the play: everybody becomes a member, Ada's second device is added, everybody says hello. The network is
//! calm meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use super::cast::{Client, Node, SECOND_LABEL, SITES, Who, alias, site_name};
use super::child::{Heard, Start};
use super::net::Net;
use super::protocol::{Said, Tell};
use super::screen::Screen;
use super::troupe::Troupe;
use crate::failure::{Failure, Outcome};

/// It takes a few seconds on a slow machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The stage as the play finds it.
pub(super) struct Stage {
    /// The running clients.
    pub(super) troupe: Troupe,
    /// The members at their nodes.
    pub(super) uids: BTreeMap<Node, String>,
}

/// Sets it.
pub(super) async fn set(net: &Net, screen: &mut Screen, folder: &Path) -> Outcome<Stage> {
    let starts = Client::ALL.into_iter().map(|client| (client, start(client, net, folder))).collect();
    let troupe = Troupe::start(starts)?;
    for client in Client::ALL {
        screen.runs(client, true);
    }
    let mut setting =
        Setting { net, screen, troupe, uids: BTreeMap::new(), ticket: None, pinged: BTreeSet::new() };
    match timeout(LIMIT, setting.run()).await {
        Ok(done) => done?,
        Err(_) => return Err(Failure::new("demo", "the members did not come together within a minute")),
    }
    Ok(Stage { troupe: setting.troupe, uids: setting.uids })
}

fn start(client: Client, net: &Net, folder: &Path) -> Start {
    let home = folder.join(client.name());
    let words = match client {
        Client::Stock => {
            let site = net.address(Node { client, site: 0 });
            ["demo-stock", "--site", &site, "--dir"]
                .map(str::to_owned)
                .into_iter()
                .chain([home.display().to_string()])
                .collect()
        }
        _ => vec!["demo-member".to_owned()],
    };
    Start { words, home, log: folder.join(format!("{}.log", client.name())) }
}

struct Setting<'a> {
    net: &'a Net,
    screen: &'a mut Screen,
    troupe: Troupe,
    uids: BTreeMap<Node, String>,
    ticket: Option<String>,
    pinged: BTreeSet<(Node, String)>,
}

impl Setting<'_> {
    async fn run(&mut self) -> Outcome<()> {
        self.hear_until(|all| all.troupe.is_idle()).await?;
        for person in 0..3 {
            let client = Client::First(person);
            for &site in client.sites() {
                let account = site_name(site).to_owned();
                let address = self.net.address(Node { client, site });
                let tell = Tell::Join { account, address, alias: alias(Who::Person(person)).to_owned() };
                self.troupe.tell(client, &tell).await;
            }
        }
        self.hear_until(|all| all.uids.len() == Node::all().count() - 1).await?;
        self.add_second().await?;
        self.say_hello().await
    }

    async fn add_second(&mut self) -> Outcome<()> {
        let account = site_name(0).to_owned();
        let add = Tell::AddNode { account: account.clone(), label: SECOND_LABEL.to_owned() };
        self.troupe.tell(Client::First(0), &add).await;
        self.hear_until(|all| all.ticket.is_some()).await?;
        let address = self.net.address(Node { client: Client::Second, site: 0 });
        let ticket = self.ticket.take().unwrap_or_default();
        self.troupe.tell(Client::Second, &Tell::JoinNode { account, ticket, address }).await;
        self.hear_until(|all| all.uids.len() == Node::all().count()).await
    }

    async fn say_hello(&mut self) -> Outcome<()> {
        for from in 0..3 {
            for site in 0..SITES.len() {
                for to in (0..3).filter(|to| *to != from) {
                    let draft = format!("hello-{from}-{site}-{to}");
                    let to = alias(Who::Person(to)).to_owned();
                    let tell = Tell::Ping { account: site_name(site).to_owned(), draft: draft.clone(), to };
                    self.troupe.send(Client::First(from), draft, tell).await;
                }
            }
        }
        // Each of the seven nodes of people gets a ping of two others.
        let expected: usize = 7 * 2;
        self.hear_until(|all| all.pinged.len() >= expected && all.troupe.is_idle()).await
    }

    async fn hear_until(&mut self, done: impl Fn(&Self) -> bool) -> Outcome<()> {
        while !done(self) {
            let heard =
                self.troupe.hear().await.ok_or_else(|| Failure::new("demo", "all clients are gone"))?;
            if self.troupe.note(&heard).await {
                return Err(Failure::new("demo", format!("the client {} has ended", heard.client.name())));
            }
            self.note(heard)?;
        }
        Ok(())
    }

    fn note(&mut self, heard: Heard) -> Outcome<()> {
        let client = heard.client;
        let node = |account: &str| {
            let site = SITES.iter().position(|site| *site == account);
            site.map(|site| Node { client, site }).ok_or_else(|| Failure::new("demo", "an unknown account"))
        };
        match heard.said {
            Some(Said::Joined { account, uid }) => {
                self.uids.insert(node(&account)?, uid);
            }
            Some(Said::Ticket { ticket }) => self.ticket = Some(ticket),
            // Ada's second node gets her own pings, too, which say nothing about whom it knows.
            Some(Said::Pinged { account, from }) if !from.starts_with(alias(client.who())) => {
                self.pinged.insert((node(&account)?, from));
            }
            Some(Said::State { account, state }) => self.screen.state(client, node(&account)?.site, &state),
            Some(Said::Failed { what, reason }) => {
                return Err(Failure::new("demo", format!("{}: {what}: {reason}", client.name())));
            }
            _ => {}
        }
        Ok(())
    }
}

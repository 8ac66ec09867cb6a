//! A client process of the demo: the façade, told by lines what to do, saying by lines what arrives.
//!
//! When it starts, it first says everything that its store holds: a process that was killed may have stored more than
//! it had said.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tmtp_client::{AccountHandle, Client, Event, NetworkHint, NodeTicket, Page, Settings, Stay};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::protocol::{Said, Tell};
use super::{net, say};
use crate::failure::{Failure, Outcome};
use crate::handoff::Doer;
use crate::local::Local;
use crate::orders::{Done, Order};
use crate::read;

/// Joining and making nodes takes a few round trips.
const WAIT: Duration = Duration::from_secs(30);
/// Quitting all links and closing.
const CLOSE: Duration = Duration::from_secs(4);
/// Events taken at a time.
const EVENTS: usize = 256;
/// How long one look for events waits.
const LOOK: Duration = Duration::from_secs(10);
/// How often the outbox is counted, for the screen and for the end.
const COUNT: Duration = Duration::from_millis(300);
/// Rows read at a time.
const ROWS: u32 = 100;

/// Runs until its standard input ends or says stop.
pub(super) async fn run(home: &Path) -> Outcome<()> {
    let member = Member::open(home).await?;
    let mut tells = super::protocol::tells();
    let ended = member.serve(&mut tells).await;
    member.local.close(CLOSE).await;
    ended
}

struct Member {
    local: Local,
    stays: tokio::sync::Mutex<BTreeMap<String, Stay>>,
    networks: AtomicU64,
}

/// Times that fit the demo's sites and its bad luck: links break every few seconds.
fn settings() -> Settings {
    Settings {
        backoff_first: Duration::from_millis(100),
        backoff_max: Duration::from_secs(1),
        stable_after: Duration::from_secs(2),
        busy_bound: net::SILENCE,
        dials_per_hour: 1_000_000,
        logins_per_hour: 1_000_000,
        ..Settings::default()
    }
}

impl Member {
    async fn open(home: &Path) -> Outcome<Self> {
        crate::home::make(home)?;
        Ok(Member {
            local: Local::with(home, settings()).await?,
            stays: tokio::sync::Mutex::default(),
            networks: AtomicU64::new(1),
        })
    }

    async fn serve(&self, tells: &mut mpsc::Receiver<Tell>) -> Outcome<()> {
        let mut cursor = self.client().event_cursor();
        for handle in read::handles(self.client()).await? {
            self.say_store(&handle).await?;
            self.stay(&handle).await?;
        }
        say(&Said::Ready)?;
        let mut counting = Instant::now() + COUNT;
        loop {
            tokio::select! {
                tell = tells.recv() => match tell {
                    None | Some(Tell::Stop) => return Ok(()),
                    Some(tell) => self.obey(tell).await?,
                },
                batch = self.client().next_events(cursor, EVENTS, LOOK) => {
                    let batch = batch?;
                    cursor = batch.cursor;
                    if batch.missed > 0 {
                        for handle in read::handles(self.client()).await? {
                            self.say_store(&handle).await?;
                        }
                    }
                    for one in batch.events {
                        self.report(one.account.as_str(), one.event).await?;
                    }
                }
                () = sleep_until(counting) => {
                    counting = Instant::now() + COUNT;
                    self.count().await?;
                }
            }
        }
    }

    async fn obey(&self, tell: Tell) -> Outcome<()> {
        let what = tell.name();
        let done = match tell {
            Tell::Join { account, address, alias } => {
                self.perform(Order::Join { address, alias, name: Some(account), wait: WAIT }).await
            }
            Tell::JoinNode { account, ticket, address } => {
                let order = at_address(&ticket, &address)
                    .map(|ticket| Order::JoinNode { ticket, name: Some(account) });
                match order {
                    Ok(order) => self.perform(order).await,
                    Err(failure) => Err(failure),
                }
            }
            Tell::AddNode { account, label } => {
                self.perform(Order::NodeAdd { account, label, wait: WAIT }).await
            }
            Tell::Ping { account, draft, to } => {
                let order =
                    Order::Ping { account, draft: draft.clone(), from: None, to, text: "hello".to_owned() };
                self.taken(draft, order).await
            }
            Tell::Send(message) => self.taken(message.draft.clone(), Order::Send(message)).await,
            Tell::NetworkChanged => {
                // Another way each time.
                let path = self.networks.fetch_add(1, Ordering::Relaxed);
                self.client().network(NetworkHint { path, ..NetworkHint::default() })?;
                Ok(())
            }
            Tell::Stop => Ok(()),
        };
        match done {
            Ok(()) => Ok(()),
            Err(failure) => say(&Said::Failed { what: what.to_owned(), reason: failure.sentence }),
        }
    }

    async fn taken(&self, draft: String, order: Order) -> Outcome<()> {
        match self.local.perform(order).await? {
            Done::Sent(sent) => say(&Said::Taken { draft, thread: sent.thread.unwrap_or_default() }),
            _ => Err(Failure::new("demo", "an unexpected result")),
        }
    }

    /// An order whose result says what there is to say.
    async fn perform(&self, order: Order) -> Outcome<()> {
        match self.local.perform(order).await? {
            Done::Account(account) => {
                let handle = self.client().account(&account.account.parse()?).await?;
                self.stay(&handle).await?;
                say(&Said::Joined { account: account.account, uid: account.uid.unwrap_or_default() })
            }
            Done::Node(node) => say(&Said::Ticket { ticket: node.ticket }),
            _ => Ok(()),
        }
    }

    async fn stay(&self, handle: &AccountHandle) -> Outcome<()> {
        let stay = handle.stay().await?;
        self.stays.lock().await.insert(handle.name().to_string(), stay);
        say(&Said::State { account: handle.name().to_string(), state: handle.state().code().to_owned() })
    }

    async fn report(&self, account: &str, event: Event) -> Outcome<()> {
        let account = account.to_owned();
        match event {
            Event::MessageArrived { message, .. } => {
                let handle = self.client().account(&account.parse()?).await?;
                if let Some(row) = read::message(&handle, message).await? {
                    say(&Said::Arrived { account, thread: row.thread, text: row.text })?;
                }
                Ok(())
            }
            Event::PingArrived { msgid } => {
                let handle = self.client().account(&account.parse()?).await?;
                match read::ping(&handle, msgid).await? {
                    Some(ping) => {
                        say(&Said::Pinged { account, from: format!("{} to {}", ping.sender.from, ping.to) })
                    }
                    None => Ok(()),
                }
            }
            Event::StateChanged(state) => say(&Said::State { account, state: state.code().to_owned() }),
            _ => Ok(()),
        }
    }

    async fn count(&self) -> Outcome<()> {
        for handle in read::handles(self.client()).await? {
            let status = handle.status().await?;
            say(&Said::Waiting {
                account: handle.name().to_string(),
                items: status.queued + status.in_doubt,
            })?;
        }
        Ok(())
    }

    async fn say_store(&self, handle: &AccountHandle) -> Outcome<()> {
        each_message(handle, |_, message| {
            say(&Said::Arrived { account: message.account, thread: message.thread, text: message.text })
        })
        .await
    }

    fn client(&self) -> &Client {
        self.local.client()
    }
}

/// Does something with each message of an account, thread by thread, each in the order in which it is shown.
pub(super) async fn each_message(
    handle: &AccountHandle,
    mut act: impl FnMut(&AccountHandle, crate::output::shapes::Message) -> Outcome<()>,
) -> Outcome<()> {
    let mut threads = Page { limit: ROWS, after: None };
    loop {
        let page = handle.threads(false, threads).await?;
        for row in page.items {
            let mut messages = Page { limit: ROWS, after: None };
            loop {
                let rows = handle.thread(row.thread, messages).await?;
                for message in rows.items {
                    act(handle, read::message_of(handle, message))?;
                }
                match rows.next {
                    Some(after) => messages = Page { limit: ROWS, after: Some(after) },
                    None => break,
                }
            }
        }
        match page.next {
            Some(after) => threads = Page { limit: ROWS, after: Some(after) },
            None => return Ok(()),
        }
    }
}

/// The ticket for a device that reaches the site by another address.
fn at_address(ticket: &str, address: &str) -> Outcome<String> {
    let ticket: NodeTicket = ticket.parse().map_err(tmtp_client::Error::from)?;
    let site = address.parse().map_err(tmtp_client::Error::from)?;
    Ok(NodeTicket { site, ..ticket }.reveal())
}

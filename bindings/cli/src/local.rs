//! Orders, done on the façade by the process that holds the home.

mod membership;
mod sending;
mod syncing;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tmtp_client::{AccountHandle, AccountName, Client, Config, Settings};
use tokio::sync::mpsc;

use crate::failure::{Failure, Outcome};
use crate::handoff::Doer;
use crate::orders::{Done, Order};
use crate::read;

/// A link that is not needed any more is closed in order within this.
const QUIT: Duration = Duration::from_secs(3);
/// Of so many messages a wake tells the ids: what one looks through in a document, and a short line to another process.
const WAKE_ARRIVALS: usize = 10_000;
/// Accounts that join while somebody watches.
const JOINED_MAX: usize = 16;

/// The façade, open, and who wants to know of new accounts.
pub(crate) struct Local {
    client: Client,
    joined: mpsc::Sender<AccountHandle>,
    news: std::sync::Mutex<Option<mpsc::Receiver<AccountHandle>>>,
    is_watch: AtomicBool,
}

impl Local {
    /// Opens the accounts of a home. None connects before it has something to do.
    pub(crate) async fn open(home: &Path) -> Outcome<Self> {
        Self::with(home, Settings { wake_arrivals: WAKE_ARRIVALS, ..Settings::default() }).await
    }

    /// The same with other times than those for the public server.
    pub(crate) async fn with(home: &Path, settings: Settings) -> Outcome<Self> {
        let client = Client::open(Config { settings, ..Config::new(home) }).await?;
        let (joined, news) = mpsc::channel(JOINED_MAX);
        Ok(Local {
            client,
            joined,
            news: std::sync::Mutex::new(Some(news)),
            is_watch: AtomicBool::new(false),
        })
    }

    /// The façade.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// This process stays and watches. Returns the accounts that join from now on, to the first who asks.
    pub(crate) fn watches(&self) -> Option<mpsc::Receiver<AccountHandle>> {
        self.is_watch.store(true, Ordering::SeqCst);
        self.news.lock().ok().and_then(|mut news| news.take())
    }

    /// Quits the links and closes the accounts.
    pub(crate) async fn close(&self, within: Duration) {
        // What is cut short here is in the store all the same.
        let _ = self.client.stop(within).await;
    }

    async fn account(&self, name: &str) -> Outcome<AccountHandle> {
        let name: AccountName = name.parse()?;
        Ok(self.client.account(&name).await?)
    }
}

impl Doer for Local {
    async fn perform(&self, order: Order) -> Outcome<Done> {
        match order {
            Order::Join { address, alias, name, wait } => self.join(&address, &alias, name, wait).await,
            Order::JoinNode { ticket, name } => self.join_node(&ticket, name).await,
            Order::Remove { account } => self.remove(&account).await,
            Order::Adopt { account } => {
                self.account(&account).await?.adopt().await?;
                Ok(Done::Nothing)
            }
            Order::Salvage { account } => self.salvage(&account).await,
            Order::AliasAdd { account, alias, wait } => self.add_alias(&account, &alias, wait).await,
            Order::NodeAdd { account, label, wait } => self.add_node(&account, &label, wait).await,
            Order::NodeForget { account, label } => self.forget_node(&account, &label).await,
            Order::Ping { account, draft, from, to, text } => {
                self.ping(&account, draft, from, &to, text).await
            }
            Order::Send(message) => self.send(message).await,
            Order::Await { account, send_id, wait } => self.await_sent(&account, &send_id, wait).await,
            Order::Sync { account, wait } => self.sync(account.as_deref(), wait).await,
            Order::MarkRead { account, message } => {
                self.account(&account).await?.mark_read(id(&message)?).await?;
                Ok(Done::Nothing)
            }
            Order::MarkThreadRead { account, thread } => {
                self.account(&account).await?.mark_thread_read(id(&thread)?).await?;
                Ok(Done::Nothing)
            }
            Order::DeleteMessage { account, message } => {
                self.account(&account).await?.delete_message(id(&message)?).await?;
                Ok(Done::Nothing)
            }
            Order::DeleteThread { account, thread } => {
                self.account(&account).await?.delete_thread(id(&thread)?).await?;
                Ok(Done::Nothing)
            }
            Order::RemoveContact { account, alias, uid } => {
                self.account(&account).await?.remove_contact(alias, id(&uid)?).await?;
                Ok(Done::Nothing)
            }
            Order::GoWithout { account, thread } => {
                self.account(&account).await?.go_without_unreachable(id(&thread)?).await?;
                Ok(Done::Nothing)
            }
            Order::Withdraw { account, send_id } => self.withdraw(&account, &send_id).await,
            Order::Settle { account, send_id, send_again } => {
                self.settle(&account, &send_id, send_again).await
            }
            Order::Large { account, message, accept } => self.answer_large(&account, &message, accept).await,
            Order::Trust { address, key } => self.trust(&address, &key).await,
            Order::IsWatch => Ok(Done::IsWatch(self.is_watch.load(Ordering::SeqCst))),
            Order::Status => Ok(Done::Status(read::status(&self.client).await?)),
        }
    }
}

/// An id as it was typed.
fn id<T: std::str::FromStr>(text: &str) -> Outcome<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| Failure::usage(format!("“{text}” is {error}")))
}

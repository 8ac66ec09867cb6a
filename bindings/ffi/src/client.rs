//! The object that an app holds: its accounts, what changes in them, and facts about the world around.

use std::sync::Arc;

use tmtp_client as core;

use crate::account::Account;
use crate::cancel::Cancel;
use crate::convert::{account_name, alias, amount, known_name, label, path, pin, site, span};
use crate::error::TmtpError;
use crate::events::{EventBatch, EventCursor};
use crate::hall::Hall;
use crate::ids::{AccountName, NodeTicket, SiteAddress, SitePin};
use crate::keys::{ForeignKeys, KeyStore};
use crate::limits::EVENTS_MAX;
use crate::log::{LogSink, register};
use crate::options::{ClientConfig, JoinOptions, Page};
use crate::rows::{AccountSummary, LedgerPage, SiteKey, Unread};
use crate::runtime::Threads;
use crate::wake::{NetworkHint, WakeSummary};
use crate::world::World;

mod lifecycle;

/// All accounts of an installation.
///
/// Any call may be made from any thread. When a client is let go without having been stopped, its links are quit in the
/// background.
#[derive(uniffi::Object)]
pub struct Client {
    hall: Arc<Hall>,
}

/// Opens the accounts of a home. Connects nowhere, and is not stopped by accounts that are damaged or in use: those say
/// so when they are asked. Secrets are in files of the home if no key store is given. The world is for tests.
///
/// Errors: `File` if the home is no absolute path; `Storage` or `StorageFull` if it cannot be made.
#[uniffi::export]
pub async fn open_client(
    config: ClientConfig,
    keys: Option<Arc<dyn KeyStore>>,
    log: Option<Arc<dyn LogSink>>,
    world: Option<Arc<World>>,
) -> Result<Arc<Client>, TmtpError> {
    let ClientConfig { home, profile, device_name, proxy, log_level } = config;
    let mut opening = core::Config::new(path(&home)?);
    opening.profile = profile.into();
    // A phone may move the folder to another disk; its key store does not go with a copy.
    opening.notice_copies = false;
    opening.keys = keys.map(|keys| Arc::new(ForeignKeys(keys)) as Arc<dyn core::KeyStore>);
    if let Some(proxy) = proxy {
        opening.proxy = proxy.into_core()?;
    }
    if let Some(world) = world {
        world.below(&mut opening);
    }
    if let Some(name) = device_name {
        opening.settings.label = label(&name)?.to_string();
    }
    let threads = Threads::start(profile).map_err(|_| TmtpError::Storage)?;
    let log = log.map(|sink| register(sink, log_level));
    match threads.spawn(Box::pin(core::Client::open(opening))).await {
        Ok(opened) => Ok(Arc::new(Client { hall: Hall::new(opened?, threads, log) })),
        Err(_) => Err(TmtpError::Broken),
    }
}

#[uniffi::export]
impl Client {
    /// The accounts, by name. Works beside other processes. An account that cannot be read is listed with its trouble.
    pub async fn accounts(&self) -> Result<Vec<AccountSummary>, TmtpError> {
        let core = self.hall.core();
        self.hall
            .run(
                None,
                async move { Ok(core.accounts().await?.into_iter().map(AccountSummary::from).collect()) },
            )
            .await
    }

    /// One account.
    ///
    /// Errors: `NotFound`, there is none of this name.
    pub async fn account(&self, name: AccountName) -> Result<Arc<Account>, TmtpError> {
        let name = known_name(&name)?;
        let core = self.hall.core();
        let handle = self.hall.run(None, async move { Ok(core.account(&name).await?) }).await?;
        Ok(Account::new(&self.hall, handle))
    }

    /// What was not seen yet, over all accounts that can be read.
    pub async fn unread_total(&self) -> Result<Unread, TmtpError> {
        let core = self.hall.core();
        self.hall.run(None, async move { Ok(core.unread_total().await?.into()) }).await
    }

    /// Becomes a member of a site: registers there, keeps uid and secret durably, then asks for the alias. Returns when
    /// the alias is this member's; or, once registered, when the time is over: then the alias is still asked for
    /// whenever a link is held.
    ///
    /// When the site refuses, or cannot be reached in time to register, nothing is left here. Given up in the middle,
    /// the account stays as far as it has come; the same call goes on with it, and `remove` takes it
    /// away.
    ///
    /// Errors: `Refused` with the site's reason, for instance an alias that is taken; `NeedsSignIn`; `NameTaken`;
    /// `PinChanged`; `Untrusted`; `ClockWrong`; `Network`; `TimedOut`.
    pub async fn join(
        &self,
        options: JoinOptions,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<Arc<Account>, TmtpError> {
        let join = core::Join {
            address: site(&options.site)?,
            alias: alias(&options.alias)?,
            name: options.name.as_ref().map(account_name).transpose()?,
            deadline: span("deadline_ms", options.deadline_ms)?,
        };
        let core = self.hall.core();
        let handle = self.hall.run(cancel, async move { Ok(core.join(join).await?) }).await?;
        Ok(Account::new(&self.hall, handle))
    }

    /// Takes a further node of a member into use, which another device of his has made by `add_node`. Needs no link:
    /// mail begins to come when one is held. Given up in the middle, it can be called again.
    pub async fn join_node(
        &self,
        ticket: NodeTicket,
        name: Option<AccountName>,
    ) -> Result<Arc<Account>, TmtpError> {
        let ticket = ticket.0.parse::<core::NodeTicket>()?;
        let name = name.as_ref().map(account_name).transpose()?;
        let core = self.hall.core();
        let handle = self.hall.run(None, async move { Ok(core.join_node(ticket, name).await?) }).await?;
        Ok(Account::new(&self.hall, handle))
    }

    /// Removes an account from this device: quits its link within the deadline, then removes its secrets and all its
    /// mail. The member goes on to exist at the site. Given up, it goes on to its end.
    ///
    /// Errors: `InUse`, nothing was removed; `KeyStore`, the account is gone from the list, and its secrets are removed
    /// at the next open.
    pub async fn remove(&self, name: AccountName, deadline_ms: i64) -> Result<(), TmtpError> {
        let (name, deadline) = (known_name(&name)?, span("deadline_ms", deadline_ms)?);
        let core = self.hall.core();
        self.hall.run(None, async move { Ok(core.remove(&name, deadline).await?) }).await
    }

    /// The events behind a cursor, over all accounts: at most `max` (1 to 256), and if there are none yet, the first
    /// ones that come within `wait_ms` (held to ten minutes). Events go on while the client is suspended. Begin with a
    /// cursor of zeros, which gives all events still kept, or with `event_cursor`. Given up, nothing is lost: ask again
    /// with the same cursor.
    pub async fn next_events(
        &self,
        after: EventCursor,
        max: i32,
        wait_ms: i64,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<EventBatch, TmtpError> {
        let max = usize::try_from(amount("max", max, EVENTS_MAX)?).unwrap_or(1);
        let wait = span("wait_ms", wait_ms)?;
        let core = self.hall.core();
        let work = async move { Ok(core.next_events(after.into(), max, wait).await?.into()) };
        self.hall.run(cancel, work).await
    }

    /// What each wake of each account did, the newest first. No contents. An account that cannot be read has no rows.
    pub async fn ledger(&self, page: Page) -> Result<LedgerPage, TmtpError> {
        let page = LedgerPage::wanted(page)?;
        let core = self.hall.core();
        self.hall.run(None, async move { Ok(core.ledger(page).await?.into()) }).await
    }

    /// The whole ledger as JSON, one object a line, the newest first: for a report that a person sends to somebody. It
    /// holds times, stable words, and the names of accounts on this device; no contents, no people.
    pub async fn ledger_export(&self) -> Result<String, TmtpError> {
        let core = self.hall.core();
        self.hall.run(None, async move { Ok(core.ledger_export().await?) }).await
    }

    /// Where the newest event stands. Needs no waiting.
    pub fn event_cursor(&self) -> Result<EventCursor, TmtpError> {
        Ok(self.hall.now(|core| Ok(core.event_cursor()))?.into())
    }

    /// Looks at the key that a site shows now, without logging in and without trusting it.
    ///
    /// Errors: `Network`; `TimedOut`; `Untrusted`, `ClockWrong` (for `+host:port`).
    pub async fn site_key(
        &self,
        address: SiteAddress,
        deadline_ms: i64,
        cancel: Option<Arc<Cancel>>,
    ) -> Result<SiteKey, TmtpError> {
        let (address, deadline) = (site(&address)?, span("deadline_ms", deadline_ms)?);
        let core = self.hall.core();
        self.hall.run(cancel, async move { Ok(core.site_key(&address, deadline).await?.into()) }).await
    }

    /// Trusts this key of a site from now on, in place of any other. Ask whoever runs the site first. Accounts that had
    /// stopped because of the old one go on.
    pub async fn trust(&self, address: SiteAddress, key: SitePin) -> Result<(), TmtpError> {
        let (address, key) = (site(&address)?, pin(&key)?);
        let core = self.hall.core();
        self.hall.run(None, async move { Ok(core.trust(&address, key).await?) }).await
    }

    /// Quits all links, closes all stores, ends all threads. From then on every call gets `Closed`; this one, made
    /// again, has nothing to do. It also clears a client away that says `Broken`. Given up, it goes on to its end.
    ///
    /// Errors: `TimedOut`, something had to be cut short. Everything that was accepted is in the stores all the same.
    pub async fn stop(&self, deadline_ms: i64) -> Result<(), TmtpError> {
        self.hall.stop(span("deadline_ms", deadline_ms)?).await
    }
}

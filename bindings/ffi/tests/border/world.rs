//! What the tests stand on: a site, a home, a client.

use std::sync::Arc;

use tempfile::TempDir;
use tmtp_ffi::ids::{AccountName, Alias, SiteAddress};
use tmtp_ffi::log::LogLevel;
use tmtp_ffi::options::{ClientConfig, JoinOptions, NewMessage, Page, Profile, To};
use tmtp_ffi::{Account, Client, KeyStore, LogSink, TmtpError, World, open_client};
use tmtp_kit::site::SiteOptions;
use tmtp_kit::{KitSite, KitWorld};

/// Enough for anything on a busy machine; nothing waits so long unless it fails.
pub(crate) const LONG: i64 = 60_000;

/// A site and a folder for clients.
pub(crate) struct Stage {
    pub(crate) site: Arc<KitSite>,
    pub(crate) home: TempDir,
}

/// What a client is opened with besides its home.
#[derive(Default)]
pub(crate) struct With {
    pub(crate) keys: Option<Arc<dyn KeyStore>>,
    pub(crate) log: Option<Arc<dyn LogSink>>,
    pub(crate) world: Option<Arc<World>>,
}

impl Stage {
    pub(crate) async fn new() -> Stage {
        let site = tmtp_kit::start_site(SiteOptions::default()).await.unwrap();
        Stage { site, home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn config(&self, name: &str) -> ClientConfig {
        config(&self.path(name))
    }

    pub(crate) async fn open(&self, name: &str) -> Arc<Client> {
        self.open_with(name, With::default()).await
    }

    pub(crate) async fn open_with(&self, name: &str, with: With) -> Arc<Client> {
        open_client(self.config(name), with.keys, with.log, with.world).await.unwrap()
    }

    /// A client with a member that has this alias.
    pub(crate) async fn member(&self, alias: &str) -> (Arc<Client>, Arc<Account>) {
        let client = self.open(alias).await;
        let account = self.join(&client, alias).await.unwrap();
        (client, account)
    }

    pub(crate) async fn join(&self, client: &Client, alias: &str) -> Result<Arc<Account>, TmtpError> {
        client.join(join(&self.site.address(), alias), None).await
    }
}

pub(crate) fn config(home: &str) -> ClientConfig {
    ClientConfig {
        home: home.to_owned(),
        profile: Profile::App,
        device_name: None,
        proxy: None,
        log_level: LogLevel::Info,
    }
}

pub(crate) fn join(site: &str, alias: &str) -> JoinOptions {
    JoinOptions {
        site: SiteAddress::from(site),
        alias: Alias::from(alias),
        name: Some(AccountName::from("here")),
        deadline_ms: LONG,
    }
}

/// A note to self.
pub(crate) fn note(draft: &str) -> NewMessage {
    NewMessage {
        draft: draft.to_owned(),
        to: To::NewThread { recipients: vec![], from_alias: None },
        subject: "A note".to_owned(),
        text: "to myself".to_owned(),
        attachments: vec![],
    }
}

pub(crate) fn first(limit: i32) -> Page {
    Page { limit, after: None }
}

/// Plants a panic until a call has met it: a task of the client's own may meet one before.
pub(crate) fn break_it(client: &Client, world: &KitWorld) {
    world.panic_next();
    while client.unlocked() != Err(TmtpError::Broken) {
        world.panic_next();
    }
}

//! What every scenario stands on: a site, a relay in front of it, an app in a folder of its own, and another member.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

use std::path::PathBuf;
use std::sync::Arc;

use tmtp_ffi::events::{Change, EventCursor};
use tmtp_ffi::ids::{AccountName, Alias, SendId, SiteAddress, Uid};
use tmtp_ffi::log::LogLevel;
use tmtp_ffi::options::{ClientConfig, JoinOptions, NewMessage, Profile, Recipient, To};
use tmtp_ffi::state::{AccountState, OutgoingState};
use tmtp_ffi::wake::NetworkHint;
use tmtp_ffi::{Account, Client, open_client};
use tmtp_kit::site::{SiteOptions, SiteRecord};
use tmtp_kit::store::{StoredAccount, StoredMessage, read_store};
use tmtp_kit::world::WorldTimes;
use tmtp_kit::{KitKeys, KitMember, KitRelay, KitSite, KitWorld, join_member, start_relay, start_site};

/// What nothing here should ever need; a test that waits so long has failed.
pub(crate) const PATIENCE: i64 = 60_000;

/// How long the site holds a vanished link for alive: two minutes at a public one.
pub(crate) const SILENCE: i64 = 3_000;

/// See the module's text.
pub(crate) struct Stage {
    pub(crate) site: Arc<KitSite>,
    pub(crate) relay: Arc<KitRelay>,
    pub(crate) keys: Arc<KitKeys>,
    /// Secrets are in files of the home, where another process finds them.
    keys_in_files: bool,
    pub(crate) world: Arc<KitWorld>,
    home: tempfile::TempDir,
}

/// The app: its client, and its only account.
pub(crate) struct App {
    pub(crate) client: Arc<Client>,
    pub(crate) account: Arc<Account>,
}

impl Stage {
    pub(crate) async fn set() -> Stage {
        Stage::set_with(SiteOptions::default(), false).await
    }

    /// With a site that soon notices links that have vanished.
    pub(crate) async fn set_with_a_quick_site() -> Stage {
        Stage::set_with(SiteOptions { silence_ms: Some(SILENCE), ..SiteOptions::default() }, false).await
    }

    /// With secrets that another process of the app finds.
    pub(crate) async fn set_for_two_processes() -> Stage {
        Stage { keys_in_files: true, ..Stage::set().await }
    }

    /// With a disk below the app that can be full.
    pub(crate) async fn set_with_a_small_disk() -> Stage {
        Stage::set_with(SiteOptions::default(), true).await
    }

    async fn set_with(site: SiteOptions, own_disk: bool) -> Stage {
        let silence = site.silence_ms;
        let site = start_site(site).await.unwrap();
        let relay = start_relay(site.address()).await.unwrap();
        let times = WorldTimes {
            backoff_first_ms: Some(50),
            backoff_max_ms: Some(1_000),
            stable_after_ms: Some(1_000),
            busy_bound_ms: silence,
            links_per_hour: Some(1_000_000),
        };
        let world = KitWorld::make(times, own_disk).unwrap();
        Stage {
            site,
            relay,
            keys: KitKeys::new(),
            keys_in_files: false,
            world,
            home: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn home(&self) -> String {
        self.home.path().to_str().unwrap().to_owned()
    }

    /// A file of so many bytes, outside the app's folder.
    pub(crate) fn file(&self, folder: &tempfile::TempDir, bytes: usize) -> String {
        let path: PathBuf = folder.path().join("picture.bin");
        let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Opens the app's client.
    pub(crate) async fn open(&self) -> Arc<Client> {
        let config = ClientConfig {
            home: self.home(),
            profile: Profile::App,
            device_name: None,
            proxy: None,
            log_level: LogLevel::Error,
        };
        let keys = (!self.keys_in_files).then(|| self.keys.clone().key_store());
        open_client(config, keys, None, Some(self.world.world())).await.unwrap()
    }

    /// The app becomes a member, as `ann at sea`, through the relay. It holds no link then.
    pub(crate) async fn app(&self) -> App {
        let client = self.open().await;
        let account = join(&client, &self.relay.address(), "ann at sea", "harbour").await;
        App { client, account }
    }

    /// The app, opened again.
    pub(crate) async fn app_again(&self) -> App {
        let client = self.open().await;
        let account = client.account(AccountName::from("harbour")).await.unwrap();
        App { client, account }
    }

    /// Another member, `bert at sea`, not through the relay.
    pub(crate) async fn bert(&self) -> Arc<KitMember> {
        join_member(self.site.address(), "bert at sea".to_owned()).await.unwrap()
    }

    /// The site's record, in which nothing may be that never may be.
    pub(crate) fn record(&self) -> SiteRecord {
        let record = self.site.record();
        assert_eq!(record.violations, [], "at the site");
        assert_eq!(record.accepted_twice, 0);
        assert_eq!(self.relay.counters().torn, 0, "a stream ended inside a TLS record");
        record
    }

    /// What a fresh reader finds in the app's only store.
    pub(crate) async fn stored(&self) -> StoredAccount {
        let mut stores = read_store(self.home()).await.unwrap();
        let store = stores.pop().unwrap();
        assert_eq!(stores, []);
        assert!(store.intact);
        store
    }

    /// The texts of the messages that others wrote, as a fresh reader finds them.
    pub(crate) async fn received(&self) -> Vec<String> {
        let others = |message: StoredMessage| (!message.own).then_some(message.text);
        self.stored().await.messages.into_iter().filter_map(others).collect()
    }
}

/// Becomes a member.
pub(crate) async fn join(client: &Client, site: &str, alias: &str, name: &str) -> Arc<Account> {
    let options = JoinOptions {
        site: SiteAddress::from(site),
        alias: Alias::from(alias),
        name: Some(AccountName::from(name)),
        deadline_ms: PATIENCE,
    };
    client.join(options, None).await.unwrap()
}

impl App {
    pub(crate) async fn uid(&self) -> Uid {
        self.account.status().await.unwrap().uid.unwrap()
    }

    /// Sends a message to a member, and waits for nothing but its being durable.
    pub(crate) async fn send(&self, message: NewMessage) -> SendId {
        self.account.send(message, None).await.unwrap().send_id
    }

    /// Waits until the site has taken it.
    pub(crate) async fn sent(&self, send_id: &SendId) {
        let state = self.account.wait_sent(send_id.clone(), PATIENCE, None).await.unwrap();
        assert_eq!(state, OutgoingState::Sent);
    }

    /// Holds a link, and waits until it stands and everything that waited has come.
    pub(crate) async fn online(&self, stage: &Stage) {
        let mut events = Events::from_now(&self.client);
        self.client.foreground().unwrap();
        events.until(|change| is_state(change, &AccountState::Online)).await;
        stage.site.await_queued(self.uid().await.0, 0, PATIENCE).await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.client.stop(PATIENCE).await.unwrap();
    }
}

/// A reader of events.
pub(crate) struct Events {
    client: Arc<Client>,
    cursor: EventCursor,
}

impl Events {
    pub(crate) fn from_now(client: &Arc<Client>) -> Events {
        Events { client: Arc::clone(client), cursor: client.event_cursor().unwrap() }
    }

    /// The next event of this kind, skipping others.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Change) -> bool) -> Change {
        loop {
            let batch = self.client.next_events(self.cursor, 1, PATIENCE, None).await.unwrap();
            assert_ne!(batch.events.len(), 0, "what was waited for did not happen");
            self.cursor = batch.cursor;
            if let Some(event) = batch.events.into_iter().find(|event| wanted(&event.change)) {
                return event.change;
            }
        }
    }

    /// Reads on until this item is in this state.
    pub(crate) async fn until_outgoing(&mut self, of: &SendId, wanted: &OutgoingState) {
        self.until(|change| match change {
            Change::OutgoingChanged { send_id, state } => send_id == of && state == wanted,
            _ => false,
        })
        .await;
    }
}

pub(crate) fn is_state(change: &Change, wanted: &AccountState) -> bool {
    matches!(change, Change::StateChanged { state } if state == wanted)
}

/// A message that begins a thread with one member.
pub(crate) fn to_one(draft: &str, uid: &str, text: &str) -> NewMessage {
    NewMessage {
        draft: draft.to_owned(),
        to: To::NewThread {
            recipients: vec![Recipient { who: uid.to_owned(), note: String::new() }],
            from_alias: None,
        },
        subject: "Sailing".to_owned(),
        text: text.to_owned(),
        attachments: Vec::new(),
    }
}

/// The network is another one, and works.
pub(crate) fn other_network() -> NetworkHint {
    NetworkHint {
        path: 2,
        available: true,
        validated: true,
        captive_portal: false,
        metered: false,
        blocked: false,
    }
}

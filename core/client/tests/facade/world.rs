//! People, their homes, and a site.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tmtp_client::{
    AccountHandle, Alias, Client, Config, Event, EventCursor, Join, MessageRef, NewMessage, NewPing,
    OutgoingState, Page, Recipient, Sent, SiteAddress, ThreadRef, To, WakeEnd, WakeReport,
};
use tmtp_site::{Server, ServerConfig, Timers};

/// Longer than anything here takes; what takes longer has failed.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A site and a folder for homes.
pub(crate) struct World {
    pub(crate) site: Server,
    folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> World {
        World::with(ServerConfig::default()).await
    }

    /// A site that notices lost links after seconds instead of minutes.
    pub(crate) async fn quick() -> World {
        let timers =
            Timers { silence: Duration::from_secs(3), repeat: Duration::from_secs(2), ..Timers::default() };
        World::with(ServerConfig { timers, ..ServerConfig::default() }).await
    }

    pub(crate) async fn with(config: ServerConfig) -> World {
        World { site: Server::start(config).await.unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Somebody with a home and no account.
    pub(crate) async fn newcomer(&self, home: &str) -> Client {
        Client::open(Config::new(self.path(home))).await.unwrap()
    }

    /// Somebody who is a member under this alias.
    pub(crate) async fn member(&self, alias: &str) -> Person {
        let client = self.newcomer(alias).await;
        let here = client.join(join(self.site.address(), alias)).await.unwrap();
        Person { client, here, alias: alias.to_owned() }
    }

    /// Two members who know each other.
    pub(crate) async fn friends(&self) -> (Person, Person) {
        let (ada, bob) = (self.member("ada lovelace").await, self.member("bob babbage").await);
        ada.pings(&bob).await;
        bob.pings(&ada).await;
        (ada, bob)
    }

    /// Nothing that a client did would have harmed the public server, and nothing was accepted twice.
    pub(crate) fn is_content(&self) {
        let record = self.site.handle().record();
        assert!(record.violations.is_empty(), "{:?}", record.violations);
        assert_eq!(record.accepted_twice(), 0);
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

pub(crate) fn join(address: &SiteAddress, alias: &str) -> Join {
    Join { address: address.clone(), alias: alias.parse().unwrap(), name: None, deadline: LONG }
}

/// A member with a device.
pub(crate) struct Person {
    pub(crate) client: Client,
    pub(crate) here: AccountHandle,
    pub(crate) alias: String,
}

impl Person {
    pub(crate) fn alias(&self) -> Alias {
        self.alias.parse().unwrap()
    }

    /// Looks once, and the site has answered.
    pub(crate) async fn looks(&self) -> WakeReport {
        let report = self.here.wake(LONG).await.unwrap();
        assert!(!matches!(report.end, WakeEnd::NotKnown(_)), "{report:?}");
        report
    }

    pub(crate) async fn pings(&self, other: &Person) {
        let draft = format!("ping to {}", other.alias);
        let ping = NewPing { draft, from: None, to: other.alias(), text: "Hello".into() };
        self.here.ping(ping).await.unwrap();
        self.looks().await;
        other.looks().await;
    }

    /// Has it accepted; it leaves at the next look.
    pub(crate) async fn writes(&self, other: &Person, subject: &str, files: &[&Path]) -> Sent {
        let mut message = letter(&format!("draft of {subject}"), &[&other.alias], subject);
        message.attachments = files.iter().map(|path| path.to_path_buf()).collect();
        self.here.send(message).await.unwrap()
    }

    pub(crate) async fn answers(&self, thread: ThreadRef, text: &str) -> Sent {
        let message = NewMessage {
            draft: format!("answer {text}"),
            to: To::Reply(thread),
            subject: String::new(),
            text: text.into(),
            attachments: vec![],
        };
        self.here.send(message).await.unwrap()
    }

    /// Subjects of the threads, newest first.
    pub(crate) async fn threads(&self) -> Vec<String> {
        let list = self.here.threads(false, page(100)).await.unwrap();
        list.items.into_iter().map(|row| row.subject).collect()
    }

    /// Texts of the messages of a thread, oldest first.
    pub(crate) async fn texts(&self, thread: ThreadRef) -> Vec<String> {
        let list = self.here.thread(thread, page(100)).await.unwrap();
        list.items.into_iter().map(|row| row.text).collect()
    }

    /// The newest thread.
    pub(crate) async fn newest(&self) -> ThreadRef {
        self.here.threads(false, page(1)).await.unwrap().items.first().unwrap().thread
    }

    /// The first message of the newest thread.
    pub(crate) async fn newest_message(&self) -> MessageRef {
        let thread = self.newest().await;
        self.here.thread(thread, page(1)).await.unwrap().items.first().unwrap().msgid
    }

    pub(crate) async fn settled(&self, sent: &Sent) -> OutgoingState {
        self.here.wait_sent(sent.send_id, LONG).await.unwrap()
    }

    /// Waits for an event that is as `is` says, among those behind `cursor`.
    pub(crate) async fn sees(&self, cursor: EventCursor, is: impl Fn(&Event) -> bool) -> Event {
        tokio::time::timeout(LONG, async {
            let mut cursor = cursor;
            loop {
                let batch = self.client.next_events(cursor, 50, LONG).await.unwrap();
                if let Some(found) = batch.events.into_iter().find(|event| is(&event.event)) {
                    return found.event;
                }
                cursor = batch.cursor;
            }
        })
        .await
        .expect("the event comes")
    }
}

/// A message that begins a thread.
pub(crate) fn letter(draft: &str, to: &[&str], subject: &str) -> NewMessage {
    let recipient = |who: &&str| Recipient { who: (*who).to_owned(), note: String::new() };
    NewMessage {
        draft: draft.to_owned(),
        to: To::NewThread { recipients: to.iter().map(recipient).collect(), from_alias: None },
        subject: subject.to_owned(),
        text: format!("About {subject}"),
        attachments: vec![],
    }
}

/// So many rows from the start of a list.
pub(crate) fn page(limit: u32) -> Page {
    Page { limit, after: None }
}

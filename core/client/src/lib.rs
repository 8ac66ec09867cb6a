//! TMTP for an app: the one object that an app developer holds.
//!
//! A [`Client`] knows the accounts of an installation. An [`AccountHandle`] is one of them, a membership at one
//! site with its own mail, kept on this device: the site keeps nothing that it has delivered. Lists are read by
//! page from the device, at once and without a network. What is written is durable when the call returns, and
//! reaches the site whenever there is a link: while the app is seen ([`Client::foreground`]), or when it is woken
//! ([`Client::push`]). Nothing is shown twice, nothing is sent twice; what may have been sent is
//! *in doubt* and says so.
//!
//! ```
//! use std::time::Duration;
//!
//! use tmtp_client::{
//!     Client, Config, Error, Join, NewMessage, NewPing, OutgoingState, Page, Recipient, To, WakeOutcome,
//! };
//! # use tmtp_site::{Server, ServerConfig};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let home = |name: &str| folder.path().join(name);
//! // A site of one's own, for trying things out. Yours has an address like `+mail.example.org:443`.
//! let site = Server::start(ServerConfig::default()).await?;
//! let minute = Duration::from_secs(60);
//!
//! // Two people, each with a device.
//! let ada = Client::open(Config::new(home("ada"))).await?;
//! let bob = Client::open(Config::new(home("bob"))).await?;
//! let ada_joins = Join { address: site.address().clone(), alias: "ada lovelace".parse()?, name: None, deadline: minute };
//! let bob_joins = Join { address: site.address().clone(), alias: "bob babbage".parse()?, name: None, deadline: minute };
//! let ada_here = ada.join(ada_joins).await?;
//! let bob_here = bob.join(bob_joins).await?;
//!
//! // Ada makes herself known to Bob: from then on he can write to her.
//! let ping = NewPing { draft: "ping 1".into(), from: None, to: "bob babbage".parse()?, text: "Hello!".into() };
//! ada_here.ping(ping).await?;
//! ada_here.wake(minute).await?;
//! bob_here.wake(minute).await?;
//!
//! // Bob writes, by the name that he now has in his contacts. The message is safe when `send` returns.
//! let message = NewMessage {
//!     draft: "draft 1".into(),
//!     to: To::NewThread {
//!         recipients: vec![Recipient { who: "ada lovelace".into(), note: String::new() }],
//!         from_alias: None,
//!     },
//!     subject: "Tea".into(),
//!     text: "At five?".into(),
//!     attachments: vec![],
//! };
//! bob_here.send(message).await?;
//! bob_here.wake(minute).await?;
//!
//! // A push wakes Ada's device: what came is stored before it is told, and can be shown at once.
//! let found = ada.push(None, minute).await?;
//! assert_eq!(found.outcome, WakeOutcome::New);
//! let threads = ada_here.threads(false, Page::default()).await?;
//! assert_eq!(threads.items[0].subject, "Tea");
//! assert_eq!(ada.unread_total().await?.messages, 1);
//!
//! // She opens the app and answers; her link is held, so it leaves at once.
//! ada.foreground()?;
//! let answer = NewMessage {
//!     draft: "draft 2".into(),
//!     to: To::Reply(threads.items[0].thread),
//!     subject: String::new(),
//!     text: "At five.".into(),
//!     attachments: vec![],
//! };
//! let sent = ada_here.send(answer).await?;
//! assert_eq!(ada_here.wait_sent(sent.send_id, minute).await?, OutgoingState::Sent);
//!
//! // She puts it away: what is queued leaves, links are quit. Then the system freezes it.
//! ada.background(minute)?;
//! ada.will_suspend(minute).await?;
//! assert!(matches!(ada_here.status().await, Err(Error::Suspended)));
//! ada.resumed()?;
//! assert_eq!(ada_here.status().await?.queued, 0);
//!
//! ada.stop(minute).await?;
//! bob.stop(minute).await?;
//! # site.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What an app does
//! It reports facts, in any order and as often as it likes; what follows is decided here, once (R36).
//!
//! | when | the app calls | what follows |
//! |---|---|---|
//! | its first screen is seen | [`Client::foreground`] | all accounts hold a link |
//! | nobody sees it any more | [`Client::background`] with the time that the system grants | what is queued leaves, links are quit; when the time is over in any case |
//! | the system is about to freeze it, or takes its right to hold files | [`Client::will_suspend`] | after `Ok` no file of ours is open or locked; calls get [`Error::Suspended`] |
//! | it runs again | [`Client::resumed`] | files open as they are needed, links are made again |
//! | a push comes | [`Client::push`] with its payload and the time | what to show, proof that there is nothing, or the reason for a neutral notice |
//! | a timer of the system fires | [`Client::wake`] | the same |
//! | the network is another one | [`Client::network`] | held links are probed, and replaced if they are mute |
//! | the device is unlocked | [`Client::unlocked`] | what waited for the key store is tried |
//! | memory or energy is short | [`Client::memory_pressure`], [`Client::power`] | caches go; some waits are longer |
//! | a person presses a button that wants the network | [`AccountHandle::user_acts`] | waits are void |
//! | it ends, or the system stops a service of it | [`Client::stop`] | everything durable within its time, the site told |
//!
//! A kill at any moment loses nothing, but the site then holds the node for alive for up to two minutes.
//!
//! To show what changes: [`Client::next_events`] in a loop. Events hold ids; lists are read again from the store.
//! A program on a computer may hold links by hand instead ([`AccountHandle::stay`], [`AccountHandle::wake`]).
//!
//! The key store of a phone is given in [`Config::keys`]: readable after the first unlock, on this device only, not in
//! backups (R28). It has three answers; *not now* shows as [`State::Locked`] and makes nothing new. What each wake did
//! and why it ended as it did: [`Client::ledger`].
//!
//! # Inside
//! In come calls of an app; out go results, events, and what the rooms below do for it: `tmtp-account` decides about
//! mail in one transaction per step, `tmtp-link` moves its bytes, `tmtp-store` keeps and reads. This crate opens
//! and closes accounts, at most one writer each, keeps their tasks ([`AccountHandle`] is only a way to them), and
//! gives one order to their events. It has no SQL and knows no frame of the protocol.
//!
//! | module | |
//! |---|---|
//! | `reconciler` | pure: from all facts so far to the links that are wanted |
//! | `lifecycle` | takes facts in, shows the plan, and is the gate for every call that touches a file |
//! | `steward` | one task: opens accounts that are to have a link, drains those that go to the background |
//! | `slot`, `desk`, `board` | one account: opened lazily, its driver and the keeper beside it, who waits for what |
//! | `handle`, `client` | the calls |
//! | `wake`, `push`, `ledger` | what a wake-up is asked with, tells and leaves behind |
//! | `keys` | a platform's key store at arm's length |

#![forbid(unsafe_code)]

mod board;
mod client;
mod config;
mod desk;
mod error;
mod events;
mod handle;
mod home;
mod house;
mod keys;
mod ledger;
mod lifecycle;
pub mod limits;
pub mod log;
mod push;
mod reconciler;
mod scheduler;
mod slot;
mod staging;
mod state;
mod steward;
mod ticket;
mod wake;

pub use board::Standing;
pub use client::{Client, SiteKey};
pub use config::{Config, Instance, Join, Profile};
pub use error::Error;
pub use events::{Batch, Event, EventCursor, Sequenced};
pub use handle::{AccountHandle, AccountSummary, NewMessage, NewPing, Sent, Status, Stay, To};
pub use home::AccountName;
pub use ledger::{LedgerPage, LedgerPlace, LedgerRow, LedgerRows};
pub use lifecycle::NetworkHint;
pub use state::{BrokenWhy, State};
pub use ticket::{BadTicket, NodeTicket};
pub use wake::{AccountWake, ArrivedIn, NotKnown, WakeOutcome, WakeRequest, WakeSummary};

pub use tmtp_account::{
    DialFailure, NotNow, Now, ParkedWhy, Random, Recipient, RefusedWhy, Settings, StopWhy, SystemRandom,
    TooLargeAnswer, WaitWhy, WakeEnd, WakeReport, Withdrawn,
};
pub use tmtp_link::dial::Credentials;
pub use tmtp_link::trust::TrustError;
pub use tmtp_link::{Clock, FileTrustStore, MemoryTrustStore, Pin, Proxy, SystemClock, TrustStore};
pub use tmtp_store::read::{
    AliasRow, AttachmentKind, AttachmentRow, ContactRow, Cursor, DraftFile, DraftRow, List, MessageRow,
    NodeRow, OutgoingKind, OutgoingRow, Page, ParkedRow, PingRow, RecipientRow, ThreadRow, TooLargeRow,
    Unread, WakeEntry,
};
pub use tmtp_store::salvage::{Lost, SalvageReport, TableReport};
pub use tmtp_store::write::aliases::AliasState;
pub use tmtp_store::write::nodes::NodeState;
pub use tmtp_store::write::too_large::Word;
pub use tmtp_store::{
    FailedWhy, FileKeyStore, FileSystem, KeyAnswer, KeyError, KeyStore, MemoryKeyStore, NameTrust,
    OutgoingState, RealFs, SenderRow, StoreError, Waits, WaitsWhy,
};
pub use tmtp_wire::address::SiteAddress;
pub use tmtp_wire::check::{self, InputError, Limit};
pub use tmtp_wire::ids::{BadId, MessageRef, MsgId, NodeSecret, SendId, ThreadRef, Uid};
pub use tmtp_wire::names::{Alias, Label};
pub use tmtp_wire::time::{Mono, Wall};

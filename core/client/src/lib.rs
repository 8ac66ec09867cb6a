//! TMTP for an app: the one object that an app developer holds.
//!
//! A [`Client`] knows the accounts of an installation. An [`AccountHandle`] is one of them, a membership at one
//! site with its own mail, kept on this device: the site keeps nothing that it has delivered. Lists are read by
//! page from the device, at once and without a network. What is written is durable when the call returns, and
//! reaches the site whenever there is a link: while somebody holds one ([`AccountHandle::stay`]), or when one
//! looks ([`AccountHandle::wake`]). Nothing is shown twice, nothing is sent twice; what may have been sent is
//! *in doubt* and says so.
//!
//! ```
//! use std::time::Duration;
//!
//! use tmtp_client::{Client, Config, Join, NewMessage, NewPing, Page, Recipient, To};
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
//! // Ada looks, and reads.
//! let report = ada_here.wake(minute).await?;
//! assert_eq!(report.arrived_count, 1);
//! let threads = ada_here.threads(false, Page::default()).await?;
//! assert_eq!(threads.items[0].subject, "Tea");
//! assert_eq!(ada.unread_total().await?.messages, 1);
//!
//! ada.stop(minute).await?;
//! bob.stop(minute).await?;
//! # site.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What an app does
//! - In the foreground: a [`Stay`] for each account; in the background: a [`AccountHandle::wake`] when something
//!   tells it to, with the time that the platform grants.
//! - To show what changes: [`Client::next_events`] in a loop. Events hold ids; lists are read again from the store.
//! - When the network changes: [`Client::network_changed`]. When a person presses a button that wants the network:
//!   [`AccountHandle::user_acts`].
//! - Before it ends: [`Client::stop`]. A kill loses nothing, but the site then holds the node for alive for up to
//!   two minutes.
//!
//! # Inside
//! In come calls of an app; out go results, events, and what the rooms below do for it: `tmtp-account` decides about
//! mail in one transaction per step, `tmtp-link` moves its bytes, `tmtp-store` keeps and reads. This crate opens
//! and closes accounts, at most one writer each, keeps their tasks ([`AccountHandle`] is only a way to them), and
//! gives one order to their events. It has no SQL and knows no frame of the protocol.

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
pub mod limits;
pub mod log;
mod scheduler;
mod slot;
mod staging;
mod state;
mod ticket;

pub use board::Standing;
pub use client::{Client, SiteKey};
pub use config::{Config, Instance, Join};
pub use error::Error;
pub use events::{Batch, Event, EventCursor, Sequenced};
pub use handle::{AccountHandle, AccountSummary, NewMessage, NewPing, Sent, Status, Stay, To};
pub use home::AccountName;
pub use state::State;
pub use ticket::{BadTicket, NodeTicket};

pub use tmtp_account::{
    DialFailure, NotNow, ParkedWhy, Random, Recipient, RefusedWhy, Settings, StopWhy, SystemRandom,
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
    FileKeyStore, FileSystem, KeyAnswer, KeyError, KeyStore, MemoryKeyStore, OutgoingState, RealFs,
    StoreError,
};
pub use tmtp_wire::address::SiteAddress;
pub use tmtp_wire::check::{self, InputError, Limit};
pub use tmtp_wire::ids::{BadId, MessageRef, MsgId, NodeSecret, SendId, ThreadRef, Uid};
pub use tmtp_wire::names::{Alias, Label};
pub use tmtp_wire::time::{Mono, Wall};

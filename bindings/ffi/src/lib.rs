//! The core as Kotlin and Swift see it.
//!
//! In come calls from two languages; out go the façade's answers in types that cross: records, closed enums, a few
//! objects. Nothing is decided here: whatever an app can do wrong or do twice is dealt with by `tmtp-client`, and
//! this crate only says it in the words that both languages have.
//!
//! | what | where |
//! |---|---|
//! | opening, accounts, events, facts about the world | [`client`] |
//! | one account: reading, writing, running | [`account`] |
//! | what lists are made of | [`rows`] |
//! | what changes | [`events`] |
//! | what went wrong, and what the caller can do | [`error`] |
//! | giving up a call | [`cancel`] |
//! | what the shell gives: secrets, a log | [`keys`], [`log`] |
//!
//! # Rules that hold for every call
//! - It returns an error of one closed type, never a panic. A panic of ours is caught; the client then says
//!   [`TmtpError::Broken`] to every call until it is stopped and opened again, and nothing is lost.
//! - Work is done on threads of our own (`runtime`); the caller's thread or coroutine only waits.
//! - A call whose caller goes away (a cancelled coroutine, a [`Cancel`]) is dropped. One that only reads has read
//!   nothing. One that writes has either happened or not, as its text says; `send`, `ping` and `save_draft` are found
//!   by their draft.
//! - Times are milliseconds; moments are milliseconds since 1970; counts and sizes are never negative.

pub mod account;
pub mod cancel;
pub mod client;
mod convert;
pub mod error;
pub mod events;
mod hall;
pub mod ids;
pub mod keys;
pub mod limits;
pub mod log;
pub mod options;
pub mod rows;
mod runtime;
pub mod state;
pub mod wake;
pub mod world;

pub use account::{Account, Stay};
pub use cancel::Cancel;
pub use client::{Client, open_client};
pub use error::{Action, TmtpError};
pub use keys::{KeyAnswer, KeyStore, KeyStoreError};
pub use log::{LogRecord, LogSink, LogSinkError};
pub use world::World;

uniffi::setup_scaffolding!();

/// The version of the library, as in its changelog.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

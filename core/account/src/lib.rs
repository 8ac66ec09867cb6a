//! One membership at one site: the heart of the product, where it is decided that mail arrives exactly once.
//!
//! An [`Account`] is given whatever has happened ([`Input`]), works it off in one transaction of the store
//! ([`Account::step`]), and only after the commit says what is to be done ([`Output`], and bytes for the
//! link by [`Account::poll_transmit`]). Before the commit nothing has happened: the site repeats what was
//! not confirmed. After it everything can be derived again from the store. So a process may be killed at
//! any moment.
//!
//! It does no network I/O, knows no clock, draws no random numbers of its own, and starts no threads: the
//! driver does (`link` over sockets, the simulation in virtual time). What it does itself is the store, the
//! account's files and the key store.
//!
//! How one message passes through: bytes become events in `tmtp-session`; `step` gives each event
//! a savepoint; `inbox` decides what it means and writes it by `tmtp_store::write`; the confirmation leaves
//! after the commit. The other way: `commands` puts a row into the outbox, `outbox::pump` picks it when its
//! turn has come, `outbox::build` makes its bytes, the row says `released`, and after the commit the bytes
//! leave; `outbox::answer` settles it, or `outbox::doubt` judges what became of it when the link broke, once
//! `barrier` knows that everything that waited has come. What comes in is bounded by `quota`, how often a link is
//! made by `pacing`, across processes.

#![forbid(unsafe_code)]

mod account;
mod api;
mod barrier;
mod commands;
mod conditions;
mod core;
mod drive;
mod effects;
mod ending;
mod env;
mod events;
mod inbox;
mod label;
pub mod limits;
mod live;
mod outbox;
pub mod pacing;
pub mod plant;
mod posted;
mod quota;
mod ran;
mod transfer;
mod tx;
mod wake;

pub use account::{Account, OpenError};
pub use api::{
    Attachment, Command, DialFailure, Event, Hint, Input, NotNow, Now, Output, ParkedWhy, Ping, Recipient,
    Refused, RefusedWhy, Reply, SaveDraft, Send, State, StopWhy, Ticket, To, TooLargeAnswer, WaitWhy,
    WakeEnd, WakeReport, Wish, Withdrawn,
};
pub use env::{Env, Random, Settings, SystemRandom};
pub use transfer::{Job, JobDone, JobError, JobId};

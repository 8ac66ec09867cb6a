//! The façade as an app uses it, over real sockets, against the embedded site.
//!
//! Each test has a site, homes and people of its own ([`world`]). Nothing here waits for a time to pass: what is
//! waited for is an answer, an event or a state, each with a limit after which the test fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod attachments;
mod hostile;
mod joining;
mod living;
mod mail;
#[cfg(target_os = "linux")]
mod narrow;
mod nodes;
#[cfg(target_os = "linux")]
mod outside;
mod removing;
mod sharing;
mod staying;
#[cfg(target_os = "linux")]
mod suspending;
mod trouble;
mod waking;
mod world;

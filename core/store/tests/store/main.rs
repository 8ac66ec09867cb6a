//! The store as its users see it, on the real disk.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail as tests do")]

mod children;
mod drafts;
mod naming;
#[cfg(unix)]
mod narrow;
mod opening;
mod processes;
mod reading;
mod schema;
mod trust;
mod world;

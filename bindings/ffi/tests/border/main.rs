//! The border as a shell uses it, called from Rust: what can be passed wrongly, given up, thrown and broken.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod cancelling;
mod errors;
mod logging;
mod misuse;
mod panics;
mod world;

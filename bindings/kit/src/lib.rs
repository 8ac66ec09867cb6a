//! A site, a bad network and other members inside an app's own tests, for Kotlin and Swift.
//!
//! An app that is tested with this speaks the real wire, over TLS, to a real site in the same process: nothing of the
//! library is replaced, so what works here works with a public site. The library of this crate holds that of
//! `tmtp-ffi` whole; a test process loads this one alone.
//!
//! | what | where |
//! |---|---|
//! | an embedded site, its record, its controls | [`site`] |
//! | the network between an app and a site | [`relay`] |
//! | other members, with whom the app exchanges mail | [`member`] |
//! | a member that folds nothing, and so sees what came twice | [`plain`] |
//! | the world below an app: clocks, disk, planted panics | [`world`] |
//! | a site that breaks the protocol | [`hostile`] |
//! | a key store with three answers | [`keys`] |
//! | what is in a store, and what is open, seen from outside | [`store`], [`files`] |
//!
//! Nothing here waits by sleeping: a test awaits what a site has seen, with a deadline that fails it.

pub mod error;
pub mod files;
pub mod hostile;
pub mod keys;
pub mod limits;
pub mod member;
pub mod plain;
pub mod relay;
mod runtime;
pub mod site;
pub mod store;
pub mod world;

pub use error::KitError;
pub use hostile::{HostileWay, KitHostile, start_hostile};
pub use keys::{KitKeyAnswer, KitKeys};
pub use member::{KitMember, join_member};
pub use plain::{KitPlain, start_plain};
pub use relay::{KitRelay, start_relay};
pub use site::{KitSite, start_site};
pub use world::KitWorld;

uniffi::setup_scaffolding!();

/// Nothing, for measuring what a call costs by itself.
#[uniffi::export]
pub fn empty() -> Result<(), KitError> {
    Ok(())
}

/// Nothing, on the kit's threads and back.
#[uniffi::export]
pub async fn empty_async() -> Result<(), KitError> {
    runtime::run(async { Ok(()) }).await
}

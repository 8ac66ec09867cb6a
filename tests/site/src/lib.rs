//! An embedded TMTP site: a server for tests of apps, for demos and for small groups.
//!
//! It does what the public server does, for every request, error text, timer, order and quirk (wire 7 to
//! 16, 19, 20.2), with two exceptions: it neither crashes nor deadlocks. Where a client would have brought
//! the public server down, or risked to (wire 18), it records a [`Violation`] and closes that link. What it
//! has seen is open to the test that runs it, in the [`Record`].
//!
//! [`Site`] is the logic: no sockets, no clock, no disk, no random numbers of its own. [`Server`] puts it
//! on TCP and TLS, with real time, in memory or durably in a folder.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use tmtp_site::{Server, ServerConfig};
//!
//! let server = Server::start(ServerConfig::default()).await?;
//! println!("join me at {}", server.address());
//! let handle = server.handle();
//! // Let the clients under test do their work, then judge them.
//! assert_eq!(handle.record().accepted_twice(), 0);
//! assert!(handle.record().violations.is_empty());
//! server.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! All queued mail is held in memory, in a folder too; there is no limit to the number of accounts. So it is
//! a site for tests, demos and a circle of friends, not for the public.
//!
//! Left out: the verification of OpenID Connect tokens (wire 17). A site that demands sign-in announces
//! providers and refuses every registration.

#![forbid(unsafe_code)]

mod anykey;
pub mod limits;
mod logic;
mod server;

pub use anykey::any_key_tls;
pub use logic::{
    AcceptedPost, Config, FatalInput, Gaps, LinkEnd, LinkId, NotAFact, QueuedMessage, Record, RefusedPost,
    Site, StorageOp, Timers, Violation, ViolationKind,
};
pub use server::{Certificate, Handle, Server, ServerConfig};

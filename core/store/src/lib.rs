//! The durable archive of one membership: everything that a person has, and the site has no longer.
//!
//! One folder holds one membership: `mail.db` (SQLite, WAL), `files/` (attachments too large for a row),
//! `lock` (who may write) and `reserve` (room for the next commit on a full disk). What the rooms above get:
//!
//! | module | for |
//! |---|---|
//! | [`open`] | [`Writer`]: the one connection that changes things, and how a store is made, opened, migrated |
//! | [`write`](mod@write) | the statements of `account`'s step, inside its transaction |
//! | [`read`] | [`Reader`]: pages for screens, on a read-only connection, in any process |
//! | [`trust`] | who somebody is: checked by the site, or only claimed |
//! | [`files`] | taking files in, spooling large deliveries, giving files out |
//! | [`drafts`], [`ledger`] | what is not finished; what each wake did |
//! | [`held`] | a warning that names who holds the writer or a reader for long |
//! | [`keys`], [`install`] | node secrets and the id of the installation, both outside the store |
//! | [`salvage`] | what still reads of a damaged store, into a new one; the old one is kept |
//!
//! It never talks to a network, never decides what mail means, reads no clock that says what time it is, and never
//! deletes what a person has in order to recover from anything. A commit is durable when it returns
//! (`synchronous=FULL`); so are files before a row names them.
#![forbid(unsafe_code)]

pub mod drafts;
pub mod error;
pub mod files;
pub mod fs;
pub mod held;
pub mod install;
pub mod keys;
pub mod ledger;
pub mod limits;
pub mod lock;
mod migrate;
pub mod open;
pub mod read;
mod reserve;
pub mod salvage;
pub mod trust;
pub mod values;
pub mod write;

pub use error::StoreError;
pub use files::{Files, Incoming, Staged};
pub use fs::{FileSystem, RealFs};
pub use install::InstallId;
pub use keys::{FileKeyStore, KeyAnswer, KeyError, KeyStore, MemoryKeyStore};
pub use lock::ProcessLock;
pub use open::{NewAccount, Place, Writer};
pub use read::Reader;
pub use trust::{NameTrust, SenderRow};
pub use values::{FailedWhy, OutgoingState, Waits, WaitsWhy};

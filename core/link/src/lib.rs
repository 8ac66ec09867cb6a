//! The link: everything between an account and a site that touches a socket. Finding the site's addresses and
//! racing them ([`dial`]), going through a proxy, deciding whether the other end is the site it should be
//! ([`trust`]), TLS written one whole record at a time ([`stream`]), and the loop that moves bytes, results and
//! timers between an account and the world ([`driver`]).
//!
//! In come plaintext to write and wishes to connect or close; out go plaintext read and how a link ended. It never
//! decides about mail, never retries by itself, never reads or writes the store.

#![forbid(unsafe_code)]

pub mod alarm;
pub mod clock;
mod crypto;
pub mod dial;
pub mod driver;
pub mod limits;
pub mod stream;
mod tls;
pub mod trust;

pub use alarm::Alarm;
pub use clock::{Clock, SystemClock};
pub use dial::{DialError, Dialer, Proxy};
pub use driver::Driver;
pub use stream::Stream;
pub use trust::{FileTrustStore, MemoryTrustStore, Pin, TrustStore};

//! The site without I/O: bytes of links go in, bytes for links come out, time is passed in.
//!
//! A link's life: [`Site::open`], [`Site::receive`] and [`Site::take_output`] in any order, at last
//! [`Site::receive_end`] or the site's own wish ([`Site::wants_close`]), then [`Site::closed`].
//! Everything is deterministic: the same calls give the same bytes.
//!
//! | part | holds |
//! |---|---|
//! | `link`, `reader`, `writer` | one connection: what it is doing, its requests, its one writer (wire 12.6) |
//! | `request`, `handle` | strict reading of a request, and what it does |
//! | `users`, `groups`, `presence` | who there is, who belongs together, who is announced |
//! | `queue`, `post`, `ping` | the messages that wait for nodes, and how they get there |
//! | `gap` | the time in which nothing is delivered, now and then (wire 12.3) |
//! | `storage` | the same state as a list of facts that a disk can keep |
//! | `record` | what the site has seen, for those who test with it |

mod api;
mod config;
mod control;
mod gap;
mod groups;
mod handle;
mod invitations;
mod link;
mod ping;
mod post;
mod presence;
mod queue;
mod reader;
mod record;
mod reply;
mod request;
mod secrets;
mod storage;
mod timers;
mod users;
mod writer;

#[cfg(test)]
mod tests;

pub use api::Site;
pub use config::{Config, Timers};
pub use gap::Gaps;
pub use link::{LinkEnd, LinkId};
pub use record::{AcceptedPost, FatalInput, QueuedMessage, Record, RefusedPost, Violation, ViolationKind};
pub use storage::{NotAFact, StorageOp};

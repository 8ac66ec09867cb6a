//! One connection's protocol machine: what comes in are bytes, commands and the time; what goes out are
//! bytes, events and the next time to be called. It does no I/O and knows no clock.
//!
//! | state | entered when | left when |
//! |---|---|---|
//! | [`State::Opening`] | the link is up; version and login leave in one flight | the site says `login ok` |
//! | [`State::Online`] | logged in | quit, error, end |
//! | [`State::Leaving`] | the caller asked to quit | the site's quit frame, or too long a silence |
//! | [`State::Ended`] | anything final; [`Event::Ended`] comes exactly once, last | never |
//!
//! It stores nothing, removes no duplicates and confirms only what the caller names: that a message is
//! durable is for the layer above to know.
//!
//! # What a client can do to a site, and where it is excluded
//!
//! Ways in which one client takes down the public server for everybody (wire 18), and what stands against
//! each of them:
//!
//! - *Input on which the server ends* (18.2): every name, uid and text in a [`tmtp_wire::request::Request`]
//!   is a type that has been checked; `Request::encode` limits headers, ids and lists; a body whose length
//!   differs from its header is rejected on submission.
//! - *A stream that ends inside a record while a post uploads* (18.1): [`Transmit`] is at most 16 KiB, one
//!   TLS record each; a post that cannot be finished ends the session with [`Ended::Abandoned`], so that
//!   the link is closed in order. Writing whole records and closing in order is the link's part.
//! - *User edits beside other things* (18.3): at most one is open; none leaves before 2 s after this
//!   session's login; none while another request is open, and no other request while one is.
//! - *Confirmations that nobody waits for stop the link* (12.4): an id waiting to be confirmed is not
//!   queued twice, and the queue is short.
//! - *Silence* (7): a pulse leaves when nothing else was handed out for 110 s, also while receiving.
//!
//! What remains and cannot be excluded from here: a process that is killed inside a write, or a network
//! that injects bytes (18.1); logins and edits of the same member's other nodes at the same instant, and
//! posts of others that name the member twice (18.3); a member on more than 1800 presence lists (18.2).

#![forbid(unsafe_code)]

mod input;
mod limits;
mod machine;
mod open;
mod output;
mod receive;
mod send;
mod timer;

pub use input::{Body, Command, Config, Input, Opening, Rejected, RequestKey, StreamEnd, Submit};
pub use limits::{INLINE_MAX, TRANSMIT_MAX, WINDOW};
pub use machine::Session;
pub use output::{Awaiting, Ended, Event, Incompatibility, Misbehaviour, State, Transmit};

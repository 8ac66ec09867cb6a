//! What goes into an account and what comes out of it, as plain values.
//!
//! Nothing here does anything. Whoever drives an account (`link`'s driver over sockets, the simulation
//! over virtual ones) puts [`Input`]s in and takes [`Output`]s out; what a person asks for is a
//! [`Command`], answered by a [`Reply`] or [`Refused`]; what happens by itself is an [`Event`], which
//! carries ids only. [`State`] says how the account stands with its site.

mod command;
mod event;
mod state;

pub use command::{
    Attachment, Command, Ping, Recipient, Refused, Reply, SaveDraft, Send, To, TooLargeAnswer, Withdrawn,
};
pub use event::{Event, ParkedWhy, WakeEnd, WakeReport};
pub use state::{NotNow, RefusedWhy, State, StopWhy, WaitWhy};

use tmtp_session::StreamEnd;
use tmtp_wire::time::{Mono, Wall};

use crate::transfer::{Job, JobDone, JobError, JobId};

/// Both clocks, read at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Decides.
    pub mono: Mono,
    /// Is only shown.
    pub wall: Wall,
}

/// Names a command, so that its answer finds the asker. Chosen by the driver, unique while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Whatever may happen to an account.
pub enum Input {
    /// The dial that [`Output::Dial`] asked for has given a link, encrypted and trusted.
    LinkUp,
    /// That dial has failed.
    DialFailed(DialFailure),
    /// Plaintext from the link, in any pieces.
    Received(Vec<u8>),
    /// The link has ended from the other side, or broke. Its stream is gone.
    LinkEnded(StreamEnd),
    /// What [`Output::Close`] asked for is finished: no link and no dial is left.
    LinkClosed,
    /// Somebody wants something.
    Command(Ticket, Command),
    /// A long file work has come to its end.
    JobDone(JobId, Result<JobDone, JobError>),
    /// How the account is to run from now on.
    Wish(Wish),
    /// A fact about the world that may hasten something.
    Hint(Hint),
}

/// Why there is no link. What `link` knows in detail, by what the account does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialFailure {
    /// No way to the host, or nobody listens there.
    Unreachable,
    /// No answer within the dial's limit.
    TimedOut,
    /// The name of the host was not found.
    Resolve,
    /// The site shows another key than the pinned one. Never tried again by itself.
    PinChanged,
    /// Nobody vouches for the certificate; often a portal that intercepts.
    Untrusted,
    /// The certificate is not valid at the time that this device believes in, or that time is none at all.
    ClockWrong,
    /// TLS failed otherwise.
    Tls,
    /// The proxy refused.
    Proxy,
    /// The pinned keys could not be read or written.
    TrustStore,
    /// The attempt ended by a defect of ours.
    Broken,
}

/// What is to be done outside, always after the commit that it follows from.
#[derive(Debug)]
pub enum Output {
    /// The answer to a command.
    Reply(Ticket, Result<Reply, Refused>),
    /// Something has changed; ids only.
    Event(Event),
    /// Make a link to the site. Ends in [`Input::LinkUp`] or [`Input::DialFailed`].
    Dial,
    /// Close the link in order (close_notify, drain), or give up the dial. Ends in [`Input::LinkClosed`];
    /// whatever still arrives on that link is ignored.
    Close,
    /// Run this on another thread and report [`Input::JobDone`].
    Job(JobId, Job),
}

/// How an account runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Quit and close; no link.
    Off,
    /// Hold a link.
    Stay,
    /// Look once, besides the wish that stands: connect, or probe the link that is held; take what waits,
    /// send what is queued while there is time; end in [`Event::WakeEnded`], with the link closed unless
    /// it is held by `Stay`.
    Wake {
        /// When it must be over.
        deadline: Mono,
    },
}

/// A fact that hastens. None of them forbids anything (R18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The way into the network has changed: waits for the old way are void, a held link is probed.
    NetworkChanged,
    /// A person wants it now: waits are void, and what was stopped is tried once more. One that meets a link which is
    /// gone, or a dial, counts for the next one.
    UserActs,
    /// The process was suspended or the device slept: a held link is probed.
    Resumed,
    /// The key store can be read: what waits for that is due.
    Unlocked,
    /// Memory is short: caches are dropped.
    MemoryLow,
    /// Whether bytes cost money from now on: then no large post is downloaded again only to prove that it was sent.
    Metered(bool),
    /// The wake that is asked for next was received then: its times count from there.
    WakeReceived {
        /// When.
        at: Mono,
    },
}

//! What a session is told: how to open, bytes from the link, the end of the link, commands.

use std::fmt;

use tmtp_wire::ids::{MsgId, NodeSecret, Uid};
use tmtp_wire::request::{EncodeError, Request, Token};

use crate::limits::{INLINE_MAX, WINDOW};

/// How a session is to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// What to do first.
    pub opening: Opening,
    /// Requests that may be submitted and not yet answered.
    pub window: usize,
    /// The last message that was processed: confirmed once more, unasked, right behind the login. It saves
    /// waiting for a confirmation that was lost (wire 12.4).
    pub reconfirm: Option<MsgId>,
    /// Data up to this many bytes comes whole.
    pub inline_max: u64,
}

impl Config {
    /// The usual window and sizes, nothing to reconfirm.
    pub fn new(opening: Opening) -> Config {
        Config { opening, window: WINDOW, reconfirm: None, inline_max: INLINE_MAX }
    }
}

/// What a session does first.
#[derive(Clone, Debug)]
pub enum Opening {
    /// Log a node in.
    Login {
        /// Member.
        uid: Uid,
        /// Password of the node.
        secret: NodeSecret,
        /// A fresh random number; the session's own `login` message repeats it in its `datasum`.
        tag: Token,
    },
    /// Become a member, without an alias.
    Register {
        /// What the node is called, 1 to 64 bytes. The public server forgets it.
        label: String,
    },
    /// Only see what the site says first, then end.
    Look,
}

/// Something for the session.
pub enum Input<'a> {
    /// Plaintext from the site. Poll all events before giving more, so that what is held stays small.
    Bytes(&'a [u8]),
    /// The link has ended. Give all bytes that came before it first.
    End(StreamEnd),
    /// A wish of the caller.
    Command(Command),
}

impl fmt::Debug for Input<'_> {
    /// Bytes from a site may hold passwords and mail: only their number is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Input::End(end) => write!(f, "End({end:?})"),
            Input::Command(command) => write!(f, "Command({command:?})"),
        }
    }
}

/// How a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// In order, by the TLS alert: the site closed it by itself.
    CloseNotify,
    /// A bare end of stream: the site's process stopped, or something between cut.
    Fin,
    /// Reset or another error of the socket.
    Reset,
    /// The write side did not drain in time, judged here.
    Stalled,
    /// Dropped by us.
    Local,
}

/// A caller's name for a request, unique within the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey(pub u64);

/// A wish of the caller.
#[derive(Debug)]
pub enum Command {
    /// Send a request, in its turn.
    Submit(Submit),
    /// The last piece of this streamed post may leave: that it may have been sent is on record.
    Release(RequestKey),
    /// Confirm a queued message by its exact id text: it is durable.
    Confirm(String),
    /// Find out whether the link lives; [`crate::Event::Probed`] says so. Asked twice it is asked once.
    Probe,
    /// Leave in order. Confirmations that wait go first, requests that have not begun never go.
    Quit,
    /// Give up a post: one that has not begun is forgotten, one that has begun ends the session with
    /// [`crate::Ended::Abandoned`], for what was announced cannot be sent.
    Abandon(RequestKey),
}

/// A request with its data.
#[derive(Debug)]
pub struct Submit {
    /// The caller's name for it.
    pub key: RequestKey,
    /// An op with an answer: user edit, presence, group, post or ping.
    pub request: Request,
    /// Exactly as much data as the request announces.
    pub body: Body,
}

/// The data of a request.
pub enum Body {
    /// None.
    None,
    /// All of it.
    Whole(Vec<u8>),
    /// The beginning, and how many bytes the caller will fetch when asked by
    /// [`crate::Transmit::Stream`].
    Streamed {
        /// Datahead and text.
        lead: Vec<u8>,
        /// Bytes that follow, at least 1.
        rest: u64,
    },
}

impl fmt::Debug for Body {
    /// Sizes only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::None => f.write_str("None"),
            Body::Whole(data) => write!(f, "Whole({} bytes)", data.len()),
            Body::Streamed { lead, rest } => write!(f, "Streamed({} and {rest} bytes)", lead.len()),
        }
    }
}

impl Body {
    /// Bytes of data in all; `None` if no number can hold it, or if a stream has nothing to fetch.
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Body::None => Some(0),
            Body::Whole(data) => u64::try_from(data.len()).ok(),
            Body::Streamed { rest: 0, .. } => None,
            Body::Streamed { lead, rest } => u64::try_from(lead.len()).ok()?.checked_add(*rest),
        }
    }
}

/// Why a command was not taken. Nothing has changed. Always a mistake of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The session has ended, or is only looking.
    #[error("the session takes no such command any more")]
    Closed,
    /// The session is leaving.
    #[error("the session is leaving")]
    Leaving,
    /// Not logged in yet.
    #[error("the session is not logged in")]
    NotOnline,
    /// As many requests as the window allows wait for answers.
    #[error("the window is full")]
    WindowFull,
    /// Too many confirmations wait.
    #[error("too many confirmations wait")]
    TooManyConfirmations,
    /// The request must not be sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// This op is not for submission: the session itself sends it, or it has a command of its own.
    #[error("this op cannot be submitted")]
    NotSubmittable,
    /// The data is not as long as the request says.
    #[error("the data differs from the length in the request")]
    BodyLength,
    /// This key is in use.
    #[error("the key is in use")]
    KeyInUse,
    /// No request of this key is under way.
    #[error("no request has this key")]
    UnknownKey,
}

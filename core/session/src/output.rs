//! What a session says: bytes to write, events, how it ended.

use std::fmt;

use tmtp_wire::frame::FrameError;
use tmtp_wire::ids::{NodeSecret, Uid};
use tmtp_wire::message::{Answer, Fault, Greeting, Queued};
use tmtp_wire::request::EncodeError;

use crate::input::{RequestKey, StreamEnd};

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not yet logged in.
    Opening,
    /// Logged in.
    Online,
    /// Asked to quit, waiting for the site.
    Leaving,
    /// Over.
    Ended,
}

/// The next thing to write, at most 16 KiB: one TLS record. Handed out counts as written.
#[derive(Clone, PartialEq, Eq)]
pub enum Transmit {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes of a streamed body, which the caller fetches.
    Stream {
        /// Of which request.
        key: RequestKey,
        /// From this byte of what the caller fetches (the lead does not count).
        offset: u64,
        /// So many, at least 1.
        len: u32,
        /// These are the last: with them the request is complete.
        last: bool,
    },
}

impl fmt::Debug for Transmit {
    /// Sizes only: the first flight holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Transmit::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Transmit::Stream { key, offset, len, last } => {
                write!(f, "Stream({key:?}, {len} bytes from {offset}, last {last})")
            }
        }
    }
}

/// What has happened. Where nothing else is said it calls for nothing.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// The site's greeting.
    Greeted(Greeting),
    /// There is a new member. Make the secret durable before anything else: it cannot be asked for again.
    Registered {
        /// The member.
        uid: Uid,
        /// The password of its first node.
        secret: NodeSecret,
        /// A remark of the site about the alias; there was none to refuse.
        error: Option<String>,
    },
    /// Logged in.
    LoggedIn {
        /// Who announces presence.
        present: Vec<Uid>,
    },
    /// A request was answered; an error in it means refused, without effect.
    Answered {
        /// Which.
        key: RequestKey,
        /// The site's answer.
        outcome: Answer,
    },
    /// The link lives: the answer to a probe came.
    Probed,
    /// A queued message with all its data. To be confirmed when durable.
    Message {
        /// Its header.
        head: Queued,
        /// Its data, `datalen` bytes.
        data: Vec<u8>,
    },
    /// A queued message with more data than comes whole; the data follows.
    LargeBegan(Queued),
    /// The next bytes of that data.
    LargeData(Vec<u8>),
    /// That data is complete. To be confirmed when durable.
    LargeEnded,
    /// A queued message that is wrong, though the frames around it hold. Either end the link, or store it as it
    /// is and confirm it by `id`.
    BadFrame {
        /// Its id text.
        id: String,
        /// Its header as received; empty if it may hold a node's password.
        raw: Vec<u8>,
        /// All of its data; empty likewise.
        data: Vec<u8>,
        /// What is wrong.
        why: Misbehaviour,
    },
    /// The same with more data than comes whole: `LargeData` and `LargeEnded` follow. One whose header may hold
    /// a node's password comes as `BadFrame`, without its data, however long that is.
    BadLargeBegan {
        /// Its id text.
        id: String,
        /// Its header as received.
        raw: Vec<u8>,
        /// Bytes of data that follow.
        datalen: u64,
        /// What is wrong.
        why: Misbehaviour,
    },
    /// Somebody came or went: a hint.
    Presence {
        /// Who.
        from: Uid,
        /// Came or went.
        online: bool,
    },
    /// All but the last piece of a streamed post has been handed out. It waits for `Release`.
    AwaitingRelease(RequestKey),
    /// How far a streamed post has got.
    Progress {
        /// Which.
        key: RequestKey,
        /// Bytes of its data handed out so far, lead included.
        handed_out: u64,
    },
    /// The session is over. Close the link in order unless it is lost already. Comes once and last.
    Ended(Ended),
}

impl fmt::Debug for Event {
    /// Kinds, ids and sizes, never what people wrote.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Greeted(_) => f.write_str("Greeted"),
            Event::Registered { uid, .. } => write!(f, "Registered({uid:?})"),
            Event::LoggedIn { present } => write!(f, "LoggedIn({} present)", present.len()),
            Event::Answered { key, outcome } => write!(f, "Answered({key:?}, {outcome:?})"),
            Event::Probed => f.write_str("Probed"),
            Event::Message { head, data } => write!(f, "Message({head:?}, {} bytes)", data.len()),
            Event::LargeBegan(head) => write!(f, "LargeBegan({head:?})"),
            Event::LargeData(bytes) => write!(f, "LargeData({} bytes)", bytes.len()),
            Event::LargeEnded => f.write_str("LargeEnded"),
            Event::BadFrame { raw, data, why, .. } => {
                write!(f, "BadFrame({} and {} bytes, {why})", raw.len(), data.len())
            }
            Event::BadLargeBegan { raw, datalen, why, .. } => {
                write!(f, "BadLargeBegan({} bytes, datalen {datalen}, {why})", raw.len())
            }
            Event::Presence { from, online } => write!(f, "Presence({from:?}, {online})"),
            Event::AwaitingRelease(key) => write!(f, "AwaitingRelease({key:?})"),
            Event::Progress { key, handed_out } => write!(f, "Progress({key:?}, {handed_out})"),
            Event::Ended(ended) => write!(f, "Ended({})", ended.code()),
        }
    }
}

/// How a session ended, with whose doing it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As asked.
    LoggedOut,
    /// Another link of this node lives, or seems to (wire 20.2).
    NodeBusy,
    /// The site does not know this node.
    LoginRefused,
    /// The site takes new members only with a sign-in that was not given.
    RegistrationNeedsSignIn,
    /// The site quit for another reason, in its own words.
    RefusedBySite(String),
    /// The site broke the protocol.
    PeerMisbehaved(Misbehaviour),
    /// The other side does not speak this protocol.
    PeerIncompatible(Incompatibility),
    /// Nothing moved for too long.
    NoProgress(Awaiting),
    /// A post that had begun was given up.
    Abandoned,
    /// The opening itself cannot be sent: a mistake of the caller.
    OpeningInvalid(EncodeError),
    /// The link ended.
    Lost(StreamEnd),
}

impl Ended {
    /// A stable word for logs and counters.
    pub fn code(&self) -> &'static str {
        match self {
            Ended::LoggedOut => "session.logged_out",
            Ended::NodeBusy => "session.node_busy",
            Ended::LoginRefused => "session.login_refused",
            Ended::RegistrationNeedsSignIn => "session.needs_sign_in",
            Ended::RefusedBySite(_) => "session.refused_by_site",
            Ended::PeerMisbehaved(_) => "session.peer_misbehaved",
            Ended::PeerIncompatible(_) => "session.peer_incompatible",
            Ended::NoProgress(_) => "session.no_progress",
            Ended::Abandoned => "session.abandoned",
            Ended::OpeningInvalid(_) => "session.opening_invalid",
            Ended::Lost(_) => "session.lost",
        }
    }
}

/// What was waited for when nothing moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaiting {
    /// The login.
    Login,
    /// An answer.
    Answer,
    /// The rest of a frame.
    RestOfFrame,
    /// A probe's answer.
    Probe,
    /// The quit frame.
    Quit,
}

/// Why the other side cannot be talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incompatibility {
    /// What it says first is no frame of this protocol.
    #[error("this is no TMTP site")]
    NotTmtp,
    /// It speaks another version.
    #[error("the site speaks another version of TMTP")]
    Version,
}

/// What a site did that it may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misbehaviour {
    /// The frames are out of step.
    #[error("frames: {0}")]
    Framing(FrameError),
    /// A header cannot be understood.
    #[error("header: {0}")]
    Header(Fault),
    /// A queued message's checksum does not fit its header.
    #[error("the checksum of a header is wrong")]
    HeadSumWrong,
    /// A queued message has no checksum.
    #[error("the checksum of a header is missing")]
    HeadSumMissing,
    /// Something came before the greeting.
    #[error("something came before the greeting")]
    BeforeGreeting,
    /// A second greeting.
    #[error("a second greeting")]
    GreetingTwice,
    /// A message, an answer or presence came before the login was through.
    #[error("something came before the login")]
    BeforeLogin,
    /// A registration that was not asked for, or a second one.
    #[error("a registration that was not asked for")]
    RegisteredUnasked,
    /// A login after Register that names no new member.
    #[error("a registration without its result")]
    RegisteredMissing,
    /// A second `login ok`, or one that was not asked for.
    #[error("a login that was not asked for")]
    InfoUnasked,
    /// A direct message with data behind it.
    #[error("a direct message with data")]
    DirectWithData,
    /// An answer to something that was not asked.
    #[error("an answer to an unknown request")]
    AnswerUnknown,
    /// An answer that overtook the one before it (wire 13).
    #[error("an answer out of order")]
    AnswerOutOfOrder,
    /// An answer to a request that has not been sent completely.
    #[error("an answer before the end of its request")]
    AnswerTooEarly,
    /// An answer that neither refuses nor names the message that was made.
    #[error("an answer without message id")]
    AnswerWithoutMessageId,
}

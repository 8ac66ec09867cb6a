//! What can go wrong in a benchmark. All of it ends the run.

use std::io;

use tmtp_link::DialError;
use tmtp_link::stream::NotTaken;
use tmtp_session::StreamEnd;
use tmtp_wire::check::InputError;
use tmtp_wire::datahead::HeadError;
use tmtp_wire::frame::FrameError;
use tmtp_wire::ids::BadId;
use tmtp_wire::message::MessageError;
use tmtp_wire::request::EncodeError;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("input or output: {0}")]
    Io(#[from] io::Error),
    #[error("the client: {0}")]
    Client(#[from] tmtp_client::Error),
    #[error("the dial: {0}")]
    Dial(#[from] DialError),
    #[error("the link takes nothing: {0}")]
    NotTaken(#[from] NotTaken),
    #[error("the link has ended: {0:?}")]
    Ended(StreamEnd),
    #[error("what the site sends is no frame: {0}")]
    Frame(#[from] FrameError),
    #[error("what the site sends is no message: {0}")]
    Message(#[from] MessageError),
    #[error("a request cannot be written: {0}")]
    Encode(#[from] EncodeError),
    #[error("a post cannot be written: {0}")]
    Head(#[from] HeadError),
    #[error("{0}")]
    Id(#[from] BadId),
    #[error("{0}")]
    Input(#[from] InputError),
    #[error("the base line's database: {0}")]
    Sql(#[from] rusqlite::Error),
    #[error("the store: {0}")]
    Store(#[from] tmtp_store::StoreError),
    #[error("what processes say to each other: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the site refused: {0}")]
    Refused(String),
    #[error("expected {0}")]
    Expected(&'static str),
    #[error("a process took too long to say {0}")]
    TooLong(&'static str),
    #[error("a process ended with {0}")]
    Child(std::process::ExitStatus),
    #[error("unknown argument: {0}")]
    Usage(String),
}

impl From<StreamEnd> for BenchError {
    fn from(end: StreamEnd) -> Self {
        BenchError::Ended(end)
    }
}

/// What a benchmark comes to.
pub(crate) type Outcome<T> = Result<T, BenchError>;

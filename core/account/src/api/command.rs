//! What a person can ask for, and what comes back. Each command is all or nothing: one that is refused
//! has changed nothing.

use tmtp_store::OutgoingState;
use tmtp_store::files::Staged;
use tmtp_wire::address::SiteAddress;
use tmtp_wire::check::InputError;
use tmtp_wire::ids::{MessageRef, MsgId, NodeSecret, SendId, ThreadRef, Uid};
use tmtp_wire::names::{Alias, Label};

use super::{NotNow, State};

/// Something that changes mail, or what stands around it.
#[derive(Debug)]
pub enum Command {
    /// Send a message. Idempotent by its draft id.
    Send(Send),
    /// What a draft has become that was sent before with these words, to the same, with files of these names: for a
    /// caller who called [`Command::Send`] again and does not have the files any more. Nothing is sent.
    WasSent(Send),
    /// Send a ping. Idempotent by its draft id.
    Ping(Ping),
    /// Ask the site for one more alias.
    AddAlias(Alias),
    /// This member has this alias already: so says the ticket with which this node was made. The site is not
    /// asked.
    AliasIsOurs(Alias),
    /// Ask the site for one more node. [`super::Event::NodeMade`] tells when its ticket can be had.
    AddNode(Label),
    /// What the device needs that is to become this node. Can be asked again until
    /// [`Command::ForgetNodeSecret`].
    NodeTicket(Label),
    /// The other device has what it needs: forget the secret here.
    ForgetNodeSecret(Label),
    /// Do not send this, if that is still possible.
    Withdraw(SendId),
    /// Send again what failed or is in doubt: the person accepts a second copy.
    SendAgain(SendId),
    /// What is in doubt has arrived, says the person.
    TakeAsSent(SendId),
    /// The person has seen this message.
    MarkRead(MessageRef),
    /// The person has seen all messages of this thread.
    MarkThreadRead(ThreadRef),
    /// The person has seen all pings.
    MarkPingsRead,
    /// Remove a message; its ids stay, so that it does not come back.
    DeleteMessage(MessageRef),
    /// Remove all messages of a thread. A later one shows it again.
    DeleteThread(ThreadRef),
    /// The person knows that some entries of this thread's recipient list name nobody ([`Refused::Unreachable`]): from
    /// now on replies go to the others.
    GoWithoutUnreachable(ThreadRef),
    /// Forget that this alias is said to be this member's, checked or claimed. A later ping, or claim, tells it again.
    RemoveContact {
        /// The alias, exactly.
        alias: String,
        /// The member.
        uid: Uid,
    },
    /// Keep what is not finished.
    SaveDraft(SaveDraft),
    /// Forget a draft.
    DeleteDraft(String),
    /// What to do with a delivery above the limit.
    AnswerTooLarge(MsgId, TooLargeAnswer),
    /// See whether the link lives, by a request that is answered and has no effect.
    Probe,
}

/// A message to be sent.
#[derive(Debug)]
pub struct Send {
    /// Chosen by the caller, 1 to 200 bytes: the same draft is sent once, however often this is called. Anything else
    /// under the same id is refused.
    pub draft: String,
    /// To whom.
    pub to: To,
    /// One line, at most 1000 bytes; must be there for a new thread.
    pub subject: String,
    /// Markdown, at most 1 MiB.
    pub text: String,
    /// Files that the store has already taken in.
    pub attachments: Vec<Attachment>,
}

/// Where a message goes.
#[derive(Clone, Debug)]
pub enum To {
    /// To these members, as the beginning of a thread. Nobody: a note to self.
    NewThread {
        /// At most 200.
        recipients: Vec<Recipient>,
        /// Which own alias to write under; the oldest one if `None`.
        from_alias: Option<Alias>,
    },
    /// To everybody in this thread.
    Reply(ThreadRef),
}

/// Somebody to write to.
#[derive(Clone)]
pub struct Recipient {
    /// An alias that the site has checked (its member has pinged this one), an own alias, or a uid. What a sender only
    /// claims is nobody's name.
    pub who: String,
    /// A line for everybody in the thread to see beside the name, at most 1000 bytes.
    pub note: String,
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recipient(…)")
    }
}

/// A file to be sent.
#[derive(Clone)]
pub struct Attachment {
    /// What the recipients see, without a path. Shortened and made unique if needed.
    pub name: String,
    /// The store's own copy.
    pub staged: Staged,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attachment(…)")
    }
}

/// A ping to be sent.
#[derive(Debug)]
pub struct Ping {
    /// Chosen by the caller, 1 to 200 bytes.
    pub draft: String,
    /// Under which own alias; the oldest one if `None`.
    pub from: Option<Alias>,
    /// To whom.
    pub to: Alias,
    /// At most 420 bytes and 140 UTF-16 units.
    pub text: String,
}

/// A draft to be kept. One of the same id is replaced.
#[derive(Debug)]
pub struct SaveDraft {
    /// Chosen by the caller, 1 to 200 bytes.
    pub id: String,
    /// Where it will go.
    pub to: To,
    /// Its subject, perhaps unfinished.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// Its files.
    pub attachments: Vec<Attachment>,
}

/// The person's word on a delivery above the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLargeAnswer {
    /// Take it.
    Accept,
    /// Let it be lost.
    Discard,
}

/// What a command led to.
#[derive(Debug)]
pub enum Reply {
    /// The message is durable and on its way.
    Sent {
        /// Its id for `withdraw` and the like.
        send_id: SendId,
        /// Its thread.
        thread: ThreadRef,
        /// The message.
        message: MessageRef,
        /// How far it is.
        state: OutgoingState,
    },
    /// The ping is durable and on its way.
    Pinged {
        /// Its id for `withdraw` and the like.
        send_id: SendId,
        /// How far it is.
        state: OutgoingState,
    },
    /// What became of a withdrawal.
    Withdrawn(Withdrawn),
    /// What another device needs to become the node.
    NodeTicket {
        /// The site.
        site: SiteAddress,
        /// The member.
        uid: Uid,
        /// The node's password. Show it once, and only to the member.
        secret: NodeSecret,
        /// What the member is called; the other device learns it from nobody else. See
        /// [`Command::AliasIsOurs`].
        aliases: Vec<Alias>,
    },
    /// It is done.
    Done,
}

/// What became of a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// It was not sent and will not be.
    Removed,
    /// It may have arrived; it will not be sent again. It stays in the outbox, in doubt and marked as withdrawn: until
    /// a proof comes, or, where none can come, until it is withdrawn once more or taken for sent.
    WillNotResend,
    /// Too late.
    AlreadySent,
}

/// Why a command changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A value breaks a rule: say which, let the person mend it.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Nobody is known by this name: ping it first.
    #[error("nobody is known by this name; send a ping first")]
    UnknownRecipient {
        /// As it was given.
        who: String,
    },
    /// Several members are said to have this name, or another, whose name looks the same, was known earlier: choose by
    /// uid.
    #[error("several members are said to have this name; choose by uid")]
    ConflictingAlias {
        /// As it was given.
        who: String,
        /// Who they are.
        uids: Vec<Uid>,
    },
    /// Only a sender says who has this name; the site has not checked it: ping the name, and wait for an answer, or
    /// write to the uid, if it is known to be the right one.
    #[error("only a sender says who has this name; ping it, or use the uid")]
    OnlyClaimed {
        /// As it was given.
        who: String,
        /// Whose it is said to be.
        uid: Uid,
        /// Who says so.
        by: Uid,
        /// That sender's alias, if the site has checked it.
        by_name: Option<String>,
    },
    /// The list of the thread has entries that name nobody: whoever is meant would get nothing. Tell the person; with
    /// [`Command::GoWithoutUnreachable`] replies go to the others.
    #[error("entries of the thread's recipient list name nobody")]
    Unreachable {
        /// What the list calls them, harmless for showing; the first ones.
        who: Vec<String>,
        /// How many there are.
        count: u32,
    },
    /// This member has no such alias.
    #[error("not an alias of this member")]
    NotOwnAlias,
    /// There is nothing by this id.
    #[error("nothing by this id")]
    NotFound,
    /// Something else was sent under this draft id, or was taken back: nothing was sent now. Choose another id for it.
    #[error("this draft id was used for something else")]
    DraftUsed,
    /// It does not fit the state of that item: the reason says what to wait for.
    #[error("not now: {0}")]
    NotNow(NotNow),
    /// The whole is too long for its parts: fewer recipients, or a shorter subject or notes.
    #[error("recipients, notes and subject together are too long")]
    HeadTooLong,
    /// The account as a whole cannot.
    #[error("the account cannot do this in its present state")]
    State(Box<State>),
    /// The key store did not answer, or has lost the key.
    #[error("the key store did not give the key")]
    KeyStore,
    /// The disk is full.
    #[error("no room on the disk: {needed} bytes needed")]
    StorageFull {
        /// About how many bytes must become free.
        needed: u64,
    },
    /// The account takes as much as it may: let the person delete some.
    #[error("the account's quota of {limit} bytes is used up")]
    QuotaExceeded {
        /// Bytes that the account may take.
        limit: u64,
    },
    /// The disk, or the folder, can only be read.
    #[error("the disk, or the folder, can only be read")]
    ReadOnly,
    /// The store is damaged: salvage it.
    #[error("the store is damaged")]
    Damaged,
    /// The store failed. Nothing was changed.
    #[error("the store failed")]
    Storage,
}

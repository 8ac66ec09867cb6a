//! What went wrong, as one closed list. Each entry has a stable code, says what the caller can do, and when to try
//! again if that is all. What a lower layer said is already in the façade's words; here they only get their form.

use crate::ids::Uid;
use crate::limits::{RETRY_NETWORK, RETRY_SOON};

mod crossing;

/// Why a call did not do what was asked. It has then changed nothing, unless its own text says more.
#[derive(Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum TmtpError {
    /// A value breaks a rule: let the person mend it.
    #[error("{field} breaks a rule")]
    Input {
        /// Which value: `alias`, `subject`, `deadline_ms`, …
        field: String,
        /// The rule.
        limit: InputLimit,
        /// Its size in the unit of the rule, where the rule has one.
        actual: Option<i64>,
    },
    /// Not a name for an account: choose another.
    #[error("account name: 1 to 64 lower-case letters, digits, and . - _ between them")]
    AccountName,
    /// There is an account of this name: choose another.
    #[error("there is an account of this name already")]
    NameTaken,
    /// The text is not a node ticket: copy it again.
    #[error("this is not a node ticket")]
    Ticket {
        /// What is wrong with it.
        trouble: TicketTrouble,
    },
    /// Nobody is known by this name: ping it first, or use the uid.
    #[error("nobody is known by this name; send a ping first, or use the uid")]
    UnknownRecipient {
        /// As it was given.
        who: String,
    },
    /// Several members are said to have this name, or another, whose name looks the same, was known earlier: choose one
    /// by uid.
    #[error("several members are said to have this name; choose one by uid")]
    ConflictingAlias {
        /// As it was given.
        who: String,
        /// Who they are.
        uids: Vec<Uid>,
    },
    /// Only a sender says who has this name, the site has not checked it: ping the name and wait for an answer, or use
    /// the uid, if it is known to be the right one.
    #[error(
        "only a sender says who has this name, the site has not checked it; ping the name, or use the uid"
    )]
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
    /// The list of the thread has entries that name nobody: whoever is meant would get nothing. Tell the person; after
    /// `go_without_unreachable` replies go to the others.
    #[error("{count} in the thread's recipient list cannot be reached: nothing would be sent to them")]
    Unreachable {
        /// What the list calls them, harmless for showing; at most 10 are named.
        who: Vec<String>,
        /// How many there are.
        count: i64,
    },
    /// This member has no such alias: choose one of the own aliases.
    #[error("not an alias of this member")]
    NotOwnAlias,
    /// There is nothing by this id or name: read the list again.
    #[error("there is nothing by this id or name")]
    NotFound,
    /// Something else was sent under this draft id, or was taken back. What was asked for now is not sent: choose another
    /// id for it.
    #[error("this draft id was used for something else; choose another")]
    DraftUsed,
    /// It does not fit the state of that item.
    #[error("it does not fit the state of that item")]
    NotNow {
        /// Why not.
        why: NotNowWhy,
    },
    /// Recipients, notes and subject are together too long: shorten them.
    #[error("recipients, notes and subject are together too long")]
    HeadTooLong,
    /// Another process, or another client in this one, has the account: end that one.
    #[error("the account is in use by another process")]
    InUse {
        /// That process, if it is known.
        by: Option<i64>,
    },
    /// The site says no.
    #[error("the site refuses")]
    Refused {
        /// In its own words.
        reason: String,
    },
    /// The site registers only members who sign in with a provider, which this version does not do.
    #[error("the site asks for a sign-in, which this version cannot do")]
    NeedsSignIn,
    /// The site does not know this member or this node.
    #[error("the site does not know this member or this node")]
    LoginRefused,
    /// What answers there is no site, or speaks another version of the protocol.
    #[error("the site speaks something else than this version of TMTP")]
    Incompatible,
    /// The site shows another key than the one pinned. Ask who runs it; accept the new key only on purpose.
    #[error("the site's key has changed; ask whoever runs it before trusting the new one")]
    PinChanged,
    /// Nobody vouches for the site's certificate; often a portal in between.
    #[error("nobody vouches for the site's certificate")]
    Untrusted,
    /// The site's certificate is not valid at the time that this device's clock shows: let the person set the clock, or
    /// ask whoever runs the site.
    #[error("the site's certificate is not valid at the time of this device's clock")]
    ClockWrong,
    /// No way to the site at present.
    #[error("the site cannot be reached")]
    Network,
    /// The time was over first: try again, perhaps with more of it.
    #[error("the time was over before it was done")]
    TimedOut,
    /// No room on the disk: let the person make some.
    #[error("no room on the disk")]
    StorageFull {
        /// About how many bytes must become free.
        needed: i64,
    },
    /// The account holds as many bytes of files as it may: let the person delete some.
    #[error("the account's quota is used up")]
    QuotaExceeded {
        /// The quota in bytes.
        limit: i64,
    },
    /// A file or folder named by the caller cannot be read or written.
    #[error("the file cannot be read or written")]
    File {
        /// What the system says.
        trouble: FileTrouble,
    },
    /// The disk failed otherwise. Try again; if it stays, the device is ill.
    #[error("the store cannot be read or written")]
    Storage,
    /// The disk, or the account's folder, can only be read: show the archive, let the person make it writable.
    #[error("the disk can only be read")]
    ReadOnly,
    /// The store is damaged: salvage it.
    #[error("the store is damaged")]
    Damaged,
    /// A newer version wrote the store: update this one. The store is untouched.
    #[error("a newer version wrote the store")]
    NewerStore {
        /// The store's format.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// The store was copied here from another installation: the archive can be read, nothing can be sent.
    #[error("the account was copied here from another installation; it can only be read")]
    Cloned,
    /// The node's secret is gone: the archive can be read, nothing can be sent.
    #[error("the account's key is gone; it can only be read")]
    KeyLost,
    /// The key store does not answer now, often before the first unlock.
    #[error("the key store does not answer now")]
    Locked,
    /// The key store would not keep or forget a secret.
    #[error("the key store failed")]
    KeyStore,
    /// Something ended by a defect of ours. Nothing is lost. If it stays, stop the client and open it again.
    #[error("a defect of this library has ended the work; open it again")]
    Broken,
    /// The client has been stopped.
    #[error("the client has been stopped")]
    Closed,
    /// The client is suspended: tell it that it has resumed, then ask again. Nothing was lost.
    #[error("the client is suspended")]
    Suspended,
    /// The caller has given up by its [`Cancel`](crate::Cancel).
    #[error("the call was given up")]
    Cancelled,
}

/// What the caller of a failed call can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Action {
    /// Let the person mend what was entered.
    MendInput,
    /// Let the person choose something else: another name, recipient, alias or file.
    ChooseAnother,
    /// Read the list again: it has changed.
    ReadAgain,
    /// Try again later; nobody has to change anything.
    RetryLater,
    /// Let the person make room.
    FreeSpace,
    /// Let the person ask whoever runs the site.
    AskSite,
    /// Update the app.
    Update,
    /// Salvage the account.
    Salvage,
    /// Show the archive; nothing can be sent.
    ReadOnly,
    /// Wait until the device is unlocked, and say so by `unlocked`.
    WaitForUnlock,
    /// Let the person look at the device's clock.
    SetClock,
    /// Tell the client by `resumed` that it may work again, then ask again.
    Resume,
    /// Stop the client, and open it again.
    Reopen,
    /// Nothing: the caller wanted it so.
    Nothing,
}

/// A rule for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum InputLimit {
    /// Something must be there.
    NotEmpty,
    /// At least so many bytes of UTF-8.
    AtLeastBytes {
        /// How many.
        bytes: i64,
    },
    /// At most so many bytes of UTF-8.
    AtMostBytes {
        /// How many.
        bytes: i64,
    },
    /// At most so many UTF-16 units.
    AtMostUtf16 {
        /// How many.
        units: i64,
    },
    /// At most so many bytes when form-urlencoded: other than letters, digits, blank and `-_.~` count 3.
    AtMostEscaped {
        /// How many.
        bytes: i64,
    },
    /// At most so many of them.
    AtMostItems {
        /// How many.
        items: i64,
    },
    /// A number from `least` to `most`.
    Between {
        /// The smallest.
        least: i64,
        /// The largest.
        most: i64,
    },
    /// Only letters, marks, numbers, punctuation, symbols and the blank.
    Printable,
    /// No control characters.
    NoControl,
    /// No U+FFFD, which stands for broken text.
    NoReplacement,
    /// Not made of dots alone.
    NotOnlyDots,
    /// `=host:port` or `+host:port`.
    SiteAddress,
    /// 64 hexadecimal digits.
    SitePin,
}

/// What is wrong with a node ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TicketTrouble {
    /// It looks different.
    NotATicket,
    /// A later version made it.
    NewerForm,
    /// A character is wrong or missing.
    Checksum,
}

/// Why something does not fit the state of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NotNowWhy {
    /// The member has no alias yet to write under.
    NoAlias,
    /// The account is not yet registered.
    NotRegistered,
    /// It is neither failed nor in a doubt that only a person can end.
    NotInDoubt,
    /// It begins a thread, which nobody could answer in without the site's id.
    BeginsThread,
    /// It is on its way at this moment.
    OnItsWay,
    /// The beginning of the thread is missing, so nobody knows to whom a reply goes.
    BeginningMissing,
    /// The beginning of the thread was refused: send that again, or withdraw it.
    BeginningFailed,
    /// The node does not exist yet.
    NodeNotMade,
    /// It is asked for already, or had already.
    AlreadyHad,
    /// There is no link.
    NoLink,
}

/// What the system says about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum FileTrouble {
    /// It is not there.
    NotFound,
    /// It may not be read or written.
    NotAllowed,
    /// It is there already.
    Exists,
    /// It is a folder, or something else that is no file; or a folder was wanted.
    NotAFile,
    /// The path is no path: empty, relative, too long.
    BadPath,
    /// Something else.
    Other,
}

#[uniffi::export]
impl TmtpError {
    /// A stable word for logs and for tables of texts.
    pub fn code(&self) -> String {
        self.word().to_owned()
    }

    /// What the caller can do.
    pub fn action(&self) -> Action {
        match self {
            TmtpError::Input { .. } | TmtpError::Ticket { .. } | TmtpError::HeadTooLong => Action::MendInput,
            TmtpError::AccountName
            | TmtpError::NameTaken
            | TmtpError::UnknownRecipient { .. }
            | TmtpError::ConflictingAlias { .. }
            | TmtpError::OnlyClaimed { .. }
            | TmtpError::Unreachable { .. }
            | TmtpError::NotOwnAlias
            | TmtpError::DraftUsed
            | TmtpError::File { .. } => Action::ChooseAnother,
            TmtpError::NotFound | TmtpError::NotNow { .. } => Action::ReadAgain,
            TmtpError::InUse { .. }
            | TmtpError::Untrusted
            | TmtpError::Network
            | TmtpError::TimedOut
            | TmtpError::Storage
            | TmtpError::KeyStore => Action::RetryLater,
            TmtpError::StorageFull { .. } | TmtpError::QuotaExceeded { .. } => Action::FreeSpace,
            TmtpError::Refused { .. }
            | TmtpError::NeedsSignIn
            | TmtpError::LoginRefused
            | TmtpError::Incompatible
            | TmtpError::PinChanged => Action::AskSite,
            TmtpError::NewerStore { .. } => Action::Update,
            TmtpError::Damaged => Action::Salvage,
            TmtpError::Cloned | TmtpError::KeyLost | TmtpError::ReadOnly => Action::ReadOnly,
            TmtpError::ClockWrong => Action::SetClock,
            TmtpError::Locked => Action::WaitForUnlock,
            TmtpError::Broken | TmtpError::Closed => Action::Reopen,
            TmtpError::Suspended => Action::Resume,
            TmtpError::Cancelled => Action::Nothing,
        }
    }

    /// When the same call may well succeed, in milliseconds from now, without anybody changing anything; none if it
    /// will not.
    pub fn retry_after_ms(&self) -> Option<i64> {
        let after = match self {
            TmtpError::InUse { .. }
            | TmtpError::Storage
            | TmtpError::KeyStore
            | TmtpError::Locked
            | TmtpError::Suspended => RETRY_SOON,
            TmtpError::Untrusted | TmtpError::ClockWrong | TmtpError::Network => RETRY_NETWORK,
            TmtpError::TimedOut | TmtpError::Broken => std::time::Duration::ZERO,
            _ => return None,
        };
        i64::try_from(after.as_millis()).ok()
    }
}

impl TmtpError {
    fn word(&self) -> &'static str {
        match self {
            TmtpError::Input { .. } => "input",
            TmtpError::AccountName => "account_name",
            TmtpError::NameTaken => "name_taken",
            TmtpError::Ticket { .. } => "ticket",
            TmtpError::UnknownRecipient { .. } => "unknown_recipient",
            TmtpError::ConflictingAlias { .. } => "conflicting_alias",
            TmtpError::OnlyClaimed { .. } => "only_claimed",
            TmtpError::Unreachable { .. } => "unreachable",
            TmtpError::NotOwnAlias => "not_own_alias",
            TmtpError::NotFound => "not_found",
            TmtpError::DraftUsed => "draft_used",
            TmtpError::NotNow { .. } => "not_now",
            TmtpError::HeadTooLong => "head_too_long",
            TmtpError::InUse { .. } => "in_use",
            TmtpError::Refused { .. } => "refused",
            TmtpError::NeedsSignIn => "needs_sign_in",
            TmtpError::LoginRefused => "login_refused",
            TmtpError::Incompatible => "incompatible",
            TmtpError::PinChanged => "pin_changed",
            TmtpError::Untrusted => "untrusted",
            TmtpError::ClockWrong => "clock_wrong",
            TmtpError::Network => "network",
            TmtpError::TimedOut => "timed_out",
            TmtpError::StorageFull { .. } => "storage_full",
            TmtpError::QuotaExceeded { .. } => "quota_exceeded",
            TmtpError::File { .. } => "file",
            TmtpError::Storage => "storage",
            TmtpError::ReadOnly => "read_only",
            TmtpError::Damaged => "damaged",
            TmtpError::NewerStore { .. } => "newer_store",
            TmtpError::Cloned => "cloned",
            TmtpError::KeyLost => "key_lost",
            TmtpError::Locked => "locked",
            TmtpError::KeyStore => "key_store",
            TmtpError::Broken => "broken",
            TmtpError::Closed => "closed",
            TmtpError::Suspended => "suspended",
            TmtpError::Cancelled => "cancelled",
        }
    }

    /// A number that is out of its bounds.
    pub(crate) fn out_of_bounds(field: &str, least: i64, most: i64, actual: i64) -> TmtpError {
        TmtpError::Input {
            field: field.to_owned(),
            limit: InputLimit::Between { least, most },
            actual: Some(actual),
        }
    }
}

impl std::fmt::Debug for TmtpError {
    /// Some fields hold what people typed: logs get the code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TmtpError({})", self.word())
    }
}

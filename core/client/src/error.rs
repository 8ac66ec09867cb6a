//! The one error of the façade. Its variants say what the caller can do; where they come from below is
//! decided here and nowhere else.
//!
//! Doubt is not an error: a message whose answer is missing is in a state
//! ([`OutgoingState::InDoubt`](crate::OutgoingState)). Neither is a lost link: what was accepted waits.

use std::io;

use tmtp_account::{
    DialFailure, NotNow, OpenError, Refused, RefusedWhy, State as AccountState, StopWhy, WaitWhy,
};
use tmtp_store::{KeyError, StoreError};
use tmtp_wire::check::InputError;
use tmtp_wire::ids::Uid;

use crate::ticket::BadTicket;

/// Why a call did not do what was asked. It has then changed nothing, unless its documentation says more.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value breaks a rule: let the person mend it.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Not a name for an account: choose another.
    #[error("account name: 1 to 64 lower-case letters, digits, and . - _ between them")]
    AccountName,
    /// There is an account of this name: choose another.
    #[error("there is an account of this name already")]
    NameTaken,
    /// The text is not a node ticket: copy it again.
    #[error(transparent)]
    Ticket(#[from] BadTicket),
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
    /// Only a sender says who has this name: ping the name and wait for an answer, or use the uid, if it is known to be
    /// the right one.
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
    /// The list of the thread has entries that name nobody: whoever is meant would get nothing. Tell the person, who may
    /// go on without them
    /// ([`go_without_unreachable`](crate::AccountHandle::go_without_unreachable)).
    #[error("{count} in the thread's recipient list cannot be reached: nothing would be sent to them")]
    Unreachable {
        /// What the list calls them, harmless for showing; the first ones.
        who: Vec<String>,
        /// How many there are.
        count: u32,
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
    #[error("{0}")]
    NotNow(NotNow),
    /// Recipients, notes and subject are together too long: shorten them.
    #[error("recipients, notes and subject are together too long")]
    HeadTooLong,
    /// Another process is the account's writer: ask that one, or end it.
    #[error("the account is in use by another process")]
    InUse {
        /// That process, if it is known.
        by: Option<u32>,
    },
    /// The site says no.
    #[error("the site refuses: {reason}")]
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
    /// The site's certificate is not valid at the time that this device's clock shows, or the clock shows a time before
    /// 1970, by which no link can be made: let the person set the clock, or ask whoever runs the site.
    #[error("no link can be made at the time of this device's clock")]
    ClockWrong,
    /// No way to the site at present: try again later.
    #[error("the site cannot be reached")]
    Network,
    /// The time was over first: try again, perhaps with more of it.
    #[error("the time was over before it was done")]
    TimedOut,
    /// No room on the disk: let the person make some.
    #[error("no room on the disk: about {needed} bytes are needed")]
    StorageFull {
        /// About how many bytes must become free.
        needed: u64,
    },
    /// The account takes as many bytes as it may, files and database together: let the person delete some.
    #[error("the account's quota of {limit} bytes is used up")]
    QuotaExceeded {
        /// The quota.
        limit: u64,
    },
    /// A file named by the caller cannot be read or written.
    #[error("the file cannot be read or written: {kind}")]
    File {
        /// What the system says.
        kind: io::ErrorKind,
    },
    /// The disk failed otherwise. Try again; if it stays, the device is ill.
    #[error("the store cannot be read or written")]
    Storage {
        /// What the store says.
        source: StoreError,
    },
    /// The disk, or the account's folder, can only be read: show the archive, and let the person make it writable.
    #[error("the disk, or the account's folder, can only be read")]
    ReadOnly,
    /// The store is damaged: salvage it.
    #[error("the store is damaged")]
    Damaged,
    /// A newer version wrote the store: update this one. The store is untouched.
    #[error("the store has format {found}, this version knows formats up to {known}; update it")]
    NewerStore {
        /// The store's format.
        found: u32,
        /// The newest that this version knows.
        known: u32,
    },
    /// The store was copied here from another installation: the archive can be read, nothing can be sent.
    #[error("the account was copied here from another installation; it can only be read")]
    Cloned,
    /// The node's secret is gone: the archive can be read, nothing can be sent.
    #[error("the account's key is gone; it can only be read")]
    KeyLost,
    /// The key store does not answer now, often before the first unlock: try again later.
    #[error("the key store does not answer now")]
    Locked,
    /// The key store would not keep or forget a secret.
    #[error("the key store failed")]
    KeyStore,
    /// The account's task ended by a defect of ours. Nothing is lost: try again.
    #[error("the account had to be restarted")]
    Broken,
    /// The client is suspended, and nothing was changed: try again when it is resumed.
    #[error("the client is suspended")]
    Suspended,
    /// The client has been stopped.
    #[error("the client has been stopped")]
    Closed,
}

impl Error {
    /// A stable word for logs and for tables of texts.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Input(_) => "input",
            Error::AccountName => "account_name",
            Error::NameTaken => "name_taken",
            Error::Ticket(_) => "ticket",
            Error::UnknownRecipient { .. } => "unknown_recipient",
            Error::ConflictingAlias { .. } => "conflicting_alias",
            Error::OnlyClaimed { .. } => "only_claimed",
            Error::Unreachable { .. } => "unreachable",
            Error::NotOwnAlias => "not_own_alias",
            Error::NotFound => "not_found",
            Error::DraftUsed => "draft_used",
            Error::NotNow(_) => "not_now",
            Error::HeadTooLong => "head_too_long",
            Error::InUse { .. } => "in_use",
            Error::Refused { .. } => "refused",
            Error::NeedsSignIn => "needs_sign_in",
            Error::LoginRefused => "login_refused",
            Error::Incompatible => "incompatible",
            Error::PinChanged => "pin_changed",
            Error::Untrusted => "untrusted",
            Error::ClockWrong => "clock_wrong",
            Error::Network => "network",
            Error::TimedOut => "timed_out",
            Error::StorageFull { .. } => "storage_full",
            Error::QuotaExceeded { .. } => "quota_exceeded",
            Error::File { .. } => "file",
            Error::Storage { .. } => "storage",
            Error::ReadOnly => "read_only",
            Error::Damaged => "damaged",
            Error::NewerStore { .. } => "newer_store",
            Error::Cloned => "cloned",
            Error::KeyLost => "key_lost",
            Error::Locked => "locked",
            Error::KeyStore => "key_store",
            Error::Broken => "broken",
            Error::Suspended => "suspended",
            Error::Closed => "closed",
        }
    }

    /// Whether the same call may well succeed later, without anybody changing anything.
    pub fn retryable(&self) -> bool {
        matches!(
            self,
            Error::InUse { .. }
                | Error::Untrusted
                | Error::ClockWrong
                | Error::Network
                | Error::TimedOut
                | Error::Storage { .. }
                | Error::Locked
                | Error::KeyStore
                | Error::Broken
                | Error::Suspended
        )
    }
}

impl Error {
    /// What stands behind a state that a call was refused for, or in which it had to be given up.
    pub(crate) fn of_state(state: &AccountState) -> Error {
        match state {
            AccountState::Cloned => Error::Cloned,
            AccountState::KeyLost => Error::KeyLost,
            AccountState::Locked => Error::Locked,
            AccountState::Damaged => Error::Damaged,
            AccountState::ReadOnly => Error::ReadOnly,
            AccountState::Broken => Error::Broken,
            AccountState::StorageFull { needed } => Error::StorageFull { needed: *needed },
            AccountState::Refused(why) => Error::of_refusal(*why),
            AccountState::Stopped(StopWhy::PinChanged) => Error::PinChanged,
            AccountState::Waiting { why, .. } => Error::of_wait(*why),
            AccountState::NodeBusy { .. } => Error::of_wait(WaitWhy::NodeBusy),
            AccountState::Off | AccountState::Connecting | AccountState::Online => Error::TimedOut,
        }
    }

    /// What the site has refused.
    pub(crate) fn of_refusal(why: RefusedWhy) -> Error {
        match why {
            RefusedWhy::NeedsSignIn => Error::NeedsSignIn,
            RefusedWhy::Login => Error::LoginRefused,
            RefusedWhy::Incompatible => Error::Incompatible,
            RefusedWhy::KeyNotKept => Error::KeyStore,
        }
    }

    /// Why something was not done while the account waited.
    pub(crate) fn of_wait(why: WaitWhy) -> Error {
        match why {
            WaitWhy::Dial(DialFailure::PinChanged) => Error::PinChanged,
            WaitWhy::Dial(DialFailure::Untrusted) => Error::Untrusted,
            WaitWhy::Dial(DialFailure::ClockWrong) => Error::ClockWrong,
            WaitWhy::Dial(DialFailure::TrustStore) => Error::KeyStore,
            WaitWhy::Dial(DialFailure::Broken) => Error::Broken,
            WaitWhy::Dial(_) | WaitWhy::LinkLost | WaitWhy::Mute => Error::Network,
            WaitWhy::SiteTrouble => Error::Incompatible,
            _ => Error::TimedOut,
        }
    }
}

impl From<StoreError> for Error {
    fn from(source: StoreError) -> Error {
        match source {
            StoreError::Full { needed } => Error::StorageFull { needed },
            StoreError::QuotaExceeded { limit, .. } => Error::QuotaExceeded { limit },
            StoreError::NotWritable { .. } => Error::ReadOnly,
            StoreError::Corrupt { .. } => Error::Damaged,
            StoreError::Newer { found, known } => Error::NewerStore { found, known },
            StoreError::InUse { pid } => Error::InUse { by: pid },
            StoreError::NotFound | StoreError::BadCursor => Error::NotFound,
            source => Error::Storage { source },
        }
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Error {
        match error {
            OpenError::Store(error) => error.into(),
        }
    }
}

impl From<KeyError> for Error {
    fn from(_: KeyError) -> Error {
        Error::KeyStore
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Error {
        match refused {
            Refused::Input(error) => Error::Input(error),
            Refused::UnknownRecipient { who } => Error::UnknownRecipient { who },
            Refused::ConflictingAlias { who, uids } => Error::ConflictingAlias { who, uids },
            Refused::OnlyClaimed { who, uid, by, by_name } => Error::OnlyClaimed { who, uid, by, by_name },
            Refused::Unreachable { who, count } => Error::Unreachable { who, count },
            Refused::NotOwnAlias => Error::NotOwnAlias,
            Refused::NotFound => Error::NotFound,
            Refused::DraftUsed => Error::DraftUsed,
            Refused::NotNow(why) => Error::NotNow(why),
            Refused::HeadTooLong => Error::HeadTooLong,
            Refused::State(state) => Error::of_state(&state),
            Refused::KeyStore => Error::KeyStore,
            Refused::StorageFull { needed } => Error::StorageFull { needed },
            Refused::QuotaExceeded { limit } => Error::QuotaExceeded { limit },
            Refused::ReadOnly => Error::ReadOnly,
            Refused::Damaged => Error::Damaged,
            Refused::Storage => StoreError::Busy.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uid() -> Uid {
        "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1".parse().unwrap()
    }

    /// One of each variant.
    fn all() -> Vec<Error> {
        vec![
            Error::Input(InputError { field: "x", limit: tmtp_wire::check::Limit::NotEmpty, actual: None }),
            Error::AccountName,
            Error::NameTaken,
            Error::Ticket(BadTicket::NotATicket),
            Error::UnknownRecipient { who: String::new() },
            Error::ConflictingAlias { who: String::new(), uids: Vec::new() },
            Error::OnlyClaimed { who: String::new(), uid: uid(), by: uid(), by_name: None },
            Error::Unreachable { who: Vec::new(), count: 1 },
            Error::NotOwnAlias,
            Error::NotFound,
            Error::DraftUsed,
            Error::NotNow(NotNow::NoAlias),
            Error::HeadTooLong,
            Error::InUse { by: None },
            Error::Refused { reason: String::new() },
            Error::NeedsSignIn,
            Error::LoginRefused,
            Error::Incompatible,
            Error::PinChanged,
            Error::Untrusted,
            Error::ClockWrong,
            Error::Network,
            Error::TimedOut,
            Error::StorageFull { needed: 1 },
            Error::QuotaExceeded { limit: 1 },
            Error::File { kind: io::ErrorKind::NotFound },
            Error::Storage { source: StoreError::Busy },
            Error::ReadOnly,
            Error::Damaged,
            Error::NewerStore { found: 2, known: 1 },
            Error::Cloned,
            Error::KeyLost,
            Error::Locked,
            Error::KeyStore,
            Error::Broken,
            Error::Suspended,
            Error::Closed,
        ]
    }

    #[test]
    fn codes_and_whether_to_retry_stay_as_they_are() {
        let listed: Vec<String> = all()
            .iter()
            .map(|error| format!("{}{}", error.code(), if error.retryable() { " retry" } else { "" }))
            .collect();
        let expected = "input|account_name|name_taken|ticket|unknown_recipient|conflicting_alias|only_claimed|unreachable|not_own_alias|\
            not_found|draft_used|not_now|head_too_long|in_use retry|refused|needs_sign_in|login_refused|incompatible|\
            pin_changed|untrusted retry|clock_wrong retry|network retry|timed_out retry|storage_full|\
            quota_exceeded|file|storage retry|read_only|damaged|newer_store|cloned|key_lost|locked retry|key_store retry|broken retry|\
            suspended retry|closed";
        assert_eq!(listed.join("|"), expected);
    }

    #[test]
    fn every_error_is_one_sentence_for_a_person() {
        for error in all() {
            let sentence = error.to_string();
            assert!(sentence.len() > 8 && !sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
        }
    }
}

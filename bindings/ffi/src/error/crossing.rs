//! From the façade's errors to those of the border: the only place where they meet.

use std::io;

use tmtp_client::{BadTicket, Error, InputError, Limit, NotNow};

use super::{FileTrouble, InputLimit, NotNowWhy, TicketTrouble, TmtpError};
use crate::convert::count;
use crate::ids::Uid;

impl From<Error> for TmtpError {
    fn from(error: Error) -> TmtpError {
        match error {
            Error::Input(error) => error.into(),
            Error::AccountName => TmtpError::AccountName,
            Error::NameTaken => TmtpError::NameTaken,
            Error::Ticket(error) => error.into(),
            Error::UnknownRecipient { who } => TmtpError::UnknownRecipient { who },
            Error::ConflictingAlias { who, uids } => {
                let uids = uids.iter().map(|uid| Uid(uid.to_string())).collect();
                TmtpError::ConflictingAlias { who, uids }
            }
            Error::OnlyClaimed { who, uid, by, by_name } => {
                let (uid, by) = (Uid(uid.to_string()), Uid(by.to_string()));
                TmtpError::OnlyClaimed { who, uid, by, by_name }
            }
            Error::Unreachable { who, count } => TmtpError::Unreachable { who, count: count.into() },
            Error::NotOwnAlias => TmtpError::NotOwnAlias,
            Error::NotFound => TmtpError::NotFound,
            Error::DraftUsed => TmtpError::DraftUsed,
            Error::NotNow(why) => TmtpError::NotNow { why: why.into() },
            Error::HeadTooLong => TmtpError::HeadTooLong,
            Error::InUse { by } => TmtpError::InUse { by: by.map(i64::from) },
            Error::Refused { reason } => TmtpError::Refused { reason },
            Error::NeedsSignIn => TmtpError::NeedsSignIn,
            Error::LoginRefused => TmtpError::LoginRefused,
            Error::Incompatible => TmtpError::Incompatible,
            Error::PinChanged => TmtpError::PinChanged,
            Error::Untrusted => TmtpError::Untrusted,
            Error::ClockWrong => TmtpError::ClockWrong,
            Error::Network => TmtpError::Network,
            Error::TimedOut => TmtpError::TimedOut,
            Error::StorageFull { needed } => TmtpError::StorageFull { needed: count(needed) },
            Error::QuotaExceeded { limit } => TmtpError::QuotaExceeded { limit: count(limit) },
            Error::File { kind } => TmtpError::File { trouble: kind.into() },
            Error::Storage { .. } => TmtpError::Storage,
            Error::Damaged => TmtpError::Damaged,
            Error::NewerStore { found, known } => {
                TmtpError::NewerStore { found: found.into(), known: known.into() }
            }
            Error::Cloned => TmtpError::Cloned,
            Error::KeyLost => TmtpError::KeyLost,
            Error::Locked => TmtpError::Locked,
            Error::KeyStore => TmtpError::KeyStore,
            Error::ReadOnly => TmtpError::ReadOnly,
            Error::Broken => TmtpError::Broken,
            Error::Suspended => TmtpError::Suspended,
            Error::Closed => TmtpError::Closed,
        }
    }
}

impl From<InputError> for TmtpError {
    fn from(error: InputError) -> TmtpError {
        TmtpError::Input {
            field: error.field.to_owned(),
            limit: error.limit.into(),
            actual: error.actual.map(count),
        }
    }
}

impl From<Limit> for InputLimit {
    fn from(limit: Limit) -> InputLimit {
        match limit {
            Limit::NotEmpty => InputLimit::NotEmpty,
            Limit::AtLeastBytes(bytes) => InputLimit::AtLeastBytes { bytes: count(bytes) },
            Limit::AtMostBytes(bytes) => InputLimit::AtMostBytes { bytes: count(bytes) },
            Limit::AtMostUtf16(units) => InputLimit::AtMostUtf16 { units: count(units) },
            Limit::AtMostEscaped(bytes) => InputLimit::AtMostEscaped { bytes: count(bytes) },
            Limit::AtMostItems(items) => InputLimit::AtMostItems { items: count(items) },
            Limit::Printable => InputLimit::Printable,
            Limit::NoControl => InputLimit::NoControl,
            Limit::NoReplacement => InputLimit::NoReplacement,
            Limit::NotOnlyDots => InputLimit::NotOnlyDots,
            Limit::SiteAddress => InputLimit::SiteAddress,
        }
    }
}

impl From<BadTicket> for TmtpError {
    fn from(error: BadTicket) -> TmtpError {
        let trouble = match error {
            BadTicket::NotATicket => TicketTrouble::NotATicket,
            BadTicket::NewerForm => TicketTrouble::NewerForm,
            BadTicket::Checksum => TicketTrouble::Checksum,
        };
        TmtpError::Ticket { trouble }
    }
}

impl From<NotNow> for NotNowWhy {
    fn from(why: NotNow) -> NotNowWhy {
        match why {
            NotNow::NoAlias => NotNowWhy::NoAlias,
            NotNow::NotRegistered => NotNowWhy::NotRegistered,
            NotNow::NotInDoubt => NotNowWhy::NotInDoubt,
            NotNow::BeginsThread => NotNowWhy::BeginsThread,
            NotNow::OnItsWay => NotNowWhy::OnItsWay,
            NotNow::BeginningMissing => NotNowWhy::BeginningMissing,
            NotNow::BeginningFailed => NotNowWhy::BeginningFailed,
            NotNow::NodeNotMade => NotNowWhy::NodeNotMade,
            NotNow::AlreadyHad => NotNowWhy::AlreadyHad,
            NotNow::NoLink => NotNowWhy::NoLink,
        }
    }
}

impl From<io::ErrorKind> for FileTrouble {
    fn from(kind: io::ErrorKind) -> FileTrouble {
        match kind {
            io::ErrorKind::NotFound => FileTrouble::NotFound,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => FileTrouble::NotAllowed,
            io::ErrorKind::AlreadyExists => FileTrouble::Exists,
            io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => FileTrouble::NotAFile,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => FileTrouble::BadPath,
            _ => FileTrouble::Other,
        }
    }
}

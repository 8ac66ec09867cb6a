//! Between the numbers and texts that cross and the façade's own types, checked in one place. What is out of bounds
//! gets an error that names the value.

use std::path::{Component, PathBuf};
use std::time::Duration;

use tmtp_client as core;

use crate::error::{FileTrouble, InputLimit, TmtpError};
use crate::ids::{AccountName, Alias, MessageId, PageCursor, SendId, SiteAddress, SitePin, ThreadId, Uid};
use crate::limits::{DEADLINE_MAX, PAGE_ROWS, PATH_MAX};
use crate::options::Page;

/// A count or size.
pub(crate) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A list's length.
pub(crate) fn length(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A span in milliseconds.
pub(crate) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// A deadline, budget or wait.
pub(crate) fn span(field: &str, given: i64) -> Result<Duration, TmtpError> {
    let span = u64::try_from(given).ok().map(Duration::from_millis).filter(|span| *span <= DEADLINE_MAX);
    span.ok_or_else(|| TmtpError::out_of_bounds(field, 0, millis(DEADLINE_MAX), given))
}

/// How many of something.
pub(crate) fn amount(field: &str, given: i32, most: u32) -> Result<u32, TmtpError> {
    let amount = u32::try_from(given).ok().filter(|amount| (1..=most).contains(amount));
    amount.ok_or_else(|| TmtpError::out_of_bounds(field, 1, most.into(), given.into()))
}

/// A page of a list.
pub(crate) fn page(page: Page) -> Result<core::Page, TmtpError> {
    let limit = amount("limit", page.limit, PAGE_ROWS)?;
    let after = page.after.map(|PageCursor(text)| text.parse()).transpose();
    Ok(core::Page { limit, after: after.map_err(|_| TmtpError::NotFound)? })
}

/// A path of the caller's: absolute, without `..`, so that nobody has to guess from where.
pub(crate) fn path(given: &str) -> Result<PathBuf, TmtpError> {
    let path = PathBuf::from(given);
    let plain = path.components().all(|part| !matches!(part, Component::ParentDir | Component::CurDir));
    if given.len() > PATH_MAX || given.contains('\0') || !path.is_absolute() || !plain {
        return Err(TmtpError::File { trouble: FileTrouble::BadPath });
    }
    Ok(path)
}

pub(crate) fn account_name(given: &AccountName) -> Result<core::AccountName, TmtpError> {
    Ok(given.0.parse::<core::AccountName>()?)
}

/// The name of an account that should be there.
pub(crate) fn known_name(given: &AccountName) -> Result<core::AccountName, TmtpError> {
    given.0.parse().map_err(|_| TmtpError::NotFound)
}

pub(crate) fn alias(given: &Alias) -> Result<core::Alias, TmtpError> {
    Ok(given.0.parse::<core::Alias>()?)
}

/// A member that should be known.
pub(crate) fn known_uid(given: &Uid) -> Result<core::Uid, TmtpError> {
    given.0.parse().map_err(|_| TmtpError::NotFound)
}

pub(crate) fn label(given: &str) -> Result<core::Label, TmtpError> {
    Ok(given.parse::<core::Label>()?)
}

pub(crate) fn site(given: &SiteAddress) -> Result<core::SiteAddress, TmtpError> {
    Ok(given.0.parse::<core::SiteAddress>()?)
}

pub(crate) fn pin(given: &SitePin) -> Result<core::Pin, TmtpError> {
    given.0.parse().map_err(|_| TmtpError::Input {
        field: "pin".to_owned(),
        limit: InputLimit::SitePin,
        actual: Some(length(given.0.len())),
    })
}

pub(crate) fn thread(given: &ThreadId) -> Result<core::ThreadRef, TmtpError> {
    given.0.parse().map_err(|_| TmtpError::NotFound)
}

pub(crate) fn message(given: &MessageId) -> Result<core::MessageRef, TmtpError> {
    given.0.parse().map_err(|_| TmtpError::NotFound)
}

/// The site's id of a delivery.
pub(crate) fn delivery(given: &MessageId) -> Result<core::MsgId, TmtpError> {
    given.0.parse().map_err(|_| TmtpError::NotFound)
}

pub(crate) fn send_id(given: &SendId) -> Result<core::SendId, TmtpError> {
    given.0.parse().map_err(|_| TmtpError::NotFound)
}

pub(crate) fn account_out(name: &core::AccountName) -> AccountName {
    AccountName(name.as_str().to_owned())
}

pub(crate) fn thread_out(thread: core::ThreadRef) -> ThreadId {
    ThreadId(thread.to_string())
}

pub(crate) fn message_out(message: core::MessageRef) -> MessageId {
    MessageId(message.to_string())
}

pub(crate) fn delivery_out(id: core::MsgId) -> MessageId {
    MessageId(id.to_string())
}

pub(crate) fn send_id_out(id: core::SendId) -> SendId {
    SendId(id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_out_of_bounds_are_named() {
        assert_eq!(span("deadline_ms", 0).unwrap(), Duration::ZERO);
        assert_eq!(span("deadline_ms", 86_400_000).unwrap(), DEADLINE_MAX);
        for given in [-1, i64::MIN, i64::MAX, 86_400_001] {
            let expected = TmtpError::out_of_bounds("deadline_ms", 0, 86_400_000, given);
            assert_eq!(span("deadline_ms", given).unwrap_err(), expected);
        }
    }

    #[test]
    fn only_whole_paths_are_paths() {
        assert!(path("/data/a b/ü").is_ok());
        let long = format!("/{}", "x".repeat(PATH_MAX));
        for given in ["", "a", "./a", "/a/../b", "/a\0b", long.as_str()] {
            assert_eq!(path(given).unwrap_err(), TmtpError::File { trouble: FileTrouble::BadPath });
        }
    }
}

//! The list of errors is closed, its codes are stable, and it is the façade's.

use std::io;
use std::path::Path;

use tmtp_client::{BadTicket, Error, InputError, Limit, NotNow, StoreError};
use tmtp_ffi::error::{FileTrouble, InputLimit, NotNowWhy, TicketTrouble};
use tmtp_ffi::{Action, TmtpError};

fn uid() -> tmtp_client::Uid {
    "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1".parse().unwrap()
}

/// One of each of the façade's. A variant that is missing here is found by the next test.
fn facade() -> Vec<Error> {
    vec![
        Error::Input(InputError { field: "x", limit: Limit::NotEmpty, actual: None }),
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

/// One of each of the border's.
fn border() -> Vec<TmtpError> {
    let mut all: Vec<TmtpError> = facade().into_iter().map(TmtpError::from).collect();
    all.push(TmtpError::Cancelled);
    all
}

#[test]
fn every_error_of_the_facade_crosses_with_its_own_code_and_its_own_word_on_retrying() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/client/src/error.rs");
    let listed = std::fs::read_to_string(source).unwrap();
    let arms =
        listed.lines().filter(|line| line.trim_start().starts_with("Error::") && line.contains("=> \""));
    assert_eq!(arms.count(), facade().len(), "a variant of the façade is missing in this test");
    for error in facade() {
        let (code, retryable) = (error.code(), error.retryable());
        let crossed = TmtpError::from(error);
        assert_eq!(crossed.code(), code);
        assert_eq!(crossed.retry_after_ms().is_some(), retryable, "{code}");
    }
}

#[test]
fn codes_and_what_the_caller_can_do_stay_as_they_are() {
    let listed: Vec<String> =
        border().iter().map(|error| format!("{} {:?}", error.code(), error.action())).collect();
    let expected = "\
        input MendInput|account_name ChooseAnother|name_taken ChooseAnother|ticket MendInput|\
        unknown_recipient ChooseAnother|conflicting_alias ChooseAnother|only_claimed ChooseAnother|\
        unreachable ChooseAnother|not_own_alias ChooseAnother|\
        not_found ReadAgain|draft_used ChooseAnother|not_now ReadAgain|head_too_long MendInput|in_use RetryLater|refused AskSite|\
        needs_sign_in AskSite|login_refused AskSite|incompatible AskSite|pin_changed AskSite|\
        untrusted RetryLater|clock_wrong SetClock|network RetryLater|timed_out RetryLater|storage_full FreeSpace|\
        quota_exceeded FreeSpace|file ChooseAnother|storage RetryLater|read_only ReadOnly|damaged Salvage|newer_store Update|\
        cloned ReadOnly|key_lost ReadOnly|locked WaitForUnlock|key_store RetryLater|broken Reopen|\
        suspended Resume|closed Reopen|cancelled Nothing";
    assert_eq!(listed.join("|"), expected);
}

#[test]
fn what_an_error_says_of_itself_holds_nothing_that_people_typed() {
    for error in [
        TmtpError::UnknownRecipient { who: "ada lovelace".to_owned() },
        TmtpError::Refused { reason: "ada lovelace is taken".to_owned() },
    ] {
        assert!(!format!("{error} {error:?}").contains("ada lovelace"), "{error:?}");
    }
    for error in border() {
        let sentence = error.to_string();
        assert!(sentence.len() > 8 && !sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
    }
}

#[test]
fn details_cross_with_their_errors() {
    let input = InputError { field: "subject", limit: Limit::AtMostBytes(1000), actual: Some(1001) };
    let expected = TmtpError::Input {
        field: "subject".to_owned(),
        limit: InputLimit::AtMostBytes { bytes: 1000 },
        actual: Some(1001),
    };
    assert_eq!(TmtpError::from(Error::Input(input)), expected);
    let file = |kind| TmtpError::from(Error::File { kind });
    assert_eq!(file(io::ErrorKind::AlreadyExists), TmtpError::File { trouble: FileTrouble::Exists });
    assert_eq!(file(io::ErrorKind::IsADirectory), TmtpError::File { trouble: FileTrouble::NotAFile });
    let ticket = TmtpError::from(Error::Ticket(BadTicket::Checksum));
    assert_eq!(ticket, TmtpError::Ticket { trouble: TicketTrouble::Checksum });
    let busy = TmtpError::from(Error::NotNow(NotNow::OnItsWay));
    assert_eq!(busy, TmtpError::NotNow { why: NotNowWhy::OnItsWay });
    assert_eq!(TmtpError::from(Error::InUse { by: Some(7) }).action(), Action::RetryLater);
}

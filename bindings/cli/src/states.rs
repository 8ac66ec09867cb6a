//! The façade's states and errors in words: what happened, and what to do.

use tmtp_client::{DialFailure, Error, NotNow, OutgoingState, RefusedWhy, State, StopWhy, WaitWhy};

use crate::failure::Failure;

/// Why an account stands as it does; `None` where its state says all.
pub(crate) fn reason(state: &State) -> Option<String> {
    let text = match state {
        State::Idle | State::Suspended | State::Off | State::Connecting | State::Online => return None,
        State::InUse { by: Some(pid) } => format!("process {pid} has it open"),
        State::InUse { by: None } => "another process has it open".to_owned(),
        State::Waiting { why, .. } => waits_for(*why).to_owned(),
        State::NodeBusy { other_suspected: false, .. } => {
            "the site still holds an earlier link for alive; it lets go within two minutes of it".to_owned()
        }
        State::NodeBusy { other_suspected: true, .. } => {
            "the site says that this node is connected, for a long time now; is it in use on another device?".to_owned()
        }
        State::Refused(why) => refused(*why).to_owned(),
        State::StorageFull { needed } => {
            let size = crate::output::words::size(*needed);
            format!("the disk is full; nothing is lost, receiving goes on when about {size} are free")
        }
        State::Locked => "the key cannot be read now; unlock the key store".to_owned(),
        State::KeyLost => {
            "the key of this node is gone; the mail can be read, and `node add` on another device makes a new node".to_owned()
        }
        State::Cloned => {
            cloned().to_owned()
        }
        State::ReadOnly => {
            "the disk, or the account's folder, can only be read; the mail can be read, and it goes on when it can be written".to_owned()
        }
        State::StorageFailed => "the disk failed to read or write; try again, and look after the disk".to_owned(),
        State::Damaged => {
            "the store is damaged; nothing was deleted; save what reads with `accounts salvage NAME`".to_owned()
        }
        State::NewerStore { found, known } => format!(
            "a newer version of this program made the store (format {found}, this one knows up to {known}); update it"
        ),
        State::Broken(why) => {
            format!("this program has a defect ({}); nothing was lost; try again, and report it", why.code())
        }
        State::Stopped(StopWhy::PinChanged) => pin_changed().to_owned(),
    };
    Some(text)
}

/// Whether nothing will come of waiting: only a person, or another device, can change it.
pub(crate) fn is_hopeless(state: &State) -> bool {
    matches!(
        state,
        State::Refused(_)
            | State::Stopped(_)
            | State::Locked
            | State::KeyLost
            | State::Cloned
            | State::ReadOnly
            | State::StorageFailed
            | State::Damaged
            | State::NewerStore { .. }
            | State::Broken(_)
    )
}

/// What a wait is for.
pub(crate) fn waits_for(why: WaitWhy) -> &'static str {
    match why {
        WaitWhy::Dial(failure) => dial(failure),
        WaitWhy::LinkLost => "the link broke",
        WaitWhy::Mute => "the site stopped answering",
        WaitWhy::SiteTrouble => "the site ended the link, or broke the protocol",
        WaitWhy::Budget => {
            "there were too many links within the last hour; a command that needs one gets it all the same"
        }
        WaitWhy::TooLarge => "a message larger than the limit waits; see `status`, then `large`",
        WaitWhy::NodeBusy => {
            "the site still holds an earlier link for alive; it lets go within two minutes of it"
        }
        WaitWhy::Deadline => "the time was over",
        WaitWhy::State => "the account is in a state that allows no link; see `status`",
        WaitWhy::Storage => "the store failed",
        WaitWhy::NoProof => "the site gives no proof that nothing is waiting",
    }
}

fn dial(failure: DialFailure) -> &'static str {
    match failure {
        DialFailure::Unreachable => "the site cannot be reached",
        DialFailure::TimedOut => "the site does not answer",
        DialFailure::Resolve => "the name of the site is not found",
        DialFailure::PinChanged => pin_changed(),
        DialFailure::Untrusted => {
            "nobody vouches for the site's certificate; is there a portal that wants a click?"
        }
        DialFailure::ClockWrong => "this device's clock is wrong, or the site's certificate has expired",
        DialFailure::Tls => "no encrypted link comes about",
        DialFailure::Proxy => "the proxy refuses",
        DialFailure::TrustStore => "the remembered keys cannot be read or written",
        DialFailure::Broken => "a defect of this program ended the attempt; please report it",
    }
}

/// Why no link to a new site came about, with what to do.
pub(crate) fn no_way(failure: DialFailure) -> String {
    let what = dial(failure);
    match failure {
        DialFailure::Unreachable | DialFailure::TimedOut | DialFailure::Resolve => {
            format!("{what}; check the address and the network, then try again")
        }
        DialFailure::Tls => format!("{what}; is it a site that listens there?"),
        DialFailure::ClockWrong => format!("{what}; set the clock, or ask the site's owner"),
        _ => what.to_owned(),
    }
}

fn refused(why: RefusedWhy) -> &'static str {
    match why {
        RefusedWhy::NeedsSignIn => {
            "the site asks for a sign-in with a provider, which this version cannot do"
        }
        RefusedWhy::Login => "the site does not know this member or this node",
        RefusedWhy::Incompatible => "what answers there is no site, or speaks another version of TMTP",
        RefusedWhy::KeyNotKept => "a member was made, but its key could not be kept; it is lost, join again",
    }
}

fn cloned() -> &'static str {
    "this home was copied from another one; the mail can be read, and nothing is sent or fetched; `accounts adopt NAME` \
     takes it into use if the other is gone, `node add` there makes a further node to use both"
}

fn pin_changed() -> &'static str {
    "THE SITE SHOWS ANOTHER KEY than the remembered one: it was renewed, or somebody sits in between; \
     `tmtp trust ADDRESS` shows both keys"
}

/// The words of a site in plainer ones, where they are always written like this (wire 10.3); else as the site puts it.
pub(crate) fn site_says(reason: &str) -> String {
    let named = |before: &str, after: &str| reason.strip_prefix(before)?.strip_suffix(after);
    if let Some(alias) = named("Lookup: iAlias ", " not found") {
        format!("nobody there is called “{alias}”")
    } else if let Some(alias) =
        named("AddAlias: alias ", " already taken").or_else(|| named("AddAlias: alias ", " not available"))
    {
        format!("“{alias}” is taken; choose another alias")
    } else {
        reason.to_owned()
    }
}

/// Why something does not fit the state of an item, and what to do.
fn not_now(why: NotNow) -> String {
    let way = match why {
        NotNow::NoAlias => "ask for one with `alias add`",
        NotNow::NotRegistered => "`sync` goes on with it",
        NotNow::NotInDoubt => "`outbox` says how it stands",
        NotNow::BeginsThread => "see `settle --send-again` and `withdraw`",
        NotNow::OnItsWay => "look again with `outbox`",
        NotNow::BeginningMissing => {
            "so nobody knows whom to answer; `sync` may bring it, or begin a thread with `send`"
        }
        NotNow::BeginningFailed => "see `outbox`; `settle` it with --send-again, or `withdraw` it",
        NotNow::AlreadyHad => "`accounts` and `outbox` show it",
        _ => "`sync`, then try again",
    };
    format!("{why}; {way}")
}

/// How far an outgoing item is: its word, and the reason if it failed.
pub(crate) fn outgoing(state: &OutgoingState) -> (String, Option<String>) {
    let word = match state {
        OutgoingState::Queued => "queued",
        OutgoingState::Sending => "sending",
        OutgoingState::InDoubt => "in_doubt",
        OutgoingState::Sent => "sent",
        OutgoingState::Failed { why, reason } => {
            return ("failed".to_owned(), Some(crate::waiting::failed(*why, reason)));
        }
    };
    (word.to_owned(), None)
}

/// An error of the façade as one sentence, with what to do.
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let code = error.code();
        let sentence = match &error {
            Error::Input(_) | Error::AccountName | Error::Ticket(_) => {
                return Failure { code: code.to_owned(), ..Failure::usage(error.to_string()) };
            }
            Error::UnknownRecipient { who } => {
                format!("nobody is known as “{who}”; say hello with `ping` first, or use the uid")
            }
            Error::ConflictingAlias { who, uids } => {
                let uids: Vec<&str> = uids.iter().map(|uid| uid.as_str()).collect();
                format!("several members are said to be “{who}”; choose one by uid: {}", uids.join(", "))
            }
            Error::OnlyClaimed { who, uid, by, by_name } => {
                let by = match by_name {
                    Some(name) => format!("{name} ({by})"),
                    None if by == uid => "that member themself".to_owned(),
                    None => format!("the member {by}, whose name nobody has checked,"),
                };
                format!(
                    "only {by} says that “{who}” is {uid}; the site has not checked it: \
                     `ping \"{who}\"` and wait for the answer, or name the uid if you are sure"
                )
            }
            Error::Unreachable { who, count } => {
                let more = (*count as usize).saturating_sub(who.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!(
                    "the list of this thread names {}{more} in a way that nothing can be sent to them; \
                     --without-unreachable writes to the others",
                    who.iter().map(|who| format!("“{who}”")).collect::<Vec<_>>().join(", ")
                )
            }
            Error::NotNow(why) => not_now(*why),
            Error::HeadTooLong => {
                "recipients, notes and subject are together too long; shorten them, or send to fewer".to_owned()
            }
            Error::LoginRefused => {
                "the site does not know this member or this node; ask the site's owner, or `join` anew".to_owned()
            }
            Error::Incompatible => {
                "what answers there is no site, or speaks another version of TMTP; check the address".to_owned()
            }
            Error::QuotaExceeded { limit } => {
                let size = crate::output::words::size(*limit);
                format!("the account holds all of its {size}; `delete` what you do not need")
            }
            Error::StorageFull { needed } => {
                let size = crate::output::words::size(*needed);
                format!("the disk is full; nothing is lost; about {size} must become free")
            }
            Error::Storage { .. } => {
                "the store cannot be read or written; try again, and look at the disk if it stays so".to_owned()
            }
            Error::KeyLost => {
                "the key of this node is gone, the mail can only be read; `node add` on another device makes a new node".to_owned()
            }
            Error::Locked => "the key cannot be read now; unlock the key store and try again".to_owned(),
            Error::KeyStore => {
                "the key store would not keep or forget the key; look at its folder and try again".to_owned()
            }
            Error::Broken => "the account had to be restarted; nothing is lost, try again".to_owned(),
            Error::NotOwnAlias => "that is not one of your aliases; `accounts` lists them".to_owned(),
            Error::NotFound => {
                "there is nothing by this id or name; list again to see what there is".to_owned()
            }
            Error::NameTaken => {
                "there is an account of this name already; choose another with --name".to_owned()
            }
            Error::InUse { by: Some(pid) } => {
                format!("another program (process {pid}) has this account open; end it first")
            }
            Error::InUse { by: None } => "another program has this account open; end it first".to_owned(),
            Error::NeedsSignIn => refused(RefusedWhy::NeedsSignIn).to_owned(),
            Error::PinChanged => pin_changed().to_owned(),
            Error::Untrusted => dial(DialFailure::Untrusted).to_owned(),
            Error::ClockWrong => no_way(DialFailure::ClockWrong),
            Error::Refused { reason } => format!("the site refuses: {}", site_says(reason)),
            Error::Network => {
                "the site cannot be reached; check the address and the network, then try again".to_owned()
            }
            Error::TimedOut => "the time was over before it was done; try again".to_owned(),
            Error::Damaged => {
                "the store is damaged; nothing was deleted; save what reads with `accounts salvage NAME`"
                    .to_owned()
            }
            Error::ReadOnly => {
                "the disk, or the account's folder, can only be read; mail can be read, and nothing can be sent until it can be written".to_owned()
            }
            Error::Cloned => cloned().to_owned(),
            Error::Closed => "this process is ending; try again".to_owned(),
            _ => error.to_string(),
        };
        Failure::new(code, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_site_says_of_aliases_is_said_without_its_inner_names() {
        assert_eq!(site_says("Lookup: iAlias Ben Lapwing not found"), "nobody there is called “Ben Lapwing”");
        for end in ["already taken", "not available"] {
            let said = site_says(&format!("AddAlias: alias Ben Lapwing {end}"));
            assert_eq!(said, "“Ben Lapwing” is taken; choose another alias");
        }
        assert_eq!(site_says("something else"), "something else");
    }
}

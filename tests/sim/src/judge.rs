//! What must hold, and whether it does. The judge believes nobody: it knows what was handed to `send` (the
//! journal), what the site accepted (its record), and reads the members' stores itself.
//!
//! | when | what must hold |
//! |---|---|
//! | a confirmation leaves | what it confirms is in the store, and nothing on that disk is unsynced |
//! | after each turn of an account | a state that waits has an end; somebody is waited for |
//! | something arrives | it is shown once |
//! | a look ends with proof | everything that the site had for this node when the link was asked for is here |
//! | a store is opened | everything that was shown before is still there |
//! | at the end | see [`at_end`]; of lies, see `lies` |

mod at_end;
mod fates;
mod in_passing;
mod labels;
mod lies;
mod queues;
mod rest;
mod screens;
mod stocks;

pub(crate) use at_end::{accepted, at_end};
pub(crate) use in_passing::{after_turn, arrived, dialled, leaves, opened, wake_ended};

pub(crate) use rest::{at_rest, is_hopeless, unrest};

use serde::Serialize;
use tmtp_site::ViolationKind;

/// Something that must not be. Clients and items are named by their numbers in the plan and the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[allow(missing_docs, reason = "the text of each variant says what it is")]
pub enum Finding {
    #[error("client {client} lost item {item}: it is not at client {at}")]
    Lost { client: usize, item: usize, at: usize },
    #[error(
        "item {item} of client {client} was taken by `send`, but the site never got it and no outbox has it"
    )]
    Vanished { client: usize, item: usize },
    #[error("item {item} of client {client} was set aside: {reason}")]
    Failed { client: usize, item: usize, reason: String },
    #[error("client {at} shows item {item} {times} times")]
    Doubled { item: usize, at: usize, times: usize },
    #[error("client {at} shows something that nobody wrote: {text:?}")]
    Alien { at: usize, text: String },
    #[error("the site accepted item {item} {times} times, though its sender had the proof")]
    AcceptedTwice { item: usize, times: usize },
    #[error("item {item} was withdrawn and removed, but the site accepted it")]
    SentThoughRemoved { item: usize },
    #[error("item {item} was said not to be sent again, but was accepted twice")]
    SentAgainThoughWithdrawn { item: usize },
    #[error(
        "item {item} was taken back in doubt and had been sent, and it vanished without a word at its sender"
    )]
    VanishedInDoubt { item: usize },
    #[error("item {item} did not go to all whom it was for")]
    NotForAll { item: usize },
    #[error("client {at} has items {first} and {second} of one thread in another order than they were sent")]
    Reordered { at: usize, first: usize, second: usize },
    #[error("item {item} is in different threads at clients {one} and {other}")]
    OtherThread { item: usize, one: usize, other: usize },
    #[error("the file of item {item} is not whole at client {at}")]
    FileDamaged { item: usize, at: usize },
    #[error("client {client} confirmed {id} ({op}), which its store does not have")]
    ConfirmedNotStored { client: usize, id: String, op: String },
    #[error("client {client} confirmed {id} while this was unsynced: {paths}")]
    ConfirmedUnsynced { client: usize, id: String, paths: String },
    #[error("client {client} had shown {item}, and shows it no more though nobody took it back")]
    ForgotShown { client: usize, item: String },
    #[error("client {client} stored something raw that it should understand: {why}")]
    Parked { client: usize, why: String },
    #[error("client {client} takes {alias} for checked, and it is somebody else's")]
    FalselyChecked { client: usize, alias: String },
    #[error("client {client} had {alias} as checked, and has it no more")]
    NoLongerChecked { client: usize, alias: String },
    #[error("client {client} has stored {text:?} of somebody else in {place}")]
    Unclean { client: usize, place: String, text: String },
    #[error("client {client} has stored a file under the name {name:?}")]
    BadFileName { client: usize, name: String },
    #[error("client {client} keeps {count} claims of one sender")]
    TooManyClaims { client: usize, count: u64 },
    #[error("item {item} went to {uid}, for whom it was not meant")]
    ForOthers { item: usize, uid: String },
    #[error("client {client} says that its store is damaged")]
    Broken { client: usize },
    #[error("client {client} cannot open its store: {why}")]
    CannotOpen { client: usize, why: String },
    #[error("a copy of client {client} dials, though it can know that it is one")]
    CopyDials { client: usize },
    #[error("a copy of client {client} does not know that it is one, or does not act like it: {what}")]
    CopyUnnoticed { client: usize, what: String },
    #[error("client {at} shows {msgid}, which its person has discarded")]
    DiscardedIsShown { at: usize, msgid: String },
    #[error("client {at} lost {op} {msgid}, which was in its queue{}", if *copied { " from the beginning" } else { "" })]
    NotTaken { at: usize, msgid: String, op: String, copied: bool },
    #[error("client {client} says that nothing is waiting, but has not taken {msgid} ({op})")]
    ProvenTooEarly { client: usize, msgid: String, op: String },
    #[error("client {client} waits for nobody: {what}")]
    WaitsForNobody { client: usize, what: String },
    #[error("client {client} answered a command twice")]
    AnsweredTwice { client: usize },
    #[error("client {client}: {what}")]
    StrangeAnswer { client: usize, what: String },
    #[error("client {client} gave item {item} another id when it was asked again")]
    NotIdempotent { client: usize, item: usize },
    #[error("violation at site {site}: {kind:?}")]
    Violation { site: usize, kind: ViolationKind },
    #[error("somebody runs in circles: client {client:?}")]
    Circles { client: Option<usize> },
    #[error("not at rest, long after the last deed: {what}")]
    NotAtRest { what: String },
    #[error("the judge could not read the store of client {client}: {why}")]
    Unreadable { client: usize, why: String },
    #[error("a panic: {what}")]
    Panic { what: String },
}

/// The number of the item whose text this is.
pub(crate) fn item_of(text: &str) -> Option<usize> {
    let mut words = text.split(' ');
    let kind = words.next()?;
    (kind == "post" || kind == "ping").then(|| words.next()?.parse().ok()).flatten()
}

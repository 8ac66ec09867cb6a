//! What lists are made of: rows as the store gives them, in types that cross. A screen is one crossing.

use tmtp_client as core;

use crate::convert::{account_out, count, delivery_out, message_out, send_id_out, thread_out};
use crate::error::TmtpError;
use crate::ids::{AccountName, Alias, MessageId, PageCursor, SendId, SiteAddress, SitePin, ThreadId, Uid};
use crate::state::{AccountState, OutgoingState};

mod account;
mod ledger;
mod mail;
mod outgoing;

pub use account::*;
pub use ledger::*;
pub use mail::*;
pub use outgoing::*;

/// Cuts a list of the façade's into rows and the place where the next page begins.
fn list<T, R: From<T>>(list: core::List<T>) -> (Vec<R>, Option<PageCursor>) {
    let next = list.next.map(|next| PageCursor(next.to_string()));
    (list.items.into_iter().map(R::from).collect(), next)
}

macro_rules! pages {
    ($($(#[$doc:meta])* $page:ident of $row:ident from $core:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, uniffi::Record)]
        pub struct $page {
            /// The rows, at most 100.
            pub items: Vec<$row>,
            /// Where the next page begins; none at the end.
            pub next: Option<PageCursor>,
        }

        impl From<core::List<core::$core>> for $page {
            fn from(rows: core::List<core::$core>) -> $page {
                let (items, next) = list(rows);
                $page { items, next }
            }
        }
    )* };
}

pages! {
    /// Threads, the one with the newest message first.
    ThreadPage of ThreadRow from ThreadRow;
    /// Messages of a thread.
    MessagePage of MessageRow from MessageRow;
    /// The outbox, in the order of `send`.
    OutboxPage of OutgoingRow from OutgoingRow;
    /// The address book, by alias.
    ContactPage of ContactRow from ContactRow;
    /// Pings, the newest first.
    PingPage of PingRow from PingRow;
    /// Drafts, by their ids.
    DraftPage of DraftRow from DraftRow;
    /// What this version has stored without interpreting it.
    ParkedPage of ParkedRow from ParkedRow;
}

//! How values of the protocol stand in columns, and the states that rooms above share.

use tmtp_wire::ids::{MsgId, SendId};
use tmtp_wire::time::Wall;

/// The top bit: flipped, an unsigned number keeps its order as a signed one.
const TOP: u64 = 1 << 63;

/// A message id as a column holds it: signed, in the same order.
pub fn id_in(id: MsgId) -> i64 {
    (id.0 ^ TOP).cast_signed()
}

/// A message id as it comes out of a column.
pub fn id_out(column: i64) -> MsgId {
    MsgId(column.cast_unsigned() ^ TOP)
}

/// A text in a column that has a closed list of them is none of that list: the store is damaged.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0} is none that is known")]
pub(crate) struct UnknownText(pub(crate) &'static str);

impl UnknownText {
    /// As SQLite's layer reports it; [`crate::StoreError::Corrupt`] by the time that somebody sees it.
    pub(crate) fn in_column(self, column: usize) -> rusqlite::Error {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(self))
    }
}

/// How an enum is read from columns of text: by a closed list.
macro_rules! text_column {
    ($type:ident, $what:literal, $($variant:ident = $text:literal),+) => {
        impl rusqlite::types::FromSql for $type {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_str()? {
                    $($text => Ok($type::$variant),)+
                    _ => Err(rusqlite::types::FromSqlError::Other(Box::new($crate::values::UnknownText($what)))),
                }
            }
        }
    };
}
pub(crate) use text_column;

/// How far something is that this member sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutgoingState {
    /// It waits for its turn, or for a link.
    Queued,
    /// It is on its way; nothing is known yet.
    Sending,
    /// It may have arrived. Only a proof or the person ends this.
    InDoubt,
    /// It was refused, or cannot leave as it is. It stays for the person: sent again, or withdrawn.
    Failed {
        /// What happened.
        why: FailedWhy,
        /// In the site's words; empty if it said none.
        reason: String,
    },
    /// The site has taken it.
    Sent,
}

/// Why something that was to be sent has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedWhy {
    /// The site refused it in an answer, and said why.
    Refused,
    /// It answers in a thread of which the beginning has failed. Sent again, the beginning takes it along.
    BeginningRefused,
    /// It answers in a thread of which the beginning was taken back, or is lost: it can only be withdrawn.
    BeginningWithdrawn,
    /// Link after link ended while it was being sent: perhaps it is larger than the site takes, or the way is too
    /// slow for it. It was set aside, lest it hold up everything else.
    EndsLinks,
    /// The alias that it was written under is not this member's: the site refused it.
    AliasRefused,
    /// A file that belongs to it cannot be read any more.
    FileUnreadable,
    /// Recipients, notes and subject together are too long.
    TooLong,
    /// A part of it is missing in the store.
    Incomplete,
}

impl FailedWhy {
    const ALL: [FailedWhy; 8] = [
        FailedWhy::Refused,
        FailedWhy::BeginningRefused,
        FailedWhy::BeginningWithdrawn,
        FailedWhy::EndsLinks,
        FailedWhy::AliasRefused,
        FailedWhy::FileUnreadable,
        FailedWhy::TooLong,
        FailedWhy::Incomplete,
    ];

    /// Its stable word, as columns and scripts have it.
    pub fn code(self) -> &'static str {
        match self {
            FailedWhy::Refused => "refused",
            FailedWhy::BeginningRefused => "beginning_refused",
            FailedWhy::BeginningWithdrawn => "beginning_withdrawn",
            FailedWhy::EndsLinks => "ends_links",
            FailedWhy::AliasRefused => "alias_refused",
            FailedWhy::FileUnreadable => "file_unreadable",
            FailedWhy::TooLong => "too_long",
            FailedWhy::Incomplete => "incomplete",
        }
    }

    /// Out of the two columns. Before there was a code, one of ours stood in place of the site's words.
    pub(crate) fn read(code: &str, reason: String) -> (FailedWhy, String) {
        if let Some(why) = FailedWhy::ALL.into_iter().find(|why| why.code() == code) {
            return (why, reason);
        }
        let ours = match reason.as_str() {
            "ended_the_link" => Some(FailedWhy::EndsLinks),
            "beginning_withdrawn" => Some(FailedWhy::BeginningWithdrawn),
            "alias_refused" => Some(FailedWhy::AliasRefused),
            "file_unreadable" => Some(FailedWhy::FileUnreadable),
            "too_many_or_too_long_recipients" => Some(FailedWhy::TooLong),
            "gone" | "store" => Some(FailedWhy::Incomplete),
            _ => None,
        };
        ours.map_or((FailedWhy::Refused, reason), |why| (why, String::new()))
    }
}

/// What something in the outbox waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// For what.
    pub why: WaitsWhy,
    /// For which other item, if it is one: that one says for what it waits itself.
    pub behind: Option<SendId>,
    /// Until when, if a time is known. As the wall clock would show it if it ran evenly.
    pub until: Option<Wall>,
}

/// What kind of thing an item of the outbox waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsWhy {
    /// For a link: it leaves with the next.
    Link,
    /// For a link that may not be made yet, because there were so many of late. A person who acts has one made sooner.
    Limit,
    /// The account as a whole can have no link: its state says why and what helps.
    Account,
    /// A large one is under way, and it is large too.
    Room,
    /// An earlier message of its thread is not out yet.
    Earlier,
    /// The beginning of its thread has no id yet.
    Beginning,
    /// The alias that it is written under has been asked for and is not answered yet.
    Alias,
    /// A link ended while it was being sent: it is tried again when everything that waits at the site has come.
    Alone,
    /// It may have arrived; the next login brings a proof.
    Proof,
    /// It may have arrived, and nothing will prove it: the person decides.
    Person,
}

impl WaitsWhy {
    /// Its stable word.
    pub fn code(self) -> &'static str {
        match self {
            WaitsWhy::Link => "link",
            WaitsWhy::Limit => "limit",
            WaitsWhy::Account => "account",
            WaitsWhy::Room => "room",
            WaitsWhy::Earlier => "earlier",
            WaitsWhy::Beginning => "beginning",
            WaitsWhy::Alias => "alias",
            WaitsWhy::Alone => "alone",
            WaitsWhy::Proof => "proof",
            WaitsWhy::Person => "person",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_order_in_columns() {
        let ids = [0, 1, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, u64::MAX].map(MsgId);
        let columns = ids.map(id_in);
        assert!(columns.is_sorted());
        assert_eq!(columns.map(id_out), ids);
    }
}

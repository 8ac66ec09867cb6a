//! How values of the protocol stand in columns, and the states that rooms above share.

use tmtp_wire::ids::MsgId;

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
    /// It was refused, in the site's words.
    Failed(String),
    /// The site has taken it.
    Sent,
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

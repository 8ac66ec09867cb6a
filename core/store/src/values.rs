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

//! Planted defects: switches that make this crate wrong in one way each, so that a test can show that the
//! tests find it. Without the feature `plant`, which nothing that is shipped turns on, every switch is a
//! constant `false` and the code behind it is not compiled in.

/// One way to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// Confirmations leave, the transaction stays open.
    ConfirmBeforeCommit,
    /// A post in doubt is queued again at once, without asking what became of it.
    BlindResend,
    /// Deliveries below the highest id seen are taken for duplicates.
    HighestIdDuplicates,
    /// The outbox row goes when the bytes leave, not when the answer comes.
    LostOutboxRow,
    /// Posts are folded by `datasum`, whatever is in them.
    FoldByDatasum,
    /// A large delivery is confirmed without its file being synced.
    UnsyncedAttachment,
    /// A reply leaves before its thread has an id.
    ReplyBeforeThread,
    /// Any `login` message counts as this session's own.
    AnyLoginIsBarrier,
    /// Each attempt gets a send id of its own.
    NewSendIdEachTime,
    /// What was released is taken for never sent after a restart.
    ForgetReleased,
    /// A post in doubt is taken for sent.
    DoubtIsSent,
    /// What is not interpreted is confirmed and dropped.
    DropUnknown,
    /// Reply to an unknown thread: confirmed and dropped.
    DropOrphanReply,
    /// Posts of one thread may overtake each other.
    OvertakeInThread,
    /// The marker of a post without a copy leaves before the post.
    MarkerInFront,
    /// What a sender claims is a name to write to.
    ClaimsAreNames,
    /// A post that ends its links is never set aside.
    OwnPostBlocks,
    /// Whoever has folded once is believed to fold for ever.
    FoldsForEver,
}

impl Plant {
    /// All of them, in the order of the list above.
    pub const ALL: [Plant; 18] = [
        Plant::ConfirmBeforeCommit,
        Plant::BlindResend,
        Plant::HighestIdDuplicates,
        Plant::LostOutboxRow,
        Plant::FoldByDatasum,
        Plant::UnsyncedAttachment,
        Plant::ReplyBeforeThread,
        Plant::AnyLoginIsBarrier,
        Plant::NewSendIdEachTime,
        Plant::ForgetReleased,
        Plant::DoubtIsSent,
        Plant::DropUnknown,
        Plant::DropOrphanReply,
        Plant::OvertakeInThread,
        Plant::MarkerInFront,
        Plant::ClaimsAreNames,
        Plant::OwnPostBlocks,
        Plant::FoldsForEver,
    ];
}

#[cfg(feature = "plant")]
mod switch {
    use super::Plant;
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<Plant>> = const { Cell::new(None) };
    }

    /// Plants one defect in this thread, or none.
    pub fn plant(defect: Option<Plant>) {
        PLANTED.with(|cell| cell.set(defect));
    }

    /// Whether this defect is planted in this thread.
    pub fn on(defect: Plant) -> bool {
        PLANTED.with(|cell| cell.get() == Some(defect))
    }
}

#[cfg(feature = "plant")]
pub use switch::{on, plant};

/// Whether this defect is planted: never.
#[cfg(not(feature = "plant"))]
pub const fn on(_: Plant) -> bool {
    false
}

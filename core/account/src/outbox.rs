//! What leaves: picked in its turn, built, handed over, and settled by proof.
//!
//! The order in which an item becomes *may have been taken* is fixed: the row says `released` and is
//! committed, and only then its last byte may leave. So a kill at any moment leaves either `queued` (nothing
//! was taken) or `released` (in doubt until there is proof).

mod answer;
mod build;
mod doubt;
mod marker;
mod pump;

pub(crate) use build::Unbuildable;
pub(crate) use doubt::is_for_the_person;
pub(crate) use marker::is_marker;

use sha2::{Digest, Sha256};
use tmtp_wire::ids::SendId;

/// Under which name a post that ended a link is remembered.
pub(crate) fn poison_of(send_id: SendId) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"post");
    hash.update(send_id.value().to_be_bytes());
    hash.finalize().into()
}

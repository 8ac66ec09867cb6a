//! What the store has been told lately of those who write: whether they fold, and what they call themselves. Each
//! delivery says it again; what is known here needs no statement that would find it there and change nothing.
//!
//! Only what some row says stands here: when a claim is removed, or an input or a step is undone, everything here is
//! forgotten. Few are kept: a conversation has few writers.

use std::collections::VecDeque;

use tmtp_wire::ids::Uid;

use crate::limits::LATELY_KEPT;

/// What the store has been told lately.
#[derive(Default)]
pub(crate) struct Lately {
    /// Members that are accepted, and whether all that came from them lately carried a send id.
    peers: VecDeque<(Uid, bool)>,
    /// Who calls themselves what.
    claims: VecDeque<(String, Uid)>,
}

impl Lately {
    /// Whether the store knows this peer so; if not, it is about to. That one does not fold is known for good.
    pub(super) fn has_peer(&mut self, uid: &Uid, folds: bool) -> bool {
        let known = self.peers.iter_mut().find(|(peer, _)| peer == uid);
        match known {
            Some((_, known)) if !*known || folds => true,
            Some((_, known)) => {
                *known = false;
                false
            }
            None => {
                keep(&mut self.peers, (uid.clone(), folds));
                false
            }
        }
    }

    /// Whether the store has this claim; if not, it is about to.
    pub(super) fn has_claim(&mut self, alias: &str, uid: &Uid) -> bool {
        let known = self.claims.iter().any(|(name, member)| name == alias && member == uid);
        if !known {
            keep(&mut self.claims, (alias.to_owned(), uid.clone()));
        }
        known
    }

    /// What was written may be undone, or was removed.
    pub(crate) fn forget(&mut self) {
        *self = Lately::default();
    }
}

fn keep<T>(list: &mut VecDeque<T>, new: T) {
    if list.len() >= LATELY_KEPT {
        list.pop_back();
    }
    list.push_front(new);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uid(number: u8) -> Uid {
        format!("{number}F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1").parse().unwrap()
    }

    #[test]
    fn a_peer_is_told_to_the_store_once_and_again_when_it_is_found_not_to_fold() {
        let mut lately = Lately::default();
        let told = [true, true, false, false, true].map(|folds| lately.has_peer(&uid(3), folds));
        assert_eq!(told, [false, true, false, true, true]);
    }

    #[test]
    fn what_was_undone_is_told_again_and_old_things_are_dropped() {
        let mut lately = Lately::default();
        assert!(!lately.has_claim("anna", &uid(3)) && lately.has_claim("anna", &uid(3)));
        assert!(!lately.has_claim("anna", &uid(4)) && !lately.has_claim("berta", &uid(3)));
        lately.forget();
        assert!(!lately.has_claim("anna", &uid(3)));
        for number in 0..LATELY_KEPT {
            lately.has_claim(&number.to_string(), &uid(5));
        }
        assert!(!lately.has_claim("anna", &uid(3)));
        assert_eq!(lately.claims.len(), LATELY_KEPT);
    }
}

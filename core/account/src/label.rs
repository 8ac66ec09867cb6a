//! Labels of nodes on the wire. The site's message about a new node is tied to the request for it by nothing
//! but the label, and goes to all nodes of the member; so a few random characters make each one unique, or two
//! devices that ask for the same label at the same time would take the same password.

use tmtp_wire::limits::LABEL_BYTES_MAX;
use tmtp_wire::names::Label;

use crate::inbox::cut;

/// Between the label and its random characters.
const MARK: &str = " ·";
/// Letters and digits that are not mistaken for each other.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const RANDOM: usize = 4;

/// A label as the site is told it.
pub(crate) fn on_the_wire(label: &Label, random: u64) -> Label {
    let letter = |place: usize| {
        let letter = LETTERS.get((random >> (5 * place) & 31) as usize).copied().unwrap_or(b'a');
        char::from(letter)
    };
    let tail: String = MARK.chars().chain((0..RANDOM).map(letter)).collect();
    let room = LABEL_BYTES_MAX.saturating_sub(tail.len());
    let wire = format!("{}{tail}", cut(label.as_str(), room));
    // A printable label with a printable tail is one; otherwise the label alone has to do.
    wire.parse().unwrap_or_else(|_| label.clone())
}

/// A label as it is shown: without such characters, if it has any.
pub(crate) fn shown(wire: &str) -> &str {
    match wire.rsplit_once(MARK) {
        Some((label, tail)) if tail.len() == RANDOM && tail.bytes().all(|byte| LETTERS.contains(&byte)) => {
            label
        }
        _ => wire,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_comes_back_from_the_wire_and_differs_each_time() {
        let label: Label = "my tablet".parse().unwrap();
        let (one, two) = (on_the_wire(&label, 1), on_the_wire(&label, 0x1234_5678));
        assert_ne!(one, two);
        assert_eq!(shown(one.as_str()), "my tablet");
        assert_eq!(shown(two.as_str()), "my tablet");
        assert_eq!(shown("of a stock client ·x"), "of a stock client ·x");
    }

    #[test]
    fn longest_label_still_fits() {
        let label: Label = "é".repeat(LABEL_BYTES_MAX / 2).parse().unwrap();
        let wire = on_the_wire(&label, 7);
        assert!(wire.as_str().len() <= LABEL_BYTES_MAX && wire != label);
    }
}

//! Uids and node secrets: hashes of a seed and a counter, in the site's base 32.

use sha2::{Digest, Sha256};
use tmtp_wire::ids::BASE32;

/// Draws uids and secrets from a seed.
#[derive(Debug)]
pub(super) struct Generator {
    seed: u64,
    drawn: u64,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Generator {
        Generator { seed, drawn: 0 }
    }

    /// Passes over so many, which were drawn by an earlier run.
    pub(super) fn skip(&mut self, count: u64) {
        self.drawn += count;
    }

    /// A uid: 20 bytes as 32 characters.
    pub(super) fn uid(&mut self) -> String {
        self.text(b"uid", 20)
    }

    /// A node secret: 25 bytes as 40 characters (wire 6).
    pub(super) fn secret(&mut self) -> String {
        self.text(b"node", 25)
    }

    fn text(&mut self, kind: &[u8], bytes: usize) -> String {
        self.drawn += 1;
        let mut hash = Sha256::new();
        hash.update(kind);
        hash.update(self.seed.to_be_bytes());
        hash.update(self.drawn.to_be_bytes());
        base32(hash.finalize().get(..bytes).unwrap_or_default())
    }
}

fn base32(bytes: &[u8]) -> String {
    let digit = |bits: u64| BASE32.get((bits & 31) as usize).copied().map_or('%', char::from);
    let groups = bytes.chunks(5).map(|five| five.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
    groups.flat_map(|bits| (0..8).rev().map(move |at| digit(bits >> (at * 5)))).collect()
}

/// What the site keeps of a node secret: never the secret itself. `None` if the text is no base 32 at all,
/// by the rules of the public server's language: line ends are skipped, whole groups of eight, padding
/// allowed (wire 7, 10.1).
pub(super) fn secret_hash(text: &str) -> Option<[u8; 32]> {
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let whole = text.len().is_multiple_of(8) && matches!(padding, 0 | 1 | 3 | 4 | 6);
    let known = digits.bytes().all(|byte| BASE32.contains(&byte));
    (whole && known).then(|| Sha256::digest(digits.as_bytes()).into())
}

/// Lower-case hex digits of a SHA-256.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_has_the_form_of_an_id_and_never_repeats() {
        let mut generator = Generator::new(7);
        let uid = generator.uid();
        assert!(uid.parse::<tmtp_wire::ids::Uid>().is_ok());
        assert!(generator.secret().parse::<tmtp_wire::ids::NodeSecret>().is_ok());
        assert_ne!(generator.uid(), uid);
        assert_eq!(Generator::new(7).uid(), uid);
    }

    #[test]
    fn only_whole_groups_of_the_alphabet_are_base32() {
        for good in ["LB27ML46", "FF======", "LB27\r\nML46"] {
            assert!(secret_hash(good).is_some(), "{good}");
        }
        for bad in ["none", "lb27ml46", "LB27ML4", "LB27ML4A", "F=======", "========="] {
            assert!(secret_hash(bad).is_none(), "{bad}");
        }
    }
}

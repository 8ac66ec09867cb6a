//! Damage: what is at the border of what is legal, put where something else was.

/// What tends to be at the border of what is legal.
const TOKENS: [&str; 24] = [
    "null",
    "true",
    "-1",
    "0",
    "1.0",
    "1e9",
    "18446744073709551616",
    "9223372036854775807",
    "\"\"",
    "[]",
    "{}",
    "[",
    "{",
    "\"",
    "\\",
    "\\ud800",
    "\\u0000",
    ",",
    ":",
    "\u{17f}",
    "\"id\":",
    "\"from\":",
    "\"datalen\":",
    ",\"headsum\":",
];

/// Xorshift: the same damage in each run.
pub struct Random(u64);

impl Random {
    /// Never zero, so that it goes on.
    pub fn new(seed: u64) -> Random {
        Random(seed.max(1))
    }

    /// A number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).unwrap_or(0)
    }
}

/// A damaged copy: one to three changes.
pub fn damage(bytes: &[u8], corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(20)).min(bytes.len());
        match random.below(9) {
            _ if bytes.is_empty() => return bytes,
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = u8::try_from(random.below(256)).unwrap_or(0),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, again));
            }
            4 => drop(bytes.splice(at..at, TOKENS[random.below(TOKENS.len())].bytes())),
            5 => drop(bytes.splice(at..end, TOKENS[random.below(TOKENS.len())].bytes())),
            6 => bytes.truncate(at),
            7 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len());
                drop(bytes.splice(at.., other[from..].iter().copied()));
            }
            _ => fit_length(&mut bytes),
        }
    }
    bytes
}

/// Makes the length digits right again, so that what lies behind them is looked at.
fn fit_length(bytes: &mut Vec<u8>) {
    let Some(end) = bytes.iter().rposition(|byte| *byte == b'}').filter(|end| *end >= 4) else { return };
    bytes.splice(0..4, format!("{:04x}", (end - 3).min(0xffff)).into_bytes());
}

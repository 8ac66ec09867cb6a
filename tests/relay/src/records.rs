//! Cuts a byte stream into TLS records.

use crate::limits::RECORD_BODY_MAX;

const HEADER: usize = 5;

/// Collects bytes until a record is whole. What does not look like TLS passes through as it comes.
#[derive(Default)]
pub(crate) struct Records {
    bytes: Vec<u8>,
    not_tls: bool,
}

impl Records {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole record.
    pub(crate) fn next(&mut self) -> Option<Vec<u8>> {
        let [kind, major, _, high, low, ..] = *self.bytes else {
            return if self.not_tls { self.rest() } else { None };
        };
        let body = usize::from(u16::from_be_bytes([high, low]));
        self.not_tls |= !(20..=24).contains(&kind) || major != 3 || body > RECORD_BODY_MAX;
        if self.not_tls {
            return self.rest();
        }
        let whole = HEADER + body;
        (self.bytes.len() >= whole).then(|| self.bytes.drain(..whole).collect())
    }

    /// Whether the stream stands inside a record.
    pub(crate) fn is_inside(&self) -> bool {
        !self.bytes.is_empty()
    }

    fn rest(&mut self) -> Option<Vec<u8>> {
        if self.bytes.is_empty() { None } else { Some(std::mem::take(&mut self.bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_out_whole_whatever_the_pieces() {
        let stream = [&[22, 3, 1, 0, 2, 8, 9][..], &[23, 3, 3, 0, 0], &[23, 3, 3, 0, 1, 7]].concat();
        for size in 1..=stream.len() {
            let (mut records, mut seen) = (Records::default(), Vec::new());
            for piece in stream.chunks(size) {
                records.push(piece);
                seen.extend(std::iter::from_fn(|| records.next()));
            }
            assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [7, 5, 6]);
            assert_eq!(seen.concat(), stream);
            assert!(!records.is_inside());
        }
    }

    #[test]
    fn a_started_record_is_inside() {
        let mut records = Records::default();
        records.push(&[23, 3, 3, 0, 2, 1]);
        assert_eq!(records.next(), None);
        assert!(records.is_inside());
    }

    #[test]
    fn what_is_no_tls_passes_through() {
        let mut records = Records::default();
        records.push(b"GET / HTTP/1.1");
        assert_eq!(records.next().as_deref(), Some(&b"GET / HTTP/1.1"[..]));
        records.push(b"x");
        assert_eq!(records.next().as_deref(), Some(&b"x"[..]));
    }
}

//! Encrypted records on their way to the kernel, given out one at a time. rustls may put several at once in here;
//! their headers say where each ends.

use rustls::ClientConnection;

use crate::limits::RECORD_HEADER;

/// Whole TLS records, the first perhaps written in part.
#[derive(Default)]
pub(super) struct Records {
    bytes: Vec<u8>,
    /// Where the first record begins.
    start: usize,
    /// How much of the first record the kernel has.
    written: usize,
}

impl Records {
    /// Takes what rustls has encrypted.
    pub(super) fn collect(&mut self, tls: &mut ClientConnection) {
        // Writing into memory does not fail.
        while tls.wants_write() && tls.write_tls(&mut self.bytes).is_ok() {}
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Bytes that the kernel does not have.
    pub(super) fn waiting(&self) -> usize {
        self.bytes.len() - self.start - self.written
    }

    /// Whether the kernel has a part of a record only.
    pub(super) fn is_inside(&self) -> bool {
        self.written > 0
    }

    /// What is left of the first record, never empty.
    pub(super) fn first(&self) -> Option<&[u8]> {
        let end = self.start + self.first_length()?;
        self.bytes.get(self.start + self.written..end)
    }

    /// The kernel has taken so many bytes of what [`Records::first`] gave.
    pub(super) fn written(&mut self, length: usize) {
        self.written += length;
        let Some(whole) = self.first_length() else { return };
        if self.written >= whole {
            self.start += whole;
            self.written = 0;
        }
        if self.is_empty() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    fn first_length(&self) -> Option<usize> {
        match self.bytes.get(self.start..)? {
            [_, _, _, high, low, ..] => Some(RECORD_HEADER + usize::from(u16::from_be_bytes([*high, *low]))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(length: u8) -> Vec<u8> {
        let mut record = vec![23, 3, 3, 0, length];
        record.extend((0..length).rev());
        record
    }

    #[test]
    fn several_records_come_out_one_at_a_time() {
        let mut records = Records { bytes: [record(3), record(9)].concat(), ..Records::default() };
        assert_eq!((records.first(), records.waiting()), (Some(&record(3)[..]), 22));
        records.written(8);
        assert_eq!(records.first(), Some(&record(9)[..]));
        records.written(14);
        assert!(records.is_empty() && records.first().is_none());
    }

    #[test]
    fn a_record_taken_in_part_continues_where_it_stopped() {
        let mut records = Records { bytes: [record(9), record(1)].concat(), ..Records::default() };
        records.written(6);
        assert!(records.is_inside());
        assert_eq!(records.first(), Some(&record(9)[6..]));
        records.written(8);
        assert!(!records.is_inside());
        assert_eq!(records.first(), Some(&record(1)[..]));
    }
}

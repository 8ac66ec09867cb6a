//! A post's data taken apart as it comes: datahead, text, attachments. Works on pieces of any size, so that
//! a large delivery is hashed while it goes into its file, and holds no more than head and text in memory.

use sha2::{Digest, Sha256};
use tmtp_wire::datahead::{self, PostHead};
use tmtp_wire::limits::{ATTACHMENTS_MAX, DATAHEAD_MAX_READ};

use crate::limits::TEXT_KEPT;

/// A post's data, taken apart.
pub(crate) struct Sorted {
    /// The datahead.
    pub(crate) head: PostHead,
    /// Its exact bytes.
    pub(crate) head_bytes: Vec<u8>,
    /// The text. What is not UTF-8 in it is replaced: a stock sender does not check.
    pub(crate) text: String,
    /// Where each attachment begins, and whether its bytes differ from its sender's hash.
    pub(crate) attached: Vec<(u64, bool)>,
}

/// Takes a post's data apart.
pub(crate) struct Sorter {
    datalen: u64,
    datahead: u64,
    at: u64,
    head_bytes: Vec<u8>,
    head: Option<PostHead>,
    text: Vec<u8>,
    text_end: u64,
    attached: Vec<(u64, bool)>,
    /// The attachment whose bytes are coming: where it ends, and the hash of what has come of it, if its sender gave one.
    hashing: Option<(u64, Option<Sha256>)>,
    bad: bool,
}

impl Sorter {
    pub(crate) fn new(datalen: u64, datahead: u64) -> Self {
        let most = u64::try_from(DATAHEAD_MAX_READ).unwrap_or(u64::MAX);
        Sorter {
            datalen,
            datahead,
            at: 0,
            head_bytes: Vec::new(),
            head: None,
            text: Vec::new(),
            text_end: 0,
            attached: Vec::new(),
            hashing: None,
            bad: datahead == 0 || datahead > datalen || datahead > most,
        }
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        while !self.bad && !bytes.is_empty() {
            let used = if self.head.is_none() {
                self.take_head(bytes)
            } else if self.at < self.text_end {
                self.take_text(bytes)
            } else {
                self.take_attachment(bytes)
            };
            self.at += used as u64;
            bytes = bytes.get(used..).unwrap_or_default();
            if self.head.is_none() && self.at == self.datahead {
                self.read_head();
            }
            if self.head.is_some() && self.at >= self.text_end {
                self.close_finished();
            }
        }
    }

    /// What came of it; `None` if it is no post.
    pub(crate) fn finish(self) -> Option<Sorted> {
        let complete = !self.bad && self.at == self.datalen && self.hashing.is_none();
        let head = self.head.filter(|_| complete)?;
        let text = String::from_utf8(self.text)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Some(Sorted { head, head_bytes: self.head_bytes, text, attached: self.attached })
    }

    fn take_head(&mut self, bytes: &[u8]) -> usize {
        let part = up_to(bytes, self.datahead - self.at);
        self.head_bytes.extend_from_slice(part);
        part.len()
    }

    fn read_head(&mut self) {
        let head = datahead::parse(&self.head_bytes).ok().filter(|head| head.attach.len() <= ATTACHMENTS_MAX);
        let text = head.as_ref().and_then(|head| head.text_len(self.datalen, self.datahead).ok());
        match (head, text) {
            (Some(head), Some(text)) if text <= TEXT_KEPT => {
                self.head = Some(head);
                self.text_end = self.datahead + text;
            }
            _ => self.bad = true,
        }
    }

    fn take_text(&mut self, bytes: &[u8]) -> usize {
        let part = up_to(bytes, self.text_end - self.at);
        self.text.extend_from_slice(part);
        part.len()
    }

    fn take_attachment(&mut self, bytes: &[u8]) -> usize {
        let Some((end, hash)) = &mut self.hashing else {
            // More data than the sizes say cannot be: the text's length is what is left over.
            self.bad = true;
            return bytes.len();
        };
        let part = up_to(bytes, *end - self.at);
        if let Some(hash) = hash {
            hash.update(part);
        }
        part.len()
    }

    /// Ends the attachment that is complete, and begins the next; several may be empty.
    fn close_finished(&mut self) {
        loop {
            if let Some((end, _)) = &self.hashing {
                if self.at < *end {
                    return;
                }
                self.judge();
            }
            let next = self.head.as_ref().and_then(|head| head.attach.get(self.attached.len()));
            let Some(next) = next else { return };
            let hash = next.sha256.map(|_| Sha256::new());
            self.hashing = Some((self.at.saturating_add(next.size), hash));
            self.attached.push((self.at, false));
        }
    }

    fn judge(&mut self) {
        let Some((_, Some(hash))) = self.hashing.take() else { return };
        let last = self.attached.len().saturating_sub(1);
        let given =
            self.head.as_ref().and_then(|head| head.attach.get(last)).and_then(|attach| attach.sha256);
        if let (Some(given), Some((_, damaged))) = (given, self.attached.get_mut(last)) {
            *damaged = given != <[u8; 32]>::from(hash.finalize());
        }
    }
}

fn up_to(bytes: &[u8], most: u64) -> &[u8] {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    bytes.get(..most).unwrap_or(bytes)
}

#[cfg(test)]
mod tests;

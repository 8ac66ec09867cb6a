//! A post's data taken apart as it comes: datahead, text, attachments. Works on pieces of any size, so that of a
//! large delivery, which goes into a file meanwhile, no more than head and text is held in memory.
//!
//! It hashes nothing. Data has parts: head and text, then each attachment. Whoever holds all of it hashes each part
//! once; out of these hashes comes what stands for the whole ([`content`]), and whether an attachment is what its
//! sender sent ([`Sorted::judge`]).

use std::ops::Range;

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
    /// Where the text ends.
    behind: u64,
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
    /// Where the attachment ends whose bytes are coming.
    coming: Option<u64>,
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
            coming: None,
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

    /// The parts of the data that are hashed each by itself, as soon as its head has told them.
    pub(crate) fn parts(&self) -> Option<Vec<Range<u64>>> {
        let head = self.head.as_ref().filter(|_| !self.bad)?;
        let mut at = self.text_end;
        let attached = head.attach.iter().map(|attach| {
            let start = at;
            at = at.saturating_add(attach.size);
            start..at
        });
        Some(std::iter::once(0..self.text_end).chain(attached).collect())
    }

    /// What came of it; `None` if it is no post.
    pub(crate) fn finish(self) -> Option<Sorted> {
        let complete = !self.bad && self.at == self.datalen && self.coming.is_none();
        let head = self.head.filter(|_| complete)?;
        let text = String::from_utf8(self.text)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let behind = self.text_end;
        Some(Sorted { head, head_bytes: self.head_bytes, text, behind, attached: self.attached })
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
        let Some(end) = self.coming else {
            // More data than the sizes say cannot be: the text's length is what is left over.
            self.bad = true;
            return bytes.len();
        };
        up_to(bytes, end - self.at).len()
    }

    /// Ends the attachment that is complete, and begins the next; several may be empty.
    fn close_finished(&mut self) {
        loop {
            if self.coming.is_some_and(|end| self.at < end) {
                return;
            }
            self.coming = None;
            let next = self.head.as_ref().and_then(|head| head.attach.get(self.attached.len()));
            let Some(next) = next else { return };
            self.coming = Some(self.at.saturating_add(next.size));
            self.attached.push((self.at, false));
        }
    }
}

impl Sorted {
    /// Says which attachments differ from their senders' hashes. `hashes`: of the [`parts`], in their order.
    pub(crate) fn judge(&mut self, hashes: &[[u8; 32]]) {
        let found = hashes.iter().skip(1);
        for ((attach, (_, damaged)), found) in self.head.attach.iter().zip(&mut self.attached).zip(found) {
            *damaged = attach.sha256.is_some_and(|given| given != *found);
        }
    }
}

/// Takes data apart that is here whole, and gives what stands for it.
pub(crate) fn sort_whole(data: &[u8], datahead: u64) -> (Option<Sorted>, [u8; 32]) {
    let mut sorter = Sorter::new(data.len() as u64, datahead);
    sorter.push(data);
    let mut sorted = sorter.finish();
    let parts = parts(sorted.as_ref(), data.len() as u64);
    let hashes: Vec<[u8; 32]> = parts.iter().map(|part| super::hash(part_of(data, part))).collect();
    if let Some(sorted) = &mut sorted {
        sorted.judge(&hashes);
    }
    (sorted, content(&hashes))
}

/// A part of data that is here whole; nothing if it is not in it.
pub(crate) fn part_of<'a>(data: &'a [u8], part: &Range<u64>) -> &'a [u8] {
    let range = usize::try_from(part.start).ok().zip(usize::try_from(part.end).ok());
    range.and_then(|(from, to)| data.get(from..to)).unwrap_or_default()
}

/// The parts of a delivery's data that are hashed each by itself. What is no post is one part.
pub(crate) fn parts(sorted: Option<&Sorted>, datalen: u64) -> Vec<Range<u64>> {
    let first = 0..sorted.map_or(datalen, |sorted| sorted.behind);
    let attached = sorted.into_iter().flat_map(|sorted| sorted.attached.iter().zip(&sorted.head.attach));
    let attached = attached.map(|((start, _), attach)| *start..start.saturating_add(attach.size));
    std::iter::once(first).chain(attached).collect()
}

/// What stands for all of a delivery's data: equal only for equal data. The hash of its only part, or the hash of the
/// hashes of its parts; so a large attachment is not hashed once more as part of the whole.
pub(crate) fn content(hashes: &[[u8; 32]]) -> [u8; 32] {
    match hashes {
        [only] => *only,
        several => Sha256::digest(several.concat()).into(),
    }
}

fn up_to(bytes: &[u8], most: u64) -> &[u8] {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    bytes.get(..most).unwrap_or(bytes)
}

#[cfg(test)]
mod tests;

//! The judgement, from outside: what was handed to `send` against what the stores hold, as a fresh process
//! reads them.

use std::collections::{BTreeMap, BTreeSet};

use super::cast::Node;
use super::plan::Post;
use super::protocol::{Held, number_of};

/// What was found. All but `copies` must be zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Messages that are at every node where they belong.
    pub(super) arrived: u64,
    /// Copies that should be in some store.
    pub(super) copies: u64,
    /// Copies that are more than one in one store.
    pub(super) doubled: u64,
    /// Copies that are missing.
    pub(super) lost: u64,
    /// Places where a receiver has two messages of one sender in one thread in another order than that of
    /// `send`.
    pub(super) reordered: u64,
    /// Copies that are where they do not belong, or are not what was sent.
    pub(super) wrong: u64,
}

/// A message that was handed to `send`.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    /// What was planned.
    pub(super) post: Post,
    /// Its text.
    pub(super) text: String,
    /// The hash of its file, in hex.
    pub(super) file: Option<String>,
}

/// Compares. `handed` stands in the order of `send`.
pub(super) fn judge(handed: &[Handed], stores: &BTreeMap<Node, Vec<Held>>) -> Verdict {
    let by_number: BTreeMap<u32, &Handed> = handed.iter().map(|one| (one.post.number, one)).collect();
    let mut verdict = Verdict::default();
    let mut missing_somewhere = BTreeSet::new();
    for node in Node::all() {
        let rows = stores.get(&node).map(Vec::as_slice).unwrap_or_default();
        let mut times: BTreeMap<u32, u64> = BTreeMap::new();
        for row in rows {
            match number_of(&row.text).and_then(|number| by_number.get(&number)) {
                Some(one) if is_right(one, row) => *times.entry(one.post.number).or_default() += 1,
                _ => verdict.wrong += 1,
            }
        }
        let expected: BTreeSet<u32> = handed
            .iter()
            .filter(|one| one.post.nodes().any(|to| to == node))
            .map(|one| one.post.number)
            .collect();
        verdict.copies += expected.len() as u64;
        for number in &expected {
            if !times.contains_key(number) {
                verdict.lost += 1;
                missing_somewhere.insert(*number);
            }
        }
        verdict.doubled += times.values().map(|count| count - 1).sum::<u64>();
        verdict.wrong += times.keys().filter(|number| !expected.contains(number)).count() as u64;
        verdict.reordered += reordered(handed, &by_number, rows);
    }
    verdict.arrived = handed.len() as u64 - missing_somewhere.len() as u64;
    verdict
}

fn is_right(sent: &Handed, row: &Held) -> bool {
    row.text == sent.text && row.attachments == sent.file.iter().cloned().collect::<Vec<_>>()
}

/// Pairs of neighbours, per sending node and thread, that stand the wrong way round.
fn reordered(handed: &[Handed], by_number: &BTreeMap<u32, &Handed>, rows: &[Held]) -> u64 {
    let turn: BTreeMap<u32, usize> =
        handed.iter().enumerate().map(|(turn, one)| (one.post.number, turn)).collect();
    let mut last: BTreeMap<(Node, &str), usize> = BTreeMap::new();
    let mut wrong = 0;
    let mut seen = BTreeSet::new();
    for row in rows {
        let Some(one) = number_of(&row.text).and_then(|number| by_number.get(&number)) else { continue };
        // A second copy is counted as doubled, not as out of order.
        if !seen.insert(one.post.number) {
            continue;
        }
        let Some(turn) = turn.get(&one.post.number).copied() else { continue };
        if let Some(before) = last.insert((one.post.from, row.thread.as_str()), turn)
            && before > turn
        {
            wrong += 1;
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::cast::{Client, Who};

    const ADA: Node = Node { client: Client::First(0), site: 1 };
    const BEN: Node = Node { client: Client::First(1), site: 1 };

    fn handed(number: u32) -> Handed {
        let post = Post { number, from: ADA, thread: 1, to: vec![Who::Person(1)], file: None };
        Handed { post, text: format!("#{number} hello"), file: None }
    }

    fn held(number: u32) -> Held {
        Held {
            account: String::new(),
            thread: "t".into(),
            msgid: String::new(),
            from_uid: String::new(),
            text: format!("#{number} hello"),
            attachments: Vec::new(),
        }
    }

    fn verdict(at_ben: &[u32]) -> Verdict {
        let sent = [handed(1), handed(2), handed(3)];
        let own = sent.iter().map(|one| held(one.post.number)).collect();
        judge(&sent, &BTreeMap::from([(ADA, own), (BEN, at_ben.iter().copied().map(held).collect())]))
    }

    #[test]
    fn everything_once_and_in_order_is_faultless() {
        assert_eq!(verdict(&[1, 2, 3]), Verdict { arrived: 3, copies: 6, ..Verdict::default() });
    }

    #[test]
    fn each_fault_is_counted_as_what_it_is() {
        assert_eq!(verdict(&[1, 3]).lost, 1);
        assert_eq!(verdict(&[1, 3]).arrived, 2);
        assert_eq!(verdict(&[1, 2, 2, 3]).doubled, 1);
        assert_eq!(verdict(&[2, 1, 3]).reordered, 1);
        assert_eq!(verdict(&[1, 2, 3, 4]).wrong, 1);
    }

    #[test]
    fn another_text_or_file_is_not_what_was_sent() {
        let mut row = held(1);
        row.text.push('!');
        assert!(!is_right(&handed(1), &row));
        let mut row = held(1);
        row.attachments.push("00".into());
        assert!(!is_right(&handed(1), &row));
    }
}

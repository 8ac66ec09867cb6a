//! What is to be written: who, where, to whom, a new thread or a reply, with or without a file.

use std::collections::BTreeMap;

use super::cast::{Client, Node, Who};
use super::rng::Rng;

/// Of a hundred messages, so many answer in a thread if there is one to answer in.
const REPLIES: u64 = 65;
/// Of a hundred new threads at the old receiver's site, so many go to it, too.
const TO_STOCK: u64 = 45;
/// Of a hundred messages, so many have a file.
const WITH_FILE: u64 = 5;
/// The largest file.
const FILE_MAX: u64 = 3_000_000;

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Post {
    /// Its number, from 1.
    pub(super) number: u32,
    /// Who sends it, and where.
    pub(super) from: Node,
    /// The number of the message that began its thread; its own for a new one.
    pub(super) thread: u32,
    /// Everybody in the thread but the sender.
    pub(super) to: Vec<Who>,
    /// The size of its file.
    pub(super) file: Option<usize>,
}

impl Post {
    /// Whether it begins a thread.
    pub(super) fn is_new(&self) -> bool {
        self.thread == self.number
    }

    /// The nodes that must have it at the end: everybody's, the sender's own as well.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> + '_ {
        let everybody = self.to.iter().copied().chain([self.from.client.who()]);
        everybody.flat_map(|who| Node::of(who, self.from.site))
    }
}

/// A thread as the demo knows it.
#[derive(Clone, Debug)]
pub(super) struct Thread {
    /// Who is in it.
    pub(super) members: Vec<Who>,
    /// What each node that has it calls it.
    pub(super) known: BTreeMap<Node, String>,
}

/// Chooses the messages.
pub(super) struct Plan {
    rng: Rng,
    number: u32,
}

impl Plan {
    /// The choices of this stream.
    pub(super) fn new(rng: Rng) -> Self {
        Plan { rng, number: 0 }
    }

    /// The next message, given the threads that there are.
    pub(super) fn next(&mut self, threads: &BTreeMap<u32, Thread>) -> Post {
        self.number += 1;
        let from = self.sender();
        let (thread, to) = self.thread(from, threads);
        let file = self.rng.percent(WITH_FILE).then(|| self.file_size());
        Post { number: self.number, from, thread, to, file }
    }

    fn sender(&mut self) -> Node {
        let writers: Vec<Node> = Node::all().filter(|node| node.client != Client::Stock).collect();
        let first = Node { client: Client::First(0), site: 0 };
        self.rng.pick(&writers).copied().unwrap_or(first)
    }

    fn thread(&mut self, from: Node, threads: &BTreeMap<u32, Thread>) -> (u32, Vec<Who>) {
        let own: Vec<u32> =
            threads.iter().filter(|(_, t)| t.known.contains_key(&from)).map(|(n, _)| *n).collect();
        if self.rng.percent(REPLIES)
            && let Some(number) = self.rng.pick(&own).copied()
            && let Some(thread) = threads.get(&number)
        {
            let me = from.client.who();
            return (number, thread.members.iter().copied().filter(|who| *who != me).collect());
        }
        (self.number, self.recipients(from))
    }

    fn recipients(&mut self, from: Node) -> Vec<Who> {
        let others: Vec<Who> = (0..3).map(Who::Person).filter(|who| *who != from.client.who()).collect();
        let mut to = match self.rng.below(3) {
            0 => others,
            _ => self.rng.pick(&others).copied().into_iter().collect(),
        };
        if from.site == 0 && self.rng.percent(TO_STOCK) {
            to.push(Who::Stock);
        }
        to
    }

    /// Small files are more frequent than large ones; both ways through the store are taken.
    fn file_size(&mut self) -> usize {
        let most = [4_000, 60_000, 400_000, FILE_MAX];
        let most = self.rng.pick(&most).copied().unwrap_or(FILE_MAX);
        usize::try_from(self.rng.between(most / 4, most)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_plan() {
        let plan = |seed| {
            let mut plan = Plan::new(Rng::new(seed));
            (0..50).map(|_| plan.next(&BTreeMap::new())).collect::<Vec<_>>()
        };
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }

    #[test]
    fn a_post_is_expected_at_every_node_of_everybody_in_the_thread() {
        let from = Node { client: Client::First(0), site: 0 };
        let post = Post { number: 1, from, thread: 1, to: vec![Who::Person(1), Who::Stock], file: None };
        let names: Vec<_> = post.nodes().map(|node| node.client.name()).collect();
        assert_eq!(names, ["ben", "otto", "ada", "ada-tablet"]);
    }

    #[test]
    fn replies_go_only_to_threads_that_the_sender_has() {
        let known = BTreeMap::from([(Node { client: Client::First(1), site: 1 }, "t".to_owned())]);
        let thread = Thread { members: vec![Who::Person(1), Who::Person(2)], known };
        let threads = BTreeMap::from([(9_000, thread)]);
        let mut plan = Plan::new(Rng::new(1));
        let replies: Vec<Post> =
            (0..200).map(|_| plan.next(&threads)).filter(|post| !post.is_new()).collect();
        assert!(!replies.is_empty());
        assert!(
            replies.iter().all(|post| post.from.client == Client::First(1) && post.to == [Who::Person(2)])
        );
    }
}

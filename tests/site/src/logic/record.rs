//! What a site has seen, as plain data that whoever tests with it can read at any time.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::limits::VIOLATIONS_KEPT;

/// Input that would have ended the public server, or would not have fitted it (wire 18.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FatalInput {
    /// An alias or gid whose escaped form exceeds a file name.
    NameTooLong,
    /// A new gid whose escaped form fits a file name, but not with what is put around it.
    GroupNameTooLong,
    /// An alias or gid that is `.` or `..`.
    DotName,
    /// A uid longer than a file name.
    UidTooLong,
    /// Something that comes back in a header (request id, node label, list) and makes it too long.
    EchoTooLong,
    /// A ping or invitation that does not fit into the read buffer with its header.
    PingTooLong,
    /// Announced data near the top of the signed 64-bit numbers.
    DatalenTooLarge,
    /// A member whom so many announce their presence to that the greeting gets too long.
    PresenceTooLong,
}

/// What a client did that no client may do (wire 18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// The stream ended inside a TLS record while a post was coming in (wire 18.1).
    TornRecord,
    /// Input that ends the public server (wire 18.2).
    FatalInput(FatalInput),
    /// A user edit within two seconds of the login of its link (wire 18.3).
    EditBesideLogin,
    /// A user edit sent before the one before it on its link was answered (wire 18.3).
    EditBesideEdit,
    /// A message larger than [`crate::Config::message_max`]. The public server would have taken it.
    MessageTooLarge,
}

/// A violation: what, who, when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What was done.
    pub kind: ViolationKind,
    /// The link on which, as its number.
    pub link: u64,
    /// The node that was logged in there, as uid and number.
    pub node: Option<String>,
    /// When, in milliseconds of the site's clock.
    pub at: u64,
}

/// A post that was accepted (ops 7 and 8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AcceptedPost {
    /// Its place in the order of acceptance, from 0.
    pub order: u64,
    /// The site's id of it.
    pub msgid: String,
    /// The sender's uid.
    pub from: String,
    /// The sender's own id of it: `sendid` of its datahead, else its datasum.
    pub send_id: Option<u64>,
    /// Whether it comes back to the node that sent it.
    pub own_copy: bool,
    /// The nodes that it was queued for, as uid and number.
    pub recipients: Vec<String>,
    /// SHA-256 of its data, in hex.
    pub sha256: String,
    /// The link on which it came, as its number.
    pub link: u64,
    /// Whether the site died before it had reached them all (only on a test's demand).
    pub cut_short: bool,
}

/// A post that was refused though nothing was wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedPost {
    /// The sender's uid.
    pub from: String,
    /// The sender's own id of it: `sendid` of its datahead, else its datasum.
    pub send_id: Option<u64>,
}

/// A message that was put into a node's queue. `login` and `user` messages are not noted: they are about the
/// member's own nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueuedMessage {
    /// The site's id of it.
    pub msgid: String,
    /// Its op.
    pub op: String,
    /// The sender's uid.
    pub from: String,
    /// It came from the queue of the node that asked for this one, when this one was made (wire 12.7).
    pub copied: bool,
}

/// How one send id was accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Accepted {
    /// An own copy of it was queued: from then on its sender could know.
    proven: bool,
    bare: bool,
    /// Accepted again after that.
    twice: u64,
    /// Accepted again, never with an own copy before.
    again: u64,
}

/// What a site has seen since it was made; restarts do not clear it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Every accepted post, in the order of acceptance, if [`crate::Config::record_posts`] is on.
    pub posts: Vec<AcceptedPost>,
    /// Everything that was ever put into a queue, by node (uid and number), if
    /// [`crate::Config::record_posts`] is on.
    pub queued: BTreeMap<String, Vec<QueuedMessage>>,
    /// How many posts were accepted.
    pub posts_accepted: u64,
    /// What clients did that no client may do, the first [`crate::limits::VIOLATIONS_KEPT`] of them.
    pub violations: Vec<Violation>,
    /// Links that were opened.
    pub links: u64,
    /// Accounts that were made.
    pub registrations: u64,
    /// Logins that succeeded.
    pub logins: u64,
    /// Logins that were refused because the node had a link.
    pub nodes_busy: u64,
    /// Messages that were written out, by node (uid and number), repetitions included.
    pub deliveries: BTreeMap<String, u64>,
    /// Messages written again on the same link because no confirmation came.
    pub repetitions: u64,
    /// Logins after which nothing was delivered for a while; see [`crate::Gaps`].
    pub gaps: u64,
    /// Confirmations that removed a message.
    pub confirmations: u64,
    /// Confirmations that met another message, or none.
    pub stray_confirmations: u64,
    /// Links reset while a post was coming in: no client's fault by itself (wire 18.1).
    pub resets_in_upload: u64,
    /// Posts that were refused on a test's demand; see [`crate::Site::refuse_next_post`].
    pub refused_on_demand: Vec<RefusedPost>,
    /// Presence messages dropped because a buffer was full.
    pub presence_dropped: u64,
    #[serde(skip)]
    accepted: BTreeMap<(String, u64), Accepted>,
}

impl Record {
    /// How often a post was accepted again under a send id that it had been accepted under before, naming
    /// its sender: that own copy gave the sender the proof, so this must never happen.
    pub fn accepted_twice(&self) -> u64 {
        self.accepted.values().map(|counts| counts.twice).sum()
    }

    /// The same for posts that had no own copy before, which their receivers fold.
    pub fn accepted_again(&self) -> u64 {
        self.accepted.values().map(|counts| counts.again).sum()
    }

    /// Posts that the site's death cut short, on a test's demand.
    pub fn cut_short(&self) -> usize {
        self.posts.iter().filter(|post| post.cut_short).count()
    }

    /// Counts a post that reached all whom it was meant for.
    pub(super) fn accept(&mut self, from: &str, send_id: Option<u64>, own_copy: bool) {
        if let Some(send_id) = send_id {
            let counts = self.accepted.entry((from.to_owned(), send_id)).or_default();
            counts.twice += u64::from(counts.proven);
            counts.again += u64::from(counts.bare && !counts.proven);
            counts.proven |= own_copy;
            counts.bare |= !own_copy;
        }
    }

    pub(super) fn violated(&mut self, violation: Violation) {
        if self.violations.len() < VIOLATIONS_KEPT {
            self.violations.push(violation);
        }
    }

    pub(super) fn delivered(&mut self, node: String) {
        *self.deliveries.entry(node).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_acceptances_are_counted_by_whether_the_sender_had_a_proof() {
        let mut record = Record::default();
        let attempts =
            [(1, true), (1, true), (2, false), (2, false), (2, false), (3, true), (4, false), (4, true)];
        for (send_id, own) in attempts {
            record.accept("anna", Some(send_id), own);
        }
        record.accept("berta", Some(1), true);
        record.accept("anna", None, true);
        record.accept("anna", None, true);
        assert_eq!((record.accepted_twice(), record.accepted_again()), (1, 3));
    }
}

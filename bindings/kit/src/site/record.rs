//! What a site has seen, in types that cross.

use tmtp_site::{AcceptedPost, Record, Violation};

use crate::runtime::count;

/// Everything that a site has seen.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SiteRecord {
    /// Every accepted post, in the order of acceptance.
    pub posts: Vec<SitePost>,
    /// Posts accepted again although their sender had the proof of the first time: must never happen.
    pub accepted_twice: i64,
    /// Posts accepted again whose sender could not know; their receivers fold them.
    pub accepted_again: i64,
    /// What clients did that no client may do.
    pub violations: Vec<SiteViolation>,
    /// Links that were opened.
    pub links: i64,
    /// Members that were made.
    pub registrations: i64,
    /// Logins that succeeded.
    pub logins: i64,
    /// Logins that were refused because the node had a link.
    pub nodes_busy: i64,
    /// Messages that were written out, by node, repetitions included.
    pub deliveries: Vec<NodeCount>,
    /// Messages written again because no confirmation came.
    pub repetitions: i64,
    /// Confirmations that removed a message.
    pub confirmations: i64,
    /// Confirmations that met another message, or none.
    pub stray_confirmations: i64,
    /// Links reset while a post was coming in.
    pub resets_in_upload: i64,
}

/// A post that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SitePost {
    /// The site's id of it.
    pub message: String,
    /// The sender's uid.
    pub from: String,
    /// The sender's own id of it, in the form of a send id.
    pub send_id: Option<String>,
    /// Whether it comes back to the node that sent it.
    pub own_copy: bool,
    /// The nodes that it was queued for, as uid and number.
    pub recipients: Vec<String>,
    /// SHA-256 of its data, in hex.
    pub sha256: String,
    /// Whether the site died before it had reached them all.
    pub cut_short: bool,
}

/// What a client did that no client may do.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SiteViolation {
    /// What was done, as a stable word.
    pub kind: String,
    /// The node that was logged in there, as uid and number.
    pub node: Option<String>,
    /// When, in milliseconds of the site's clock.
    pub at_ms: i64,
}

/// A count of one node.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NodeCount {
    /// The node, as uid and number.
    pub node: String,
    /// How often.
    pub count: i64,
}

impl From<Record> for SiteRecord {
    fn from(record: Record) -> SiteRecord {
        SiteRecord {
            accepted_twice: count(record.accepted_twice()),
            accepted_again: count(record.accepted_again()),
            posts: record.posts.into_iter().map(SitePost::from).collect(),
            violations: record.violations.into_iter().map(SiteViolation::from).collect(),
            links: count(record.links),
            registrations: count(record.registrations),
            logins: count(record.logins),
            nodes_busy: count(record.nodes_busy),
            deliveries: record
                .deliveries
                .into_iter()
                .map(|(node, number)| NodeCount { node, count: count(number) })
                .collect(),
            repetitions: count(record.repetitions),
            confirmations: count(record.confirmations),
            stray_confirmations: count(record.stray_confirmations),
            resets_in_upload: count(record.resets_in_upload),
        }
    }
}

impl From<AcceptedPost> for SitePost {
    fn from(post: AcceptedPost) -> SitePost {
        SitePost {
            message: post.msgid,
            from: post.from,
            send_id: post.send_id.map(|id| format!("{id:014x}")),
            own_copy: post.own_copy,
            recipients: post.recipients,
            sha256: post.sha256,
            cut_short: post.cut_short,
        }
    }
}

impl From<Violation> for SiteViolation {
    fn from(violation: Violation) -> SiteViolation {
        SiteViolation {
            kind: format!("{:?}", violation.kind),
            node: violation.node,
            at_ms: count(violation.at),
        }
    }
}

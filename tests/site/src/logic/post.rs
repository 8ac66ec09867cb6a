//! How a message gets into queues: who its recipients are (wire 11), and posts with and without a
//! notification (wire 8).

use std::collections::BTreeSet;
use std::sync::Arc;

use tmtp_wire::json::Object;

use super::api::Site;
use super::handle::{Receipt, Stop};
use super::link::{BegunPost, LinkId, Seat};
use super::queue::Message;
use super::record::{AcceptedPost, QueuedMessage, RefusedPost};
use super::reply::Head;
use super::request::{Op, Request, Target};
use super::secrets::sha256_hex;
use super::users::{NodeNo, Refusal, UserNo};

/// A queued message before it has id, sender and time.
pub(super) struct Draft {
    op: String,
    pub(super) head: Head,
    /// Whether it overtakes others (wire 12.5).
    pub(super) urgent: bool,
    begun: Option<Receipt>,
    is_post: Option<Posted>,
}

/// What the record wants to know of a post.
struct Posted {
    datahead: u64,
    datasum: u64,
}

impl Draft {
    /// A message that carries the request's data and sums on (wire 5).
    pub(super) fn new(op: &str, request: &Request) -> Draft {
        let mut head = Head::new(op);
        head.number("datalen", request.datalen);
        head.number_unless_zero("datahead", request.datahead).number_unless_zero("datasum", request.datasum);
        Draft { op: op.to_owned(), head, urgent: false, begun: None, is_post: None }
    }

    /// A message without data or sums.
    pub(super) fn bare(op: &str) -> Draft {
        let mut head = Head::new(op);
        head.number("datalen", 0);
        Draft { op: op.to_owned(), head, urgent: false, begun: None, is_post: None }
    }
}

/// A part of the list of recipients, in the order in which the parts are looked up.
pub(super) enum Part<'a> {
    /// `for` or `notefor`.
    Targets(&'a [Target]),
    /// A member whom the site itself names.
    Named(UserNo),
    /// The sender's nodes, but for the sending one.
    Myself,
}

/// The nodes that get a message.
struct Recipients {
    nodes: BTreeSet<NodeNo>,
    /// The sender was named: the sending node gets it too.
    own_copy: bool,
}

impl Site {
    /// Queues a message for its recipients, all or none of them.
    pub(super) fn post(
        &mut self,
        link: LinkId,
        seat: Seat,
        mut draft: Draft,
        data: Vec<u8>,
        parts: &[Part<'_>],
    ) -> Result<Receipt, Stop> {
        let receipt = match draft.begun.take() {
            Some(receipt) => receipt,
            None => Receipt { id: self.next_id(), posted: self.wall.to_string() },
        };
        draft.head.text("id", &format!("{:016x}", receipt.id)).text("posted", &receipt.posted);
        draft.head.text("from", self.directory.uid(seat.user));
        let head = draft.head.queued()?;
        let recipients = self.resolve(seat, parts)?;
        let message = Arc::new(Message { id: receipt.id, urgent: draft.urgent, head, data });
        if let Some(posted) = draft.is_post {
            let reached = self.crash_after.take_if(|after| *after < recipients.nodes.len());
            self.record_post(link, seat, &posted, &message, &recipients, reached);
            if let Some(reached) = reached {
                let reached = recipients.nodes.iter().take(reached).copied().collect();
                self.enqueue(seat, &draft.op, &message, reached);
                self.crash();
                return Err(Stop::Died);
            }
        }
        self.enqueue(seat, &draft.op, &message, recipients.nodes);
        Ok(receipt)
    }

    fn enqueue(&mut self, sender: Seat, op: &str, message: &Arc<Message>, nodes: BTreeSet<NodeNo>) {
        if self.config.record_posts && !matches!(op, "login" | "user") {
            let queued = QueuedMessage {
                msgid: format!("{:016x}", message.id),
                op: op.to_owned(),
                from: self.directory.uid(sender.user).to_owned(),
                copied: false,
            };
            for node in &nodes {
                let name = self.directory.node_name(*node);
                self.record.queued.entry(name).or_default().push(queued.clone());
            }
        }
        self.facts.message(message, &nodes);
        let stored = self.facts.pushed();
        for node in nodes {
            self.queue(node).push(Arc::clone(message), stored);
            self.kick(node);
        }
    }

    fn resolve(&self, seat: Seat, parts: &[Part<'_>]) -> Result<Recipients, Refusal> {
        let mut found = Recipients { nodes: BTreeSet::new(), own_copy: false };
        for part in parts {
            match part {
                Part::Myself => found.nodes.extend(self.directory.nodes_of(seat.user)),
                Part::Named(user) => self.add_recipient(&mut found, seat, *user),
                Part::Targets(targets) => {
                    for target in *targets {
                        for user in self.resolve_target(seat, target)? {
                            self.add_recipient(&mut found, seat, user);
                        }
                    }
                }
            }
        }
        if !found.own_copy {
            found.nodes.remove(&seat.node);
        }
        Ok(found)
    }

    fn resolve_target(&self, seat: Seat, target: &Target) -> Result<Vec<UserNo>, Refusal> {
        if target.kind == 1 {
            return self.directory.find(&target.id).map(|user| vec![user]);
        }
        let mut members = self.directory.members(&target.id, seat.user)?;
        members.retain(|user| target.kind == 2 || *user != seat.user);
        Ok(members)
    }

    fn add_recipient(&self, found: &mut Recipients, seat: Seat, user: UserNo) {
        found.nodes.extend(self.directory.nodes_of(user));
        found.own_copy |= user == seat.user;
    }

    /// Ops 7 and 8, their data complete.
    pub(super) fn posting(
        &mut self,
        link: LinkId,
        seat: Seat,
        request: Request,
        begun: BegunPost,
        data: Vec<u8>,
    ) -> Result<Receipt, Stop> {
        if let Some(words) = self.refusals.remove(self.directory.uid(seat.user)) {
            let posted = Posted { datahead: request.datahead, datasum: request.datasum };
            let from = self.directory.uid(seat.user).to_owned();
            let send_id = send_id(&posted, &data);
            self.record.refused_on_demand.push(RefusedPost { from, send_id });
            return Err(Stop::Said(words));
        }
        if request.op == Op::PostNotify {
            return self.post_notify(link, seat, request, begun, data);
        }
        let mut draft = Draft::new("delivery", &request);
        draft.begun = Some(Receipt { id: begun.id, posted: begun.posted });
        draft.is_post = Some(Posted { datahead: request.datahead, datasum: request.datasum });
        self.post(link, seat, draft, data, &[Part::Targets(&request.targets), Part::Myself])
    }

    /// The delivery goes out first; if the notification then fails, the answer is an error all the same.
    fn post_notify(
        &mut self,
        link: LinkId,
        seat: Seat,
        request: Request,
        begun: BegunPost,
        mut note: Vec<u8>,
    ) -> Result<Receipt, Stop> {
        let data = note.split_off(usize::try_from(request.notelen).unwrap_or(usize::MAX).min(note.len()));
        let mut notice = Draft::bare("notify");
        notice.head.number("datalen", request.notelen).text("postid", &format!("{:016x}", begun.id));
        notice.head.number_unless_zero("datahead", request.notehead);
        notice.head.number_unless_zero("datasum", request.notesum);
        notice.begun = Some(Receipt { id: begun.note_id, posted: begun.posted.clone() });

        let count = request.targets.len() + request.note_targets.len() + usize::from(!request.for_not_self);
        let mut draft = Draft::new("delivery", &request);
        draft.head.number("datalen", data.len() as u64).number_unless_zero("notify", count as u64);
        let posted = begun.note_complete.unwrap_or_else(|| begun.posted.clone());
        draft.begun = Some(Receipt { id: begun.id, posted });
        draft.is_post = Some(Posted { datahead: request.datahead, datasum: request.datasum });
        let mut parts = vec![Part::Targets(&request.targets)];
        if !request.for_not_self {
            parts.push(Part::Myself);
        }
        self.post(link, seat, draft, data, &parts)?;
        let parts = [Part::Targets(&request.note_targets), Part::Myself, Part::Targets(&request.targets)];
        self.post(link, seat, notice, note, &parts)?;
        Ok(Receipt { id: begun.id, posted: begun.posted })
    }

    fn record_post(
        &mut self,
        link: LinkId,
        seat: Seat,
        posted: &Posted,
        message: &Message,
        recipients: &Recipients,
        reached: Option<usize>,
    ) {
        self.record.posts_accepted += u64::from(reached.is_none());
        if !self.config.record_posts {
            return;
        }
        let send_id = send_id(posted, &message.data);
        let from = self.directory.uid(seat.user).to_owned();
        if reached.is_none() {
            self.record.accept(&from, send_id, recipients.own_copy);
        }
        let count = reached.unwrap_or(recipients.nodes.len());
        let nodes = recipients.nodes.iter().take(count).map(|node| self.directory.node_name(*node));
        self.record.posts.push(AcceptedPost {
            order: self.record.posts.len() as u64,
            msgid: format!("{:016x}", message.id),
            from,
            send_id,
            own_copy: recipients.own_copy,
            recipients: nodes.collect(),
            sha256: sha256_hex(&message.data),
            link: link.number(),
            cut_short: reached.is_some(),
        });
    }
}

/// The sender's own id of a post: `sendid` of its datahead, else its datasum.
fn send_id(posted: &Posted, data: &[u8]) -> Option<u64> {
    let len = usize::try_from(posted.datahead).unwrap_or(usize::MAX);
    let head = data.get(..len.min(data.len())).unwrap_or_default();
    let in_head = Object::parse(head).ok().and_then(|head| head.u64("sendid").ok().flatten());
    in_head.or((posted.datasum != 0).then_some(posted.datasum))
}

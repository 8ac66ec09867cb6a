//! The barrier of a link: from when on everything that waited at the site before this login is here, own copies
//! too (wire 14.3). Only behind it a post in doubt is *not sent*, and a wake has *nothing new*.
//!
//! | proof | when |
//! |---|---|
//! | the session's own `login` message, which repeats our tag | at sites that repeat it, as the public server does |
//! | a ping to oneself that was sent on this link | at others, and only while somebody waits for the proof |
//!
//! The ping is the second way of wire 14.3: the site handles the requests of a link in order and queues a ping to
//! oneself at the sending node too, under a later id than whatever waited before. It carries our tag, and its
//! answer names its id; either one finds it. It has no text, is never stored or shown here, and costs every node
//! of the member one message, so it leaves once a link at most. Whether the site repeats tags is remembered: a
//! ping that comes back before the tag proves that it does not.
//!
//! Without an alias there is no such ping, and a site may refuse it. Then nothing can be proven: wakes end with
//! [`WaitWhy::NoProof`], and posts in doubt are the person's.

use rusqlite::Connection;
use tmtp_session::{Body, Command as Word, RequestKey, Submit};
use tmtp_store::StoreError;
use tmtp_store::write::outbox::{self, Kind};
use tmtp_store::write::{aliases, membership, pings};
use tmtp_wire::ids::MsgId;
use tmtp_wire::message::{Answer, Queued, QueuedOp};
use tmtp_wire::names::Alias;
use tmtp_wire::request::Request;
use tmtp_wire::time::Mono;

use crate::core::Core;
use crate::limits::{BARRIER_LATEST, BARRIER_QUIET, BARRIER_SILENT, SELF_PINGS_KEPT};
use crate::live::{Link, Up};
use crate::outbox::is_for_the_person;
use crate::tx::Tx;

/// The session's name for the ping to oneself; outbox rows begin at 1.
pub(crate) const SELF_PING: RequestKey = RequestKey(0);

/// How the search for a barrier stands on one link.
#[derive(Debug, Default)]
pub(crate) struct Search {
    /// A barrier is worth a ping: something was in doubt when the link began that it can settle.
    pub(crate) doubts: bool,
    /// A `login` message of this member came without our tag.
    untagged: bool,
    /// When something last came out of the queue.
    last_queued: Option<Mono>,
    /// The ping to oneself has been handed to the session.
    asked: Option<Mono>,
    /// The id that its answer gave it.
    msgid: Option<MsgId>,
    /// Own pings without text that came to this member: one of them may be it, before its answer has come.
    seen: Vec<MsgId>,
    /// There is no such proof on this link.
    pub(crate) hopeless: bool,
}

impl Search {
    /// Since when nothing has come out of the queue.
    pub(crate) fn quiet_since(&self, online: Mono) -> Mono {
        self.last_queued.unwrap_or(online).max(online)
    }

    /// When to look at it again, on a link that is online since then and has no barrier yet.
    fn due(&self, online: Mono, echoes_tag: Option<bool>) -> Option<Mono> {
        if self.hopeless {
            return None;
        }
        let quiet = self.quiet_since(online);
        if let Some(asked) = self.asked {
            // Without an answer the session ends the link.
            return self.msgid.map(|_| quiet.max(asked) + BARRIER_SILENT);
        }
        Some(match (echoes_tag, self.untagged) {
            (Some(false), _) => online,
            (None, true) => (quiet + BARRIER_QUIET).min(online + BARRIER_LATEST),
            (None, false) => (quiet + BARRIER_SILENT).min(online + BARRIER_LATEST),
            // It will come behind whatever still flows.
            (Some(true), _) => quiet + BARRIER_SILENT,
        })
    }
}

impl Up {
    /// Whether a proof can be looked for here: logged in, and nothing has proven it yet.
    fn searches(&self) -> Option<Mono> {
        self.online.filter(|_| !self.barrier && self.tag.is_some())
    }

    /// From when on a look has nothing to wait for here, where nothing can be proven: all answers have come, and
    /// no mail flows.
    pub(crate) fn given_up(&self) -> Option<Mono> {
        let online = self.online.filter(|_| self.search.hopeless && !self.barrier && self.open.is_empty())?;
        Some(self.search.quiet_since(online) + BARRIER_QUIET)
    }
}

impl Core {
    /// When the search must be looked at.
    pub(crate) fn barrier_time(&self) -> Option<Mono> {
        let up = self.link.up().filter(|up| !up.leaving)?;
        let online = up.searches()?;
        let wanted = up.search.doubts || self.wake.as_ref().is_some_and(|wake| wake.end.is_none());
        // With the window full the ping waits for room, and each answer brings a step.
        let can = up.search.asked.is_some() || self.room() > 0;
        up.search.due(online, self.echoes_tag).filter(|_| wanted && can)
    }

    /// Something came out of the queue.
    pub(crate) fn queue_moved(&mut self) {
        let now = self.now.mono;
        if let Some(up) = self.link.up_mut() {
            up.search.last_queued = Some(now);
        }
    }

    /// A `login` message of this member came that does not repeat our tag: another node's, an older session's,
    /// or ours at a site that repeats no tags.
    pub(crate) fn untagged_login(&mut self) {
        if let Some(up) = self.link.up_mut() {
            up.search.untagged = true;
        }
    }

    /// Everything that waited before this login is here.
    pub(crate) fn barrier_reached(&mut self, tx: &mut Tx<'_>, by_tag: bool) -> Result<(), StoreError> {
        let Some(up) = self.link.up_mut() else { return Ok(()) };
        up.barrier = true;
        // The site queues the message of a login before whatever its link asks for: a ping that is here without the
        // tag proves that no tag comes.
        self.echoes(tx, Some(by_tag))?;
        self.stage("drained");
        self.judge_doubts(tx)?;
        self.pump_wanted = true;
        Ok(())
    }

    /// A link has ended without a barrier. If `login` messages came and none had our tag, this may be a site that
    /// has stopped repeating them: the next link does not wait as long.
    pub(crate) fn ended_without_barrier(&mut self, tx: &mut Tx<'_>, up: &Up) -> Result<(), StoreError> {
        let doubtful = up.searches().is_some() && up.search.untagged && self.echoes_tag == Some(true);
        if doubtful { self.echoes(tx, None) } else { Ok(()) }
    }

    /// Remembers whether the site repeats tags.
    fn echoes(&mut self, tx: &mut Tx<'_>, echoes: Option<bool>) -> Result<(), StoreError> {
        if self.echoes_tag != echoes {
            membership::set_echoes_tag(tx.conn()?, echoes)?;
            self.echoes_tag = echoes;
        }
        Ok(())
    }

    /// Asks for a proof when the tag does not come, or gives up if there is none to be had.
    pub(crate) fn seek_barrier(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = self.now.mono;
        if self.barrier_time().is_none_or(|at| at > now) {
            return Ok(());
        }
        if self.link.up().is_some_and(|up| up.search.asked.is_some()) {
            return self.no_proof(tx);
        }
        let Some(alias) = self.held_alias(tx.conn()?)? else { return self.no_proof(tx) };
        let Link::Up(up) = &mut self.link else { return Ok(()) };
        up.search.asked = Some(now);
        let datasum = up.tag.map(|tag| tag.value());
        let request = Request::Ping { from: alias.clone(), to: alias, datalen: 0, datasum };
        self.effects.word(Word::Submit(Submit { key: SELF_PING, request, body: Body::None }));
        self.count("pings_to_self");
        Ok(())
    }

    /// An alias under which this member can ping itself.
    pub(crate) fn held_alias(&self, conn: &Connection) -> Result<Option<Alias>, StoreError> {
        let held = aliases::list(conn)?.into_iter().filter(|row| row.state == aliases::AliasState::Held);
        Ok(held.filter_map(|row| row.alias.parse::<Alias>().ok()).next())
    }

    /// The ping to oneself was answered.
    pub(crate) fn self_ping_answered(&mut self, tx: &mut Tx<'_>, answer: &Answer) -> Result<(), StoreError> {
        let Some(up) = self.link.up_mut().filter(|up| !up.barrier) else { return Ok(()) };
        let Some(msgid) = answer.msgid.filter(|_| answer.error.is_none()) else {
            return self.no_proof(tx);
        };
        up.search.msgid = Some(msgid);
        if up.search.seen.contains(&msgid) { self.barrier_reached(tx, false) } else { Ok(()) }
    }

    /// Takes a ping without text from this member to itself, unless it is a person's that is in the store. It is
    /// this node's proof, the marker of a post of its, or another one's, and there is nothing in it to keep. False: it is
    /// none.
    pub(crate) fn self_ping(
        &mut self,
        tx: &mut Tx<'_>,
        head: &Queued,
        data: &[u8],
    ) -> Result<bool, StoreError> {
        let QueuedOp::Ping { alias, to } = &head.op else { return Ok(false) };
        if alias != to || !data.is_empty() || !self.is_own(&head.from) {
            return Ok(false);
        }
        let conn = tx.conn()?;
        let of_a_person = match head.datasum {
            Some(token) => pings::twin(conn, &head.from, to, token, "")?.is_some(),
            None => false,
        };
        if of_a_person || pings::known(conn, head.id)? {
            return Ok(false);
        }
        self.attempt(tx, |core, conn| core.marker_came(conn, head))?;
        self.confirm(head.id.to_string());
        let Some(up) = self.link.up_mut().filter(|up| !up.barrier && up.search.asked.is_some()) else {
            return Ok(true);
        };
        let tagged = up.tag.is_some_and(|tag| head.datasum == Some(tag.value()));
        if tagged || up.search.msgid == Some(head.id) {
            self.barrier_reached(tx, false)?;
        } else if up.search.seen.len() < SELF_PINGS_KEPT {
            up.search.seen.push(head.id);
        }
        Ok(true)
    }

    /// Nothing will prove anything on this link. What may be repeated without harm is repeated (wire 14.1); the
    /// posts are the person's.
    fn no_proof(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.count("links_without_proof");
        if let Some(up) = self.link.up_mut() {
            up.search.hopeless = true;
        }
        for item in outbox::in_doubt(tx.conn()?)? {
            self.attempt(tx, |core, conn| match item.kind {
                _ if is_for_the_person(&item) => Ok(()),
                Kind::Post(_) => core.cannot_be_proven(conn, &item),
                Kind::Ping(_) if item.no_resend => core.cannot_be_proven(conn, &item),
                Kind::Ping(_) | Kind::Alias(_) => core.queue_again(conn, &item),
                // A node must not be made twice, and its `user` message may still come.
                Kind::Node(_) => Ok(()),
            })?;
        }
        Ok(())
    }
}

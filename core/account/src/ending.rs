//! The end of a link: what becomes of what it carried, and when the next one may be made.
//!
//! A row that says `sending` has had its last record held back, so the site cannot have taken it: queued
//! again. One that says `released` may have been taken: in doubt, unless the session knows that not all of
//! its bytes were handed out, or the site refused the login in front of it (wire 20.1).

use std::collections::BTreeMap;

use rusqlite::Connection;
use tmtp_session::{Ended, StreamEnd};
use tmtp_store::write::outbox::{self, Item, Outcome, Stage};
use tmtp_store::write::parked;
use tmtp_store::{OutgoingState, StoreError};

use crate::api::{RefusedWhy, WaitWhy};
use crate::core::Core;
use crate::drive::stage_after;
use crate::limits::POISON_ASIDE;
use crate::live::{Link, Up};
use crate::outbox::poison_of;
use crate::plant::{self, Plant};
use crate::tx::Tx;

/// What is known of a request whose link has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Not all of it was handed out, or nobody can have read it.
    NotSent,
    /// Its file could not be read.
    Unreadable,
}

impl Core {
    /// The session has ended.
    pub(crate) fn session_ended(&mut self, tx: &mut Tx<'_>, ended: &Ended) -> Result<(), StoreError> {
        let lost = matches!(ended, Ended::Lost(end) if *end != StreamEnd::Local);
        let mut up = match std::mem::replace(&mut self.link, Link::None) {
            Link::Up(up) => up,
            other => {
                self.link = other;
                return Ok(());
            }
        };
        // First of all, for whatever fails below: somebody must be closing what is called closing.
        if !lost {
            self.close();
        }
        tracing::info!(code = tmtp_wire::code::Code(ended.code()).field(), "A link has ended.");
        if let Some(incoming) = up.incoming.take() {
            incoming.abandon(&mut self.effects);
        }
        if !refused_login(ended) {
            self.last_byte = up.last_byte;
        }
        self.ended_without_barrier(tx, &up)?;
        let fates = fates(&up, ended);
        self.settle_carried(tx, &fates)?;
        if let Ended::RefusedBySite(_) = ended {
            self.suspect(tx, &up)?;
        }
        self.pace(ended, &up);
        self.effects.count(ended.code(), 1);
        // The radio was on for what has begun, too.
        self.effects.count("link_seconds", self.now.mono.since(up.since).as_secs() + 1);
        Ok(())
    }

    /// Ends the link here and now, closed in order but without a word to the site: what it is sending cannot
    /// be waited for, or must not be confirmed. Of what it said behind that only
    /// answers count: messages it will say again.
    pub(crate) fn leave_now(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for happening in std::mem::take(&mut self.heard) {
            if let tmtp_session::Event::Answered { .. } = happening {
                self.happened(tx, happening)?;
            }
        }
        self.session_ended(tx, &Ended::Lost(StreamEnd::Local))
    }

    fn pace(&mut self, ended: &Ended, up: &Up) {
        let (now, random) = (self.now.mono, self.random());
        match ended {
            // All that waited has come, and the end was in order: a wake's kind of success.
            Ended::LoggedOut if up.barrier => self.pacing.stable(),
            Ended::LoggedOut | Ended::Abandoned | Ended::Lost(StreamEnd::Local) => {}
            Ended::Lost(_) if up.leaving => {}
            Ended::NodeBusy => {
                self.pacing.node_busy(now, self.last_byte, random);
            }
            Ended::LoginRefused => self.refused(RefusedWhy::Login),
            Ended::RegistrationNeedsSignIn => self.refused(RefusedWhy::NeedsSignIn),
            Ended::PeerIncompatible(_) => self.refused(RefusedWhy::Incompatible),
            Ended::RefusedBySite(_) | Ended::PeerMisbehaved(_) | Ended::OpeningInvalid(_) => {
                self.pacing.service_failed(now, WaitWhy::SiteTrouble, random);
            }
            Ended::NoProgress(_) => self.pacing.path_failed(now, WaitWhy::Mute, random),
            Ended::Lost(_) => self.pacing.path_failed(now, WaitWhy::LinkLost, random),
        }
    }

    /// Puts right the rows of everything that stands as carried by a link, now that this link is gone.
    pub(crate) fn settle_carried(
        &mut self,
        tx: &mut Tx<'_>,
        fates: &BTreeMap<i64, Fate>,
    ) -> Result<(), StoreError> {
        for item in outbox::carried(tx.conn()?)? {
            let fate = fates.get(&item.id).copied();
            if self.attempt(tx, |core, conn| core.settle_one(conn, &item, fate))?.is_none() {
                outbox::set_stage(tx.conn()?, item.id, Stage::Doubt)?;
            }
        }
        Ok(())
    }

    fn settle_one(&mut self, conn: &Connection, item: &Item, fate: Option<Fate>) -> Result<(), StoreError> {
        let released = item.stage == Stage::Released && !plant::on(Plant::ForgetReleased);
        let stage = stage_after(released, fate.is_none());
        if fate == Some(Fate::Unreadable) {
            return self.fail_item(conn, item, "file_unreadable");
        }
        if stage == Stage::Queued && item.no_resend {
            return self.withdraw_row(conn, item);
        }
        if plant::on(Plant::BlindResend) {
            return outbox::set_stage(conn, item.id, Stage::Queued);
        }
        if plant::on(Plant::DoubtIsSent) && stage == Stage::Doubt {
            return outbox::settle(conn, item, Outcome::Sent);
        }
        outbox::set_stage(conn, item.id, stage)?;
        if stage == Stage::Doubt && item.handled {
            let item = Item { stage, ..item.clone() };
            self.handled(conn, &item)?;
            if outbox::by_id(conn, item.id)?.is_none() {
                return Ok(());
            }
        }
        let state = if stage == Stage::Doubt { OutgoingState::InDoubt } else { OutgoingState::Queued };
        self.outgoing(item, state);
        Ok(())
    }

    /// The site has ended the link with an error. Requests are handled in order (wire 13), so the first one
    /// without an answer is the one that it did not like.
    fn suspect(&mut self, tx: &mut Tx<'_>, up: &Up) -> Result<(), StoreError> {
        let conn = tx.conn()?;
        let Some(item) = first_open(conn, up)? else { return Ok(()) };
        let times = parked::poisoned(conn, &poison_of(item.send_id))?;
        // What may have been taken after all is first judged by the barrier.
        if times >= POISON_ASIDE && item.stage == Stage::Queued {
            self.set_aside(conn, &item)?;
        }
        Ok(())
    }

    /// An item ends every link that it is sent on: it stays, and lets the others pass.
    pub(crate) fn set_aside(&mut self, conn: &Connection, item: &Item) -> Result<(), StoreError> {
        self.count("posts_set_aside");
        self.fail_item(conn, item, "ended_the_link")
    }
}

/// The request that was handed to the link first of those without an answer.
fn first_open(conn: &Connection, up: &Up) -> Result<Option<Item>, StoreError> {
    let mut first: Option<Item> = None;
    for id in up.open.keys() {
        if let Some(item) = outbox::by_id(conn, *id)?
            && first.as_ref().is_none_or(|first| item.handed < first.handed)
        {
            first = Some(item);
        }
    }
    Ok(first)
}

/// What is certain of the requests of a link that has ended.
fn fates(up: &Up, ended: &Ended) -> BTreeMap<i64, Fate> {
    // Behind a refused login everything is thrown away (wire 20.1); in front of the quit that was asked for
    // everything was answered (wire 13).
    let none_read = refused_login(ended)
        || *ended == Ended::LoggedOut
        || up.online.is_none() && matches!(ended, Ended::RefusedBySite(_));
    let mut fates: BTreeMap<i64, Fate> = BTreeMap::new();
    if none_read {
        fates.extend(up.open.keys().map(|id| (*id, Fate::NotSent)));
    }
    let unsent = up.session.unsent();
    fates.extend(unsent.iter().map(|key| (key.0.cast_signed(), Fate::NotSent)));
    fates.extend(up.not_taken.iter().map(|id| (*id, Fate::NotSent)));
    if let (Some(id), Ended::Abandoned) = (up.unreadable, ended) {
        fates.insert(id, Fate::Unreadable);
    }
    fates
}

/// The site does not know of this link as one of the node's.
fn refused_login(ended: &Ended) -> bool {
    matches!(ended, Ended::NodeBusy | Ended::LoginRefused | Ended::RegistrationNeedsSignIn)
}

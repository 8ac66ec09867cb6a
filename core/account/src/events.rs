//! What the session says, by who deals with it. Each thing that changes mail is all or nothing, and what
//! cannot be taken in for what it claims to be is stored raw: one bad delivery takes no other with it.

use tmtp_session::Event as Happening;
use tmtp_store::StoreError;
use tmtp_store::write::{membership, outbox};
use tmtp_wire::ids::{NodeSecret, Uid};
use tmtp_wire::message::Greeting;

use crate::api::{Event, RefusedWhy};
use crate::barrier::SELF_PING;
use crate::core::Core;
use crate::live::Link;
use crate::outbox::is_marker;
use crate::ran;
use crate::tx::{Tx, is_trouble};

impl Core {
    /// Takes one thing that the session says.
    pub(crate) fn happened(&mut self, tx: &mut Tx<'_>, happening: Happening) -> Result<(), StoreError> {
        tx.does(ran::happening(&happening));
        if matches!(
            happening,
            Happening::Message { .. }
                | Happening::LargeBegan(_)
                | Happening::LargeData(_)
                | Happening::BadFrame { .. }
                | Happening::BadLargeBegan { .. }
        ) {
            self.queue_moved();
        }
        match happening {
            Happening::Greeted(greeting) => self.greeted(tx, &greeting),
            Happening::Registered { uid, secret, .. } => self.registered(tx, uid, &secret),
            Happening::LoggedIn { .. } => {
                self.logged_in();
                Ok(())
            }
            Happening::Answered { key, outcome } => {
                self.pump_wanted = true;
                if key == SELF_PING {
                    return self.self_ping_answered(tx, &outcome);
                }
                if is_marker(key) {
                    self.marker_answered();
                    return Ok(());
                }
                if self.attempt(tx, |core, conn| core.answered(conn, key, &outcome))?.is_none() {
                    // Its answer does not fit what is there: nobody waits for it any more.
                    outbox::set_stage(tx.conn()?, key.0.cast_signed(), outbox::Stage::Doubt)?;
                }
                Ok(())
            }
            Happening::Probed => {
                self.wake_probed();
                Ok(())
            }
            Happening::Message { head, data } => self.queued(tx, &head, data),
            Happening::LargeBegan(head) => self.spool(tx, head.into()),
            Happening::LargeData(bytes) => self.large_data(tx, &bytes),
            Happening::LargeEnded => self.large_ended(tx),
            Happening::BadFrame { id, raw, data, why } => self.bad_frame(tx, &id, &raw, &data, why),
            Happening::BadLargeBegan { id, raw, datalen, why } => {
                self.bad_large_began(tx, id, raw, datalen, why)
            }
            Happening::Presence { .. } => Ok(()),
            Happening::AwaitingRelease(key) => self.awaiting_release(tx, key),
            Happening::Progress { key, handed_out } => {
                self.progress(key, handed_out);
                Ok(())
            }
            Happening::Ended(ended) => self.session_ended(tx, &ended),
        }
    }

    /// Runs something that changes mail so that it is done whole or not at all. `None`: it did not fit what
    /// is there, and nothing of it is left.
    pub(crate) fn attempt<T>(
        &mut self,
        tx: &mut Tx<'_>,
        work: impl FnOnce(&mut Core, &rusqlite::Connection) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let (mark, seen) = (self.effects.mark(), self.wake_seen());
        match tx.all_or_nothing(|conn| work(self, conn)) {
            Ok(done) => Ok(Some(done)),
            Err(error) if is_trouble(&error) => Err(error),
            Err(error) => {
                tracing::error!(%error, "An input did not fit what is stored.");
                self.effects.rewind(&mark);
                self.wake_takes_back(seen);
                self.lately.forget();
                self.count("inputs_undone");
                Ok(None)
            }
        }
    }

    fn greeted(&mut self, tx: &mut Tx<'_>, greeting: &Greeting) -> Result<(), StoreError> {
        if greeting.name != self.member.site_name {
            membership::set_site_name(tx.conn()?, &greeting.name)?;
            self.member.site_name.clone_from(&greeting.name);
            self.event(Event::SiteNamed);
        }
        Ok(())
    }

    /// A new member exists, and only this frame has ever held its password: first the key store, durably, then
    /// the store. Killed between the two, the member is lost and the next start registers anew (wire 20.6).
    fn registered(&mut self, tx: &mut Tx<'_>, uid: Uid, secret: &NodeSecret) -> Result<(), StoreError> {
        if self.env.keys.put(&self.member.key_name, secret).is_err() {
            tracing::error!("The key store would not keep the password of a new member.");
            self.refused(RefusedWhy::KeyNotKept);
            return Ok(());
        }
        membership::set_uid(tx.conn()?, &uid)?;
        self.member.uid = Some(uid.clone());
        self.count("registrations");
        self.event(Event::Registered(uid));
        Ok(())
    }

    fn logged_in(&mut self) {
        let now = self.now.mono;
        if let Link::Up(up) = &mut self.link {
            up.online = Some(now);
            // A new member has no history: nothing can have waited before its first login.
            up.barrier = up.tag.is_none();
        }
        self.pacing.logged_in(now);
        self.count("logins");
        self.stage("logged_in");
        self.pump_wanted = true;
    }
}

//! The step's own moves, after everything that came in: take inputs apart, look at the timers, hand out what
//! is ready, and make, leave or end the link as the wishes say.

use std::collections::BTreeMap;

use tmtp_session::{Command as Word, Config, Input as SessionInput, Opening, RequestKey, Session, StreamEnd};
use tmtp_store::StoreError;
use tmtp_store::write::outbox::{self, Stage};
use tmtp_store::write::{counters, too_large};
use tmtp_wire::ids::NodeSecret;
use tmtp_wire::request::Token;
use tmtp_wire::time::Mono;

use crate::api::{DialFailure, Hint, Input, Output, RefusedWhy, StopWhy, WaitWhy, Wish};
use crate::conditions::Looks;
use crate::core::Core;
use crate::limits::NODE_SECRET_CHARACTERS;
use crate::live::{Link, Up};
use crate::outbox::is_for_the_person;
use crate::ran;
use crate::tx::Tx;

impl Core {
    /// Takes one input.
    pub(crate) fn take(&mut self, tx: &mut Tx<'_>, input: Input) -> Result<(), StoreError> {
        tx.does(ran::input(&input));
        match input {
            Input::Command(ticket, command) => self.command(tx, ticket, command),
            Input::Received(bytes) => self.received(tx, &bytes),
            Input::LinkUp => self.link_up(tx),
            Input::DialFailed(why) => {
                self.dial_failed(why);
                Ok(())
            }
            Input::LinkEnded(end) => self.link_ended(tx, end),
            Input::LinkClosed => {
                if matches!(self.link, Link::Closing) {
                    self.link = Link::None;
                }
                Ok(())
            }
            Input::JobDone(id, result) => self.job_done(tx, id, result),
            Input::Wish(wish) => self.wish(tx, wish),
            Input::Hint(hint) => {
                self.hint(hint);
                Ok(())
            }
        }
    }

    /// Works off what the session has said since the last step.
    pub(crate) fn work_off(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        while let Some(happening) = self.heard.pop_front() {
            self.happened(tx, happening)?;
        }
        Ok(())
    }

    fn received(&mut self, tx: &mut Tx<'_>, bytes: &[u8]) -> Result<(), StoreError> {
        self.tally_now("bytes_in", bytes.len());
        self.grown += bytes.len() as u64;
        self.tell_session(tx, SessionInput::Bytes(bytes))
    }

    fn tell_session(&mut self, tx: &mut Tx<'_>, input: SessionInput<'_>) -> Result<(), StoreError> {
        let now = self.now.mono;
        let Link::Up(up) = &mut self.link else { return Ok(()) };
        // Only commands are ever rejected.
        let _ = up.session.handle_input(now, input);
        self.hear();
        self.work_off(tx)
    }

    fn link_up(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if !matches!(self.link, Link::Dialing) {
            return Ok(());
        }
        // Whatever an earlier link carried, and was not put right then, is in doubt from now on.
        self.settle_carried(tx, &BTreeMap::new())?;
        let uid = self.member.uid.clone();
        let login = Token::from_random(self.random());
        let mut tag = None;
        let opening = match (uid, self.look_for_key()) {
            (Some(uid), Some(secret)) => {
                tag = Some(login);
                Opening::Login { uid, secret, tag: login }
            }
            (None, _) => Opening::Register { label: self.env.settings.label.clone() },
            (Some(_), None) => {
                self.close();
                return Ok(());
            }
        };
        let config = Config { reconfirm: self.member.last_msgid, ..Config::new(opening) };
        let mut up = Box::new(Up::new(Session::new(self.now.mono, config), tag, login, self.now.mono));
        up.search.doubts = outbox::in_doubt(tx.conn()?)?.iter().any(|item| !is_for_the_person(item));
        self.link = Link::Up(up);
        // By cause (R42): a link that nobody wants held is one of a wake.
        self.count(if self.stay { "connects_foreground" } else { "connects_wake" });
        self.stage("linked");
        self.pump_wanted = true;
        Ok(())
    }

    fn link_ended(&mut self, tx: &mut Tx<'_>, end: StreamEnd) -> Result<(), StoreError> {
        match self.link {
            Link::Up(_) => {
                self.tell_session(tx, SessionInput::End(end))?;
                // The session had ended before in its own way: then the link is being closed, and is gone.
                self.link = Link::None;
            }
            Link::Dialing => self.dial_failed(DialFailure::Unreachable),
            Link::None | Link::Closing => {}
        }
        Ok(())
    }

    fn dial_failed(&mut self, why: DialFailure) {
        if !matches!(self.link, Link::Dialing) {
            return;
        }
        self.link = Link::None;
        self.count("dials_failed");
        if why == DialFailure::PinChanged {
            self.stopped(StopWhy::PinChanged);
            return;
        }
        let (now, random) = (self.now.mono, self.random());
        match why {
            DialFailure::Tls | DialFailure::ClockWrong | DialFailure::TrustStore | DialFailure::Broken => {
                self.pacing.service_failed(now, WaitWhy::Dial(why), random);
            }
            _ => self.pacing.path_failed(now, WaitWhy::Dial(why), random),
        }
    }

    fn wish(&mut self, tx: &mut Tx<'_>, wish: Wish) -> Result<(), StoreError> {
        match wish {
            Wish::Off => {
                self.stay = false;
                self.end_wake(WaitWhy::State);
            }
            Wish::Stay => {
                self.stay = true;
                self.look_again(Looks::Timer);
            }
            Wish::Wake { deadline } => {
                self.begin_wake(tx, deadline)?;
                self.look_again(Looks::Wake);
            }
        }
        Ok(())
    }

    fn hint(&mut self, hint: Hint) {
        match hint {
            Hint::NetworkChanged => self.pacing.network_changed(),
            Hint::UserActs => {
                self.pacing.user_acts(self.now.mono);
                self.look_again(Looks::Person);
            }
            Hint::Resumed => self.look_again(Looks::Timer),
            Hint::Unlocked => return self.look_again(Looks::Unlocked),
            Hint::MemoryLow => return self.memory_low = true,
            Hint::Metered(metered) => return self.metered = metered,
            Hint::WakeReceived { at } => return self.received = Some(at),
        }
        if self.link.up().is_some_and(|up| up.online.is_some() && !up.leaving) {
            self.effects.word(Word::Probe);
        }
    }

    /// Looks at everything that is due.
    pub(crate) fn timers(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.does("timers");
        let now = self.now.mono;
        self.look_again(Looks::Timer);
        if let Link::Up(up) = &mut self.link {
            if up.session.poll_timeout().is_some_and(|at| at <= now) {
                up.session.handle_timeout(now);
            }
            let since = up.online;
            if since.and_then(|since| self.pacing.stable_at(since)).is_some_and(|at| at <= now) {
                self.pacing.stable();
            }
        }
        self.hear();
        self.work_off(tx)
    }

    /// Moves on: wake, outbox, link.
    pub(crate) fn drive(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.does("outbox and link");
        self.pump(tx)?;
        self.seek_barrier(tx)?;
        self.drive_wake(tx)?;
        if !self.wanted() || self.condition.is_some() || self.asking {
            self.leave(tx)?;
        } else if matches!(self.link, Link::None) {
            self.dial(tx)?;
        }
        if matches!(self.link, Link::None) {
            // The link may have ended just now: then a look that waited for it can report.
            self.drive_wake(tx)?;
        }
        Ok(())
    }

    /// Ends the link in order: a post that is being streamed is given up at a record's boundary (wire 18.1),
    /// a delivery that is arriving cannot be waited for, otherwise the site is told.
    pub(crate) fn leave(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let up = match &mut self.link {
            Link::None | Link::Closing => return Ok(()),
            Link::Dialing => {
                self.close();
                return Ok(());
            }
            Link::Up(up) => up,
        };
        if up.incoming.is_some() || self.condition.is_some() {
            return self.leave_now(tx);
        }
        if std::mem::replace(&mut up.leaving, true) {
            return Ok(());
        }
        for id in up.streamed() {
            self.effects.word(Word::Abandon(id));
        }
        self.effects.word(Word::Quit);
        Ok(())
    }

    /// Has the link closed, or the dial given up.
    pub(crate) fn close(&mut self) {
        self.link = Link::Closing;
        self.output(Output::Close);
    }

    /// When the next dial is due by itself.
    pub(crate) fn next_dial(&self) -> Option<Mono> {
        let waits =
            matches!(self.link, Link::None) && self.wanted() && self.condition.is_none() && !self.asking;
        waits.then(|| self.pacing.next(self.now.mono).0)
    }

    fn dial(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = self.now.mono;
        if self.next_dial().is_none_or(|at| at > now) {
            return Ok(());
        }
        self.asking = too_large::asking(tx.conn()?)?;
        if self.asking {
            return Ok(());
        }
        let ready = match self.member.uid {
            Some(_) => self.look_for_key().is_some(),
            None => self.can_keep_a_member(tx)?,
        };
        if !ready {
            return Ok(());
        }
        self.pacing.dials(now);
        if !self.dial_noted {
            // The first dial of a process is written down before it leaves, or one that is killed each time would
            // begin anew each time. Later ones are written with the next commit, at the latest at the link's end.
            self.note_pacing(tx)?;
        }
        self.link = Link::Dialing;
        self.count("dials");
        self.stage("dialed");
        self.output(Output::Dial);
        Ok(())
    }
}

impl Core {
    /// Before a registration: its result cannot be asked for again (wire 20.6). So what will have to keep it,
    /// the key store and the store, is tried first; the dial leaves only after this step's commit.
    fn can_keep_a_member(&mut self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let name = format!("{}.try", self.member.key_name);
        let kept = "1".repeat(NODE_SECRET_CHARACTERS).parse::<NodeSecret>().is_ok_and(|nobodys| {
            self.env.keys.put(&name, &nobodys).and_then(|()| self.env.keys.remove(&name)).is_ok()
        });
        if !kept {
            self.refused(RefusedWhy::KeyNotKept);
            return Ok(false);
        }
        counters::add(tx.conn()?, "registrations_begun", 1)?;
        Ok(true)
    }
}

impl Up {
    /// The posts that are being streamed and not complete. One that is out but for its answer can wait for it.
    fn streamed(&self) -> Vec<RequestKey> {
        let streams = self.open.iter().filter(|(_, open)| open.stream.is_some() && !open.released);
        streams.map(|(id, _)| RequestKey(id.cast_unsigned())).collect()
    }
}

/// What becomes of an item whose link is gone.
pub(crate) fn stage_after(released: bool, left_whole: bool) -> Stage {
    if released && left_whole { Stage::Doubt } else { Stage::Queued }
}

//! The machine itself: five verbs that tie together receiving, sending, open requests and timers.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use tmtp_wire::frame::FrameError;
use tmtp_wire::message::{Answer, Greeting, Message};
use tmtp_wire::request::Request;
use tmtp_wire::time::Mono;

use crate::input::{Command, Config, Input, Opening, Rejected, RequestKey, Submit};
use crate::limits::{
    ANSWER_CAP, ANSWER_STALL, LOGIN_CAP, LOGIN_LIMIT, PROBE_LEAST, PROBE_MOST, PROBE_TRIPS, PULSE,
    PULSE_GRID, QUIT_CAP, QUIT_WAIT, READ_STALL, USER_EDIT_SPACING,
};
use crate::open::{Asker, OpenRequests};
use crate::output::{Awaiting, Ended, Event, Incompatibility, Misbehaviour, State, Transmit};
use crate::receive::{Item, Receiver};
use crate::send::{Abandoned, Report, Sender};
use crate::timer::{Timer, Timers};

/// What kind of opening it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Login,
    Register,
    Look,
}

/// How far the opening has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Fresh,
    Greeted,
    Registered,
    LoggedIn,
    Over,
}

/// One connection's protocol machine.
pub struct Session {
    kind: Kind,
    phase: Phase,
    window: usize,
    receiver: Receiver,
    sender: Sender,
    /// Frames in the opening flight.
    flight: usize,
    open: OpenRequests,
    timers: Timers,
    /// When the last byte was handed out.
    last_out: Mono,
    /// When something left that is answered at once: the opening, later a probe.
    asked: Option<Mono>,
    /// How long the last answer to that took.
    round_trip: Option<Duration>,
    events: VecDeque<Event>,
    /// What [`Session::unsent`] says after the end.
    unsent_at_end: Vec<RequestKey>,
}

impl fmt::Debug for Session {
    /// Where it stands; what it holds are passwords and mail.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.open.of_caller();
        f.debug_struct("Session").field("phase", &self.phase).field("open", &open).finish_non_exhaustive()
    }
}

impl Session {
    /// A session on a link that has just come up. The first flight waits in [`Session::poll_transmit`].
    pub fn new(now: Mono, config: Config) -> Session {
        let kind = match config.opening {
            Opening::Login { .. } => Kind::Login,
            Opening::Register { .. } => Kind::Register,
            Opening::Look => Kind::Look,
        };
        let mut session = Session {
            kind,
            phase: Phase::Fresh,
            window: config.window,
            receiver: Receiver::new(config.inline_max),
            sender: Sender::default(),
            flight: 0,
            open: OpenRequests::default(),
            timers: Timers::default(),
            last_out: now,
            asked: None,
            round_trip: None,
            events: VecDeque::new(),
            unsent_at_end: Vec::new(),
        };
        session.timers.set(Timer::LoginLimit, now + LOGIN_LIMIT);
        session.timers.cap(Timer::LoginLimit, now + LOGIN_CAP);
        for request in opening_flight(config) {
            session.flight += 1;
            if let Err(error) = session.sender.open_with(&request) {
                session.end(Ended::OpeningInvalid(error));
                break;
            }
        }
        session
    }

    /// Takes in bytes, the end of the link, or a command. Only commands are ever rejected, and then nothing
    /// has changed. After the end everything else is ignored.
    pub fn handle_input(&mut self, now: Mono, input: Input<'_>) -> Result<(), Rejected> {
        match input {
            Input::Bytes(bytes) => self.handle_bytes(now, bytes),
            Input::End(end) => self.end(Ended::Lost(end)),
            Input::Command(command) => return self.handle_command(now, command),
        }
        Ok(())
    }

    /// Acts on the timers that are due. Too early or too often does no harm.
    pub fn handle_timeout(&mut self, now: Mono) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::Pulse => self.sender.pulse(true),
                Timer::UserEditSpacing => self.sender.free_edits(),
                Timer::LoginLimit => self.end(Ended::NoProgress(Awaiting::Login)),
                Timer::AnswerStall => self.end(Ended::NoProgress(Awaiting::Answer)),
                Timer::ReadStall => self.end(Ended::NoProgress(Awaiting::RestOfFrame)),
                Timer::ProbeAnswer => self.end(Ended::NoProgress(Awaiting::Probe)),
                Timer::QuitWait => self.end(Ended::NoProgress(Awaiting::Quit)),
            }
        }
    }

    /// The next record to write, if there is one. Ask only when it can be written: what was handed out
    /// counts as written.
    pub fn poll_transmit(&mut self, now: Mono) -> Option<Transmit> {
        if self.phase == Phase::Over {
            return None;
        }
        let mut report = Report::default();
        let transmit = self.sender.poll(&mut self.open, &mut report);
        if transmit.is_some() {
            self.last_out = now;
            self.sender.pulse(false);
            if self.phase == Phase::LoggedIn {
                self.timers.set(Timer::Pulse, pulse_at(now));
            } else {
                self.asked.get_or_insert(now);
            }
            self.timers.restart(Timer::QuitWait, now + QUIT_WAIT);
        }
        if report.request && self.open.awaits_answer() {
            if !self.timers.is_set(Timer::AnswerStall) {
                self.timers.cap(Timer::AnswerStall, now + ANSWER_CAP);
                self.timers.set(Timer::AnswerStall, now + ANSWER_STALL);
            }
            self.timers.restart(Timer::AnswerStall, now + ANSWER_STALL);
        }
        if report.probe {
            self.asked = Some(now);
            self.timers.set(Timer::ProbeAnswer, now + self.probe_wait());
        }
        if let Some((key, handed_out)) = report.progress {
            self.events.push_back(Event::Progress { key, handed_out });
        }
        if let Some(key) = report.awaiting_release {
            self.events.push_back(Event::AwaitingRelease(key));
        }
        transmit
    }

    /// When to call [`Session::handle_timeout`] at the latest. May change with every other call.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.timers.next()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Where the session stands.
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Over => State::Ended,
            _ if self.sender.quitting() => State::Leaving,
            Phase::LoggedIn => State::Online,
            Phase::Fresh | Phase::Greeted | Phase::Registered => State::Opening,
        }
    }

    /// How many requests may still be submitted.
    pub fn room(&self) -> usize {
        self.window.saturating_sub(self.sender.pending() + self.open.of_caller())
    }

    /// Whether something waits to be handed out, held-back pieces and edits included.
    pub fn has_unsent(&self) -> bool {
        self.phase != Phase::Over && self.sender.has_unsent()
    }

    /// The requests of which not every byte has been handed out, also after the end: those certainly had no
    /// effect.
    pub fn unsent(&self) -> Vec<RequestKey> {
        if self.phase == Phase::Over { self.unsent_at_end.clone() } else { self.sender.unsent() }
    }

    fn handle_bytes(&mut self, now: Mono, bytes: &[u8]) {
        if self.phase == Phase::Over || bytes.is_empty() {
            return;
        }
        self.timers.restart(Timer::LoginLimit, now + LOGIN_LIMIT);
        self.timers.restart(Timer::AnswerStall, now + ANSWER_STALL);
        self.timers.restart(Timer::ProbeAnswer, now + self.probe_wait());
        self.timers.restart(Timer::QuitWait, now + QUIT_WAIT);
        self.receiver.push(bytes);
        while self.phase != Phase::Over {
            match self.receiver.next() {
                Ok(Some(item)) => {
                    if let Err(why) = self.take(now, item) {
                        self.end(Ended::PeerMisbehaved(why));
                    }
                }
                Ok(None) => break,
                Err(Misbehaviour::Framing(FrameError::BadLength | FrameError::Json(_)))
                    if self.phase == Phase::Fresh =>
                {
                    self.end(Ended::PeerIncompatible(Incompatibility::NotTmtp));
                }
                Err(why) => self.end(Ended::PeerMisbehaved(why)),
            }
        }
        if self.phase == Phase::Over {
            return;
        }
        if self.receiver.inside_frame() {
            self.timers.set(Timer::ReadStall, now + READ_STALL);
        } else {
            self.timers.clear(Timer::ReadStall);
        }
    }

    fn take(&mut self, now: Mono, item: Item) -> Result<(), Misbehaviour> {
        let event = match item {
            Item::Direct(message) => return self.take_direct(now, message),
            Item::Whole { head, data } => Event::Message { head, data },
            Item::LargeBegan(head) => Event::LargeBegan(head),
            Item::LargeData(bytes) => {
                if self.timers.is_set(Timer::AnswerStall) {
                    self.timers.cap(Timer::AnswerStall, now + ANSWER_CAP);
                }
                Event::LargeData(bytes)
            }
            Item::LargeEnded => Event::LargeEnded,
            Item::Bad { id, raw, data, why } => Event::BadFrame { id, raw, data, why },
            Item::BadLargeBegan { id, raw, datalen, why } => Event::BadLargeBegan { id, raw, datalen, why },
        };
        self.need_login()?;
        self.events.push_back(event);
        Ok(())
    }

    fn take_direct(&mut self, now: Mono, message: Message) -> Result<(), Misbehaviour> {
        match message {
            Message::TmtpRev(greeting) => return self.greeted(greeting),
            Message::Quit { error } => {
                let ended = self.quit_by_site(error);
                self.end(ended);
                return Ok(());
            }
            _ if self.phase == Phase::Fresh => return Err(Misbehaviour::BeforeGreeting),
            Message::Registered { uid, secret, error } => {
                if self.kind != Kind::Register || self.phase != Phase::Greeted {
                    return Err(Misbehaviour::RegisteredUnasked);
                }
                self.phase = Phase::Registered;
                self.events.push_back(Event::Registered { uid, secret, error });
            }
            Message::Info { ohi } => {
                self.logged_in(now)?;
                self.events.push_back(Event::LoggedIn { present: ohi });
            }
            Message::Answer(answer) => self.answered(now, answer)?,
            Message::Presence { from, online } => {
                self.need_login()?;
                self.events.push_back(Event::Presence { from, online });
            }
            // Queued messages are items of their own; an unknown direct message asks for nothing.
            Message::Queued(_) | Message::Unknown { .. } => {}
        }
        Ok(())
    }

    fn greeted(&mut self, greeting: Greeting) -> Result<(), Misbehaviour> {
        if self.phase != Phase::Fresh {
            return Err(Misbehaviour::GreetingTwice);
        }
        self.phase = Phase::Greeted;
        let known = greeting.id == "1";
        self.events.push_back(Event::Greeted(greeting));
        if !known {
            self.end(Ended::PeerIncompatible(Incompatibility::Version));
        } else if self.kind == Kind::Look {
            self.end(Ended::LoggedOut);
        }
        Ok(())
    }

    fn logged_in(&mut self, now: Mono) -> Result<(), Misbehaviour> {
        match (self.kind, self.phase) {
            (Kind::Login, Phase::Greeted) => self.timers.set(Timer::UserEditSpacing, now + USER_EDIT_SPACING),
            (Kind::Register, Phase::Registered) => self.sender.free_edits(),
            (Kind::Register, Phase::Greeted) => return Err(Misbehaviour::RegisteredMissing),
            _ => return Err(Misbehaviour::InfoUnasked),
        }
        self.phase = Phase::LoggedIn;
        self.measure(now);
        self.timers.clear(Timer::LoginLimit);
        self.timers.set(Timer::Pulse, pulse_at(self.last_out));
        Ok(())
    }

    fn probe_wait(&self) -> Duration {
        if self.open.has_large() || self.sender.has_large() {
            return ANSWER_STALL;
        }
        let measured = self.round_trip.map(|trip| trip.saturating_mul(PROBE_TRIPS));
        measured.map_or(PROBE_MOST, |wait| wait.clamp(PROBE_LEAST, PROBE_MOST))
    }

    /// What was asked is answered.
    fn measure(&mut self, now: Mono) {
        if let Some(asked) = self.asked.take() {
            self.round_trip = Some(now.since(asked));
        }
    }

    fn answered(&mut self, now: Mono, answer: Answer) -> Result<(), Misbehaviour> {
        self.need_login()?;
        match self.open.answer(&answer)? {
            Asker::Caller(key) => self.events.push_back(Event::Answered { key, outcome: answer }),
            Asker::Probe => {
                self.measure(now);
                self.events.push_back(Event::Probed);
            }
        }
        if self.open.awaits_answer() {
            self.timers.cap(Timer::AnswerStall, now + ANSWER_CAP);
        } else {
            self.timers.clear(Timer::AnswerStall);
        }
        if !self.open.has_probe() {
            self.timers.clear(Timer::ProbeAnswer);
        }
        Ok(())
    }

    fn need_login(&self) -> Result<(), Misbehaviour> {
        match self.phase {
            Phase::LoggedIn | Phase::Over => Ok(()),
            Phase::Fresh => Err(Misbehaviour::BeforeGreeting),
            Phase::Greeted | Phase::Registered => Err(Misbehaviour::BeforeLogin),
        }
    }

    /// The texts are fixed strings of the public server (wire 10.1).
    fn quit_by_site(&self, error: String) -> Ended {
        let opening = self.phase != Phase::LoggedIn;
        match error.as_str() {
            "logout ok" if !opening && self.sender.quitting() => Ended::LoggedOut,
            "node already connected" if opening => Ended::NodeBusy,
            "login failed" | "corrupt base32 value" if opening => Ended::LoginRefused,
            "authentication required" if opening => Ended::RegistrationNeedsSignIn,
            _ => Ended::RefusedBySite(error),
        }
    }

    fn handle_command(&mut self, now: Mono, command: Command) -> Result<(), Rejected> {
        if self.phase == Phase::Over || (self.kind == Kind::Look && !matches!(command, Command::Quit)) {
            return Err(Rejected::Closed);
        }
        match command {
            Command::Submit(submit) => self.submit(submit),
            Command::Release(key) => self.sender.release(key),
            Command::Confirm(_) if self.phase != Phase::LoggedIn => Err(Rejected::NotOnline),
            Command::Confirm(id) => self.sender.confirm(id),
            Command::Probe if self.sender.quitting() => Err(Rejected::Leaving),
            Command::Probe => {
                if !self.open.has_probe() {
                    self.sender.probe();
                }
                Ok(())
            }
            Command::Quit => {
                self.leave(now);
                Ok(())
            }
            Command::Abandon(key) => self.abandon(key),
        }
    }

    fn submit(&mut self, submit: Submit) -> Result<(), Rejected> {
        let Submit { key, request, body } = submit;
        if self.sender.quitting() {
            return Err(Rejected::Leaving);
        }
        if self.room() == 0 {
            return Err(Rejected::WindowFull);
        }
        if !(3..=9).contains(&request.op()) || request == Request::Probe {
            return Err(Rejected::NotSubmittable);
        }
        if self.open.has(key) {
            return Err(Rejected::KeyInUse);
        }
        self.sender.submit(key, request, body)
    }

    fn abandon(&mut self, key: RequestKey) -> Result<(), Rejected> {
        match self.sender.abandon(key, &self.open)? {
            Abandoned::Forgotten => {}
            Abandoned::Begun => self.end(Ended::Abandoned),
        }
        Ok(())
    }

    /// Before anything was written, and where no login was asked for, there is nobody to say it to.
    fn leave(&mut self, now: Mono) {
        if self.kind == Kind::Look || self.sender.untouched(self.flight) && self.phase == Phase::Fresh {
            self.end(Ended::LoggedOut);
        } else if !self.sender.quitting() {
            self.sender.quit();
            self.timers.set(Timer::QuitWait, now + QUIT_WAIT);
            self.timers.cap(Timer::QuitWait, now + QUIT_CAP);
        }
    }

    fn end(&mut self, ended: Ended) {
        if self.phase == Phase::Over {
            return;
        }
        tracing::debug!(code = tmtp_wire::code::Code(ended.code()).field(), "A session has ended.");
        self.phase = Phase::Over;
        self.timers.clear_all();
        self.unsent_at_end = self.sender.unsent();
        self.sender.clear();
        self.open.clear();
        self.events.push_back(Event::Ended(ended));
    }
}

/// What leaves first: version and login in one flight, and the unasked confirmation behind them.
fn opening_flight(config: Config) -> Vec<Request> {
    let mut flight = vec![Request::TmtpRev];
    match config.opening {
        Opening::Login { uid, secret, tag } => {
            flight.push(Request::Login { uid, secret, tag });
            flight.extend(config.reconfirm.map(|id| Request::Confirm { id: id.to_string() }));
        }
        Opening::Register { label } => flight.push(Request::Register { label }),
        Opening::Look => {}
    }
    flight
}

/// When to pulse at the latest if nothing else is handed out after `last`, on the grid that all links share.
fn pulse_at(last: Mono) -> Mono {
    let grid = u64::try_from(PULSE_GRID.as_millis()).unwrap_or(1);
    let latest = last + PULSE;
    Mono(latest.0 - latest.0 % grid)
}

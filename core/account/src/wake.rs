//! One bounded look: connect or probe, take what waits, send what is queued while there is time, leave. It
//! always ends (R15): with something new, with proof that nothing is waiting, with a link that lives, or
//! with the reason why it is not known.

use rusqlite::Connection;
use tmtp_session::Command as Word;
use tmtp_store::StoreError;
use tmtp_store::ledger;
use tmtp_store::write::outbox;
use tmtp_wire::ids::{MessageRef, MsgId, ThreadRef};
use tmtp_wire::time::{Mono, Wall};

use crate::api::{Event, Now, WaitWhy, WakeEnd, WakeReport};
use crate::core::Core;
use crate::limits::{WAKE_ARRIVALS, WAKE_LEAVES};
use crate::live::Link;
use crate::tx::Tx;

/// The stage at which the first message or ping came.
const ARRIVED: &str = "arrived";

/// A look that is under way.
#[derive(Clone)]
pub(crate) struct WakeRun {
    began: Now,
    deadline: Mono,
    arrived: Vec<(ThreadRef, MessageRef)>,
    arrived_count: u64,
    pings: Vec<MsgId>,
    stages: Vec<(&'static str, u64)>,
    /// What it has found out; from then on it only waits for the link to be closed.
    pub(crate) end: Option<WakeEnd>,
    /// What of that which arrived is committed.
    committed: Seen,
}

/// How much has arrived.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen {
    messages: usize,
    messages_count: u64,
    pings: usize,
}

impl WakeRun {
    fn new(now: Now, deadline: Mono) -> Self {
        WakeRun {
            began: now,
            deadline,
            arrived: Vec::new(),
            arrived_count: 0,
            pings: Vec::new(),
            stages: Vec::new(),
            end: None,
            committed: Seen::default(),
        }
    }

    fn seen(&self) -> Seen {
        Seen { messages: self.arrived.len(), messages_count: self.arrived_count, pings: self.pings.len() }
    }

    /// Forgets what has arrived since then: it is not in the store.
    fn take_back(&mut self, to: Seen) {
        self.arrived.truncate(to.messages);
        self.arrived_count = to.messages_count;
        self.pings.truncate(to.pings);
        if self.arrived_count == 0 && self.pings.is_empty() {
            self.stages.retain(|(stage, _)| *stage != ARRIVED);
        }
    }

    /// The step has come to nothing: so has what arrived in it.
    pub(crate) fn undone(&mut self) {
        self.take_back(self.committed);
    }

    /// What is told of it, without a row in the ledger, when the step that reported it was undone. Somebody
    /// waits for it.
    pub(crate) fn told_without_row(self) -> WakeReport {
        WakeRun { end: Some(WakeEnd::NotKnown(WaitWhy::Storage)), ..self }.report()
    }

    fn report(self) -> WakeReport {
        WakeReport {
            arrived: self.arrived,
            arrived_count: self.arrived_count,
            pings: self.pings,
            end: self.end.unwrap_or(WakeEnd::NotKnown(WaitWhy::Deadline)),
            stages: self.stages,
        }
    }

    /// When it must begin to leave. Of a short time half is for looking.
    fn leave_at(&self) -> Mono {
        let whole = self.deadline.since(self.began.mono);
        self.deadline - WAKE_LEAVES.min(whole / 2)
    }

    /// When it must be looked at.
    pub(crate) fn next_time(&self, link: &Link) -> Option<Mono> {
        match (&self.end, link) {
            (Some(_), Link::None) => Some(Mono(0)),
            (Some(_), _) => Some(self.deadline),
            (None, Link::Up(up)) => Some(up.given_up().map_or(self.leave_at(), |at| at.min(self.leave_at()))),
            (None, _) => Some(self.leave_at()),
        }
    }

    fn found(&self) -> WakeEnd {
        if self.arrived_count == 0 && self.pings.is_empty() { WakeEnd::NothingNew } else { WakeEnd::New }
    }
}

impl Core {
    /// A look is wanted. One that runs already goes on, and ends no later than the earlier deadline; one that
    /// has found out what it could is reported first.
    pub(crate) fn begin_wake(&mut self, tx: &mut Tx<'_>, deadline: Mono) -> Result<(), StoreError> {
        if self.wake.as_ref().is_some_and(|wake| wake.end.is_some()) {
            self.report_wake(tx)?;
        }
        match &mut self.wake {
            Some(wake) => wake.deadline = wake.deadline.min(deadline),
            None => {
                self.wake = Some(WakeRun::new(self.now, deadline));
                self.pacing.wakes();
                self.count("wakes");
                self.stage_since(self.received);
            }
        }
        self.received = None;
        Ok(())
    }

    /// A wake that was received earlier, before the account was open: its times count from then.
    fn stage_since(&mut self, received: Option<Mono>) {
        let (Some(wake), Some(received)) = (&mut self.wake, received) else { return };
        let before = i64::try_from(self.now.mono.since(received).as_millis()).unwrap_or(0);
        wake.began =
            Now { mono: received.min(self.now.mono), wall: Wall(self.now.wall.0.saturating_sub(before)) };
        wake.stages.push(("received", 0));
        self.stage("opened");
    }

    /// Notes what was reached, the first time.
    pub(crate) fn stage(&mut self, name: &'static str) {
        let now = self.now.mono;
        if let Some(wake) = &mut self.wake
            && wake.stages.iter().all(|(other, _)| *other != name)
        {
            let since = u64::try_from(now.since(wake.began.mono).as_millis()).unwrap_or(u64::MAX);
            wake.stages.push((name, since));
        }
    }

    /// How much the wake has seen to arrive.
    pub(crate) fn wake_seen(&self) -> Seen {
        self.wake.as_ref().map(WakeRun::seen).unwrap_or_default()
    }

    /// An input was undone, and what arrived in it.
    pub(crate) fn wake_takes_back(&mut self, to: Seen) {
        if let Some(wake) = &mut self.wake {
            wake.take_back(to);
        }
    }

    /// The step is committed, and what arrived in it.
    pub(crate) fn wake_committed(&mut self) {
        if let Some(wake) = &mut self.wake {
            wake.committed = wake.seen();
        }
    }

    pub(crate) fn wake_saw_message(&mut self, thread: ThreadRef, message: MessageRef) {
        self.stage(ARRIVED);
        if let Some(wake) = &mut self.wake {
            wake.arrived_count += 1;
            if wake.arrived.len() < WAKE_ARRIVALS {
                wake.arrived.push((thread, message));
            }
        }
    }

    pub(crate) fn wake_saw_ping(&mut self, msgid: MsgId) {
        self.stage(ARRIVED);
        if let Some(wake) = &mut self.wake
            && wake.pings.len() < WAKE_ARRIVALS
        {
            wake.pings.push(msgid);
        }
    }

    /// The probe was answered.
    pub(crate) fn wake_probed(&mut self) {
        let held = self.link.up().is_some_and(|up| up.probing);
        if let Some(up) = self.link.up_mut() {
            up.probing = false;
        }
        if let Some(wake) = &mut self.wake
            && held
            && wake.end.is_none()
        {
            wake.end = Some(WakeEnd::Live);
        }
    }

    /// Ends the look without having found out more.
    pub(crate) fn end_wake(&mut self, why: WaitWhy) {
        if let Some(wake) = &mut self.wake
            && wake.end.is_none()
        {
            wake.end = Some(WakeEnd::NotKnown(why));
        }
    }

    /// Moves the look on: is it over, must it leave, can it report? `conn` is asked for only if needed.
    pub(crate) fn drive_wake(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(wake) = &self.wake else { return Ok(()) };
        let now = self.now.mono;
        if wake.end.is_none() {
            let late = now >= wake.leave_at();
            let end = self.wake_end(tx, late)?;
            if let (Some(wake), Some(end)) = (&mut self.wake, end) {
                wake.end = Some(end);
            }
        }
        let Some(wake) = &self.wake else { return Ok(()) };
        let closed = matches!(self.link, Link::None) || self.stay;
        if wake.end.is_some() && (closed || now >= wake.deadline) {
            self.report_wake(tx)?;
        }
        Ok(())
    }

    fn wake_end(&mut self, tx: &mut Tx<'_>, late: bool) -> Result<Option<WakeEnd>, StoreError> {
        if self.asking {
            return Ok(Some(WakeEnd::NotKnown(WaitWhy::TooLarge)));
        }
        if self.condition.is_some() {
            return Ok(Some(WakeEnd::NotKnown(WaitWhy::State)));
        }
        let found = self.wake.as_ref().map(WakeRun::found);
        let mut probe = false;
        let mut over = None;
        match &mut self.link {
            Link::Up(up)
                if up.barrier && self.wake.as_ref().is_some_and(|wake| !wake.has_stage("logged_in")) =>
            {
                // The link was there before the look: does it live?
                probe = !up.probing;
                up.probing = true;
            }
            Link::Up(up) if up.barrier => {
                let idle = up.open.is_empty() && up.incoming.is_none();
                let sent = late || idle && self.waiting.is_empty() && nothing_ready(tx.conn()?)?;
                over = sent.then_some(found).flatten();
            }
            Link::Up(up) if up.given_up().is_some_and(|at| at <= self.now.mono) => {
                over = Some(WakeEnd::NotKnown(WaitWhy::NoProof));
            }
            _ => {}
        }
        if probe {
            self.effects.word(Word::Probe);
        }
        if over.is_none() && late {
            let why = if matches!(self.link, Link::None) {
                self.pacing.next(self.now.mono).1
            } else {
                WaitWhy::Deadline
            };
            over = Some(WakeEnd::NotKnown(why));
        }
        Ok(over)
    }

    fn report_wake(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.stage("ended");
        let Some(wake) = self.wake.take() else { return Ok(()) };
        // Until the commit: a step that is undone takes its report with it.
        self.reported = Some(wake.clone());
        let outcome = match &wake.end {
            Some(WakeEnd::New) => "new",
            Some(WakeEnd::NothingNew) => "nothing_new",
            Some(WakeEnd::Live) => "live",
            Some(WakeEnd::NotKnown(WaitWhy::State)) => self.forbidden_by(),
            Some(WakeEnd::NotKnown(why)) => why.code(),
            None => WaitWhy::Deadline.code(),
        };
        let row = ledger::WakeRow {
            began: wake.began.wall,
            stages: &wake.stages,
            outcome,
            arrived: wake.arrived_count + wake.pings.len() as u64,
        };
        ledger::add(tx.conn()?, &row)?;
        self.event(Event::WakeEnded(wake.report()));
        Ok(())
    }
}

impl WakeRun {
    fn has_stage(&self, name: &str) -> bool {
        self.stages.iter().any(|(stage, _)| *stage == name)
    }
}

fn nothing_ready(conn: &Connection) -> Result<bool, StoreError> {
    Ok(outbox::next_ready(conn, 0, u64::MAX)?.is_none())
}

impl WaitWhy {
    /// The stable word under which it is noted.
    pub fn code(self) -> &'static str {
        match self {
            WaitWhy::Dial(_) => "dial_failed",
            WaitWhy::LinkLost => "link_lost",
            WaitWhy::Mute => "mute",
            WaitWhy::SiteTrouble => "site_trouble",
            WaitWhy::Budget => "budget",
            WaitWhy::TooLarge => "too_large",
            WaitWhy::NodeBusy => "node_busy",
            WaitWhy::Deadline => "deadline",
            WaitWhy::State => "state",
            WaitWhy::Storage => "storage",
            WaitWhy::NoProof => "no_proof",
        }
    }
}

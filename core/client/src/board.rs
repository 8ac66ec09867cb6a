//! Between an account's driver and those who wait for it. The driver reports here right after each commit:
//! answers go to whoever asked, events to the ring of the client, states to those who watch.
//!
//! A [`Board`] lives as long as the account is known to the client; a [`Pending`] as long as one driver. When
//! the driver is gone, whoever still waits for it is told so at once, and nobody can begin to wait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tmtp_account::{Event as Inner, Now, Refused, Reply, Ticket, WakeEnd, WakeReport};
use tmtp_link::Clock;
use tmtp_link::driver::Outlet;
use tmtp_wire::time::{Mono, Wall};
use tokio::sync::{oneshot, watch};

use crate::events::{Event, Events};
use crate::home::AccountName;
use crate::limits::WAKE_GRACE;
use crate::state::State;

/// The stage of a wake at which the site has taken the login.
const LOGGED_IN: &str = "logged_in";

/// How an account stands, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How it stands.
    pub state: State,
    /// Since when.
    pub since: Wall,
}

/// Where what happens in an account is seen.
pub(crate) struct Board {
    name: AccountName,
    events: Arc<Events>,
    clock: Arc<dyn Clock>,
    standing: watch::Sender<Standing>,
    /// Since when there is a login, while there is one.
    online: Mutex<Option<Mono>>,
    /// Rises with every event: whoever waits for something in the store looks again.
    changes: watch::Sender<u64>,
}

impl Board {
    pub(crate) fn new(name: AccountName, events: Arc<Events>, clock: Arc<dyn Clock>) -> Board {
        let since = clock.now().wall;
        let standing = watch::Sender::new(Standing { state: State::Idle, since });
        Board { name, events, clock, standing, online: Mutex::default(), changes: watch::Sender::new(0) }
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Sees each change of the standing, at least the last of several.
    pub(crate) fn watch(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Sees that something has changed.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Tells everybody how the account stands now, if that is new.
    pub(crate) fn stands(&self, state: State) {
        let Now { mono, wall: since } = self.clock.now();
        let new = self.standing.send_if_modified(|standing| {
            let new = standing.state != state;
            if new {
                *standing = Standing { state: state.clone(), since };
                *self.lock_online() = (state == State::Online).then_some(mono);
            }
            new
        });
        if new {
            self.tell(Event::StateChanged(state));
        }
    }

    /// How long the login stands that there is now; zero without one.
    pub(crate) fn online_for(&self) -> Duration {
        let now = self.clock.now().mono;
        self.lock_online().map_or(Duration::ZERO, |since| now.since(since))
    }

    fn lock_online(&self) -> MutexGuard<'_, Option<Mono>> {
        self.online.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody what has happened.
    pub(crate) fn tell(&self, event: Event) {
        self.events.push(&self.name, event);
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}

/// The answer to a command, when it comes.
pub(crate) type Answer = oneshot::Receiver<Result<Reply, Refused>>;

/// Who waits for one driver.
#[derive(Default)]
pub(crate) struct Pending(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    over: bool,
    tickets: u64,
    answers: BTreeMap<Ticket, oneshot::Sender<Result<Reply, Refused>>>,
    look: Option<Look>,
}

/// A wake that is running.
struct Look {
    began: Mono,
    /// When its report must have come. One that has not is not waited for any longer.
    until: Mono,
    waiting: Vec<oneshot::Sender<WakeReport>>,
}

/// The times of a wake that somebody asks for.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    /// When it reached this process, which can be well before the account is open.
    pub(crate) received: Mono,
    pub(crate) now: Mono,
    /// When it must be over.
    pub(crate) until: Mono,
}

/// What a running wake is to somebody who asks for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is his.
    Began,
    /// It had begun this long before he asked.
    Joined(Duration),
}

impl Turn {
    /// Whether the report answers the one who asked: it is his, or it looked after he had asked. What came to the
    /// site between the login of a look and his question is not proven by that look.
    pub(crate) fn is_answered_by(self, report: &WakeReport) -> bool {
        match self {
            Turn::Began => true,
            Turn::Joined(_) if matches!(report.end, WakeEnd::NotKnown(_)) => false,
            Turn::Joined(after) => {
                let login = report.stages.iter().find(|(stage, _)| *stage == LOGGED_IN);
                login.is_some_and(|(_, at)| Duration::from_millis(*at) > after)
            }
        }
    }
}

impl Pending {
    /// A ticket for a command that is about to be put; `None` if the driver is gone.
    pub(crate) fn expect_answer(&self) -> Option<(Ticket, Answer)> {
        let mut waiting = self.lock();
        if waiting.over {
            return None;
        }
        let (sender, answer) = oneshot::channel();
        waiting.tickets += 1;
        let ticket = Ticket(waiting.tickets);
        waiting.answers.insert(ticket, sender);
        Some((ticket, answer))
    }

    /// Waits for the end of a wake. If none is running, `begin` puts one that was received then and ends before
    /// `until`. `None` if the driver is gone.
    pub(crate) fn expect_wake(
        &self,
        Asked { received, now, until }: Asked,
        begin: impl FnOnce(),
    ) -> Option<(Turn, oneshot::Receiver<WakeReport>)> {
        let mut waiting = self.lock();
        if waiting.over {
            return None;
        }
        let (sender, report) = oneshot::channel();
        if let Some(look) = waiting.running(now) {
            look.waiting.push(sender);
            return Some((Turn::Joined(now.since(look.began)), report));
        }
        begin();
        // The stages of its report count from then, too.
        waiting.look = Some(Look { began: received, until: until + WAKE_GRACE, waiting: vec![sender] });
        Some((Turn::Began, report))
    }

    /// Does this unless a wake is running: then, when that is over at the latest. No wake begins meanwhile.
    pub(crate) fn unless_waking(&self, now: Mono, work: impl FnOnce()) -> Option<Mono> {
        let mut waiting = self.lock();
        let until = waiting.running(now).map(|look| look.until);
        if until.is_none() {
            work();
        }
        until
    }

    /// The driver is gone: nobody waits for it any more.
    pub(crate) fn end(&self) {
        let mut waiting = self.lock();
        waiting.over = true;
        waiting.answers.clear();
        waiting.look = None;
    }

    fn answered(&self, ticket: Ticket, outcome: Result<Reply, Refused>) {
        let asker = self.lock().answers.remove(&ticket);
        if let Some(asker) = asker {
            // The asker may have gone away; what he asked for is done all the same.
            let _ = asker.send(outcome);
        }
    }

    fn woken(&self, report: &WakeReport) {
        let look = self.lock().look.take();
        for waker in look.into_iter().flat_map(|look| look.waiting) {
            let _ = waker.send(report.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Every change is a single step, so a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// The wake that is running, if its time is not over.
    fn running(&mut self, now: Mono) -> Option<&mut Look> {
        self.look = self.look.take().filter(|look| look.until > now);
        self.look.as_mut()
    }
}

/// What the driver reports to.
pub(crate) struct Reporter {
    pub(crate) board: Arc<Board>,
    pub(crate) pending: Arc<Pending>,
}

impl Outlet for Reporter {
    fn reply(&mut self, ticket: Ticket, outcome: Result<Reply, Refused>) {
        self.pending.answered(ticket, outcome);
    }

    fn event(&mut self, event: Inner) {
        if let Inner::WakeEnded(report) = &event {
            self.pending.woken(report);
        }
        match Event::of(event, self.board.now()) {
            Event::StateChanged(state) => self.board.stands(state),
            event => self.board.tell(event),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(logged_in: u64) -> WakeReport {
        let (end, stages) = (WakeEnd::NothingNew, vec![("dialed", 0), (LOGGED_IN, logged_in)]);
        WakeReport { arrived: Vec::new(), arrived_count: 0, pings: Vec::new(), pings_count: 0, end, stages }
    }

    fn ask(pending: &Pending, now: u64) -> (Turn, oneshot::Receiver<WakeReport>) {
        asked(pending, now, now)
    }

    fn asked(pending: &Pending, received: u64, now: u64) -> (Turn, oneshot::Receiver<WakeReport>) {
        let asked = Asked { received: Mono(received), now: Mono(now), until: Mono(now + 10_000) };
        pending.expect_wake(asked, || {}).unwrap()
    }

    #[test]
    fn a_look_answers_those_who_asked_before_its_login() {
        let pending = Pending::default();
        let mut asked = [ask(&pending, 100), ask(&pending, 140), ask(&pending, 150), ask(&pending, 190)];
        pending.woken(&report(50));
        let answered =
            asked.each_mut().map(|(turn, receiver)| turn.is_answered_by(&receiver.try_recv().unwrap()));
        assert_eq!(answered, [true, true, false, false]);
        assert_eq!(ask(&pending, 200).0, Turn::Began);
    }

    #[test]
    fn a_look_whose_account_was_opened_late_answers_nobody_who_asked_behind_its_login() {
        let pending = Pending::default();
        let _first = asked(&pending, 100, 400);
        let (behind, mut report_to_it) = asked(&pending, 460, 460);
        // It logged in 350 ms after it was received: at 450.
        pending.woken(&report(350));
        assert!(!behind.is_answered_by(&report_to_it.try_recv().unwrap()));
    }

    #[test]
    fn a_look_that_found_out_nothing_answers_only_the_one_whose_it_was() {
        let nothing = WakeReport { end: WakeEnd::NotKnown(tmtp_account::WaitWhy::Deadline), ..report(50) };
        assert!(Turn::Began.is_answered_by(&nothing));
        assert!(!Turn::Joined(Duration::ZERO).is_answered_by(&nothing));
    }

    #[test]
    fn a_wake_whose_report_never_came_does_not_stop_the_next() {
        let pending = Pending::default();
        let lost = ask(&pending, 0);
        assert!(pending.unless_waking(Mono(11_000), || {}).is_some());
        assert_eq!(ask(&pending, 12_001).0, Turn::Began);
        drop(lost);
        assert!(pending.unless_waking(Mono(30_000), || {}).is_none());
    }
}

//! The session's timers: one table, indexed by name. A timer is set or not; when it is due the machine acts
//! on it once.

use tmtp_wire::time::Mono;

/// What a timer is for; times and reasons are in `limits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Progress of the opening.
    LoginLimit,
    /// Keep the link alive.
    Pulse,
    /// Progress while an answer is awaited.
    AnswerStall,
    /// Progress inside a frame.
    ReadStall,
    /// Progress after a probe.
    ProbeAnswer,
    /// Progress of leaving.
    QuitWait,
    /// User edits may leave from then on.
    UserEditSpacing,
}

impl Timer {
    const ALL: [Timer; 7] = [
        Timer::LoginLimit,
        Timer::Pulse,
        Timer::AnswerStall,
        Timer::ReadStall,
        Timer::ProbeAnswer,
        Timer::QuitWait,
        Timer::UserEditSpacing,
    ];
}

/// When each timer is due.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: [Option<Mono>; Timer::ALL.len()],
    /// How far each may be moved at most: progress in crumbs does not count for ever.
    most: [Option<Mono>; Timer::ALL.len()],
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: Mono) {
        self.due[timer as usize] = Some(at);
    }

    /// Sets how far a timer may be moved, also if it is running.
    pub(crate) fn cap(&mut self, timer: Timer, most: Mono) {
        self.most[timer as usize] = Some(most);
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        self.due[timer as usize] = None;
        self.most[timer as usize] = None;
    }

    pub(crate) fn clear_all(&mut self) {
        *self = Timers::default();
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.due[timer as usize].is_some()
    }

    /// Moves a timer that is running; one that is not stays off.
    pub(crate) fn restart(&mut self, timer: Timer, at: Mono) {
        if self.is_set(timer) {
            self.set(timer, self.most[timer as usize].map_or(at, |most| at.min(most)));
        }
    }

    /// The earliest.
    pub(crate) fn next(&self) -> Option<Mono> {
        self.due.iter().flatten().min().copied()
    }

    /// Takes one that is due.
    pub(crate) fn take_due(&mut self, now: Mono) -> Option<Timer> {
        let timer =
            Timer::ALL.into_iter().find(|timer| self.due[*timer as usize].is_some_and(|at| at <= now))?;
        self.clear(timer);
        Some(timer)
    }
}

//! What forbids a link: a key that cannot be read, a full disk, a site that says no. And how all of it
//! together is shown as one [`State`].

use tmtp_store::StoreError;
use tmtp_store::keys::KeyAnswer;
use tmtp_wire::ids::NodeSecret;
use tmtp_wire::time::Mono;

use crate::api::{RefusedWhy, State, StopWhy, WaitWhy};
use crate::core::Core;
use crate::limits::{FULL_AGAIN, FULL_NEEDS, LOCKED_AGAIN, REFUSED_AGAIN};
use crate::live::Link;

/// What forbids a link.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// How it is shown.
    pub(crate) state: State,
    /// When it is looked at again by itself.
    pub(crate) again: Option<Mono>,
    /// A person who acts may try once more.
    pub(crate) person_helps: bool,
}

/// Who has a condition looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    /// Nobody: time has passed.
    Timer,
    /// A wake.
    Wake,
    /// A key store that can be read again.
    Unlocked,
    /// A person.
    Person,
}

impl Condition {
    /// The store came from another installation.
    pub(crate) fn cloned() -> Self {
        Condition { state: State::Cloned, again: None, person_helps: false }
    }
}

impl Core {
    /// Reads the node's secret; if that cannot be had, says why there is no link. A store that is not yet
    /// registered needs none.
    pub(crate) fn look_for_key(&mut self) -> Option<NodeSecret> {
        self.member.uid.as_ref()?;
        let again = Some(self.now.mono + LOCKED_AGAIN);
        let (state, again) = match self.env.keys.get(&self.member.key_name) {
            Ok(KeyAnswer::Value(secret)) => return Some(secret),
            Ok(KeyAnswer::Absent) => (State::KeyLost, None),
            Ok(KeyAnswer::NotNow) | Err(_) => (State::Locked, again),
        };
        self.forbid(Condition { state, again, person_helps: true });
        None
    }

    /// Forbids links for this reason. A copied store stays one, whatever happens to it.
    pub(crate) fn forbid(&mut self, condition: Condition) {
        if !self.cloned {
            self.condition = Some(condition);
        }
    }

    /// The key store cannot be used now; tried again after a while.
    pub(crate) fn locked(&mut self) {
        let again = Some(self.now.mono + LOCKED_AGAIN);
        self.forbid(Condition { state: State::Locked, again, person_helps: true });
    }

    /// The store has failed.
    pub(crate) fn store_failed(&mut self, error: &StoreError) {
        // Each try costs the member's nodes a `login` message: they become rarer.
        self.pacing.service_failed(self.now.mono, WaitWhy::Storage, self.env.random.next());
        let condition = match error {
            StoreError::Full { needed } | StoreError::QuotaExceeded { needed, .. } => Condition {
                state: State::StorageFull { needed: (*needed).max(FULL_NEEDS) },
                again: Some(self.now.mono + FULL_AGAIN),
                person_helps: true,
            },
            StoreError::Busy | StoreError::Io { .. } => Condition {
                state: State::Waiting { why: WaitWhy::Storage, until: self.now.mono + FULL_AGAIN },
                again: Some(self.now.mono + FULL_AGAIN),
                person_helps: true,
            },
            StoreError::NotWritable { .. } => Condition {
                state: State::ReadOnly,
                again: Some(self.now.mono + FULL_AGAIN),
                person_helps: true,
            },
            StoreError::Corrupt { .. } => {
                Condition { state: State::Damaged, again: None, person_helps: true }
            }
            _ => Condition { state: State::Broken, again: None, person_helps: true },
        };
        self.forbid(condition);
    }

    /// The site says no. Whoever acted while it was being asked has not been heard by it: it is asked once more at once.
    pub(crate) fn refused(&mut self, why: RefusedWhy) {
        let now = self.now.mono;
        let again = match why {
            RefusedWhy::Login | RefusedWhy::Incompatible if self.pacing.acts(now) => Some(now),
            RefusedWhy::Login | RefusedWhy::Incompatible => Some(now + REFUSED_AGAIN),
            RefusedWhy::NeedsSignIn | RefusedWhy::KeyNotKept => None,
        };
        self.forbid(Condition { state: State::Refused(why), again, person_helps: true });
    }

    /// Only a person can decide.
    pub(crate) fn stopped(&mut self, why: StopWhy) {
        self.forbid(Condition { state: State::Stopped(why), again: None, person_helps: true });
    }

    /// A condition whose time has come is looked at again: it is taken for gone unless it shows itself.
    pub(crate) fn look_again(&mut self, who: Looks) {
        let now = self.now.mono;
        let Some(condition) = self.condition.as_ref().filter(|_| !self.cloned) else { return };
        let due = condition.again.is_some_and(|again| again <= now);
        let helps = match who {
            Looks::Timer => false,
            Looks::Unlocked => condition.state == State::Locked,
            // A push does not make a site say yes, and each registration that comes to nothing leaves a member.
            Looks::Wake => {
                matches!(
                    condition.state,
                    State::Locked | State::StorageFull { .. } | State::ReadOnly | State::Waiting { .. }
                )
            }
            Looks::Person => condition.person_helps,
        };
        if !(due || helps) {
            return;
        }
        // Room on the disk and within the quota.
        if let State::StorageFull { needed } = condition.state
            && (self.files.free_space().is_ok_and(|free| free < needed)
                || self.files.room().is_ok_and(|room| room < needed))
        {
            if let Some(condition) = &mut self.condition {
                condition.again = Some(now + FULL_AGAIN);
            }
            return;
        }
        self.condition = None;
        self.look_for_key();
    }

    /// What forbids a link, as a stable word for the ledger.
    pub(crate) fn forbidden_by(&self) -> &'static str {
        match self.condition.as_ref().map(|condition| &condition.state) {
            Some(State::Locked) => "locked",
            Some(State::KeyLost) => "key_lost",
            Some(State::Cloned) => "cloned",
            Some(State::StorageFull { .. }) => "storage_full",
            Some(State::Refused(why)) => why.code(),
            Some(State::Stopped(StopWhy::PinChanged)) => "pin_changed",
            Some(State::Damaged) => "damaged",
            Some(State::ReadOnly) => "read_only",
            Some(State::Broken) => "broken",
            Some(_) => WaitWhy::State.code(),
            // It was told to end.
            None => "suspended",
        }
    }

    /// Whether a link is wanted at all.
    pub(crate) fn wanted(&self) -> bool {
        self.stay || self.wake.as_ref().is_some_and(|wake| wake.end.is_none())
    }

    /// The state, if it is another than the one said last.
    pub(crate) fn new_state(&mut self) -> Option<State> {
        let state = self.derive_state();
        (state != self.state).then(|| {
            self.state = state.clone();
            state
        })
    }

    fn derive_state(&self) -> State {
        if let Some(condition) = &self.condition {
            return condition.state.clone();
        }
        match &self.link {
            Link::Up(up) if up.online.is_some() && !up.leaving => return State::Online,
            Link::None if !self.wanted() => return State::Off,
            // On the way out: what was said last holds until the link is closed.
            Link::Closing | Link::Up(_) if !self.wanted() => return self.state.clone(),
            _ => {}
        }
        if self.asking {
            return State::Waiting { why: WaitWhy::TooLarge, until: Mono(u64::MAX) };
        }
        let now = self.now.mono;
        let (until, why) = self.pacing.next(now);
        match self.pacing.busy() {
            Some(busy) if why == WaitWhy::NodeBusy || until <= now => State::NodeBusy {
                since: busy.since,
                until: busy.until,
                other_suspected: busy.other_suspected(now),
            },
            _ if until > now && matches!(self.link, Link::None | Link::Closing) => {
                State::Waiting { why, until }
            }
            _ => State::Connecting,
        }
    }
}

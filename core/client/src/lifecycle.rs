//! Where facts come in and the plan goes out, for all tasks of a client: the [`Reconciler`] with a clock and a
//! lock around it, and the gate through which every call passes that touches a file of ours.
//!
//! In: facts, from calls of the app and from the tasks that carry the plan out. Out: the newest [`Plan`], to whoever
//! watches it (each account's keeper, and the [`steward`](crate::steward)); a [`Pass`] to each call, or why there is
//! none. Nothing here waits for anything but passes that are out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tmtp_account::Now;
use tmtp_link::Clock;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::Error;
use crate::home::AccountName;
use crate::reconciler::{Fact, Files, Link, Moment, Plan, Reconciler};

/// What the platform thinks of the network. A hint hastens what waits; it never forbids anything, because it is
/// often wrong (R18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkHint {
    /// Tells one way into the network from another: any number that is another one when the network is.
    pub path: u64,
    /// Some way is there.
    pub available: bool,
    /// The platform has reached the Internet through it.
    pub validated: bool,
    /// A portal wants something of the person first.
    pub captive_portal: bool,
    /// Bytes cost money there. Then a large message that was sent is not downloaded again only to prove that it was; one
    /// of which the answer is lost may have to ask its person. Nothing else follows: a delivery that is left at the site
    /// holds up everything behind it, and nothing is fetched that was not sent to this member. An app that wants to
    /// spare bytes asks before it hands a large file to `send`.
    pub metered: bool,
    /// The platform keeps this app from using it now.
    pub blocked: bool,
}

impl Default for NetworkHint {
    /// A network as one wishes it.
    fn default() -> Self {
        NetworkHint {
            path: 0,
            available: true,
            validated: true,
            captive_portal: false,
            metered: false,
            blocked: false,
        }
    }
}

/// The facts, and what follows from them.
pub(crate) struct Lifecycle {
    clock: Arc<dyn Clock>,
    /// On a clock that stands still while the device sleeps.
    began: Instant,
    facts: Mutex<Reconciler>,
    plan: watch::Sender<Plan>,
    /// How many passes are out.
    out: watch::Sender<usize>,
    /// Long work on files is to be given up.
    halt: Arc<AtomicBool>,
}

impl Lifecycle {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Lifecycle {
        Lifecycle {
            clock,
            began: Instant::now(),
            facts: Mutex::default(),
            plan: watch::Sender::default(),
            out: watch::Sender::default(),
            halt: Arc::default(),
        }
    }

    /// Takes a fact in.
    pub(crate) fn tell(&self, fact: Fact) {
        self.take(&mut self.lock(), fact);
    }

    fn take(&self, facts: &mut Reconciler, fact: Fact) {
        let plan = facts.tell(self.moment(), fact);
        self.halt.store(plan.files != Files::Open, Ordering::SeqCst);
        // Under the lock, so that the newest plan is the one that is seen last.
        self.plan.send_if_modified(|known| {
            let new = *known != plan;
            if new {
                *known = plan;
            }
            new
        });
    }

    /// Compares the clocks: a device that has slept is found out by the first call after it, whatever that call is for
    /// (R43).
    pub(crate) fn look_for_sleep(&self) {
        self.compare_clocks(&mut self.lock());
    }

    fn compare_clocks(&self, facts: &mut Reconciler) {
        if facts.has_slept(self.moment()) {
            self.take(facts, Fact::Tick);
        }
    }

    fn moment(&self) -> Moment {
        let Now { mono, wall } = self.clock.now();
        Moment { mono, wall, awake: self.began.elapsed() }
    }

    /// Takes in what a caller says about the world.
    pub(crate) fn report(&self, fact: Fact) -> Result<(), Error> {
        if self.files() == Files::Stopped {
            return Err(Error::Closed);
        }
        self.tell(fact);
        Ok(())
    }

    /// What is wanted; changes are seen, the last one at least.
    pub(crate) fn watch(&self) -> watch::Receiver<Plan> {
        self.plan.subscribe()
    }

    /// The link that is wanted of an account now.
    pub(crate) fn link(&self, account: &AccountName) -> Option<Link> {
        self.plan.borrow().links.get(account).copied()
    }

    /// Whether files of ours may be open.
    pub(crate) fn files(&self) -> Files {
        self.lock().files()
    }

    /// Why nothing may be opened now, if so.
    pub(crate) fn barred(&self) -> Option<Error> {
        match self.files() {
            Files::Open => None,
            Files::Suspended => Some(Error::Suspended),
            Files::Stopped => Some(Error::Closed),
        }
    }

    /// Lets a call in that touches files of ours, until the pass is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Pass, Error> {
        let mut facts = self.lock();
        self.compare_clocks(&mut facts);
        match facts.files() {
            Files::Open => {
                self.out.send_modify(|out| *out += 1);
                Ok(Pass(Arc::clone(self)))
            }
            Files::Suspended => Err(Error::Suspended),
            Files::Stopped => Err(Error::Closed),
        }
    }

    /// Waits until no pass is out. Cancel-safe.
    pub(crate) async fn all_out(&self) {
        let mut out = self.out.subscribe();
        // The sender lives in here, so the wait ends only by what it waits for.
        let _ = out.wait_for(|out| *out == 0).await;
    }

    /// Raised while long work on files is to be given up.
    pub(crate) fn halt(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.halt)
    }

    fn lock(&self) -> MutexGuard<'_, Reconciler> {
        // A fact is taken in by plain assignments, so a panic elsewhere leaves it whole.
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody is at work on files of ours.
pub(crate) struct Pass(Arc<Lifecycle>);

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.out.send_modify(|out| *out = out.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use tmtp_link::SystemClock;
    use tmtp_wire::time::{Mono, Wall};

    use super::*;

    /// The device's clocks, and how long it has slept.
    #[derive(Default)]
    struct Sleepy(AtomicU64);

    impl Clock for Sleepy {
        fn now(&self) -> Now {
            let Now { mono, wall } = SystemClock.now();
            let slept = self.0.load(Ordering::SeqCst);
            Now { mono: Mono(mono.0 + slept), wall: Wall(wall.0 + slept.cast_signed()) }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_is_found_out_by_the_next_call_and_once() {
        let clock = Arc::new(Sleepy::default());
        let lifecycle = Arc::new(Lifecycle::new(Arc::clone(&clock) as Arc<dyn Clock>));
        lifecycle.tell(Fact::Tick);
        let mut plans = lifecycle.watch();
        drop(lifecycle.enter());
        assert!(!plans.has_changed().unwrap());

        clock.0.store(60_000, Ordering::SeqCst);
        drop(lifecycle.enter());
        assert_eq!(plans.borrow_and_update().sleeps, 1);
        drop(lifecycle.enter());
        lifecycle.look_for_sleep();
        assert!(!plans.has_changed().unwrap());

        clock.0.store(120_000, Ordering::SeqCst);
        lifecycle.look_for_sleep();
        assert_eq!(plans.borrow_and_update().sleeps, 2);
    }
}

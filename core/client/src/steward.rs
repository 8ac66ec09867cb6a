//! The one task of a client that carries out what no account's own tasks can: it opens the accounts that are to
//! have a link, lets those of the background come to their end, and asks again when time has passed.
//!
//! In: the newest [`Plan`]. Out: calls to slots, and facts about how they went. It decides nothing; what it missed
//! between two plans it need not know. It does not keep the client alive: with the client it ends.
//!
//! | the plan says | what it does |
//! |---|---|
//! | open this account | opens it, once at a time, and tells how that went |
//! | this link is to be drained | has the account look once, waits until its outbox is through, tells that |
//! | caches are to be dropped | closes readers |
//! | ask again then | tells that time has passed |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tmtp_link::Alarm;
use tmtp_wire::time::Mono;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::Slots;
use crate::handle::AccountHandle;
use crate::home::AccountName;
use crate::house::House;
use crate::limits::{DEADLINE_MAX, STEWARD_AGAIN};
use crate::reconciler::{Fact, Link, Plan};
use crate::slot::{Slot, boxed};

/// Starts the steward of a client. One that a defect of ours ends is followed by another, which finds everything it
/// needs in the plan.
pub(crate) fn start(house: &Arc<House>, slots: &Slots) {
    let (house, slots) = (Arc::downgrade(house), Arc::downgrade(slots));
    tokio::spawn(boxed(async move {
        while let Some(plans) = house.upgrade().map(|house| house.lifecycle.watch()) {
            let steward = Steward {
                house: Weak::clone(&house),
                slots: Weak::clone(&slots),
                opening: BTreeSet::new(),
                draining: BTreeSet::new(),
                squeezes: plans.borrow().squeezes,
                work: JoinSet::new(),
            };
            match tokio::spawn(boxed(steward.run(plans))).await {
                Err(error) if error.is_panic() => {
                    tracing::error!("The task that carries out the plan has panicked.");
                    sleep(STEWARD_AGAIN).await;
                }
                _ => return,
            }
        }
    }));
}

struct Steward {
    house: Weak<House>,
    slots: Weak<Mutex<BTreeMap<AccountName, Arc<Slot>>>>,
    opening: BTreeSet<AccountName>,
    draining: BTreeSet<AccountName>,
    squeezes: u64,
    work: JoinSet<Done>,
}

/// Something that came to its end.
enum Done {
    Opening(AccountName),
    Draining(AccountName),
}

impl Steward {
    async fn run(mut self, mut plans: watch::Receiver<Plan>) {
        loop {
            let plan = plans.borrow_and_update().clone();
            let Some((alarm, wait)) = self.carry_out(&plan) else { return };
            tokio::select! {
                changed = plans.changed() => if changed.is_err() { return },
                Some(done) = self.work.join_next() => self.done(done),
                () = alarm.sleep(wait.unwrap_or(DEADLINE_MAX)), if wait.is_some() => {
                    let Some(house) = self.house.upgrade() else { return };
                    house.lifecycle.tell(Fact::Tick);
                }
            }
        }
    }

    /// Begins what is to be done; how long to wait until the next look, if the plan says so, and by what. `None` if
    /// the client is gone.
    fn carry_out(&mut self, plan: &Plan) -> Option<(Alarm, Option<Duration>)> {
        let house = self.house.upgrade()?;
        let slots = self.slots.upgrade()?;
        // The map is changed by single calls, so a panic elsewhere leaves it whole.
        let slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        for name in &plan.open {
            if let Some(slot) = slots.get(name)
                && self.opening.insert(name.clone())
            {
                self.work.spawn(boxed(open(Arc::clone(slot))));
            }
        }
        for (name, link) in &plan.links {
            if let (Link::Drained { .. }, Some(slot)) = (link, slots.get(name))
                && self.draining.insert(name.clone())
            {
                self.work.spawn(boxed(drain(Arc::clone(slot))));
            }
        }
        if plan.squeezes != self.squeezes {
            self.squeezes = plan.squeezes;
            slots.values().for_each(|slot| slot.close_reader());
        }
        let now = house.instance.clock.now().mono;
        // A moment too late rather than too early, which would be a second wake-up.
        let wait = plan.next.map(|at| at.since(now) + Duration::from_millis(1));
        Some((house.alarm.clone(), wait))
    }

    fn done(&mut self, done: Result<Done, tokio::task::JoinError>) {
        match done {
            Ok(Done::Opening(name)) => drop(self.opening.remove(&name)),
            Ok(Done::Draining(name)) => drop(self.draining.remove(&name)),
            // One of these panicked, which they do not: whatever runs still is begun once more, and that is harmless.
            Err(_) => {
                self.opening.clear();
                self.draining.clear();
            }
        }
    }
}

/// Opens an account and tells how it went.
async fn open(slot: Arc<Slot>) -> Done {
    // An opening that succeeds tells that itself, whoever asked for it.
    if slot.line().await.is_err() {
        slot.house.lifecycle.tell(Fact::NotOpened(slot.name.clone()));
    }
    Done::Opening(slot.name.clone())
}

/// Lets an account that goes to the background come to its end: it looks, and what is queued leaves.
async fn drain(slot: Arc<Slot>) -> Done {
    let name = slot.name.clone();
    let Some(until) = drains_until(&slot) else { return Done::Draining(name) };
    let left = |until: Mono| until.since(slot.house.instance.clock.now().mono);
    // However it ends: what counts is whether something is left to send.
    let looked = AccountHandle::new(Arc::clone(&slot)).wake(left(until)).await;
    let mut changes = slot.board.changes();
    // The end of the time may be moved meanwhile.
    while let (Ok(_), Some(until)) = (&looked, drains_until(&slot)) {
        changes.mark_unchanged();
        let waits = slot.read(tmtp_store::Reader::outbox_counts).await;
        if !waits.is_ok_and(|counts| counts.queued + counts.sending > 0) {
            break;
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { break },
            () = slot.house.alarm.sleep(left(until)) => break,
        }
    }
    slot.house.lifecycle.tell(Fact::Drained(name.clone()));
    Done::Draining(name)
}

fn drains_until(slot: &Slot) -> Option<Mono> {
    match slot.house.lifecycle.link(&slot.name)? {
        Link::Drained { until } => Some(until),
        Link::Held => None,
    }
}

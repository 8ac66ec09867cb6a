//! A wake-up over several accounts, and the ledger of all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tmtp_store::read::{Page, WakeEntry};
use tmtp_wire::check::{InputError, Limit};
use tmtp_wire::time::Mono;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::Client;
use crate::error::Error;
use crate::handle::wake_account;
use crate::home::AccountName;
use crate::ledger::{self, LedgerPage, LedgerRow, LedgerRows};
use crate::limits::{WAKE_ACCOUNTS_MAX, WAKE_MARGIN, clamped};
use crate::push::Push;
use crate::slot::{Boxed, Slot, boxed, off_thread};
use crate::wake::{AccountWake, NotKnown, WakeRequest, WakeSummary};

impl Client {
    /// Looks at accounts, once: each connects (or probes the link that it holds), stores what waits, sends what is
    /// queued while there is time, and quits. Always answers before the budget is over, with margin; what came is
    /// stored by then. One row in the ledger of each account (R15, R16, R17).
    ///
    /// Wakes beside each other share looks as far as that proves something for each of them. Dropped, the looks go
    /// on to their own end; what arrives is in the stores, in the events and in the ledger.
    ///
    /// # Errors
    /// Only mistakes of the caller: [`Error::Input`] for a list of accounts that is empty or has more than 1000,
    /// [`Error::NotFound`] for a name that is not there, [`Error::Closed`] after [`Client::stop`]. Everything
    /// else, suspension included, is an outcome.
    pub async fn wake(&self, request: WakeRequest) -> Result<WakeSummary, Error> {
        let WakeRequest { accounts, budget } = request;
        let wanted = accounts.map(checked).transpose()?;
        let client = self.clone();
        let chosen = async move {
            let known = client.known().await?;
            let Some(wanted) = wanted else { return Ok(known) };
            let mut by_name = by_name(&known);
            // A name that is there twice is looked at once.
            let mut distinct = BTreeSet::new();
            distinct.extend(wanted);
            distinct.iter().map(|name| by_name.remove(name).ok_or(Error::NotFound)).collect()
        };
        self.look(budget, boxed(chosen)).await
    }

    /// A push has come: looks at the accounts that it may be for, as [`Client::wake`] does. The payload is what the
    /// platform passed on, if anything: a small JSON object that may name `site` and `uid`. One that is missing,
    /// not readable or names nobody here means all accounts; it is never trusted with more.
    ///
    /// # Errors
    /// Only [`Error::Closed`].
    pub async fn push(&self, payload: Option<Vec<u8>>, budget: Duration) -> Result<WakeSummary, Error> {
        let push = Push::read(payload.as_deref());
        let client = self.clone();
        let chosen = async move {
            let known = client.known().await?;
            if push.is_for_all() {
                return Ok(known);
            }
            off_thread(move || {
                // Whom it concerns is not known of an account that cannot be read.
                let concerned = |slot: &&Arc<Slot>| {
                    slot.read_now(tmtp_store::Reader::account).map_or(true, |member| push.is_for(&member))
                };
                let few: Vec<Arc<Slot>> = known.iter().filter(concerned).cloned().collect();
                Ok(if few.is_empty() { known } else { few })
            })
            .await
        };
        self.look(budget, boxed(chosen)).await
    }

    /// Looks at the accounts that `chosen` finds, within the budget.
    async fn look(
        &self,
        budget: Duration,
        chosen: Boxed<Result<Vec<Arc<Slot>>, Error>>,
    ) -> Result<WakeSummary, Error> {
        let received = self.now();
        let times = Times::of(received, clamped(budget));
        let slots = match timeout_at(times.answer, chosen).await {
            Ok(Ok(slots)) => slots,
            Ok(Err(error @ (Error::Closed | Error::NotFound))) => return Err(error),
            // In silence it must not end: what is known of is said of each.
            Ok(Err(error)) => return Ok(self.nothing_known(received, &NotKnown::of_error(&error))),
            Err(_) => return Ok(self.nothing_known(received, &NotKnown::Deadline)),
        };
        let mut open = by_name(&slots);
        let mut looking = JoinSet::new();
        for slot in slots {
            looking.spawn(boxed(wake_account(slot, times)));
        }
        let mut found = Vec::new();
        while let Ok(Some(looked)) = timeout_at(times.answer, looking.join_next()).await {
            if let Ok(looked) = looked {
                open.remove(&looked.account);
                found.push(looked);
            }
        }
        found.extend(open.into_keys().map(|name| AccountWake::not_known(name, NotKnown::Deadline)));
        Ok(WakeSummary::of(found, self.now().since(received)))
    }

    fn nothing_known(&self, received: Mono, why: &NotKnown) -> WakeSummary {
        let began = self.house.instance.clock.now().wall;
        let slots: Vec<Arc<Slot>> = self.slots().values().cloned().collect();
        let wakes = slots.iter().map(|slot| {
            slot.note_wake(WakeEntry {
                began,
                stages: vec![("received".to_owned(), 0)],
                outcome: why.code().to_owned(),
                arrived: 0,
            });
            AccountWake::not_known(slot.name.clone(), why.clone())
        });
        let mut summary = WakeSummary::of(wakes.collect(), self.now().since(received));
        // Also of no account that is known yet.
        summary.outcome = crate::wake::WakeOutcome::NotKnown(why.clone());
        summary
    }

    /// What each wake of each account did, the newest first. An account that cannot be read has no rows here.
    pub async fn ledger(&self, page: LedgerPage) -> Result<LedgerRows, Error> {
        Ok(ledger::cut(self.all_wakes().await?, &page))
    }

    /// The whole ledger as JSON, one object a line, the newest first: for a report that a person sends to somebody.
    /// It holds times, words of ours, and the names of accounts on this device; no contents, no people.
    pub async fn ledger_export(&self) -> Result<String, Error> {
        Ok(ledger::export(&self.all_wakes().await?))
    }

    /// Some hundred rows of each account at most.
    async fn all_wakes(&self) -> Result<Vec<LedgerRow>, Error> {
        let slots = self.known().await?;
        off_thread(move || {
            let mut rows = Vec::new();
            for slot in slots {
                let wakes = slot.read_now(every_wake).unwrap_or_default();
                let all = slot.waiting_wakes().into_iter().chain(wakes);
                rows.extend(all.map(|wake| LedgerRow { account: slot.name.clone(), wake }));
            }
            ledger::in_order(&mut rows);
            Ok(rows)
        })
        .await
    }

    fn now(&self) -> Mono {
        self.house.instance.clock.now().mono
    }
}

/// The limits of one wake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// When it was received.
    pub(crate) received: Mono,
    /// When looks must be over.
    pub(crate) until: Mono,
    /// When the answer is given, whatever is known.
    pub(crate) answer: Instant,
}

impl Times {
    fn of(received: Mono, budget: Duration) -> Times {
        let margin = WAKE_MARGIN.min(budget / 4);
        Times {
            received,
            until: received + (budget - margin),
            answer: Instant::now() + (budget - margin / 2),
        }
    }
}

/// Accounts by name. Put in one by one: collecting a map would bring a sort of its own into the library.
fn by_name(slots: &[Arc<Slot>]) -> BTreeMap<AccountName, Arc<Slot>> {
    let mut map = BTreeMap::new();
    map.extend(slots.iter().map(|slot| (slot.name.clone(), Arc::clone(slot))));
    map
}

fn checked(names: Vec<AccountName>) -> Result<Vec<AccountName>, Error> {
    let wrong =
        |limit| Error::Input(InputError { field: "accounts", limit, actual: Some(names.len() as u64) });
    match names.len() {
        0 => Err(wrong(Limit::NotEmpty)),
        count if count > WAKE_ACCOUNTS_MAX => Err(wrong(Limit::AtMostItems(WAKE_ACCOUNTS_MAX as u64))),
        _ => Ok(names),
    }
}

fn every_wake(reader: &tmtp_store::Reader) -> Result<Vec<WakeEntry>, tmtp_store::StoreError> {
    let mut page = Page { limit: 100, after: None };
    let mut wakes = Vec::new();
    loop {
        let list = reader.wakes(&page)?;
        wakes.extend(list.items);
        match list.next {
            Some(next) => page.after = Some(next),
            None => return Ok(wakes),
        }
    }
}

//! One wake of one account or of all of them, and what came of it.

use std::time::Duration;

use tmtp_client::{AccountHandle, AccountName, Client, Event, EventCursor, Standing, State, WakeEnd};
use tokio::sync::watch;

use super::Local;
use crate::failure::Outcome;
use crate::orders::{Done, Woken};
use crate::output::shapes;
use crate::{read, states};

/// Events looked through at a time.
const EVENTS: usize = 100;

impl Local {
    pub(super) async fn sync(&self, account: Option<&str>, wait: Duration) -> Outcome<Done> {
        let handles = match account {
            Some(name) => vec![self.account(name).await?],
            None => read::handles(&self.client).await?,
        };
        let mut waking = Vec::new();
        for handle in handles {
            waking.push(tokio::spawn(wake(self.client().clone(), handle, wait)));
        }
        let mut synced = Vec::new();
        for one in waking {
            match one.await {
                Ok(done) => synced.push(done?),
                Err(_) => return Err(tmtp_client::Error::Broken.into()),
            }
        }
        Ok(Done::Synced(synced))
    }
}

/// Waits for a wake, and remembers the last state on the way that had something to say: at the wake's end the account
/// is off, whatever kept it from its site.
async fn watched<T>(
    wake: impl Future<Output = T>,
    seen: &mut watch::Receiver<Standing>,
) -> (T, Option<State>) {
    let mut wake = std::pin::pin!(wake);
    let mut trouble = None;
    loop {
        let over = tokio::select! {
            over = &mut wake => Some(over),
            Ok(()) = seen.changed() => None,
        };
        let state = seen.borrow_and_update().state.clone();
        if states::reason(&state).is_some() {
            trouble = Some(state);
        }
        if let Some(over) = over {
            return (over, trouble);
        }
    }
}

/// The last state with something to say that an account went through since then: two that follow each other closely are
/// one to whoever watches.
async fn passed_through(client: &Client, account: &AccountName, since: EventCursor) -> Option<State> {
    let (mut cursor, mut trouble) = (since, None);
    while let Ok(batch) = client.next_events(cursor, EVENTS, Duration::ZERO).await
        && !batch.events.is_empty()
    {
        for one in batch.events.into_iter().filter(|one| one.account == *account) {
            if let Event::StateChanged(state) = one.event
                && states::reason(&state).is_some()
            {
                trouble = Some(state);
            }
        }
        cursor = batch.cursor;
    }
    trouble
}

async fn wake(client: Client, handle: AccountHandle, wait: Duration) -> Outcome<Woken> {
    let before = client.event_cursor();
    let mut seen = handle.watch_state();
    // Whoever types it wants it now, however many links there were of late.
    handle.user_acts().await;
    let waking = handle.wake(wait);
    let (report, mut trouble) = watched(waking, &mut seen).await;
    let report = report?;
    if trouble.is_none() && matches!(report.end, WakeEnd::NotKnown(_)) {
        trouble = passed_through(&client, handle.name(), before).await;
    }
    let (state, reason) = match report.end {
        WakeEnd::New => ("new", None),
        WakeEnd::NothingNew => ("nothing_new", None),
        WakeEnd::Live => ("live", None),
        WakeEnd::NotKnown(why) => {
            // The account's own state says more than the wait that it caused.
            let reason = trouble.as_ref().and_then(states::reason);
            let stopped = trouble.as_ref().is_some_and(states::is_hopeless);
            let reason = reason.unwrap_or_else(|| states::waits_for(why).to_owned());
            (if stopped { "stopped" } else { "not_known" }, Some(reason))
        }
    };
    let status = handle.status().await?;
    let synced = shapes::Synced {
        account: handle.name().to_string(),
        state: state.to_owned(),
        reason,
        arrived: report.arrived_count,
        messages: Vec::new(),
        pings: report.pings_count,
        queued: status.queued,
        in_doubt: status.in_doubt,
    };
    Ok(Woken { synced, arrived: report.arrived.iter().map(|(_, message)| message.to_string()).collect() })
}

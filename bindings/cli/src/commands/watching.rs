//! `watch`: holds a link for every account and prints what arrives, until Ctrl-C; meanwhile it does the orders of
//! other processes on this home.

use std::collections::BTreeMap;
use std::time::Duration;

use tmtp_client::{AccountHandle, Event, EventCursor, NameTrust, Page, Sequenced, State, Stay};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::Context;
use crate::desk::Desk;
use crate::failure::{DONE, Failure, Outcome};
use crate::local::Local;
use crate::output::{human, shapes};
use crate::{read, states};

/// Events taken at a time.
const EVENTS: usize = 64;
/// How long one look for events waits; Ctrl-C and new accounts end it early.
const LOOK: Duration = Duration::from_secs(30);
/// Unread threads that are read at a time after events were missed.
const CATCH_UP: u32 = 50;

pub(super) async fn watch(context: &Context) -> Outcome<u8> {
    context.client().await?;
    let waits = || context.out.remark("Another command is at work on this home; waiting for its end.");
    let desk = Desk::open_to_stay(&context.home, waits).await?;
    let Some(local) = desk.local().cloned() else { return Err(tmtp_client::Error::Closed.into()) };
    let ended = hold(context, &local).await;
    desk.close().await;
    ended.map(|()| DONE)
}

async fn hold(context: &Context, local: &Local) -> Outcome<()> {
    let mut cursor = local.client().event_cursor();
    let mut told = Told::default();
    let (mut stays, mut failed) = (Vec::new(), None);
    let mut joined = local.watches();
    for handle in read::handles(local.client()).await? {
        if context.account.as_ref().is_none_or(|name| *name == handle.name().to_string()) {
            match stay(context, &handle).await? {
                Ok(stay) => stays.push(stay),
                Err(error) => failed = Some(error),
            }
        }
    }
    if stays.is_empty() {
        return Err(match (failed, &context.account) {
            (Some(error), _) => error.into(),
            (None, Some(name)) => super::unknown_account(name),
            (None, None) => super::no_account(),
        });
    }
    let mut interrupted = std::pin::pin!(interrupts()?);
    context.out.remark("Watching; Ctrl-C ends it.");
    loop {
        let look = look(context, local, &mut told, cursor);
        tokio::select! {
            () = &mut interrupted => return Ok(()),
            handle = next_of(&mut joined) => stays.extend(stay(context, &handle).await?),
            seen = look => cursor = seen?,
        }
    }
}

/// The next account that joins; never, if nobody can tell.
async fn next_of(joined: &mut Option<mpsc::Receiver<AccountHandle>>) -> AccountHandle {
    if let Some(receiver) = joined
        && let Some(handle) = receiver.recv().await
    {
        return handle;
    }
    std::future::pending().await
}

/// Holds an account's link. One that cannot be opened is told, and the others are watched all the same.
async fn stay(context: &Context, handle: &AccountHandle) -> Outcome<Result<Stay, tmtp_client::Error>> {
    let stay = handle.stay().await;
    if let Err(error) = &stay {
        let (state, reason) = (Some(error.code().to_owned()), Some(error.to_string()));
        show(
            context,
            &shapes::Event { state, reason, ..shapes::Event::of("state", handle.name().as_str()) },
        )?;
    }
    Ok(stay)
}

/// Waits for events and prints them. What it drops half done is done again from the same cursor, but for what was
/// printed: so it is only dropped while it waits.
async fn look(
    context: &Context,
    local: &Local,
    told: &mut Told,
    cursor: EventCursor,
) -> Outcome<EventCursor> {
    let batch = local.client().next_events(cursor, EVENTS, LOOK).await?;
    if batch.missed > 0 {
        show(context, &shapes::Event { missed: Some(batch.missed), ..shapes::Event::of("missed", "") })?;
        for handle in read::handles(local.client()).await? {
            show_unread(context, &handle).await?;
        }
    }
    for one in batch.events {
        if let Some(event) = event_of(local, one).await?
            && (context.out.json || told.is_new(&event))
        {
            show(context, &event)?;
        }
    }
    Ok(batch.cursor)
}

/// Prints all threads with something new: events were missed.
async fn show_unread(context: &Context, handle: &AccountHandle) -> Outcome<()> {
    let mut page = Page { limit: CATCH_UP, after: None };
    loop {
        let unread = handle.threads(true, page).await?;
        for row in unread.items {
            let thread = Some(read::thread_of(handle, row));
            show(context, &shapes::Event { thread, ..shapes::Event::of("unread", handle.name().as_str()) })?;
        }
        let Some(next) = unread.next else { return Ok(()) };
        page = Page { limit: CATCH_UP, after: Some(next) };
    }
}

/// What is printed of an event; `None` for what only a screen full of lists would show.
async fn event_of(local: &Local, one: Sequenced) -> Outcome<Option<shapes::Event>> {
    let account = one.account.as_str();
    let handle = async || local.client().account(&one.account).await;
    let event = |kind| shapes::Event::of(kind, account);
    Ok(match one.event {
        Event::MessageArrived { message, unread: true, .. } => {
            let message = read::message(&handle().await?, message).await?;
            message.map(|message| shapes::Event { message: Some(message), ..event("message") })
        }
        Event::PingArrived { msgid } => {
            let ping = read::ping(&handle().await?, msgid).await?;
            ping.map(|ping| shapes::Event { ping: Some(ping), ..event("ping") })
        }
        Event::OutgoingChanged { send_id, state } => {
            let (state, reason) = states::outgoing(&state);
            Some(shapes::Event {
                send_id: Some(send_id.to_string()),
                state: Some(state),
                reason,
                ..event("outgoing")
            })
        }
        // That it is off is seen by whoever has switched it off.
        Event::StateChanged(State::Off | State::Idle | State::Suspended) => None,
        Event::StateChanged(state) => Some(state_event(account, &state)),
        Event::TooLarge { msgid, from, size } => {
            let waiting = handle().await?.status().await?.too_large;
            let large = match waiting.into_iter().find(|row| row.msgid == msgid) {
                Some(row) => read::too_large(row),
                None => {
                    let from = from.map(|uid| uid.to_string()).unwrap_or_default();
                    let trust = NameTrust::Claimed.code().to_owned();
                    shapes::TooLarge { msgid: msgid.to_string(), name: from.clone(), from, trust, size }
                }
            };
            Some(shapes::Event { too_large: Some(large), ..event("too_large") })
        }
        Event::Parked(why) => Some(shapes::Event { reason: Some(why.code().to_owned()), ..event("parked") }),
        _ => None,
    })
}

/// How each account stood when it was last told. While a site is away an account comes and goes between *connecting*
/// and *waiting*; a person is told once. Scripts get everything.
#[derive(Default)]
struct Told(BTreeMap<String, (Option<String>, Option<String>)>);

impl Told {
    fn is_new(&mut self, event: &shapes::Event) -> bool {
        if event.event != "state" {
            return true;
        }
        let now = (event.state.clone(), event.reason.clone());
        let before = self.0.get(&event.account);
        let again = event.state.as_deref() == Some(State::Connecting.code())
            && before.is_some_and(|(state, _)| state.as_deref() != Some(State::Online.code()));
        if again || before == Some(&now) {
            return false;
        }
        self.0.insert(event.account.clone(), now);
        true
    }
}

fn state_event(account: &str, state: &State) -> shapes::Event {
    let (state, reason) = (Some(state.code().to_owned()), states::reason(state));
    shapes::Event { state, reason, ..shapes::Event::of("state", account) }
}

fn show(context: &Context, event: &shapes::Event) -> Outcome<()> {
    context.out.answer(event, human::event).map_err(super::output)
}

/// Returns at Ctrl-C, or when this process is asked to end.
pub(super) async fn interrupted() -> Outcome<()> {
    interrupts()?.await;
    Ok(())
}

/// The same, heard from this call on, however late one waits for it: what is said on the screen may be the sign at
/// which somebody ends the process.
pub(super) fn interrupts() -> Outcome<impl Future<Output = ()>> {
    let fail = |error| Failure::io("signals cannot be received", &error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(fail)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(fail)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(fail)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_tries_again_and_again_is_told_once() {
        let mut told = Told::default();
        let mut is_new = |account: &str, state: &str, reason: Option<&str>| {
            let (state, reason) = (Some(state.to_owned()), reason.map(str::to_owned));
            told.is_new(&shapes::Event { state, reason, ..shapes::Event::of("state", account) })
        };
        assert!(is_new("a", "connecting", None));
        assert!(is_new("a", "waiting", Some("away")));
        assert!(!is_new("a", "connecting", None) && !is_new("a", "waiting", Some("away")));
        assert!(is_new("b", "connecting", None), "another account");
        assert!(is_new("a", "waiting", Some("no name")), "another reason");
        assert!(is_new("a", "online", None) && is_new("a", "connecting", None));
        assert!(
            told.is_new(&shapes::Event::of("message", "a"))
                && told.is_new(&shapes::Event::of("message", "a"))
        );
    }
}

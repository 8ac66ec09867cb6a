//! Commands after which something is gone for good, or another home goes on: they say what is lost, and ask a person
//! first ([`sure`]).

use tmtp_client::{AccountHandle, MessageRef, NodeState, Page, SendId, State};

use super::writing::{one_order, unexpected, waiting_order};
use super::{Context, sure};
use crate::args::{self, Sure};
use crate::failure::{DONE, Failure, Outcome, REFUSED};
use crate::orders::{Done, Order};
use crate::output::words::count;
use crate::output::{human, shapes};

/// Threads counted at a time.
const THREADS: u32 = 100;

pub(super) async fn remove(context: &Context, name: String, sure: Sure) -> Outcome<u8> {
    let client = context.client().await?;
    match client.account(&name.parse()?).await {
        Ok(handle) => {
            if let Some(lost) = lost_with(&handle, &name).await {
                sure::ask(sure, &lost)?;
            }
        }
        Err(error) => return Err(of_account(error.into(), &name)),
    }
    one_order(context, Order::Remove { account: name.clone() })
        .await
        .map_err(|error| of_account(error, &name))?;
    let done = shapes::Done { account: Some(name), state: "removed".to_owned(), ..shapes::Done::default() };
    context.report(DONE, &done, human::removed)
}

pub(super) async fn salvage(context: &Context, name: String) -> Outcome<u8> {
    context.client().await?;
    let order = Order::Salvage { account: name.clone() };
    let done = waiting_order(context, order, "reading the damaged store").await;
    match done.map_err(|error| of_account(error, &name))? {
        Done::Salvaged(report) => context.report(DONE, &report, human::salvaged),
        _ => Err(unexpected()),
    }
}

/// What is gone when an account is removed; nothing with one that is no member yet.
async fn lost_with(handle: &AccountHandle, name: &str) -> Option<String> {
    let status = match handle.status().await {
        Ok(status) => status,
        // Its join was killed before there was a store.
        Err(tmtp_client::Error::NotFound) => return None,
        Err(_) => {
            return Some(format!(
                "the account {name} is gone for good, its key and what its store holds too"
            ));
        }
    };
    status.uid.as_ref()?;
    let (messages, unread) = messages_of(handle).await.unwrap_or_default();
    let mut lost = vec![count(messages, "message")];
    lost.extend((unread > 0).then(|| format!("{unread} of them not seen")));
    let unsent = status.queued + status.in_doubt + status.failed;
    lost.extend((unsent > 0).then(|| format!("{unsent} not sent or not settled")));
    let nodes = handle.nodes().await.unwrap_or_default();
    let back = if nodes.iter().any(|node| node.state != NodeState::Refused) {
        "the member goes on at the other nodes"
    } else {
        "no other node of this member is known here: without its key nobody can ever be this member again"
    };
    let (who, site) = (status.aliases.join(", "), status.site);
    let lost = lost.join(", ");
    Some(format!("the account {name} ({who} at {site}) is gone for good, its key too, with {lost}; {back}"))
}

/// How many messages an account has, and how many of them were not seen.
async fn messages_of(handle: &AccountHandle) -> Result<(u64, u64), tmtp_client::Error> {
    let (mut messages, mut unread, mut after) = (0, 0, None);
    loop {
        let page = handle.threads(false, Page { limit: THREADS, after }).await?;
        messages += page.items.iter().map(|row| row.messages).sum::<u64>();
        unread += page.items.iter().map(|row| row.unread).sum::<u64>();
        after = page.next;
        if after.is_none() {
            return Ok((messages, unread));
        }
    }
}

pub(super) async fn adopt(context: &Context, name: String, sure: Sure) -> Outcome<u8> {
    let client = context.client().await?;
    let found = client.account(&name.parse()?).await;
    let handle = found.map_err(|error| of_account(error.into(), &name))?;
    if handle.status().await?.state == State::Cloned {
        let lost = format!(
            "the account {name} becomes the one in use; if the home that it was copied from is used again, each of the \
             two misses the mail that the other gets"
        );
        sure::ask(sure, &lost)?;
    }
    one_order(context, Order::Adopt { account: name.clone() }).await?;
    let done = shapes::Done { account: Some(name), state: "adopted".to_owned(), ..shapes::Done::default() };
    context.report(DONE, &done, human::adopted)
}

/// What is not found is the account that was named.
fn of_account(failure: Failure, name: &str) -> Failure {
    if failure.code == tmtp_client::Error::NotFound.code() {
        return Failure { sentence: super::unknown_account(name).sentence, ..failure };
    }
    failure
}

pub(super) async fn delete(context: &Context, args: args::Delete) -> Outcome<u8> {
    let client = context.client().await?;
    let handle = context.account(&client).await?;
    let account = handle.name().to_string();
    let id = args.id.parse().map_err(|error| Failure::usage(format!("“{}” is {error}", args.id)))?;
    let whole = !args.message
        && match handle.thread_row(id).await {
            Ok(_) => true,
            Err(tmtp_client::Error::NotFound) => false,
            Err(error) => return Err(error.into()),
        };
    let missing =
        |failure: Failure| failure.names("thread or message", &args.id, "`threads`, then `thread`,");
    sure::ask(args.sure, &lost_of(&handle, id, whole).await.map_err(missing)?)?;
    let order = if whole {
        Order::DeleteThread { account: account.clone(), thread: args.id.clone() }
    } else {
        Order::DeleteMessage { account: account.clone(), message: args.id.clone() }
    };
    one_order(context, order).await.map_err(missing)?;
    let (thread, msgid) = if whole { (Some(args.id), None) } else { (None, Some(args.id)) };
    let state = "deleted".to_owned();
    let done = shapes::Done { account: Some(account), thread, msgid, state, ..shapes::Done::default() };
    context.report(DONE, &done, human::deleted)
}

/// What is gone when a thread or a message is deleted.
async fn lost_of(handle: &AccountHandle, id: MessageRef, whole: bool) -> Outcome<String> {
    const OTHERS: &str = "others keep their copies";
    if !whole {
        let files = handle.message(id).await?.attachments.len() as u64;
        let files = if files > 0 { format!(" with {}", count(files, "attachment")) } else { String::new() };
        return Ok(format!("the message {id}{files} is deleted here for good; {OTHERS}"));
    }
    let row = handle.thread_row(id).await?;
    let unread = if row.unread > 0 { format!(", {} of them not seen", row.unread) } else { String::new() };
    let messages = count(row.messages, "message");
    Ok(format!("the thread “{}” is deleted here for good, {messages}{unread}; {OTHERS}", row.subject))
}

pub(super) async fn withdraw(context: &Context, send_id: String) -> Outcome<u8> {
    let client = context.client().await?;
    let handle = context.account(&client).await?;
    let account = handle.name().to_string();
    // It goes with its text: whoever wants it back finds it in the answer.
    let (subject, text) = match send_id.parse() {
        Ok(id) => words_of(&handle, id).await.unwrap_or_default(),
        Err(_) => Default::default(),
    };
    let done = one_order(context, Order::Withdraw { account, send_id: send_id.clone() }).await;
    match done.map_err(|failure| failure.names("item", &send_id, "`outbox`"))? {
        Done::Sent(sent) => {
            let code = if sent.state == "sent" { REFUSED } else { DONE };
            context.report(code, &shapes::Withdrawn { sent, subject, text }, human::withdrawn)
        }
        _ => Err(unexpected()),
    }
}

pub(super) async fn large(context: &Context, args: args::Large) -> Outcome<u8> {
    let account = context.account_name().await?;
    let (msgid, accept) = (args.message, args.accept);
    if !accept {
        sure::ask(args.sure, &format!("the message {msgid} is thrown away unseen, for good"))?;
    }
    let order = Order::Large { account: account.clone(), message: msgid.clone(), accept };
    let done = one_order(context, order).await;
    done.map_err(|failure| failure.names("large message", &msgid, "`status`"))?;
    let state = if accept { "accepted" } else { "discarded" };
    let (account, msgid, state) = (Some(account), Some(msgid), state.to_owned());
    context.report(DONE, &shapes::Done { account, msgid, state, ..shapes::Done::default() }, human::large)
}

/// Subject and text of something in the outbox, if it is a message.
async fn words_of(handle: &AccountHandle, id: SendId) -> Result<(String, String), tmtp_client::Error> {
    let row = handle.outgoing(id).await?;
    match row.message {
        Some(message) => Ok((row.title, handle.message(message).await?.text)),
        None => Ok(Default::default()),
    }
}

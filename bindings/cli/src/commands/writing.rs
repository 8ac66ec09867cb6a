//! Commands that change something. Each becomes an order, done by the process that holds the home.

use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use tmtp_client::{Page, Uid};

use super::{Context, progress};
use crate::args;
use crate::desk::Desk;
use crate::failure::{DONE, Failure, NOT_YET, Outcome, REFUSED};
use crate::orders::{Done, Message, Order, To, Woken};
use crate::output::{human, shapes};
use crate::random::random;
use crate::read;

/// Contacts that are looked through at a time.
const CONTACTS: u32 = 100;
/// One dial.
const LOOK_AT_KEY: Duration = Duration::from_secs(15);
/// A text typed or piped in has at most this many bytes; the site's members take 1 MiB.
const TEXT_MAX: u64 = (1 << 20) + 1;
/// Bytes of the texts that `sync` shows.
const SYNC_TEXTS: usize = 64 << 20;
/// A node ticket has fewer bytes than this.
const TICKET_MAX: u64 = 4096;

pub(super) async fn join(context: &Context, args: args::Join) -> Outcome<u8> {
    let order = match (args.node, args.address, args.alias) {
        (Some(file), _, _) => Order::JoinNode { ticket: ticket(&file)?, name: args.name },
        (None, Some(address), Some(alias)) => {
            Order::Join { address, alias, name: args.name, wait: args.wait }
        }
        _ => return Err(Failure::usage("an address and --alias are needed, or --node")),
    };
    // Only for the sentence: what cannot be read is new.
    let before = match context.client().await {
        Ok(client) => read::accounts(&client).await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    match waiting_order(context, order, "joining").await? {
        Done::Account(account) => {
            let same = |row: &shapes::Account| row.account == account.account && !row.aliases.is_empty();
            context.report(DONE, &account, |account| human::joined(account, before.iter().any(same)))
        }
        _ => Err(unexpected()),
    }
}

pub(super) async fn add_alias(context: &Context, alias: String, wait: args::Wait) -> Outcome<u8> {
    let account = context.account_name().await?;
    let order = Order::AliasAdd { account, alias: alias.clone(), wait: wait.time };
    match waiting_order(context, order, "asking the site").await? {
        Done::Sent(sent) => {
            context.report(exit_code(&sent, wait.time), &sent, |sent| human::alias(&alias, sent))
        }
        _ => Err(unexpected()),
    }
}

pub(super) async fn add_node(context: &Context, label: String, wait: args::Wait) -> Outcome<u8> {
    let account = context.account_name().await?;
    let order = Order::NodeAdd { account: account.clone(), label: label.clone(), wait: wait.time };
    match waiting_order(context, order, "asking the site").await? {
        Done::Node(node) => {
            context.out.remark(&human::node_remark(&node));
            // A ticket that nobody got is not forgotten: here the output is the act.
            context.out.answer(&node, |node| node.ticket.clone()).map_err(|error| {
                Failure::io("the ticket cannot be written; the same command shows it again", &error)
            })?;
            one_order(context, Order::NodeForget { account, label }).await?;
            Ok(DONE)
        }
        _ => Err(unexpected()),
    }
}

pub(super) async fn ping(context: &Context, args: args::Ping) -> Outcome<u8> {
    let account = context.account_name().await?;
    let to = args.to.clone();
    not_oneself(context, std::slice::from_ref(&to), "name the alias of somebody else").await?;
    let order = Order::Ping { account, draft: draft()?, from: args.from, to: args.to, text: args.text };
    let sent = accept_and_wait(context, order, args.wait.time).await?;
    context.report(exit_code(&sent, args.wait.time), &sent, |sent| human::pinged(&to, sent))
}

pub(super) async fn send(context: &Context, args: args::Send) -> Outcome<u8> {
    let notes = notes(&args.to, &args.note)?;
    if !args.to.is_empty() {
        not_oneself(context, &args.to, "--to-self writes a note to yourself").await?;
    }
    let recipients = args.to.into_iter().zip(notes).collect();
    let to = To::New { recipients, from: args.from };
    post(context, to, args.subject, args.body).await
}

/// Mail to oneself is a slip of the hand: there is another way for what is meant.
async fn not_oneself(context: &Context, to: &[String], instead: &str) -> Outcome<()> {
    let client = context.client().await?;
    let own = context.account(&client).await?.status().await?;
    let is_own = |who: &&String| {
        own.aliases.contains(who) || own.uid.as_ref().is_some_and(|uid| uid.as_str() == who.as_str())
    };
    match to.iter().find(is_own) {
        Some(who) => Err(Failure::usage(format!("“{who}” is yourself; {instead}"))),
        None => Ok(()),
    }
}

/// Removes what is listed under an alias, or of a uid. An alias that is listed for several needs the uid, too.
pub(super) async fn remove_contact(context: &Context, who: String, uid: Option<String>) -> Outcome<u8> {
    let client = context.client().await?;
    let account = context.account(&client).await?;
    let of_uid = who.parse::<Uid>().is_ok();
    let mut found = Vec::new();
    let mut page = Page { limit: CONTACTS, after: None };
    loop {
        let list = account.contacts(page).await?;
        let meant = list.items.into_iter().filter(|row| match (&uid, of_uid) {
            (None, true) => row.uid == who,
            (None, false) => row.alias == who || row.name == who,
            (Some(uid), _) => (row.alias == who || row.name == who) && row.uid == *uid,
        });
        found.extend(meant);
        match list.next {
            Some(next) => page = Page { limit: CONTACTS, after: Some(next) },
            None => break,
        }
    }
    let Some(first) = found.first() else {
        return Err(Failure::new("not_found", format!("“{who}” is not among your contacts; see `contacts`")));
    };
    if found.iter().any(|row| row.uid != first.uid) {
        let uids: Vec<&str> = found.iter().map(|row| row.uid.as_str()).collect();
        let sentence = format!("“{who}” is listed for several; choose one with --uid: {}", uids.join(", "));
        return Err(Failure::usage(sentence));
    }
    let account = account.name().to_string();
    for row in found {
        let order = Order::RemoveContact { account: account.clone(), alias: row.alias, uid: row.uid };
        one_order(context, order).await?;
    }
    let done =
        shapes::Done { account: Some(account), state: "removed".to_owned(), ..shapes::Done::default() };
    context.report(DONE, &done, |_| human::forgotten(&who))
}

pub(super) async fn reply(context: &Context, args: args::Reply) -> Outcome<u8> {
    let thread = args.thread.clone();
    let replied = async {
        if args.without_unreachable {
            let account = context.account_name().await?;
            one_order(context, Order::GoWithout { account, thread: args.thread.clone() }).await?;
        }
        post(context, To::Thread(args.thread), args.subject, args.body).await
    };
    replied.await.map_err(|failure| failure.names("thread", &thread, "`threads`"))
}

async fn post(context: &Context, to: To, subject: String, body: args::Body) -> Outcome<u8> {
    let account = context.account_name().await?;
    let text = if body.text == "-" { read_stdin("the text", TEXT_MAX)? } else { body.text };
    if text.trim().is_empty() && body.attach.is_empty() && !body.empty {
        return Err(Failure::usage(
            "there is neither text nor attachment; give --text or --attach, or --empty to send it like this",
        ));
    }
    let attach = body.attach.iter().map(|path| existing(path)).collect::<Outcome<_>>()?;
    let message = Message { account, draft: draft()?, to, subject, text, attach };
    let sent = accept_and_wait(context, Order::Send(message), body.wait.time).await?;
    context.report(exit_code(&sent, body.wait.time), &sent, human::sent)
}

/// Has an item accepted, then waits for it. From the first answer on nothing can be lost, whatever ends here.
async fn accept_and_wait(context: &Context, order: Order, wait: Duration) -> Outcome<shapes::Sent> {
    let mut desk = Desk::open(&context.home).await?;
    let waited = async {
        let accepted = match desk.perform(order).await? {
            Done::Sent(sent) => sent,
            _ => return Err(unexpected()),
        };
        let Some(send_id) = accepted.send_id.clone().filter(|_| !wait.is_zero() && !is_over(&accepted))
        else {
            return Ok(accepted);
        };
        let sending = progress::sending(context.out, desk.local(), &send_id);
        let order = Order::Await { account: accepted.account.clone(), send_id, wait };
        let waited = until_interrupted(desk.perform(order)).await;
        sending.finish();
        match waited {
            Ok(Done::Sent(sent)) => Ok(shapes::Sent {
                thread: sent.thread.or(accepted.thread),
                msgid: sent.msgid.or(accepted.msgid),
                ..sent
            }),
            Ok(_) => Err(unexpected()),
            // It is durable; that the waiting failed changes nothing about it.
            Err(failure) => Ok(shapes::Sent { reason: Some(failure.sentence), ..accepted }),
        }
    }
    .await;
    desk.close().await;
    waited
}

fn is_over(sent: &shapes::Sent) -> bool {
    sent.state == "sent" || sent.state == "failed"
}

/// 0: acknowledged, or only to be queued; 1: refused; 3: not settled in time.
fn exit_code(sent: &shapes::Sent, wait: Duration) -> u8 {
    match sent.state.as_str() {
        "sent" | "held" => DONE,
        "failed" | "refused" => REFUSED,
        _ if wait.is_zero() => DONE,
        _ => NOT_YET,
    }
}

pub(super) async fn sync(context: &Context, args: args::Sync) -> Outcome<u8> {
    context.client().await?;
    let order = Order::Sync { account: context.account.clone(), wait: args.wait };
    let woken = match waiting_order(context, order, "looking for mail").await? {
        Done::Synced(woken) => woken,
        _ => return Err(unexpected()),
    };
    let synced = with_messages(context, woken).await?;
    if synced.is_empty() {
        return Err(super::no_account());
    }
    let any = |state| synced.iter().any(|one| one.state == state);
    let (stopped, not_known) = (any("stopped"), any("not_known"));
    let code = match (stopped, not_known) {
        (true, _) => REFUSED,
        (false, true) => NOT_YET,
        (false, false) => DONE,
    };
    context.report(code, &shapes::List { items: synced, next: None }, |list| human::synced(&list.items))
}

/// Reads what came, as much as one document should hold; how many came in all is said anyway.
async fn with_messages(context: &Context, woken: Vec<Woken>) -> Outcome<Vec<shapes::Synced>> {
    let client = context.client().await?;
    let (mut synced, mut bytes) = (Vec::new(), 0);
    for Woken { synced: mut one, arrived } in woken {
        if !arrived.is_empty() {
            let handle = client.account(&one.account.parse()?).await?;
            for id in arrived {
                let id = id.parse().map_err(|_| unexpected())?;
                let Some(message) = read::message(&handle, id).await? else { continue };
                bytes += message.text.len();
                if bytes > SYNC_TEXTS && !one.messages.is_empty() {
                    break;
                }
                one.messages.push(message);
            }
        }
        synced.push(one);
    }
    Ok(synced)
}

pub(super) async fn settle(context: &Context, args: args::Settle) -> Outcome<u8> {
    let account = context.account_name().await?;
    let order = Order::Settle { account, send_id: args.send_id.clone(), send_again: args.send_again };
    let done = one_order(context, order).await;
    match done.map_err(|failure| failure.names("item", &args.send_id, "`outbox`"))? {
        Done::Sent(sent) => context.report(DONE, &sent, human::sent),
        _ => Err(unexpected()),
    }
}

pub(super) async fn trust(context: &Context, args: args::Trust) -> Outcome<u8> {
    let Some(key) = args.key else { return show_key(context, &args.address).await };
    let order = Order::Trust { address: args.address.clone(), key: key.clone() };
    one_order(context, order).await?;
    let state = "trusted".to_owned();
    let shape = shapes::Key { site: args.address, pinned: Some(key.clone()), seen: key, state };
    context.report(DONE, &shape, human::key)
}

/// Looks at the key that a site shows, without logging in.
async fn show_key(context: &Context, address: &str) -> Outcome<u8> {
    let client = context.client().await?;
    let site = address.parse().map_err(tmtp_client::Error::from)?;
    let key = client.site_key(&site, LOOK_AT_KEY).await?;
    let state = match key.pinned {
        None => "unknown",
        Some(pinned) if pinned == key.seen => "trusted",
        Some(_) => "changed",
    };
    let pinned = key.pinned.map(|pin| pin.to_string());
    let shape =
        shapes::Key { site: address.to_owned(), pinned, seen: key.seen.to_string(), state: state.to_owned() };
    context.answer(&shape, human::key)
}

pub(super) async fn one_order(context: &Context, order: Order) -> Outcome<Done> {
    let mut desk = Desk::open(&context.home).await?;
    let done = desk.perform(order).await;
    desk.close().await;
    done
}

pub(super) async fn waiting_order(context: &Context, order: Order, what: &'static str) -> Outcome<Done> {
    let mut desk = Desk::open(&context.home).await?;
    let working = progress::spinner(context.out, what);
    let done = until_interrupted(desk.perform(order)).await;
    working.finish();
    desk.close().await;
    done
}

/// Waits for an order that may be broken off. At Ctrl-C the links are still closed in order.
async fn until_interrupted(order: impl Future<Output = Outcome<Done>>) -> Outcome<Done> {
    tokio::select! {
        done = order => done,
        interrupted = super::watching::interrupted() => {
            interrupted?;
            Err(Failure::not_yet("interrupted", "interrupted; what was accepted is not lost"))
        }
    }
}

/// For each recipient its note. A note names its recipient exactly; an alias may hold `=` itself.
fn notes(to: &[String], notes: &[String]) -> Outcome<Vec<String>> {
    let mut of = vec![String::new(); to.len()];
    for note in notes {
        let named = to
            .iter()
            .enumerate()
            .filter(|(_, who)| note.strip_prefix(who.as_str()).is_some_and(|rest| rest.starts_with('=')));
        let Some((index, who)) = named.max_by_key(|(_, who)| who.len()) else {
            return Err(Failure::usage(format!(
                "--note “{note}” must begin with one of the recipients and “=”"
            )));
        };
        if let (Some(slot), Some(text)) = (of.get_mut(index), note.get(who.len() + 1..)) {
            *slot = text.to_owned();
        }
    }
    Ok(of)
}

/// A new name for what must happen once.
fn draft() -> Outcome<String> {
    Ok(format!("tmtp-{:016x}{:016x}", random()?, random()?))
}

fn existing(path: &std::path::Path) -> Outcome<PathBuf> {
    let cannot = |error| Failure::io(&format!("the file {} cannot be attached", path.display()), &error);
    let found = path.canonicalize().map_err(cannot)?;
    if !found.is_file() {
        return Err(Failure::usage(format!("{} is not a file", path.display())));
    }
    Ok(found)
}

fn ticket(file: &str) -> Outcome<String> {
    if file == "-" {
        return read_stdin("the node ticket", TICKET_MAX);
    }
    let cannot = |error| Failure::io(&format!("the file {file} cannot be read"), &error);
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(TICKET_MAX).read_to_string(&mut text))
        .map_err(cannot)?;
    Ok(text)
}

fn read_stdin(what: &str, most: u64) -> Outcome<String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        // A person who types wants to know that somebody listens.
        let _ = writeln!(std::io::stderr(), "Type {what}, then Ctrl-D:");
    }
    let mut bytes = Vec::new();
    let read = stdin.lock().take(most).read_to_end(&mut bytes);
    read.map_err(|error| Failure::io(&format!("{what} cannot be read"), &error))?;
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{what} must be UTF-8")))
}

pub(super) fn unexpected() -> Failure {
    Failure::new(
        "other_version",
        "the process that runs on this home answered something else; end it and try again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_note_finds_its_recipient_also_when_aliases_hold_the_sign() {
        let to = own(&["Ada Kittiwake", "Ada Kittiwake=2"]);
        assert_eq!(notes(&to, &own(&["Ada Kittiwake=2=b", "Ada Kittiwake=a=1"])).unwrap(), ["a=1", "b"]);
        assert!(notes(&to, &own(&["Ben Lapwing=x"])).is_err());
        assert_eq!(notes(&to, &[]).unwrap(), ["", ""]);
    }

    #[test]
    fn the_exit_code_says_what_became_of_it() {
        let sent = |state: &str| shapes::Sent {
            account: String::new(),
            send_id: None,
            thread: None,
            msgid: None,
            state: state.to_owned(),
            reason: None,
        };
        let some = Duration::from_secs(20);
        assert_eq!(exit_code(&sent("sent"), some), 0);
        assert_eq!(exit_code(&sent("failed"), some), 1);
        assert_eq!(exit_code(&sent("in_doubt"), some), 3);
        assert_eq!(exit_code(&sent("queued"), some), 3);
        assert_eq!(exit_code(&sent("queued"), Duration::ZERO), 0);
    }
}

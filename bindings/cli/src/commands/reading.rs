//! Commands that look into the stores: beside a running `watch`, without a link, at any time.
//!
//! `read` and `thread --read` mark as read besides, which is an order like any other.

use std::io::ErrorKind;

use tmtp_client::{AccountHandle, Cursor, Error, List, MessageRef, MessageRow, Page};
use tmtp_wire::filename;

use super::Context;
use crate::args::{Paged, Save, Thread, Threads};
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::orders::{Done, Order};
use crate::output::{human, shapes};
use crate::{handoff, home, read};

/// Rows of a page: what one looks through on a screen, and what one JSON document should have.
const ROWS: u32 = 50;
/// Where threads, and messages, are listed.
const THREADS: &str = "`threads`";
const MESSAGES: &str = "`threads`, then `thread`,";

pub(super) async fn accounts(context: &Context) -> Outcome<u8> {
    home::check(&context.home)?;
    let mut rows = Vec::new();
    if context.home.exists() {
        rows = read::accounts(&context.client().await?).await?;
    }
    // Whoever runs knows better how they stand.
    for status in from_holder(context).await {
        if let Some(row) = rows.iter_mut().find(|row| row.account == status.account) {
            (row.state, row.reason) = (status.state, status.reason);
        }
    }
    context.answer(&shapes::List { items: rows, next: None }, |list| human::accounts(&list.items))
}

pub(super) async fn status(context: &Context) -> Outcome<u8> {
    home::check(&context.home)?;
    let mut rows = from_holder(context).await;
    if rows.is_empty() && context.home.exists() {
        rows = read::status(&context.client().await?).await?;
    }
    if let Some(name) = &context.account {
        rows.retain(|row| row.account == *name);
        if rows.is_empty() {
            return Err(super::unknown_account(name));
        }
    }
    context.answer(&shapes::List { items: rows, next: None }, |list| human::status(&list.items))
}

/// How the accounts stand, from the process that runs them, if one does.
async fn from_holder(context: &Context) -> Vec<shapes::Status> {
    let Some(mut holder) = handoff::find_holder(&context.home).await else { return Vec::new() };
    match holder.ask(Order::Status).await {
        Some(Ok(Done::Status(rows))) => rows,
        _ => Vec::new(),
    }
}

pub(super) async fn contacts(context: &Context, page: Paged) -> Outcome<u8> {
    let client = context.client().await?;
    let account = context.account(&client).await?;
    let rows = account.contacts(page_of(page)?).await.map_err(no_place)?;
    context.answer(&read::list(&account, rows, read::contact_of), human::contacts)
}

pub(super) async fn pings(context: &Context, page: Paged) -> Outcome<u8> {
    let client = context.client().await?;
    let account = context.account(&client).await?;
    let rows = account.pings(page_of(page)?).await.map_err(no_place)?;
    context.answer(&read::list(&account, rows, read::ping_of), human::pings)
}

pub(super) async fn outbox(context: &Context, page: Paged) -> Outcome<u8> {
    let client = context.client().await?;
    let account = context.account(&client).await?;
    let rows = account.outbox(page_of(page)?).await.map_err(no_place)?;
    context.answer(&read::list(&account, rows, read::outgoing_of), human::outbox)
}

pub(super) async fn threads(context: &Context, args: Threads) -> Outcome<u8> {
    let client = context.client().await?;
    let account = context.account(&client).await?;
    let rows = account.threads(args.unread, page_of(args.page)?).await.map_err(no_place)?;
    context.answer(&read::list(&account, rows, read::thread_of), human::threads)
}

pub(super) async fn thread(context: &Context, args: Thread) -> Outcome<u8> {
    let client = context.client().await?;
    let account = context.account(&client).await?;
    let thread = id(&args.thread)?;
    let missing = |error| Failure::from(error).names("thread", &args.thread, THREADS);
    let whole = read::thread_of(&account, account.thread_row(thread).await.map_err(missing)?);
    let (rows, newest_first) = messages(&account, thread, &args, context.out.json).await?;
    let list = read::list(&account, rows, read::message_of);
    let answered = context.answer(&list, |list| human::thread(&whole, list, newest_first))?;
    if args.read {
        let order = Order::MarkThreadRead { account: account.name().to_string(), thread: args.thread };
        mark(context, order).await?;
    }
    Ok(answered)
}

/// A page of a thread, and whether it begins with the newest. People mostly want the end of it, scripts all of it in
/// order; a cursor goes on in the order of the page that it comes from.
async fn messages(
    account: &AccountHandle,
    thread: MessageRef,
    args: &Thread,
    json: bool,
) -> Outcome<(List<MessageRow>, bool)> {
    let page = page_of(args.page.clone())?;
    let newest_first = args.newest || !args.oldest && !json;
    if page.after.is_none() {
        let rows = match newest_first {
            true => account.thread_newest_first(thread, page).await?,
            false => account.thread(thread, page).await?,
        };
        return Ok((rows, newest_first));
    }
    match account.thread(thread, page.clone()).await {
        // A thread that is not there, or a cursor of the other order.
        Err(Error::NotFound) => {
            let rows = account.thread_newest_first(thread, page).await.map_err(no_place)?;
            Ok((rows, true))
        }
        rows => Ok((rows?, false)),
    }
}

pub(super) async fn read(context: &Context, message: String) -> Outcome<u8> {
    let client = context.client().await?;
    let account = context.account(&client).await?;
    let missing = |error| Failure::from(error).names("message", &message, MESSAGES);
    let row = account.message(id(&message)?).await.map_err(missing)?;
    let shape = read::message_of(&account, row);
    let answered = context.answer(&shape, human::message)?;
    if shape.unread {
        mark(context, Order::MarkRead { account: account.name().to_string(), message }).await?;
    }
    Ok(answered)
}

async fn mark(context: &Context, order: Order) -> Outcome<()> {
    let mut desk = Desk::open(&context.home).await?;
    let marked = desk.perform(order).await;
    desk.close().await;
    marked.map(|_| ())
}

pub(super) async fn save(context: &Context, args: Save) -> Outcome<u8> {
    let client = context.client().await?;
    let account: AccountHandle = context.account(&client).await?;
    let message: MessageRef = id(&args.message)?;
    let row = account.message(message).await;
    let row = row.map_err(|error| Failure::from(error).names("message", &args.message, MESSAGES))?;
    let path =
        std::path::absolute(&args.path).map_err(|error| Failure::io("the path cannot be used", &error))?;
    // A folder takes the file under the attachment's own name, which is no path whatever its sender has written.
    let path = match path.is_dir() {
        true => path.join(filename::attachment_name(&args.attachment).map_err(Error::from)?),
        false if args.path.as_os_str().as_encoded_bytes().ends_with(b"/") => {
            let sentence = format!("there is no folder {}; make it first", path.display());
            return Err(Failure::new("no_folder", sentence));
        }
        false => path,
    };
    let saved = account.save_attachment(message, &args.attachment, &path, false).await;
    let size = saved.map_err(|error| match error {
        Error::NotFound => no_attachment(&args, &row),
        Error::File { kind: ErrorKind::AlreadyExists } => {
            Failure::new("file_exists", format!("{} exists already; choose another name", path.display()))
        }
        Error::File { kind } => Failure::new(
            error.code(),
            format!("{} cannot be written: {kind}; choose another place", path.display()),
        ),
        error => error.into(),
    })?;
    let done = shapes::Done {
        account: Some(account.name().to_string()),
        msgid: Some(message.to_string()),
        path: Some(path.display().to_string()),
        size: Some(size),
        state: "saved".to_owned(),
        ..shapes::Done::default()
    };
    context.answer(&done, human::saved)
}

fn no_attachment(args: &Save, row: &MessageRow) -> Failure {
    let there: Vec<String> = row.attachments.iter().map(|file| format!("“{}”", file.name)).collect();
    let there =
        if there.is_empty() { "it has none".to_owned() } else { format!("it has {}", there.join(", ")) };
    let sentence = format!("the message {} has no attachment “{}”; {there}", args.message, args.attachment);
    Failure::new(Error::NotFound.code(), sentence)
}

fn page_of(page: Paged) -> Outcome<Page> {
    let after = page.page.map(|text| text.parse::<Cursor>()).transpose();
    Ok(Page { limit: ROWS, after: after.map_err(|_| bad_cursor())? })
}

/// In a list of everything nothing can be missing but the place of a cursor that is none of this list.
fn no_place(error: tmtp_client::Error) -> Failure {
    match error {
        tmtp_client::Error::NotFound => bad_cursor(),
        error => error.into(),
    }
}

fn bad_cursor() -> Failure {
    Failure::usage("that is no cursor of this list; take it from `next` of the page before")
}

fn id(text: &str) -> Outcome<MessageRef> {
    text.parse().map_err(|error| Failure::usage(format!("“{text}” is {error}")))
}

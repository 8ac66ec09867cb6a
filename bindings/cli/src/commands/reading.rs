//! Commands that look into the stores: beside a running `watch`, without a link, at any time.
//!
//! `read` and `thread --read` mark as read besides, which is an order like any other.

use tmtp_client::{AccountHandle, Cursor, MessageRef, Page};

use super::Context;
use crate::args::{Paged, Save, Thread, Threads};
use crate::desk::Desk;
use crate::failure::{DONE, Failure, Outcome};
use crate::handoff::Asked;
use crate::orders::{Done, Order};
use crate::output::{human, shapes};
use crate::{handoff, home, read};

/// Rows of a page: what one looks through on a screen, and what one JSON document should have.
const ROWS: u32 = 50;

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
        Asked::Answered(Ok(Done::Status(rows))) => rows,
        Asked::Silent(failure) => {
            context.out.remark(&format!("{}.", failure.sentence));
            Vec::new()
        }
        Asked::Answered(_) | Asked::Gone => Vec::new(),
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
    let rows = account.thread(thread, page_of(args.page)?).await?;
    let answered = context.answer(&read::list(&account, rows, read::message_of), human::thread);
    if args.read && was_seen(&answered) {
        let order = Order::MarkThreadRead { account: account.name().to_string(), thread: args.thread };
        mark(context, order).await?;
    }
    answered
}

pub(super) async fn read(context: &Context, message: String) -> Outcome<u8> {
    let client = context.client().await?;
    let account = context.account(&client).await?;
    let row = account.message(id(&message)?).await?;
    let shape = read::message_of(&account, row);
    let answered = context.answer(&shape, human::message);
    if shape.unread && was_seen(&answered) {
        mark(context, Order::MarkRead { account: account.name().to_string(), message }).await?;
    }
    answered
}

/// Whether what was printed was looked at: also by somebody who has closed the pipe, having seen enough, not on a
/// device that is full.
fn was_seen(answered: &Outcome<u8>) -> bool {
    answered.as_ref().map_or_else(|failure| failure.code == super::PIPE_CLOSED, |_| true)
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
    let path =
        std::path::absolute(&args.path).map_err(|error| Failure::io("the path cannot be used", &error))?;
    // A folder takes the file under the attachment's own name.
    let path = if path.is_dir() { path.join(&args.attachment) } else { path };
    if path.exists() {
        return Err(Failure::new(
            "file_exists",
            format!("{} exists already; choose another name", path.display()),
        ));
    }
    let size = account.save_attachment(message, &args.attachment, &path, false).await?;
    let done = shapes::Done {
        account: Some(account.name().to_string()),
        msgid: Some(message.to_string()),
        path: Some(path.display().to_string()),
        size: Some(size),
        state: "saved".to_owned(),
        ..shapes::Done::default()
    };
    context.report(DONE, &done, human::saved)
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

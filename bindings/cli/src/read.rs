//! From the façade's records to the shapes that are printed.

use tmtp_client::{
    AccountHandle, AttachmentKind, AttachmentRow, Client, ContactRow, Error, List, MessageRef, MessageRow,
    MsgId, NameTrust, OutgoingKind, OutgoingRow, OutgoingState, Page, PingRow, RecipientRow, SenderRow,
    ThreadRow, TooLargeRow, Wall,
};

use crate::failure::{Failure, Outcome};
use crate::output::shapes;
use crate::{states, waiting};

/// Pings looked through at a time: many may have come since the one that is asked for.
const PINGS: u32 = 100;
/// The note beside the author of a thread (client-formats R4).
const AUTHOR: &str = "author";

/// All accounts, by name.
pub(crate) async fn handles(client: &Client) -> Outcome<Vec<AccountHandle>> {
    let mut handles = Vec::new();
    for summary in client.accounts().await? {
        handles.push(client.account(&summary.name).await?);
    }
    Ok(handles)
}

/// The accounts in the words of `accounts`. One that cannot be read says so.
pub(crate) async fn accounts(client: &Client) -> Outcome<Vec<shapes::Account>> {
    let rows = client.accounts().await?.into_iter().map(|summary| shapes::Account {
        account: summary.name.to_string(),
        site: summary.site.map(|site| site.to_string()).unwrap_or_default(),
        site_name: summary.site_name,
        uid: summary.uid.map(|uid| uid.to_string()),
        aliases: summary.aliases,
        reason: summary
            .problem
            .map(|error| Failure::from(error).sentence)
            .or_else(|| states::reason(&summary.state)),
        state: summary.state.code().to_owned(),
        unread: summary.unread.messages,
    });
    Ok(rows.collect())
}

/// One account in the same words.
pub(crate) async fn account(handle: &AccountHandle) -> Outcome<shapes::Account> {
    let status = handle.status().await?;
    Ok(shapes::Account {
        account: status.name.to_string(),
        site: status.site.to_string(),
        site_name: status.site_name,
        uid: status.uid.map(|uid| uid.to_string()),
        aliases: status.aliases,
        reason: states::reason(&status.state),
        state: status.state.code().to_owned(),
        unread: status.unread.messages,
    })
}

/// How all accounts are doing.
pub(crate) async fn status(client: &Client) -> Outcome<Vec<shapes::Status>> {
    let mut rows = Vec::new();
    for handle in handles(client).await? {
        let status = handle.status().await?;
        rows.push(shapes::Status {
            account: status.name.to_string(),
            site: status.site.to_string(),
            uid: status.uid.map(|uid| uid.to_string()),
            aliases: status.aliases,
            reason: states::reason(&status.state),
            state: status.state.code().to_owned(),
            since: Some(time(status.since)),
            next_try: status.next_try.map(time),
            unread: status.unread.messages,
            queued: status.queued,
            in_doubt: status.in_doubt,
            failed: status.failed,
            parked: status.parked,
            too_large: status.too_large.into_iter().map(too_large).collect(),
            counters: status.counters.into_iter().collect(),
        });
    }
    Ok(rows)
}

/// A delivery above the limit.
pub(crate) fn too_large(row: TooLargeRow) -> shapes::TooLarge {
    let (name, trust) = (row.from.name, row.from.trust.code().to_owned());
    shapes::TooLarge { msgid: row.msgid.to_string(), from: row.from.uid, name, trust, size: row.size }
}

/// A message by its id; `None` if it is not there any more.
pub(crate) async fn message(handle: &AccountHandle, message: MessageRef) -> Outcome<Option<shapes::Message>> {
    match handle.message(message).await {
        Ok(row) => Ok(Some(message_of(handle, row))),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A message's row.
pub(crate) fn message_of(handle: &AccountHandle, row: MessageRow) -> shapes::Message {
    let checked = matches!(row.from.trust, NameTrust::Checked | NameTrust::Own);
    let (state, reason) = match &row.state {
        Some(state) => {
            let (word, reason) = states::outgoing(state);
            (Some(word), reason)
        }
        None => (None, None),
    };
    shapes::Message {
        account: handle.name().to_string(),
        thread: row.thread.to_string(),
        msgid: row.msgid.to_string(),
        send_id: row.send_id.map(|id| id.to_string()),
        sender: sender(row.from),
        checked,
        own: row.own,
        cc: row.cc.into_iter().map(recipient).collect(),
        subject: row.subject,
        text: row.text,
        posted: row.posted.map(time),
        unread: row.unread,
        attachments: row.attachments.into_iter().map(attachment).collect(),
        state,
        reason,
    }
}

fn recipient(row: RecipientRow) -> shapes::Cc {
    shapes::Cc {
        alias: row.alias,
        uid: row.uid,
        note: row.note,
        trust: row.trust.code().to_owned(),
        claimed: row.claimed,
        like: row.like,
        reachable: row.reachable,
    }
}

fn attachment(row: AttachmentRow) -> shapes::Attachment {
    let kind = match row.kind {
        AttachmentKind::File => "file",
        AttachmentKind::Form => "form",
        AttachmentKind::Filled => "filled_form",
    };
    shapes::Attachment { name: row.name, size: row.size, kind: kind.to_owned(), damaged: row.damaged }
}

/// A thread's row.
pub(crate) fn thread_of(handle: &AccountHandle, row: ThreadRow) -> shapes::Thread {
    shapes::Thread {
        account: handle.name().to_string(),
        thread: row.thread.to_string(),
        subject: row.subject,
        sender: sender(row.from),
        recipients: row.to.iter().cloned().map(recipient).collect(),
        to: aliases(row.to),
        to_more: row.to_more,
        unreachable: row.unreachable,
        messages: row.messages,
        unread: row.unread,
        posted: row.posted.map(time),
        text: row.preview,
        begun: row.begun,
    }
}

/// A contact's row.
pub(crate) fn contact_of(handle: &AccountHandle, row: ContactRow) -> shapes::Contact {
    let (by, by_name) = row.by.map(|by| (by.uid, by.name)).unzip();
    shapes::Contact {
        account: handle.name().to_string(),
        alias: row.alias,
        uid: row.uid,
        claimed: row.claimed,
        trust: row.trust.code().to_owned(),
        conflict: row.conflict,
        by,
        by_name,
    }
}

/// A ping's row.
pub(crate) fn ping_of(handle: &AccountHandle, row: PingRow) -> shapes::Ping {
    shapes::Ping {
        account: handle.name().to_string(),
        msgid: row.msgid.map(|id| id.to_string()),
        sender: sender(row.from),
        to: row.to_alias,
        text: row.text,
        posted: row.posted.map(time),
        unread: row.unread,
    }
}

/// An outbox row.
pub(crate) fn outgoing_of(handle: &AccountHandle, row: OutgoingRow) -> shapes::Outgoing {
    let (state, reason) = states::outgoing(&row.state);
    let kind = match row.kind {
        OutgoingKind::Message => "post",
        OutgoingKind::Ping => "ping",
        OutgoingKind::Alias => "alias",
        OutgoingKind::Node => "node",
    };
    let withdrawn = row.withdrawn.then(|| "withdrawn: it will not be sent again".to_owned());
    let waiting = row.waits.as_ref().map(|waits| waiting::sentence(&row, waits));
    let failed = match row.state {
        OutgoingState::Failed { why, .. } => Some(why.code().to_owned()),
        _ => None,
    };
    let waits = row.waits.map(|waits| shapes::Waits {
        why: waits.why.code().to_owned(),
        behind: waits.behind.map(|behind| behind.to_string()),
        until: waits.until.map(time),
    });
    shapes::Outgoing {
        account: handle.name().to_string(),
        send_id: row.send_id.to_string(),
        kind: kind.to_owned(),
        thread: row.thread.map(|id| id.to_string()),
        msgid: row.message.map(|id| id.to_string()),
        to: aliases(row.to),
        to_more: row.to_more,
        subject: row.title,
        size: row.size,
        state,
        reason: reason.or(withdrawn).or(waiting),
        waits,
        failed,
    }
}

/// Whom a thread goes to. Its beginning lists the author first, noted as such: that one is left out.
fn aliases(rows: Vec<RecipientRow>) -> Vec<String> {
    let others = usize::from(rows.len() > 1 && rows.first().is_some_and(|first| first.note == AUTHOR));
    rows.into_iter().skip(others).map(|row| row.alias).collect()
}

/// A ping that has just come.
pub(crate) async fn ping(handle: &AccountHandle, msgid: MsgId) -> Outcome<Option<shapes::Ping>> {
    let mut page = Page { limit: PINGS, after: None };
    loop {
        let List { items, next } = handle.pings(page).await?;
        if let Some(row) = items.into_iter().find(|row| row.msgid == Some(msgid)) {
            return Ok(Some(ping_of(handle, row)));
        }
        let Some(next) = next else { return Ok(None) };
        page = Page { limit: PINGS, after: Some(next) };
    }
}

/// A page.
pub(crate) fn list<R, T>(
    handle: &AccountHandle,
    list: List<R>,
    of: impl Fn(&AccountHandle, R) -> T,
) -> shapes::List<T> {
    let next = list.next.map(|cursor| cursor.to_string());
    shapes::List { items: list.items.into_iter().map(|row| of(handle, row)).collect(), next }
}

/// Who sent something.
fn sender(row: SenderRow) -> shapes::Sender {
    let SenderRow { uid, name, claimed, trust, like, outside } = row;
    shapes::Sender { from: name, uid, trust: trust.code().to_owned(), claimed, like, outside }
}

/// A time as JSON has it.
fn time(wall: Wall) -> String {
    wall.to_string()
}

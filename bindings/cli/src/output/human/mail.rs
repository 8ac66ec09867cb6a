//! Threads and messages as one reads them, and the lines of `watch`.

use super::super::super::states::site_says;
use super::super::clock::{at, now};
use super::super::shapes::{Event, List, Message, Ping, Thread, TooLarge};
use super::super::style;
use super::super::words::{beginning, block, line, size};
use super::lists::more;
use super::{people, state};

/// Of a message's first line so much is shown where messages take a line each.
const FIRST_LINE: usize = 100;
/// What is said of a list with entries that name nobody.
const NOT_ALL: &str =
    "Not everybody in this list can be reached; `reply --without-unreachable` writes to the others.";
/// Of its subject so much.
const SUBJECT: usize = 60;

/// `thread`: as one reads, the newest message last, also where the page begins with it. A page without the first message
/// takes its heading from the thread.
pub(crate) fn thread(whole: &Thread, list: &List<Message>, newest_first: bool) -> String {
    let mut rows: Vec<&Message> = list.items.iter().collect();
    if newest_first {
        rows.reverse();
    }
    let mut text = match rows.first() {
        Some(first) if !first.cc.is_empty() => heading(first),
        Some(_) => format!(
            "{}\n{}\n",
            style::strong().apply_to(line(&whole.subject)),
            style::dim()
                .apply_to(whole.recipients.iter().map(people::recipient).collect::<Vec<_>>().join(", "))
        ),
        None => String::new(),
    };
    if whole.unreachable > 0 && !text.contains(NOT_ALL) {
        text.push_str(&format!("{}\n", style::attention().apply_to(NOT_ALL)));
    }
    for row in rows {
        text.push('\n');
        text.push_str(&body(row));
    }
    match &list.next {
        Some(cursor) if newest_first => {
            text + &format!("{}\n", style::dim().apply_to(format!("\nolder messages: --page {cursor}")))
        }
        _ => text + &more(list),
    }
}

/// `read`.
pub(crate) fn message(row: &Message) -> String {
    format!("{}\n{}", heading(row), body(row))
}

fn heading(row: &Message) -> String {
    let mut text = format!("{}\n", style::strong().apply_to(line(&row.subject)));
    if !row.cc.is_empty() {
        let people: Vec<String> = row.cc.iter().map(people::recipient).collect();
        text.push_str(&format!("{}\n", style::dim().apply_to(people.join(", "))));
        if row.cc.iter().any(|cc| !cc.reachable) {
            text.push_str(&format!("{}\n", style::attention().apply_to(NOT_ALL)));
        }
    }
    text
}

fn body(row: &Message) -> String {
    let mut head = people::sender(&row.sender);
    head.push_str(&format!(
        "  {}",
        style::dim().apply_to(format!("{}  {}", at(row.posted.as_deref()), row.msgid))
    ));
    if row.unread {
        head.push_str(&format!("  {}", style::good().apply_to("new")));
    }
    if let Some(word) = row.state.as_deref().filter(|word| *word != "sent") {
        let reason =
            row.reason.as_deref().map(|reason| format!(": {}", line(&site_says(reason)))).unwrap_or_default();
        head.push_str(&format!("  {}{reason}", state(word)));
    }
    let mut text = format!("{head}\n{}", block(&row.text, "  "));
    for file in &row.attachments {
        let damaged =
            if file.damaged { style::bad().apply_to("  damaged").to_string() } else { String::new() };
        let kind =
            if file.kind == "file" { String::new() } else { format!(", {}", file.kind.replace('_', " ")) };
        text.push_str(&format!("  ▸ {} ({}{kind}){damaged}\n", line(&file.name), size(file.size)));
    }
    text
}

/// A line of `watch`.
pub(crate) fn event(event: &Event) -> String {
    let account = style::dim().apply_to(&event.account);
    let what = match event.event {
        "message" => event.message.as_ref().map(one_line).unwrap_or_default(),
        "ping" => event.ping.as_ref().map(ping_line).unwrap_or_default(),
        "unread" => event
            .thread
            .as_ref()
            .map(|thread| format!("unread: {}: {}", people::sender(&thread.sender), line(&thread.subject)))
            .unwrap_or_default(),
        "too_large" => event.too_large.as_ref().map(too_large_line).unwrap_or_default(),
        "parked" => style::dim()
            .apply_to("something of a kind that this version does not know was set aside")
            .to_string(),
        "missed" => {
            format!("{} events were missed; what is unread follows", event.missed.unwrap_or_default())
        }
        "outgoing" => format!("{} {}", event.send_id.as_deref().unwrap_or_default(), word(event)),
        _ => word(event),
    };
    format!("{}  {account}  {what}", style::dim().apply_to(now()))
}

fn word(event: &Event) -> String {
    let reason =
        event.reason.as_deref().map(|reason| format!(" – {}", line(&site_says(reason)))).unwrap_or_default();
    format!("{}{reason}", state(event.state.as_deref().unwrap_or_default()))
}

pub(super) fn one_line(message: &Message) -> String {
    let subject = beginning(&line(&message.subject), SUBJECT);
    let from = people::sender(&message.sender);
    let files = if message.attachments.is_empty() {
        String::new()
    } else {
        format!("  ▸{}", message.attachments.len())
    };
    let id = style::dim().apply_to(&message.msgid);
    let first =
        message.text.lines().next().map(|text| beginning(&line(text), FIRST_LINE)).unwrap_or_default();
    format!("{from}: {subject}{}{first}{files}  {id}", if subject.is_empty() { "" } else { " – " })
}

fn ping_line(ping: &Ping) -> String {
    let text = if ping.text.is_empty() { String::new() } else { format!(": {}", line(&ping.text)) };
    format!("{} says hello{text}", people::sender(&ping.sender))
}

fn too_large_line(large: &TooLarge) -> String {
    let what = format!(
        "{} from {} wait for your word: tmtp large {} --accept",
        size(large.size),
        line(&large.name),
        large.msgid
    );
    style::attention().apply_to(what).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::super::shapes::{Attachment, Cc, Sender};
    use super::*;

    fn sender_of(text: &str) -> Sender {
        Sender {
            from: text.into(),
            uid: String::new(),
            trust: "conflict".into(),
            claimed: Some(text.into()),
            like: Some(text.into()),
            outside: true,
        }
    }

    fn recipient_of(text: &str) -> Cc {
        Cc {
            alias: text.into(),
            uid: String::new(),
            note: text.into(),
            trust: "conflict".into(),
            claimed: Some(text.into()),
            like: Some(text.into()),
            reachable: false,
        }
    }

    fn message_of(text: &str) -> Message {
        Message {
            account: "x".into(),
            thread: "t".into(),
            msgid: "m".into(),
            send_id: None,
            sender: sender_of(text),
            checked: false,
            own: false,
            cc: vec![recipient_of(text)],
            subject: text.into(),
            text: text.into(),
            posted: Some(text.into()),
            unread: true,
            attachments: vec![Attachment { name: text.into(), size: 1, kind: "file".into(), damaged: false }],
            state: Some("failed".into()),
            reason: Some(text.into()),
        }
    }

    fn thread_of(text: &str) -> Thread {
        Thread {
            account: "x".into(),
            thread: "t".into(),
            subject: text.into(),
            sender: sender_of(text),
            to: vec![text.into()],
            to_more: false,
            recipients: vec![recipient_of(text)],
            unreachable: 1,
            messages: 2,
            unread: 1,
            posted: None,
            text: text.into(),
            begun: true,
        }
    }

    #[test]
    fn what_strangers_write_cannot_steer_the_terminal() {
        let evil = "a\u{1b}[2Jb\u{202e}\rc";
        let whole = thread_of(evil);
        let (mut reply, list) = (message_of(evil), |row| List { items: vec![row], next: None });
        reply.cc.clear();
        for text in [
            super::message(&message_of(evil)),
            thread(&whole, &list(message_of(evil)), true),
            thread(&whole, &list(reply), false),
            one_line(&message_of(evil)),
            super::super::threads(&List { items: vec![whole.clone()], next: None }),
        ] {
            assert!(
                !text.contains(['\u{1b}', '\r', '\u{202e}']) && text.contains("a\u{fffd}[2Jb"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_thread_reads_downwards_wherever_its_page_begins() {
        let rows: Vec<Message> = ["two", "one"].map(message_of).into();
        let newest = List { items: rows.clone(), next: Some("c".to_owned()) };
        let text = thread(&thread_of("s"), &newest, true);
        assert!(
            text.find("  one\n") < text.find("  two\n") && text.ends_with("older messages: --page c\n"),
            "{text}"
        );
        let oldest = List { items: rows, next: None };
        let text = thread(&thread_of("s"), &oldest, false);
        assert!(text.find("  two\n") < text.find("  one\n"), "{text}");
    }
}

//! Threads and messages as one reads them, and the lines of `watch`.

use super::super::clock::{at, now};
use super::super::shapes::{Event, List, Message, Ping, Thread, TooLarge};
use super::super::style;
use super::super::words::{beginning, block, line, name, size};
use super::lists::more;
use super::{names, state};

/// Of a message's first line so much is shown where messages take a line each.
const FIRST_LINE: usize = 100;
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
            style::dim().apply_to(names(&whole.to))
        ),
        None => String::new(),
    };
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
        let people = row.cc.iter().map(|cc| {
            let note = if cc.note.is_empty() { String::new() } else { format!(" ({})", line(&cc.note)) };
            format!("{}{note}", name(&cc.alias))
        });
        let people = people.collect::<Vec<_>>().join(", ");
        text.push_str(&format!("{}\n", style::dim().apply_to(people)));
    }
    text
}

fn body(row: &Message) -> String {
    let mut head = format!("{}", style::strong().apply_to(name(&row.from)));
    if !row.checked {
        head.push_str(&style::attention().apply_to(" (so he says)").to_string());
    }
    head.push_str(&format!(
        "  {}",
        style::dim().apply_to(format!("{}  {}", at(row.posted.as_deref()), row.msgid))
    ));
    if row.unread {
        head.push_str(&format!("  {}", style::good().apply_to("new")));
    }
    if let Some(word) = row.state.as_deref().filter(|word| *word != "sent") {
        let reason = row.reason.as_deref().map(|reason| format!(": {}", line(reason))).unwrap_or_default();
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
            .map(|thread| format!("unread: {}", line(&thread.subject)))
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
    let reason = event.reason.as_deref().map(|reason| format!(" – {}", line(reason))).unwrap_or_default();
    format!("{}{reason}", state(event.state.as_deref().unwrap_or_default()))
}

pub(super) fn one_line(message: &Message) -> String {
    let subject = beginning(&line(&message.subject), SUBJECT);
    let from = style::strong().apply_to(name(&message.from));
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
    format!("{} says hello{text}", style::strong().apply_to(name(&ping.from)))
}

fn too_large_line(large: &TooLarge) -> String {
    let what = format!(
        "{} from {} wait for your word: tmtp large {} --accept",
        size(large.size),
        line(&large.from),
        large.msgid
    );
    style::attention().apply_to(what).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::super::shapes::{Attachment, Cc};
    use super::*;

    fn message_of(text: &str) -> Message {
        Message {
            account: "x".into(),
            thread: "t".into(),
            msgid: "m".into(),
            send_id: None,
            from: text.into(),
            uid: String::new(),
            checked: false,
            own: false,
            cc: vec![Cc { alias: text.into(), uid: String::new(), note: text.into() }],
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
            from: text.into(),
            uid: String::new(),
            to: vec![text.into()],
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

//! Lists of accounts, people, threads and of what waits, as tables.

use super::super::super::states::site_says;
use super::super::clock::{at, until};
use super::super::shapes::{Account, Contact, List, Outgoing, Ping, Status, Thread};
use super::super::style;
use super::super::table::Table;
use super::super::words::{beginning, line, size, span};
use super::{names, people, state};

/// What a site's name may take beside its address, which is never cut.
const SITE_NAME: usize = 20;

/// `accounts`.
pub(crate) fn accounts(rows: &[Account]) -> String {
    if rows.is_empty() {
        return "No account yet. `tmtp join =host:port --alias \"Your Name\"` makes one.".to_owned();
    }
    let mut table = Table::new(&["ACCOUNT", "ALIASES", "SITE", "UNREAD", "STATE"]);
    for row in rows {
        let site = if row.site_name.is_empty() {
            line(&row.site)
        } else {
            format!("{} ({})", line(&row.site), beginning(&line(&row.site_name), SITE_NAME))
        };
        table.row(vec![
            style::strong().apply_to(&row.account).to_string(),
            names(&row.aliases),
            site,
            row.unread.to_string(),
            state(&row.state),
        ]);
    }
    let mut text = table.fitted();
    for (row, reason) in rows.iter().filter_map(|row| Some((row, row.reason.as_ref()?))) {
        let reason = style::attention().apply_to(line(reason));
        text.push_str(&format!("\n{}: {reason}", style::strong().apply_to(&row.account)));
    }
    text
}

/// `status`.
pub(crate) fn status(rows: &[Status]) -> String {
    if rows.is_empty() {
        return accounts(&[]);
    }
    let mut text = String::new();
    for row in rows {
        let head = style::strong().apply_to(&row.account);
        text.push_str(&format!(
            "{head}  {}  {}\n",
            state(&row.state),
            style::dim().apply_to(line(&row.site))
        ));
        if let Some(reason) = &row.reason {
            text.push_str(&format!("  {}\n", style::attention().apply_to(line(reason))));
        }
        let next = row.next_try.as_deref().and_then(until).map(|ms| format!("next try in {}", span(ms)));
        let counted = |name: &str| row.counters.get(name).and_then(|number| some(*number, name));
        let facts = [
            Some(names(&row.aliases)).filter(|names| !names.is_empty()),
            next,
            Some(format!("{} unread", row.unread)),
            some(row.queued, "to send"),
            some(row.in_doubt, "in doubt"),
            some(row.failed, "not sent"),
            some(row.parked, "set aside for a later version"),
            counted("received"),
            counted("sent"),
        ];
        text.push_str(&format!("  {}\n", facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")));
        if let Some(uid) = &row.uid {
            text.push_str(&format!("  {}\n", style::dim().apply_to(line(uid))));
        }
        if row.queued + row.in_doubt + row.failed > 0 {
            let hint = format!("what waits for what: tmtp outbox --account {}", row.account);
            text.push_str(&format!("  {}\n", style::dim().apply_to(hint)));
        }
        for large in &row.too_large {
            let what = format!(
                "{} from {} waits: tmtp large {} --accept",
                size(large.size),
                line(&large.name),
                large.msgid
            );
            text.push_str(&format!("  {}\n", style::attention().apply_to(what)));
        }
    }
    text
}

pub(super) fn some(number: u64, what: &str) -> Option<String> {
    (number > 0).then(|| format!("{number} {what}"))
}

/// `contacts`.
pub(crate) fn contacts(list: &List<Contact>) -> String {
    if list.items.is_empty() {
        return "Nobody yet. `tmtp ping ALIAS` says hello.".to_owned();
    }
    let mut table = Table::new(&["ALIAS", "UID", "KNOWN BY"]);
    for row in &list.items {
        let by = row.by_name.as_deref().map(line).unwrap_or_default();
        let (known, remark) = match (row.claimed, row.trust.as_str(), row.conflict) {
            (false, "conflict", _) => (
                style::attention().apply_to("the site".to_owned()),
                Some("looks like a name that was known earlier: write to this one by uid"),
            ),
            (false, _, false) => (style::good().apply_to("the site".to_owned()), None),
            (false, _, true) => (
                style::good().apply_to("the site".to_owned()),
                Some("another uid is said to have this name, too"),
            ),
            (true, "conflict", _) => (
                style::bad().apply_to(format!("a claim of {by}")),
                Some("NOT the name of this uid, as far as is known: somebody else has it"),
            ),
            (true, _, false) => (style::dim().apply_to(format!("a claim of {by}")), None),
            (true, _, true) => {
                (style::attention().apply_to(format!("a claim of {by}")), Some("claimed for several uids"))
            }
        };
        table.row(vec![line(&row.alias), line(&row.uid), known.to_string()]);
        if let Some(remark) = remark {
            table.remark(remark.to_owned());
        }
    }
    table.fitted() + &more(list)
}

/// `pings`.
pub(crate) fn pings(list: &List<Ping>) -> String {
    if list.items.is_empty() {
        return "No pings yet.".to_owned();
    }
    let mut table = Table::new(&["WHEN", "FROM", "TO", "TEXT"]);
    for row in &list.items {
        table.row(vec![at(row.posted.as_deref()), people::cell(&row.sender), line(&row.to), line(&row.text)]);
        if let Some(remark) = people::remark(&row.sender) {
            table.remark(remark);
        }
    }
    table.fitted() + &more(list)
}

/// `outbox`.
pub(crate) fn outbox(list: &List<Outgoing>) -> String {
    if list.items.is_empty() {
        return "Nothing waits: everything was sent.".to_owned();
    }
    let mut table = Table::new(&["SEND ID", "STATE", "WHAT", "TO", "SUBJECT"]);
    for row in &list.items {
        let (kind, subject) = (row.kind.clone(), line(&row.subject));
        let to = format!("{}{}", names(&row.to), if row.to_more { ", …" } else { "" });
        table.row(vec![row.send_id.clone(), state(&row.state), kind, to, subject]);
        let Some(reason) = &row.reason else { continue };
        let in_time = row.waits.as_ref().and_then(|waits| until(waits.until.as_deref()?));
        let in_time = in_time.map(|ms| format!(", next try in {}", span(ms))).unwrap_or_default();
        table.remark(format!("{}{in_time}", line(&site_says(reason))));
    }
    table.fitted() + &more(list)
}

/// `threads`.
pub(crate) fn threads(list: &List<Thread>) -> String {
    if list.items.is_empty() {
        return "Nothing here.".to_owned();
    }
    let mut table = Table::new(&[" ", "THREAD", "WHEN", "FROM", "SUBJECT"]);
    for row in &list.items {
        table.row(thread_cells(row));
        if let Some(remark) = people::remark(&row.sender) {
            table.remark(remark);
        }
        if row.unreachable > 0 {
            table.remark(format!("{} in its list cannot be reached", row.unreachable));
        }
    }
    table.fitted() + &more(list)
}

fn thread_cells(row: &Thread) -> Vec<String> {
    let new = row.unread > 0;
    let mark = if new { style::good().apply_to("●").to_string() } else { " ".to_owned() };
    let subject = if row.begun { line(&row.subject) } else { "(the beginning has not come yet)".to_owned() };
    let subject = if new { style::strong().apply_to(subject).to_string() } else { subject };
    let messages = if row.messages > 1 { format!(" ({})", row.messages) } else { String::new() };
    let text = style::dim().apply_to(line(&row.text));
    vec![
        mark,
        row.thread.clone(),
        at(row.posted.as_deref()),
        people::cell(&row.sender),
        format!("{subject}{messages}  {text}"),
    ]
}

pub(super) fn more<T>(list: &List<T>) -> String {
    match &list.next {
        Some(cursor) => format!("{}\n", style::dim().apply_to(format!("more: --page {cursor}"))),
        None => String::new(),
    }
}

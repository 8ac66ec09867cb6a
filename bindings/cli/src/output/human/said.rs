//! What a command says when it is done: sentences.

use super::super::super::states::site_says;
use super::super::shapes::{Account, Done, Key, Node, Salvaged, Sent, Synced, Withdrawn};
use super::super::style;
use super::super::words::{block, count, line, size};
use super::lists::some;
use super::mail::one_line;
use super::names;

/// `join`.
pub(crate) fn joined(row: &Account, already: bool) -> String {
    let already = if already { "already " } else { "" };
    let mut text = format!("You are {already}a member of {}", row.site);
    if !row.site_name.is_empty() {
        text.push_str(&format!(" ({})", line(&row.site_name)));
    }
    match row.aliases.is_empty() {
        true => text.push_str(". The site has not given the alias yet; the same command goes on with it.\n"),
        false => text.push_str(&format!(" as {}.\n", names(&row.aliases))),
    }
    text.push_str(&format!("The account is called {}", style::strong().apply_to(&row.account)));
    if let Some(uid) = &row.uid {
        text.push_str(&format!(", its uid is {uid}"));
    }
    text.push_str(".\n");
    if let Some(reason) = &row.reason {
        text.push_str(&format!("{}\n", style::attention().apply_to(line(reason))));
    }
    text
}

/// `accounts remove`.
pub(crate) fn removed(done: &Done) -> String {
    format!(
        "The account {} is gone from this device, its key and its mail too.",
        done.account.as_deref().unwrap_or_default()
    )
}

/// `accounts adopt`.
pub(crate) fn adopted(done: &Done) -> String {
    format!("The account {} is used from here now.", done.account.as_deref().unwrap_or_default())
}

/// `contacts remove`.
pub(crate) fn forgotten(who: &str) -> String {
    format!("Removed: {}.", line(who))
}

/// `accounts salvage`.
pub(crate) fn salvaged(report: &Salvaged) -> String {
    let rows: u64 = report.tables.iter().map(|table| table.read).sum();
    let lost: Vec<String> = report
        .tables
        .iter()
        .filter(|table| table.lost != Some(0))
        .map(|table| match table.lost {
            Some(rows) => format!("{rows} of {}", table.name),
            None => format!("some of {}", table.name),
        })
        .collect();
    let lost = if lost.is_empty() { "nothing".to_owned() } else { lost.join(", ") };
    format!(
        "Saved what reads of the account {}: {rows} rows. Lost: {lost}.\nThe damaged store is kept as {} in the account's folder.",
        report.account, report.kept
    )
}

/// `alias add`.
pub(crate) fn alias(alias: &str, sent: &Sent) -> String {
    match sent.state.as_str() {
        "held" if sent.reason.is_some() => format!("You can be reached as {} already.", line(alias)),
        "held" => format!("You can be reached as {} now.", line(alias)),
        "refused" => {
            let reason = site_says(sent.reason.as_deref().unwrap_or_default());
            format!("The site refuses {}: {}", line(alias), line(&reason))
        }
        _ => "It is queued; it is asked for at the next link.".to_owned(),
    }
}

/// What `node add` says beside the ticket.
pub(crate) fn node_remark(node: &Node) -> String {
    format!(
        "The node “{}” exists. This line is all that the other device needs.\n\
         It is a password, and is shown this once. There: tmtp join --node -",
        line(&node.node)
    )
}

/// `ping`.
pub(crate) fn pinged(to: &str, sent: &Sent) -> String {
    match sent.state.as_str() {
        "sent" => format!("{} has your ping.", line(to)),
        _ => self::sent(sent),
    }
}

/// `send`, `reply`, `settle`.
pub(crate) fn sent(sent: &Sent) -> String {
    let reason = sent.reason.as_deref().map(|reason| line(&site_says(reason)));
    let because = reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let send_id = sent.send_id.as_deref().unwrap_or_default();
    match sent.state.as_str() {
        "sent" => match &sent.thread {
            Some(thread) => format!("Sent. Thread {thread}"),
            None => "Sent.".to_owned(),
        },
        "failed" => {
            format!("It was not sent: {}", line(&site_says(sent.reason.as_deref().unwrap_or_default())))
        }
        "in_doubt" => format!(
            "It may have been sent; this is found out at the next link{because}. Nothing is lost. See `outbox`, {send_id}"
        ),
        _ => format!("It waits to be sent{because}. Nothing is lost. See `outbox`, {send_id}"),
    }
}

/// `withdraw`.
pub(crate) fn withdrawn(item: &Withdrawn) -> String {
    match item.sent.state.as_str() {
        "withdrawn" if !item.text.trim().is_empty() => {
            format!(
                "Taken back; it was not sent, and is not kept. Its text was:\n{}",
                block(&item.text, "  ")
            )
        }
        "withdrawn" => "Taken back; it was not sent.".to_owned(),
        "sent" => "Too late: it was sent.".to_owned(),
        _ => "It may have been sent; it will not be sent again.".to_owned(),
    }
}

/// `sync`.
pub(crate) fn synced(rows: &[Synced]) -> String {
    let mut text = String::new();
    for row in rows {
        let arrived = [(row.arrived, "new message"), (row.pings, "ping")];
        let mut facts: Vec<String> = arrived
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, one)| count(*number, one))
            .collect();
        facts.extend(match row.state.as_str() {
            "new" => None,
            "nothing_new" => Some("nothing new".to_owned()),
            "live" => Some("a link is held; what comes is shown by `watch`".to_owned()),
            _ => Some(format!("not known: {}", line(row.reason.as_deref().unwrap_or("the time was over")))),
        });
        facts.extend(some(row.queued, "still to send"));
        facts.extend(some(row.in_doubt, "in doubt"));
        text.push_str(&format!("{}  {}\n", style::strong().apply_to(&row.account), facts.join(" · ")));
        for message in &row.messages {
            text.push_str(&format!("  {}\n", one_line(message)));
        }
        if let Some(more) = row.arrived.checked_sub(row.messages.len() as u64).filter(|more| *more > 0) {
            text.push_str(&format!("  … and {more} more: tmtp threads --unread\n"));
        }
    }
    text
}

/// `delete`.
pub(crate) fn deleted(done: &Done) -> String {
    match (&done.thread, &done.msgid) {
        (Some(thread), _) => format!("The thread {thread} is deleted here; others keep their copies."),
        (None, Some(message)) => format!("The message {message} is deleted here; others keep their copies."),
        (None, None) => String::new(),
    }
}

/// `large`.
pub(crate) fn large(done: &Done) -> String {
    match done.state.as_str() {
        "accepted" => "It will be received at the next link.".to_owned(),
        _ => "It will be thrown away unseen at the next link.".to_owned(),
    }
}

/// `trust`.
pub(crate) fn key(key: &Key) -> String {
    match key.state.as_str() {
        "trusted" => format!("{} is trusted with the key {}.", key.site, key.seen),
        "unknown" => {
            format!("{} shows the key {}; it will be remembered at the first use.", key.site, key.seen)
        }
        _ => format!(
            "{}\n  remembered  {}\n  shown now   {}\nAsk the site's owner. To trust it: tmtp trust {} {}",
            style::bad().apply_to(format!("THE KEY OF {} HAS CHANGED.", key.site)),
            key.pinned.as_deref().unwrap_or_default(),
            key.seen,
            key.site,
            key.seen
        ),
    }
}

/// `save`.
pub(crate) fn saved(done: &Done) -> String {
    let path = line(done.path.as_deref().unwrap_or_default());
    format!("Saved to {path} ({}).", size(done.size.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_a_sync_does_not_list_are_counted() {
        let row = Synced {
            account: "home".to_owned(),
            state: "new".to_owned(),
            reason: None,
            arrived: 12_000,
            messages: Vec::new(),
            pings: 0,
            queued: 0,
            in_doubt: 0,
        };
        let said = synced(&[row]);
        assert!(
            said.contains("12000 new messages") && said.contains("12000 more: tmtp threads --unread"),
            "{said}"
        );
    }
}

//! Answers as people like to read them. Texts of others go through [`super::words`], which makes them harmless for
//! a terminal.

mod lists;
mod mail;
mod people;
mod said;

use super::style;
use super::words::line;

pub(crate) use lists::{accounts, contacts, outbox, pings, status, threads};
pub(crate) use mail::{event, message, thread};
pub(crate) use said::{
    adopted, alias, deleted, forgotten, joined, key, large, node_remark, pinged, removed, salvaged, saved,
    sent, synced, withdrawn,
};

/// A state's word in its colour.
fn state(word: &str) -> String {
    let style = match word {
        "online" | "sent" | "held" => style::good(),
        "idle" | "off" | "connecting" | "queued" | "sending" => style::dim(),
        "waiting" | "node_busy" | "in_doubt" | "in_use" | "locked" => style::attention(),
        _ => style::bad(),
    };
    style.apply_to(word.replace('_', " ")).to_string()
}

fn names(names: &[String]) -> String {
    names.iter().map(|name| line(name)).collect::<Vec<_>>().join(", ")
}

//! A process that has written nothing reads the stores of a home and prints what they hold, for the judgement.

use std::path::Path;

use sha2::{Digest, Sha256};
use tmtp_client::{AccountHandle, Client, Config};

use super::line;
use super::member::each_message;
use super::play::hex;
use super::protocol::{Held, Read, Totals};
use crate::failure::{Failure, Outcome};
use crate::output::shapes::Message;
use crate::read;

/// Prints everything.
pub(super) async fn run(home: &Path) -> Outcome<()> {
    let client = Client::open(Config::new(home)).await?;
    for handle in read::handles(&client).await? {
        let mut messages = Vec::new();
        each_message(&handle, |_, message| {
            messages.push(message);
            Ok(())
        })
        .await?;
        for message in messages {
            let attachments = hashes(&handle, &message, home).await?;
            let held = Held {
                account: message.account,
                thread: message.thread,
                msgid: message.msgid,
                from_uid: message.sender.uid,
                text: message.text,
                attachments,
            };
            line(&Read::Held(held))?;
        }
        line(&Read::Totals(totals(&handle).await?))?;
    }
    Ok(())
}

async fn totals(handle: &AccountHandle) -> Outcome<Totals> {
    let status = handle.status().await?;
    let counter = |name: &str| {
        status.counters.iter().find(|(known, _)| known.as_str() == name).map_or(0, |(_, value)| *value)
    };
    Ok(Totals {
        account: handle.name().to_string(),
        outbox: status.queued + status.in_doubt,
        in_doubt_sent: counter("doubts_sent"),
        in_doubt_not_sent: counter("doubts_not_sent"),
        folded: counter("folded"),
    })
}

/// The attachments as a person gets them: saved to a file.
async fn hashes(handle: &AccountHandle, message: &Message, home: &Path) -> Outcome<Vec<String>> {
    let mut hashes = Vec::new();
    for attachment in &message.attachments {
        let path = home.join("saved");
        let id = message.msgid.parse().map_err(|_| Failure::new("demo", "an id that is none"))?;
        handle.save_attachment(id, &attachment.name, &path, true).await?;
        let content = std::fs::read(&path).map_err(|error| Failure::io("a saved attachment", &error))?;
        hashes.push(hex(&Sha256::digest(&content)));
        std::fs::remove_file(&path).map_err(|error| Failure::io("a saved attachment", &error))?;
    }
    Ok(hashes)
}

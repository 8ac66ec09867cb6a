//! The receiver of the old kind: it keeps every message under its id and folds nothing else, as the stock client
//! does. It is a `tmtp_member`, so that the judgement does not rest on the code that it judges.
//!
//! A message is a line in a file, synced before it is confirmed; the same id again is the same message.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tmtp_client::{FileTrustStore, SiteAddress};
use tmtp_member::{Delivery, Key, Mailbox, Member};
use tokio::sync::watch;

use super::cast::SITES;
use super::play::hex;
use super::protocol::{Held, Said, Tell, tells};
use super::say;
use crate::failure::{Failure, Outcome};

/// The file of messages.
pub(super) const MAIL: &str = "mail.jsonl";
/// The file of uid and secret.
const KEY: &str = "key";

/// Runs until its standard input ends or says stop.
pub(super) async fn run(site: &str, dir: &Path) -> Outcome<()> {
    let site: SiteAddress = site.parse().map_err(|error| Failure::usage(format!("{error}")))?;
    let member = Folder::open(dir)?;
    let (stop, stopped) = watch::channel(false);
    let reading = tokio::spawn(async move {
        let mut tells = tells();
        while !matches!(tells.recv().await, None | Some(Tell::Stop)) {}
        // Asked to stop, or the demo is gone.
        let _ = stop.send(true);
    });
    say(&Said::Ready)?;
    member.serve(&site, Arc::new(FileTrustStore::new(dir.join("trust"))), stopped).await?;
    reading.abort();
    Ok(())
}

/// The old receiver's folder.
struct Folder {
    dir: PathBuf,
    mail: File,
    known: BTreeSet<String>,
}

impl Folder {
    /// Tells what is there already.
    fn open(dir: &Path) -> Outcome<Member<Folder>> {
        let fail = |error: io::Error| Failure::io("the old receiver's folder", &error);
        std::fs::create_dir_all(dir).map_err(fail)?;
        let mut known = BTreeSet::new();
        for held in held(dir)? {
            say_arrived(&held)?;
            known.insert(held.msgid);
        }
        let key = match std::fs::read_to_string(dir.join(KEY)) {
            Ok(text) => parse_key(&text),
            Err(_) => None,
        };
        if let Some(key) = &key {
            say_joined(key)?;
        }
        let mut mail = File::options().create(true).append(true).open(dir.join(MAIL)).map_err(fail)?;
        // What a kill left of a line must not run into the next one.
        mail.write_all(b"\n").map_err(fail)?;
        Ok(Member { mailbox: Folder { dir: dir.to_owned(), mail, known }, key })
    }
}

impl Mailbox for Folder {
    type Error = Failure;

    fn joined(&mut self, key: &Key) -> Outcome<()> {
        let (uid, secret) = key;
        let text = format!("{uid}\n{}\n", secret.expose());
        let written = File::create(self.dir.join(KEY)).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| Failure::io("the old receiver's key", &error))?;
        say_joined(key)
    }

    fn delivered(&mut self, delivery: Delivery) -> Outcome<()> {
        if !self.known.insert(delivery.message.clone()) {
            return Ok(());
        }
        let held = Held {
            account: SITES[0].to_owned(),
            thread: delivery.thread,
            msgid: delivery.message,
            from_uid: delivery.from.to_string(),
            text: delivery.text,
            attachments: delivery.attachments.iter().map(|content| hex(&Sha256::digest(content))).collect(),
        };
        let mut line =
            serde_json::to_vec(&held).map_err(|error| Failure::io("the old receiver", &error.into()))?;
        line.push(b'\n');
        let written = self.mail.write_all(&line).and_then(|()| self.mail.sync_data());
        written.map_err(|error| Failure::io("the old receiver's file", &error))?;
        say_arrived(&held)
    }

    fn unreadable(&mut self) -> Outcome<()> {
        Err(Failure::new("demo", "the old receiver cannot read a message: a stock client would hang"))
    }

    fn online(&mut self, online: bool) -> Outcome<()> {
        let state = if online { "online" } else { "waiting" };
        say(&Said::State { account: SITES[0].to_owned(), state: state.to_owned() })
    }
}

/// The messages that it holds, oldest first. Read from outside by the judgement.
pub(super) fn held(dir: &Path) -> Outcome<Vec<Held>> {
    let text = match std::fs::read_to_string(dir.join(MAIL)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::io("the old receiver's file", &error)),
    };
    let mut held: Vec<Held> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    // The order in which the stock client shows messages is that of their ids.
    held.sort_by(|a, b| a.msgid.cmp(&b.msgid));
    Ok(held)
}

fn parse_key(text: &str) -> Option<Key> {
    let (uid, secret) = text.split_once('\n')?;
    Some((uid.parse().ok()?, secret.trim().parse().ok()?))
}

fn say_joined((uid, _): &Key) -> Outcome<()> {
    say(&Said::Joined { account: SITES[0].to_owned(), uid: uid.to_string() })
}

fn say_arrived(held: &Held) -> Outcome<()> {
    let (account, thread, text) = (held.account.clone(), held.thread.clone(), held.text.clone());
    say(&Said::Arrived { account, thread, text })
}

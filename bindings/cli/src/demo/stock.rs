//! The receiver of the old kind: it keeps every message under its id and folds nothing else, as the stock client
//! does. Built on the bare protocol, so that the judgement does not rest on the code that it judges.
//!
//! It registers once, then holds a link, comes back when that breaks, and answers to nobody. A message is a line in a
//! file, synced before it is confirmed; the same id again is the same message.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tmtp_link::clock::{Clock, SystemClock};
use tmtp_link::stream::Taken;
use tmtp_link::{Dialer, FileTrustStore, Proxy, Stream};
use tmtp_session::{Command, Config, Event, Input, Opening, Session, StreamEnd, Transmit};
use tmtp_wire::address::SiteAddress;
use tmtp_wire::ids::{NodeSecret, Uid};
use tmtp_wire::message::{Queued, QueuedOp};
use tmtp_wire::request::Token;
use tmtp_wire::{datahead, time::Mono};
use tokio::sync::watch;
use tokio::time::sleep;

use super::cast::SITES;
use super::play::hex;
use super::protocol::{Held, Said, Tell, tells};
use super::say;
use crate::failure::{Failure, Outcome};

/// Between two links. A node is busy for a while after its link has vanished.
const AGAIN: Duration = Duration::from_millis(300);
/// A dial may take this long.
const DIAL: Duration = Duration::from_secs(10);
/// The largest message that the demo sends, with room.
const LARGE_MAX: usize = 16 << 20;
/// The file of messages.
pub(super) const MAIL: &str = "mail.jsonl";
/// The file of uid and secret.
const KEY: &str = "key";

/// Runs until its standard input ends or says stop.
pub(super) async fn run(site: &str, dir: &Path) -> Outcome<()> {
    let site: SiteAddress = site.parse().map_err(|error| Failure::usage(format!("{error}")))?;
    let mut stock = Stock::open(dir)?;
    let dialer = Dialer::new(Arc::new(FileTrustStore::new(dir.join("trust"))), Proxy::None);
    let (stop, mut stopped) = watch::channel(false);
    let reading = tokio::spawn(async move {
        let mut tells = tells();
        while !matches!(tells.recv().await, None | Some(Tell::Stop)) {}
        // Asked to stop, or the demo is gone.
        let _ = stop.send(true);
    });
    say(&Said::Ready)?;
    while !*stopped.borrow() {
        if let Ok(stream) = dialer.dial(&site, DIAL).await {
            stock.link(stream, &mut stopped).await?;
        }
        tokio::select! {
            () = sleep(AGAIN) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }
    reading.abort();
    Ok(())
}

struct Stock {
    dir: PathBuf,
    key: Option<(Uid, NodeSecret)>,
    mail: File,
    known: BTreeSet<String>,
}

impl Stock {
    fn open(dir: &Path) -> Outcome<Self> {
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
        if let Some((uid, _)) = &key {
            say_joined(uid)?;
        }
        let mail = File::options().create(true).append(true).open(dir.join(MAIL)).map_err(fail)?;
        // What a kill left of a line must not run into the next one.
        let mut stock = Stock { dir: dir.to_owned(), key, mail, known };
        stock.mail.write_all(b"\n").map_err(fail)?;
        Ok(stock)
    }

    /// One link, from its login to its end.
    async fn link(&mut self, mut stream: Stream, stopped: &mut watch::Receiver<bool>) -> Outcome<()> {
        let opening = match &self.key {
            Some((uid, secret)) => {
                let (uid, secret) = (uid.clone(), secret.clone());
                Opening::Login { uid, secret, tag: Token::from_random(random()?) }
            }
            None => Opening::Register { label: "old".to_owned() },
        };
        let mut session = Session::new(now(), Config::new(opening));
        let mut large: Option<(Queued, Vec<u8>)> = None;
        loop {
            while let Some(event) = session.poll_event() {
                if matches!(event, Event::Ended(_)) {
                    say_state("waiting")?;
                    stream.close().await;
                    return Ok(());
                }
                self.event(event, &mut large, &mut session)?;
            }
            if let Err(end) = write(&mut session, &mut stream) {
                let _ = session.handle_input(now(), Input::End(end));
                continue;
            }
            wait(&mut session, &mut stream, stopped).await;
        }
    }

    fn event(
        &mut self,
        event: Event,
        large: &mut Option<(Queued, Vec<u8>)>,
        session: &mut Session,
    ) -> Outcome<()> {
        let whole = match event {
            Event::Registered { uid, secret, .. } => {
                self.keep_key(uid, secret)?;
                None
            }
            Event::Message { head, data } => Some((head, data)),
            Event::LargeBegan(head) => {
                *large = Some((head, Vec::new()));
                None
            }
            Event::LargeData(data) => {
                if let Some((_, all)) = large.as_mut().filter(|(_, all)| all.len() + data.len() <= LARGE_MAX)
                {
                    all.extend_from_slice(&data);
                }
                None
            }
            Event::LargeEnded => large.take(),
            Event::LoggedIn { .. } => {
                say_state("online")?;
                None
            }
            _ => None,
        };
        if let Some((head, data)) = whole {
            if head.op == (QueuedOp::Delivery { notify: None }) {
                self.keep(&head, &data)?;
            }
            // A session that is ending takes no confirmation; the site will repeat the message.
            let _ = session.handle_input(now(), Input::Command(Command::Confirm(head.id.to_string())));
        }
        Ok(())
    }

    fn keep_key(&mut self, uid: Uid, secret: NodeSecret) -> Outcome<()> {
        let text = format!("{uid}\n{}\n", secret.expose());
        let path = self.dir.join(KEY);
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| Failure::io("the old receiver's key", &error))?;
        say_joined(&uid)?;
        self.key = Some((uid, secret));
        Ok(())
    }

    fn keep(&mut self, head: &Queued, data: &[u8]) -> Outcome<()> {
        if !self.known.insert(head.id.to_string()) {
            return Ok(());
        }
        let held = read_delivery(head, data).ok_or_else(|| {
            Failure::new("demo", "the old receiver cannot read a message: a stock client would hang")
        })?;
        let mut line =
            serde_json::to_vec(&held).map_err(|error| Failure::io("the old receiver", &error.into()))?;
        line.push(b'\n');
        let written = self.mail.write_all(&line).and_then(|()| self.mail.sync_data());
        written.map_err(|error| Failure::io("the old receiver's file", &error))?;
        say_arrived(&held)
    }
}

/// What is written next, as long as the kernel takes it.
fn write(session: &mut Session, stream: &mut Stream) -> Result<(), StreamEnd> {
    loop {
        if !stream.try_flush()? {
            return Ok(());
        }
        match session.poll_transmit(now()) {
            Some(Transmit::Bytes(bytes)) => stream.push(&bytes).map_err(|_| StreamEnd::Local)?,
            // Nothing is streamed by this receiver.
            Some(Transmit::Stream { .. }) | None => return Ok(()),
        }
    }
}

async fn wait(session: &mut Session, stream: &mut Stream, stopped: &mut watch::Receiver<bool>) {
    let timer = session.poll_timeout().map_or(AGAIN * 100, |at| at.since(now()));
    let leaving = *stopped.borrow();
    tokio::select! {
        () = stream.readable() => {
            let mut plaintext = Vec::new();
            let input = match stream.try_read(&mut plaintext) {
                Ok(Taken::Some(_)) => Input::Bytes(&plaintext),
                Ok(Taken::Nothing) => return,
                Err(end) => Input::End(end),
            };
            // Only commands are ever rejected.
            let _ = session.handle_input(now(), input);
        }
        () = stream.writable(), if stream.unflushed() > 0 => {}
        () = sleep(timer) => session.handle_timeout(now()),
        _ = stopped.wait_for(|stopped| *stopped), if !leaving => {
            let _ = session.handle_input(now(), Input::Command(Command::Quit));
        }
    }
}

/// A delivery as the judgement reads it.
fn read_delivery(head: &Queued, data: &[u8]) -> Option<Held> {
    let (datahead, rest) = data.split_at_checked(usize::try_from(head.datahead).ok()?)?;
    let post = datahead::parse(datahead).ok()?;
    let text_len = usize::try_from(post.text_len(head.datalen, head.datahead).ok()?).ok()?;
    let (text, mut rest) = rest.split_at_checked(text_len)?;
    let mut attachments = Vec::new();
    for attach in &post.attach {
        let (content, behind) = rest.split_at_checked(usize::try_from(attach.size).ok()?)?;
        attachments.push(hex(&Sha256::digest(content)));
        rest = behind;
    }
    Some(Held {
        account: SITES[0].to_owned(),
        thread: post.thread_id.unwrap_or_else(|| head.id.to_string()),
        msgid: head.id.to_string(),
        from_uid: head.from.to_string(),
        text: String::from_utf8_lossy(text).into_owned(),
        attachments,
    })
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

fn parse_key(text: &str) -> Option<(Uid, NodeSecret)> {
    let (uid, secret) = text.split_once('\n')?;
    Some((uid.parse().ok()?, secret.trim().parse().ok()?))
}

fn say_joined(uid: &Uid) -> Outcome<()> {
    say(&Said::Joined { account: SITES[0].to_owned(), uid: uid.to_string() })
}

fn say_arrived(held: &Held) -> Outcome<()> {
    let (account, thread, text) = (held.account.clone(), held.thread.clone(), held.text.clone());
    say(&Said::Arrived { account, thread, text })
}

fn say_state(state: &str) -> Outcome<()> {
    say(&Said::State { account: SITES[0].to_owned(), state: state.to_owned() })
}

fn random() -> Outcome<u64> {
    getrandom::u64().map_err(|error| Failure::new("io", format!("no random numbers: {error}")))
}

fn now() -> Mono {
    SystemClock.now().mono
}

//! Posting: a pipeline with a window, and one large file.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use tmtp_wire::datahead::{self, Attach, Cc, PostHead};
use tmtp_wire::ids::{MsgId, SendId, Uid};
use tmtp_wire::message::Message;
use tmtp_wire::request::{Request, To};

use super::link::fresh;
use super::receive::receive;
use super::{Bare, Shelf};
use crate::error::{BenchError, Outcome};
use crate::limits::{CHUNK, WINDOW};
use crate::text::{SUBJECT, text};
use crate::wait_for_line;

/// The pattern of posts from one member to one other.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    from: Uid,
    to: Uid,
    alias: String,
    thread: Option<String>,
    /// Whether posts carry a send id, which tells the other side that this one folds repetitions.
    folds: bool,
}

impl Letter {
    /// Replies in a thread.
    pub(crate) fn reply(from: &Uid, to: &Uid, thread: &str, alias: &str) -> Letter {
        let (from, to, alias, thread) = (from.clone(), to.clone(), alias.to_owned(), Some(thread.to_owned()));
        Letter { from, to, alias, thread, folds: true }
    }

    /// Beginnings of threads.
    pub(crate) fn start(from: &Uid, to: &Uid, alias: &str, folds: bool) -> Letter {
        Letter { from: from.clone(), to: to.clone(), alias: alias.to_owned(), thread: None, folds }
    }

    /// The same with or without a send id.
    pub(crate) fn folding(self, folds: bool) -> Letter {
        Letter { folds, ..self }
    }

    /// A whole post without attachments.
    pub(crate) fn post(&self, id: &str, own_copy: bool) -> Outcome<Vec<u8>> {
        let text = text();
        let (mut post, head) = self.header(id, own_copy, text.len() as u64, Vec::new())?;
        post.extend_from_slice(&head);
        post.extend_from_slice(text.as_bytes());
        Ok(post)
    }

    /// Bytes of a post behind its first header.
    pub(crate) fn data_len(&self) -> Outcome<u64> {
        let text = text().len() as u64;
        let (_, head) = self.header("q1", false, text, Vec::new())?;
        Ok(head.len() as u64 + text)
    }

    /// The first and the second header of a post with so much behind them.
    fn header(
        &self,
        id: &str,
        own_copy: bool,
        behind: u64,
        attach: Vec<Attach>,
    ) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let send_id = SendId::from_random(fresh());
        let begins = self.thread.is_none();
        let head = datahead::encode(&PostHead {
            alias: self.alias.clone(),
            thread_id: self.thread.clone(),
            subject: if begins { SUBJECT.to_owned() } else { String::new() },
            attach,
            cc: if begins { self.cc() } else { Vec::new() },
            send_id: self.folds.then_some(send_id),
            ..PostHead::default()
        })?;
        let mut to = vec![To::Member(self.to.clone())];
        if own_copy {
            to.push(To::Member(self.from.clone()));
        }
        let request = Request::Post {
            to,
            datahead: u32::try_from(head.len()).map_err(|_| BenchError::Expected("a short head"))?,
            datalen: head.len() as u64 + behind,
            datasum: Some(send_id.value()),
        };
        Ok((request.encode(id)?, head))
    }

    fn cc(&self) -> Vec<Cc> {
        let member = |uid: &Uid| Cc {
            who: self.alias.clone(),
            by: self.alias.clone(),
            who_uid: uid.to_string(),
            by_uid: self.from.to_string(),
            date: "2026-11-24T12:00:00.000Z".to_owned(),
            note: String::new(),
            subscribe: true,
        };
        vec![member(&self.from), member(&self.to)]
    }
}

/// Posts with a window: each answer lets the next one leave.
pub(crate) struct Pipeline {
    /// Used in turns.
    letters: Vec<Letter>,
    count: usize,
    /// The first so many carry a copy to this node.
    copies: usize,
    sent: usize,
    answered: usize,
    copies_left: usize,
    /// The ids that the site gave.
    pub(crate) ids: Vec<MsgId>,
}

impl Pipeline {
    pub(crate) fn new(letters: Vec<Letter>, count: usize, copies: usize) -> Pipeline {
        Pipeline { letters, count, copies, sent: 0, answered: 0, copies_left: copies, ids: Vec::new() }
    }

    /// A first window of posts.
    pub(crate) fn first(&mut self) -> Outcome<Vec<u8>> {
        let mut posts = Vec::new();
        while self.sent < self.count.min(WINDOW) {
            posts.extend(self.next()?);
        }
        Ok(posts)
    }

    fn next(&mut self) -> Outcome<Vec<u8>> {
        let turn = self.sent % self.letters.len().max(1);
        self.sent += 1;
        let letter = self.letters.get(turn).ok_or(BenchError::Expected("a letter"))?;
        letter.post(&format!("q{}", self.sent), self.sent <= self.copies)
    }

    /// Runs until everything is answered. What comes in meanwhile is stored and confirmed.
    pub(crate) async fn run(&mut self, link: &mut Bare, shelf: &mut Shelf) -> Outcome<()> {
        while self.answered < self.count {
            self.step(link, shelf).await?;
        }
        Ok(())
    }

    /// Takes in what comes until a line comes.
    pub(crate) async fn hold(&mut self, link: &mut Bare, shelf: &mut Shelf) -> Outcome<()> {
        // Not raced against the line: a step is not to be cut in the middle of a frame.
        while self.copies_left > 0 {
            self.step(link, shelf).await?;
        }
        wait_for_line().await
    }

    async fn step(&mut self, link: &mut Bare, shelf: &mut Shelf) -> Outcome<()> {
        let (message, datahead) = link.header().await?;
        match message {
            Message::Answer(answer) => {
                link.skip().await?;
                if let Some(error) = answer.error {
                    return Err(BenchError::Refused(error));
                }
                self.answered += 1;
                self.ids.extend(answer.msgid);
                if self.sent < self.count {
                    let post = self.next()?;
                    link.write(&post).await?;
                }
            }
            Message::Queued(queued) => {
                receive(link, shelf, &queued, datahead).await?;
                link.confirm(&queued).await?;
                let own = self.letters.iter().any(|letter| letter.from == queued.from);
                self.copies_left -= usize::from(self.copies_left > 0 && own && queued.datalen > 0);
            }
            _ => link.skip().await?,
        }
        Ok(())
    }
}

/// Copies a file, syncs the copy, and posts it from there, with its hash if that is known.
pub(crate) async fn send_file(
    link: &mut Bare,
    dir: &Path,
    letter: &Letter,
    file: &Path,
    sha256: Option<[u8; 32]>,
) -> Outcome<()> {
    let copy = dir.join("copy");
    let mut chunk = vec![0; CHUNK];
    let (mut from, mut to) = (File::open(file)?, File::create(&copy)?);
    loop {
        let length = from.read(&mut chunk)?;
        if length == 0 {
            break;
        }
        to.write_all(chunk.get(..length).unwrap_or_default())?;
    }
    to.sync_all()?;
    File::open(dir)?.sync_all()?;
    let size = to.metadata()?.len();
    let attach = Attach { name: "u:large".to_owned(), size, sha256, ..Attach::default() };
    let (mut post, head) = letter.header("q1", false, size, vec![attach])?;
    post.extend_from_slice(&head);
    link.write(&post).await?;
    let mut copy = File::open(copy)?;
    loop {
        let length = copy.read(&mut chunk)?;
        if length == 0 {
            break;
        }
        link.write(chunk.get(..length).unwrap_or_default()).await?;
    }
    loop {
        match link.message().await? {
            Message::Answer(answer) => match answer.error {
                Some(error) => return Err(BenchError::Refused(error)),
                None => return Ok(()),
            },
            Message::Queued(queued) => link.confirm(&queued).await?,
            _ => {}
        }
    }
}

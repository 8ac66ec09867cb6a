//! A site, a clock, and persons with links to it.

use tmtp_wire::headsum::{self, HeadSum};
use tmtp_wire::json::Object;
use tmtp_wire::time::{Mono, Wall};

use crate::{Config, LinkEnd, LinkId, Site};

/// A frame from the site.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) raw: String,
    pub(super) head: Object,
    pub(super) data: Vec<u8>,
}

impl Frame {
    pub(super) fn text(&self, key: &'static str) -> String {
        self.head.str(key).unwrap().unwrap_or_default().to_owned()
    }

    pub(super) fn number(&self, key: &'static str) -> Option<u64> {
        self.head.u64(key).unwrap()
    }
}

/// Somebody who is registered, and the link on which that was done.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) uid: String,
    pub(super) secret: String,
    pub(super) alias: String,
    pub(super) link: LinkId,
}

pub(super) struct World {
    pub(super) site: Site,
    pub(super) now: u64,
}

pub(super) const START: u64 = 1_000_000;

impl World {
    pub(super) fn new() -> World {
        World::with(Config::default())
    }

    pub(super) fn with(config: Config) -> World {
        World { site: Site::new(config), now: START }
    }

    pub(super) fn mono(&self) -> Mono {
        Mono(self.now)
    }

    pub(super) fn wall(&self) -> Wall {
        Wall(1_700_000_000_000 + self.now as i64)
    }

    pub(super) fn open(&mut self) -> LinkId {
        self.site.open(self.mono(), self.wall())
    }

    pub(super) fn raw(&mut self, link: LinkId, bytes: &[u8]) {
        self.site.receive(self.mono(), self.wall(), link, bytes);
    }

    /// Sends a frame without looking at what comes back.
    pub(super) fn send(&mut self, link: LinkId, header: &str, data: &[u8]) {
        self.raw(link, &frame(header, data));
    }

    pub(super) fn finish(&mut self, link: LinkId, end: LinkEnd) {
        self.site.receive_end(self.mono(), self.wall(), link, end);
    }

    pub(super) fn take_bytes(&mut self, link: LinkId, max: usize) -> Vec<u8> {
        self.site.take_output(self.mono(), self.wall(), link, max)
    }

    /// Everything that the site has for a link now.
    pub(super) fn take(&mut self, link: LinkId) -> Vec<Frame> {
        frames(&self.take_bytes(link, usize::MAX))
    }

    /// Sends a frame and takes everything that comes back, which must be one frame.
    pub(super) fn ask(&mut self, link: LinkId, header: &str, data: &[u8]) -> Frame {
        self.send(link, header, data);
        let mut frames = self.take(link);
        assert_eq!(frames.len(), 1, "{frames:?}");
        frames.remove(0)
    }

    /// Sends a frame whose answer is due, and returns the error in it, empty if there is none. Queued
    /// messages that come with it are confirmed.
    pub(super) fn error_of(&mut self, link: LinkId, header: &str, data: &[u8]) -> String {
        self.send(link, header, data);
        let frames = self.drain(link);
        let answer = frames.iter().find(|frame| frame.text("op") == "ack").expect("an answer");
        answer.text("error")
    }

    /// Takes and confirms until nothing more comes.
    pub(super) fn drain(&mut self, link: LinkId) -> Vec<Frame> {
        let mut all = Vec::new();
        loop {
            let frames = self.take(link);
            if frames.is_empty() {
                return all;
            }
            for frame in &frames {
                if frame.head.get("from").is_some() && frame.head.get("id").is_some() {
                    self.confirm(link, &frame.text("id"));
                }
            }
            all.extend(frames);
        }
    }

    pub(super) fn confirm(&mut self, link: LinkId, id: &str) {
        self.send(link, &format!(r#"{{"op":10,"id":"{id}","type":"ok"}}"#), b"");
    }

    pub(super) fn greet(&mut self) -> LinkId {
        let link = self.open();
        assert_eq!(self.ask(link, r#"{"op":0,"id":"1"}"#, b"").text("op"), "tmtprev");
        link
    }

    pub(super) fn register(&mut self, alias: &str) -> Person {
        let link = self.greet();
        self.send(link, &format!(r#"{{"op":1,"newnode":"x","newalias":"{alias}"}}"#), b"");
        let frames = self.take(link);
        let ops: Vec<_> = frames.iter().map(|frame| frame.text("op")).collect();
        assert_eq!(ops, ["registered", "info"], "{frames:?}");
        let (uid, secret) = (frames[0].text("uid"), frames[0].text("nodeid"));
        Person { uid, secret, alias: alias.to_owned(), link }
    }

    /// Opens a link and sends TmtpRev and Login; takes the greeting.
    pub(super) fn try_login(&mut self, uid: &str, secret: &str) -> LinkId {
        let link = self.greet();
        self.send(link, &format!(r#"{{"op":2,"uid":"{uid}","node":"{secret}"}}"#), b"");
        link
    }

    /// Logs in and confirms what waits.
    pub(super) fn login(&mut self, uid: &str, secret: &str) -> LinkId {
        let link = self.try_login(uid, secret);
        let frames = self.drain(link);
        assert_eq!(frames[0].text("op"), "info", "{frames:?}");
        link
    }

    pub(super) fn logout(&mut self, link: LinkId) {
        self.send(link, r#"{"op":12}"#, b"");
        let frames = self.take(link);
        assert_eq!(frames.last().unwrap().text("error"), "logout ok", "{frames:?}");
    }

    /// Makes a second node of a person; returns its secret. Its `user` message is confirmed.
    pub(super) fn new_node(&mut self, person: &Person) -> String {
        self.send(person.link, r#"{"op":3,"id":"n","newnode":"second"}"#, b"");
        let frames = self.drain(person.link);
        let user = frames.iter().find(|frame| frame.text("op") == "user").expect("a user message");
        user.text("nodeid")
    }

    /// Posts and returns the answer; the link must have nothing else to say.
    pub(super) fn post(&mut self, link: LinkId, id: &str, targets: &str, data: &[u8]) -> Frame {
        let header = format!(r#"{{"op":7,"id":"{id}","for":[{targets}],"datalen":{}}}"#, data.len());
        self.ask(link, &header, data)
    }

    /// Lets time pass, timers striking when they are due.
    pub(super) fn advance(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(due) = self.site.next_timeout().filter(|due| due.0 <= end) {
            self.now = self.now.max(due.0);
            self.site.timeout(self.mono(), self.wall());
        }
        self.now = end;
    }

    /// The link is over; the error in the quit frame, if there is one, is returned.
    pub(super) fn ended(&mut self, link: LinkId) -> String {
        let last = self.take(link).pop().map(|frame| frame.text("error")).unwrap_or_default();
        assert!(self.site.wants_close(link));
        last
    }

    pub(super) fn is_open(&mut self, link: LinkId) -> bool {
        !self.site.wants_close(link)
    }
}

pub(super) fn frame(header: &str, data: &[u8]) -> Vec<u8> {
    [format!("{:04x}{header}", header.len()).as_bytes(), data].concat()
}

/// An element of `for` that names a user.
pub(super) fn user(uid: &str) -> String {
    format!(r#"{{"id":"{uid}","type":1}}"#)
}

/// Splits bytes into whole frames, and verifies their sums.
pub(super) fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..4]).unwrap(), 16).unwrap();
        let raw = &bytes[4..4 + length];
        let head = Object::parse(raw).unwrap();
        let queued = head.get("from").is_some() && head.get("id").is_some();
        assert_eq!(headsum::verify(raw), if queued { HeadSum::Right } else { HeadSum::Missing });
        let datalen = head.u64("datalen").unwrap().unwrap_or_default() as usize;
        let data = bytes[4 + length..4 + length + datalen].to_vec();
        frames.push(Frame { raw: String::from_utf8(raw.to_vec()).unwrap(), head, data });
        bytes = &bytes[4 + length + datalen..];
    }
    frames
}

pub(super) fn ops(frames: &[Frame]) -> Vec<String> {
    frames.iter().map(|frame| frame.text("op")).collect()
}

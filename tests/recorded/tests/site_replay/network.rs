//! The recorded connections to a site under virtual time: what each client reads and when, and what its
//! kernel would have held for it.

use std::collections::BTreeMap;

use tmtp_site::{Config, LinkEnd, LinkId, Site, Timers};
use tmtp_wire::json::Object;
use tmtp_wire::time::{Mono, Wall};

use crate::compare::{Lane, Ours, lane};

/// Bytes between the site's write and the client's read on the recording's loopback, socket buffers of both
/// ends together. The recordings of slow readers come out with anything from 3 to 5 MB.
const KERNEL: usize = 4_000_000;
/// A slow reader reads so often.
const READ_EVERY: u64 = 50;
/// Where virtual time begins: late enough for any subtraction.
const BEGIN: u64 = 1_000_000;

/// One connection.
pub(crate) struct Conn {
    pub(crate) link: LinkId,
    /// Bytes a millisecond; `None`: all at once; 0: does not read.
    rate: Option<usize>,
    kernel: Vec<u8>,
    unread_since: u64,
    partial: Vec<u8>,
    /// The client does not read any more.
    pub(crate) deaf: bool,
    /// When the site first wanted to close it.
    pub(crate) over_at: Option<u64>,
    pub(crate) frames: BTreeMap<Lane, Vec<Ours>>,
}

/// All connections of a recording, one site, one clock in milliseconds from the recording's begin.
pub(crate) struct Network {
    pub(crate) site: Site,
    pub(crate) now: u64,
    pub(crate) conns: Vec<Conn>,
    /// What a client writes later by itself.
    scheduled: Vec<(u64, usize, Vec<u8>)>,
}

impl Network {
    pub(crate) fn new() -> Network {
        // The recorder edited users right behind logins, which is what a client must not do (wire 18.3).
        let timers = Timers { edit_after_login: std::time::Duration::ZERO, ..Timers::default() };
        let config = Config { name: "testsite".to_owned(), timers, ..Config::default() };
        Network { site: Site::new(config), now: 0, conns: Vec::new(), scheduled: Vec::new() }
    }

    fn mono(&self) -> Mono {
        Mono(BEGIN + self.now)
    }

    fn wall(&self) -> Wall {
        Wall(1_700_000_000_000 + i64::try_from(self.now).unwrap())
    }

    pub(crate) fn open(&mut self) -> usize {
        let link = self.site.open(self.mono(), self.wall());
        self.conns.push(Conn {
            link,
            rate: None,
            kernel: Vec::new(),
            unread_since: self.now,
            partial: Vec::new(),
            deaf: false,
            over_at: None,
            frames: BTreeMap::new(),
        });
        self.conns.len() - 1
    }

    /// Somebody who was there before the recording began.
    pub(crate) fn stranger(&mut self, alias: &str) {
        let (now, wall) = (self.mono(), self.wall());
        let link = self.site.open(now, wall);
        let register = format!(r#"{{"op":1,"newnode":"x","newalias":"{alias}"}}"#);
        for header in [r#"{"op":0,"id":"1"}"#, &register] {
            self.site.receive(now, wall, link, format!("{:04x}{header}", header.len()).as_bytes());
            self.site.take_output(now, wall, link, usize::MAX);
        }
        self.site.closed(now, wall, link);
    }

    pub(crate) fn set_rate(&mut self, conn: usize, rate: Option<usize>) {
        self.conns[conn].rate = rate;
        self.conns[conn].unread_since = self.now;
    }

    pub(crate) fn schedule(&mut self, at: u64, conn: usize, bytes: Vec<u8>) {
        self.scheduled.push((at, conn, bytes));
        self.scheduled.sort_by_key(|(at, ..)| *at);
    }

    pub(crate) fn write(&mut self, conn: usize, bytes: &[u8]) {
        self.site.receive(self.mono(), self.wall(), self.conns[conn].link, bytes);
        self.pull();
    }

    pub(crate) fn finish(&mut self, conn: usize, end: LinkEnd) {
        self.site.receive_end(self.mono(), self.wall(), self.conns[conn].link, end);
        if end == LinkEnd::Reset {
            self.close(conn);
        }
        self.pull();
    }

    pub(crate) fn close(&mut self, conn: usize) {
        self.conns[conn].deaf = true;
        self.site.closed(self.mono(), self.wall(), self.conns[conn].link);
        self.pull();
    }

    /// Lets time pass, everything that is due happening when it is.
    pub(crate) fn advance(&mut self, to: u64) {
        loop {
            let slow = self
                .conns
                .iter()
                .any(|conn| conn.rate.is_some_and(|rate| rate > 0) && !conn.kernel.is_empty());
            let due = [
                self.site.next_timeout().map(|at| at.0.saturating_sub(BEGIN)),
                self.scheduled.first().map(|(at, ..)| *at),
                slow.then_some(self.now + READ_EVERY),
            ];
            let Some(next) = due.into_iter().flatten().min().filter(|next| *next <= to) else { break };
            self.now = self.now.max(next);
            while let Some((_, conn, bytes)) = self.scheduled.pop_if_due(self.now) {
                self.write(conn, &bytes);
            }
            self.site.timeout(self.mono(), self.wall());
            self.pull();
        }
        self.now = self.now.max(to);
        self.pull();
    }

    /// Moves what the site has into the kernels, and from there to the clients.
    fn pull(&mut self) {
        loop {
            let mut moved = false;
            for at in 0..self.conns.len() {
                let room = KERNEL.saturating_sub(self.conns[at].kernel.len());
                let bytes = self.site.take_output(self.mono(), self.wall(), self.conns[at].link, room);
                let conn = &mut self.conns[at];
                if conn.kernel.is_empty() {
                    conn.unread_since = self.now;
                }
                conn.kernel.extend(&bytes);
                moved |= conn.read(self.now) | !bytes.is_empty();
                if self.site.wants_close(conn.link) {
                    conn.over_at.get_or_insert(self.now);
                }
            }
            if !moved {
                return;
            }
        }
    }
}

trait Due {
    fn pop_if_due(&mut self, now: u64) -> Option<(u64, usize, Vec<u8>)>;
}

impl Due for Vec<(u64, usize, Vec<u8>)> {
    fn pop_if_due(&mut self, now: u64) -> Option<(u64, usize, Vec<u8>)> {
        self.first().is_some_and(|(at, ..)| *at <= now).then(|| self.remove(0))
    }
}

impl Conn {
    fn read(&mut self, now: u64) -> bool {
        let count = match self.rate {
            None => self.kernel.len(),
            Some(rate) => {
                let span = usize::try_from(now - self.unread_since).unwrap();
                self.unread_since = now;
                (rate * span).min(self.kernel.len())
            }
        };
        self.partial.extend(self.kernel.drain(..count));
        while let Some(frame) = self.cut(now) {
            self.frames.entry(lane(&frame.header)).or_default().push(frame);
        }
        count > 0
    }

    fn cut(&mut self, at: u64) -> Option<Ours> {
        let length = usize::from_str_radix(std::str::from_utf8(self.partial.get(..4)?).unwrap(), 16).unwrap();
        let header = String::from_utf8(self.partial.get(4..4 + length)?.to_vec()).unwrap();
        let datalen = Object::parse(header.as_bytes()).unwrap().u64("datalen").unwrap().unwrap_or_default();
        let end = 4 + length + usize::try_from(datalen).unwrap();
        let data = self.partial.get(4 + length..end)?.to_vec();
        self.partial.drain(..end);
        Some(Ours { at, header, data })
    }
}

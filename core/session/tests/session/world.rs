//! A session, its clock, and a site that says what a test tells it to say.

use std::time::Duration;

use tmtp_session::{
    Body, Command, Config, Ended, Event, Input, Opening, Rejected, RequestKey, Session, Submit, Transmit,
};
use tmtp_wire::frame::{self, FrameReader, Piece};
use tmtp_wire::headsum;
use tmtp_wire::json::Object;
use tmtp_wire::request::{Request, To, Token};
use tmtp_wire::time::Mono;

pub(crate) const UID: &str = "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";
pub(crate) const OTHER: &str = "K9R2+WTXB%47MZCQJ8HVD5NFL3PG61SY";
pub(crate) const SECRET: &str = "7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K";
pub(crate) const GREETING: &str = r#"{"id":"1","name":"site","op":"tmtprev"}"#;
pub(crate) const INFO: &str = r#"{"info":"login ok","op":"info"}"#;

pub(crate) struct World {
    pub(crate) session: Session,
    pub(crate) now: Mono,
    /// Everything handed out, stream pieces as zero bytes.
    pub(crate) written: Vec<u8>,
    /// The size of each record.
    pub(crate) records: Vec<usize>,
    read: FrameReader,
}

pub(crate) fn login() -> Opening {
    Opening::Login {
        uid: UID.parse().unwrap(),
        secret: SECRET.parse().unwrap(),
        tag: Token::new(77).unwrap(),
    }
}

pub(crate) fn frame(header: &str) -> Vec<u8> {
    let mut out = Vec::new();
    frame::encode(header.as_bytes(), &mut out).unwrap();
    out
}

pub(crate) fn queued_header(id: u64, op: &str, datalen: usize) -> String {
    let bare = format!(
        r#"{{"alias":"Gold Finch","datalen":{datalen},"from":"{OTHER}","id":"{id:016x}","op":"{op}","posted":"2021-04-06T09:00:00.004Z","to":"Blue Heron"}}"#
    );
    String::from_utf8(headsum::add(bare.as_bytes())).unwrap()
}

pub(crate) fn queued(id: u64, op: &str, data: &[u8]) -> Vec<u8> {
    [frame(&queued_header(id, op, data.len())), data.to_vec()].concat()
}

pub(crate) fn ping_request(datalen: u64) -> Request {
    Request::Ping {
        from: "Blue Heron".parse().unwrap(),
        to: "Gold Finch".parse().unwrap(),
        datalen,
        datasum: None,
    }
}

pub(crate) fn post_request(datalen: u64) -> Request {
    Request::Post { to: vec![To::Member(OTHER.parse().unwrap())], datahead: 2, datalen, datasum: None }
}

pub(crate) fn alias_request() -> Request {
    Request::NewAlias("Blue Heron".parse().unwrap())
}

impl World {
    pub(crate) fn with(config: Config) -> World {
        let now = Mono(1_000_000);
        let session = Session::new(now, config);
        World { session, now, written: Vec::new(), records: Vec::new(), read: FrameReader::new() }
    }

    /// Just connected.
    pub(crate) fn fresh(opening: Opening) -> World {
        World::with(Config::new(opening))
    }

    /// Logged in, the first flight written, no event left.
    pub(crate) fn online() -> World {
        let mut world = World::fresh(login());
        world.log_in();
        world
    }

    pub(crate) fn log_in(&mut self) {
        self.drain();
        self.says(GREETING);
        self.says(INFO);
        self.events();
        self.frames();
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.session.handle_input(self.now, Input::Bytes(bytes)).unwrap();
    }

    pub(crate) fn says(&mut self, header: &str) {
        self.bytes(&frame(header));
    }

    pub(crate) fn answers(&mut self, id: &str) {
        self.says(&format!(r#"{{"id":"{id}","msgid":"16a9f0c3d5e40001","op":"ack","posted":"p"}}"#));
    }

    pub(crate) fn command(&mut self, command: Command) -> Result<(), Rejected> {
        self.session.handle_input(self.now, Input::Command(command))
    }

    pub(crate) fn submit(&mut self, key: u64, request: Request, body: Body) -> Result<(), Rejected> {
        self.command(Command::Submit(Submit { key: RequestKey(key), request, body }))
    }

    pub(crate) fn ping(&mut self, key: u64) {
        self.submit(key, ping_request(2), Body::Whole(b"hi".to_vec())).unwrap();
    }

    pub(crate) fn post(&mut self, key: u64, size: usize) {
        self.submit(key, post_request(size as u64), Body::Whole(vec![b'{'; size])).unwrap();
    }

    /// A streamed post with 10 bytes of lead.
    pub(crate) fn stream(&mut self, key: u64, rest: u64) {
        let body = Body::Streamed { lead: vec![b'{'; 10], rest };
        self.submit(key, post_request(10 + rest), body).unwrap();
    }

    pub(crate) fn release(&mut self, key: u64) {
        self.command(Command::Release(RequestKey(key))).unwrap();
    }

    /// Takes out one record.
    pub(crate) fn transmit(&mut self) -> Option<Transmit> {
        let transmit = self.session.poll_transmit(self.now)?;
        let size = match &transmit {
            Transmit::Bytes(bytes) => {
                self.written.extend_from_slice(bytes);
                bytes.len()
            }
            Transmit::Stream { len, .. } => {
                self.written.resize(self.written.len() + *len as usize, 0);
                *len as usize
            }
        };
        assert!((1..=16 * 1024).contains(&size), "{size}");
        self.records.push(size);
        Some(transmit)
    }

    /// Takes out everything that may leave now.
    pub(crate) fn drain(&mut self) {
        while self.transmit().is_some() {}
    }

    /// The headers that were written since the last call, as `op` or `op:id`.
    pub(crate) fn frames(&mut self) -> Vec<String> {
        self.drain();
        self.read.push(&std::mem::take(&mut self.written));
        let mut frames = Vec::new();
        while let Some(piece) = self.read.next().unwrap() {
            if let Piece::Header { raw, .. } = piece {
                let object = Object::parse(&raw).unwrap();
                let op = object.u64("op").unwrap().unwrap();
                let id = object.str("id").unwrap();
                frames.push(id.map_or_else(|| op.to_string(), |id| format!("{op}:{id}")));
            }
        }
        frames
    }

    /// Whether the written stream ends between frames.
    pub(crate) fn between_frames(&self) -> bool {
        !self.read.inside_frame()
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    pub(crate) fn ended(&mut self) -> Option<Ended> {
        self.events().into_iter().find_map(|event| match event {
            Event::Ended(ended) => Some(ended),
            _ => None,
        })
    }

    /// Lets time pass, acting on each timer when it is due, without writing anything.
    pub(crate) fn wait_mute(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some(due) = self.session.poll_timeout().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.session.handle_timeout(self.now);
        }
        self.now = until;
    }

    /// Lets time pass and writes whatever wants to leave.
    pub(crate) fn wait(&mut self, span: Duration) {
        let until = self.now + span;
        self.drain();
        while let Some(due) = self.session.poll_timeout().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.session.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }
}

pub(crate) fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

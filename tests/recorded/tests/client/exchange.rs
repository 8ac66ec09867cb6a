//! Plays one connection of a recording against a session.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tmtp_recorded::{Data, Frame, Line, What};
use tmtp_session::{
    Body, Command, Config, Event, INLINE_MAX, Input, Opening, RequestKey, Session, StreamEnd, Submit,
    Transmit,
};
use tmtp_wire::frame::{FrameReader, Piece};
use tmtp_wire::ids::{NodeSecret, Uid};
use tmtp_wire::json::{Object, go_escape};
use tmtp_wire::request::{Request, Token};
use tmtp_wire::time::Mono;

use crate::expected;
use crate::request::{Ours, ours};
use crate::same::difference;

/// Somebody to log in as where the recorded login is one that our types refuse.
const NOBODY: (&str, &str) = ("3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1", "7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K");

/// What came of it.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Frames of the server that were compared.
    pub(crate) heard: usize,
    /// Frames of ours that were compared.
    pub(crate) asked: usize,
    /// Why each frame that was not compared was not.
    pub(crate) left_out: Vec<&'static str>,
    /// What the session said.
    pub(crate) events: Vec<String>,
    /// What is not as recorded.
    pub(crate) wrong: Vec<String>,
}

impl Outcome {
    pub(crate) fn add(&mut self, other: &Outcome) {
        self.heard += other.heard;
        self.asked += other.asked;
        self.left_out.extend(&other.left_out);
    }

    /// The reasons with their counts.
    pub(crate) fn reasons(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for reason in &self.left_out {
            *counts.entry(reason).or_default() += 1;
        }
        let parts: Vec<String> = counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        parts.join("; ")
    }
}

/// A frame that we are about to write and what it is to be compared with.
struct Wanted {
    recorded: Object,
    excused: &'static [&'static str],
}

struct Player {
    session: Session,
    now: Mono,
    /// How many bytes of the server's frames go in at once.
    piece: usize,
    outcome: Outcome,
    expected: Vec<String>,
    written: FrameReader,
    /// What our next frames are to be compared with.
    wanted: VecDeque<Wanted>,
    /// Ids of recorded requests and, where ours made them too, ours.
    asked: VecDeque<(String, Option<String>)>,
    requests: u64,
    raw: FrameReader,
    /// The frame among the raw bytes that is not complete yet.
    raw_frame: (Vec<u8>, Vec<u8>),
    large: usize,
    over: bool,
}

/// Plays the lines of one connection.
pub(crate) fn play(lines: &[Line], piece: usize) -> Outcome {
    let mut player = Player::new(lines, piece);
    player.drain();
    for line in lines {
        match &line.what {
            What::ToClient(frame) => player.hears(frame),
            What::ToServer(frame) => player.asks(frame),
            What::Raw { bytes, .. } => player.raw(bytes.as_deref()),
            What::Event(event) => player.event(event),
        }
        player.drain();
    }
    let Player { mut outcome, expected, wanted, .. } = player;
    if outcome.events != expected {
        let at = (0..).find(|at| outcome.events.get(*at) != expected.get(*at)).unwrap();
        outcome.wrong.push(format!(
            "event {at}: recorded {:?}, ours {:?}",
            expected.get(at),
            outcome.events.get(at)
        ));
    }
    // What stood behind a refusal or the end never left.
    outcome.left_out.extend(wanted.iter().map(|_| "requests that the end overtook"));
    outcome
}

fn frames(lines: &[Line]) -> impl Iterator<Item = Object> {
    lines.iter().filter_map(|line| match &line.what {
        What::ToServer(frame) => Object::parse(frame.header.as_bytes()).ok(),
        _ => None,
    })
}

fn opening(lines: &[Line]) -> Opening {
    let first = frames(lines).find(|object| matches!(object.u64("op"), Ok(Some(1 | 2))));
    let text = |name: &'static str, or: &str| {
        let found = first.as_ref().and_then(|object| object.str(name).ok().flatten());
        found.filter(|found| !found.is_empty()).unwrap_or(or).to_owned()
    };
    if first.as_ref().is_some_and(|object| object.u64("op") == Ok(Some(1))) {
        return Opening::Register { label: text("newnode", "x") };
    }
    let datasum = first.as_ref().and_then(|object| object.u64("datasum").ok().flatten());
    Opening::Login {
        uid: text("uid", NOBODY.0).parse().unwrap_or_else(|_| NOBODY.0.parse().unwrap()),
        secret: text("node", NOBODY.1).parse().unwrap_or_else(|_| NOBODY.1.parse().unwrap()),
        tag: datasum.and_then(Token::new).unwrap_or_else(|| Token::from_random(1)),
    }
}

impl Player {
    fn new(lines: &[Line], piece: usize) -> Player {
        let now = Mono(1_000_000);
        let config = Config { window: 64, ..Config::new(opening(lines)) };
        let mut outcome = Outcome::default();
        let mut wanted = VecDeque::new();
        for (object, ops) in frames(lines).zip([&[0][..], &[1, 2]]) {
            let fits = matches!(object.u64("op"), Ok(Some(op)) if ops.contains(&op));
            if fits && is_possible_opening(&object) {
                // Ours registers without an alias and adds a tag to its login.
                wanted.push_back(Wanted { recorded: object, excused: &["newalias", "datasum"] });
            } else {
                outcome.left_out.push("openings that ours does not make");
                break;
            }
        }
        Player {
            session: Session::new(now, config),
            now,
            piece,
            outcome,
            expected: Vec::new(),
            written: FrameReader::new(),
            wanted,
            asked: VecDeque::new(),
            requests: 0,
            raw: FrameReader::new(),
            raw_frame: Default::default(),
            large: 0,
            over: false,
        }
    }

    fn hears(&mut self, frame: &Frame) {
        let mut frame = frame.clone();
        let object = Object::parse(frame.header.as_bytes()).unwrap();
        if object.str("op") == Ok(Some("ack")) {
            let id = object.str("id").unwrap().unwrap();
            let known = self.asked.iter().position(|(recorded, _)| recorded == id);
            match known.and_then(|at| self.asked.remove(at)) {
                Some((_, Some(ours))) => {
                    let member = format!("\"id\":\"{}\"", go_escape(id));
                    assert!(frame.header.contains(&member), "{}", frame.header);
                    frame.header = frame.header.replacen(&member, &format!("\"id\":\"{ours}\""), 1);
                    frame.hlen = format!("{:04x}", frame.header.len());
                }
                Some((_, None)) | None => {
                    self.outcome.left_out.push("answers to requests that ours did not make");
                    return;
                }
            }
        }
        let large = frame.data.len() as u64 > INLINE_MAX;
        self.outcome.heard += 1;
        self.expected.push(expected::of_frame(&frame));
        if large {
            self.expected.push(format!("large data {}", frame.data.len()));
        }
        let bytes = frame.bytes();
        // Byte by byte where bytes mean something, larger pieces inside long data.
        let (head, body) = bytes.split_at(bytes.len().min(4096));
        for part in head.chunks(self.piece).chain(body.chunks(16 * 1024 + 1)) {
            self.feed(Input::Bytes(part));
        }
        if object.str("op") == Ok(Some("quit")) {
            self.over = true;
        }
        if object.str("op") == Ok(Some("info")) {
            // User edits may leave from now on.
            self.now = self.now + Duration::from_secs(2);
            self.session.handle_timeout(self.now);
        }
    }

    fn asks(&mut self, frame: &Frame) {
        let object = Object::parse(frame.header.as_bytes()).unwrap_or_default();
        let id = object.str("id").ok().flatten().unwrap_or_default().to_owned();
        let awaits_answer = matches!(object.u64("op"), Ok(Some(3..=9)));
        if self.over {
            self.outcome.left_out.push("requests behind the end");
            return;
        }
        let (made, excused) = match ours(frame) {
            Ours::Opening => return,
            Ours::Never(why) => {
                self.outcome.left_out.push(why);
                (None, &[] as &[&str])
            }
            Ours::Command(command) => {
                let probe = matches!(command, Command::Probe);
                let taken = self.feed(Input::Command(command));
                if !taken {
                    self.outcome.left_out.push("confirmations that ours does not send");
                    return;
                }
                let id = if probe { Some(self.next_id("p")) } else { None };
                (Some(id), &["datasum"] as &[&str])
            }
            Ours::Submit { request, excused } => {
                if !self.submit(request, &frame.data) {
                    self.outcome.left_out.push("requests that the session does not take");
                    return;
                }
                let id = self.next_id("q");
                (Some(Some(id)), excused)
            }
        };
        let is_made = made.is_some();
        if awaits_answer {
            self.asked.push_back((id, made.flatten()));
        }
        if is_made {
            self.wanted.push_back(Wanted { recorded: object, excused });
        }
    }

    /// Our session numbers requests and probes together, in the order in which they are taken.
    fn next_id(&mut self, letter: &str) -> String {
        self.requests += 1;
        format!("{letter}{}", self.requests)
    }

    fn submit(&mut self, request: Request, data: &Data) -> bool {
        let key = RequestKey(self.requests);
        let body = match data {
            Data::Bytes(bytes) if bytes.is_empty() => Body::None,
            Data::Bytes(bytes) => Body::Whole(bytes.clone()),
            Data::Digest { len, .. } => Body::Streamed { lead: vec![b'{'; 1000], rest: *len as u64 - 1000 },
        };
        let streamed = matches!(body, Body::Streamed { .. });
        let taken = self.feed(Input::Command(Command::Submit(Submit { key, request, body })));
        if taken && streamed {
            assert!(self.feed(Input::Command(Command::Release(key))));
        }
        taken
    }

    /// Frames that were recorded as raw bytes, perhaps in several parts.
    fn raw(&mut self, bytes: Option<&[u8]>) {
        let Some(bytes) = bytes else {
            self.outcome.left_out.push("bytes of which only the number was recorded");
            return;
        };
        self.raw.push(bytes);
        loop {
            match self.raw.next() {
                Ok(Some(Piece::Header { raw, .. })) => self.raw_frame.0 = raw,
                Ok(Some(Piece::Data(bytes))) => self.raw_frame.1.extend(bytes),
                Ok(Some(Piece::End)) => {
                    let (header, data) = std::mem::take(&mut self.raw_frame);
                    let header = String::from_utf8(header).unwrap();
                    let data = Data::Bytes(data);
                    self.asks(&Frame { hlen: format!("{:04x}", header.len()), header, data });
                    self.drain();
                }
                Ok(None) => break,
                Err(_) => {
                    self.outcome.left_out.push("bytes that are no frame");
                    self.raw = FrameReader::new();
                    break;
                }
            }
        }
    }

    fn event(&mut self, event: &str) {
        let end = match event {
            "closed by server (close_notify)" => StreamEnd::CloseNotify,
            "closed by client (RST)" | "closed by client (FIN, no close_notify)" => StreamEnd::Local,
            _ => return,
        };
        if !self.over {
            self.over = true;
            self.expected.push(format!("ended lost {end:?}"));
        }
        self.feed(Input::End(end));
    }

    fn feed(&mut self, input: Input<'_>) -> bool {
        let taken = self.session.handle_input(self.now, input).is_ok();
        self.collect();
        taken
    }

    fn collect(&mut self) {
        while let Some(event) = self.session.poll_event() {
            if matches!(event, Event::Ended(_)) {
                self.over = true;
            }
            self.outcome.events.extend(expected::of_event(&event, &mut self.large));
        }
    }

    /// Takes out what the session writes and compares it with what was recorded.
    fn drain(&mut self) {
        while let Some(transmit) = self.session.poll_transmit(self.now) {
            match transmit {
                Transmit::Bytes(bytes) => self.written.push(&bytes),
                Transmit::Stream { len, .. } => self.written.push(&vec![0; len as usize]),
            }
            while let Some(piece) = self.written.next().unwrap() {
                if let Piece::Header { raw, .. } = piece {
                    self.compare(&Object::parse(&raw).unwrap());
                }
            }
        }
        self.collect();
    }

    fn compare(&mut self, ours: &Object) {
        let opening = matches!(ours.u64("op"), Ok(Some(0..=2)));
        let Some(wanted) = self.wanted.front() else {
            if !opening {
                self.outcome.wrong.push(format!("ours wrote what was not recorded: {ours:?}"));
            }
            return;
        };
        if opening && !matches!(wanted.recorded.u64("op"), Ok(Some(0..=2))) {
            return;
        }
        match difference(&wanted.recorded, ours, wanted.excused) {
            Some(difference) => self.outcome.wrong.push(difference),
            None => self.outcome.asked += 1,
        }
        self.wanted.pop_front();
    }
}

/// Whether our types could make this opening.
fn is_possible_opening(object: &Object) -> bool {
    let text = |name| object.str(name).ok().flatten().unwrap_or_default();
    match object.u64("op") {
        Ok(Some(0)) => true,
        Ok(Some(1)) => !text("newnode").is_empty(),
        _ => text("uid").parse::<Uid>().is_ok() && text("node").parse::<NodeSecret>().is_ok(),
    }
}

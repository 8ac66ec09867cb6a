//! One recording from its first line to its last.

use std::collections::BTreeMap;

use tmtp_recorded::{Frame, Line, What, load};
use tmtp_site::LinkEnd;

use crate::compare::{Lane, Names, lane};
use crate::network::Network;

/// A recorded moment may come so much later here: the recorder's clock ran between the server's actions and
/// their arrival, and the server's limits ran from its own accept.
const LATE_MAX: u64 = 300;
/// And so much earlier: this site needs no time for its disk.
const EARLY_MAX: u64 = 1500;

/// When a recorded client read slowly or not at all: from and to in milliseconds, and bytes a millisecond.
/// The recordings say so in remarks; the exact speed is the recorder's.
const READING: [(&str, &str, f64, f64, usize); 4] = [
    ("large_post", "berta", 400.4, 704.7, 0),
    ("lock_while_writing", "anna", 200.0, f64::MAX, 0),
    ("slow_link", "anna", 350.0, 105_441.6, 100),
    ("slow_link", "carla", 105_550.0, 158_101.0, 100),
];

/// Where the public server's threads raced and the recording shows the rarer end: connection and lane of which
/// the site sends more.
const RACES: [(&str, &str, Lane); 1] = [("timeouts", "anna/free", Lane::Queued)];

/// What of a recording cannot be compared.
fn remark(name: &str) -> &'static str {
    match name {
        "large_post" | "lock_while_writing" => {
            "how much the kernel took; data too long to be recorded is zeros here"
        }
        "slow_link" => "when each copy was complete: kernel buffers; data is zeros here",
        "upload_blocks_ack" => "the upload's bytes were not recorded, they are made here",
        "timeouts" => "a quit 3 ms behind a login overtook the login message there, not here",
        "malformed" => "the longest header was not recorded, it is made here",
        _ => "",
    }
}

/// What came of a recording.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) name: String,
    pub(crate) connections: usize,
    /// Frames and pieces that the clients sent.
    pub(crate) sent: usize,
    /// Frames that the public server sent.
    pub(crate) recorded: usize,
    pub(crate) compared: usize,
    /// Frames of the site for clients that did not read them any more in the recording.
    pub(crate) unread: usize,
    pub(crate) remark: &'static str,
    pub(crate) failures: Vec<String>,
}

struct Replay {
    name: String,
    network: Network,
    names: Names,
    /// Connection names to connections; a name may be used again.
    open: BTreeMap<String, usize>,
    expected: BTreeMap<(usize, Lane), Vec<(f64, Frame)>>,
    compared: BTreeMap<(usize, Lane), usize>,
    /// The recorded client went away by itself, so frames may have been lost on the way.
    left: Vec<usize>,
    sent: usize,
    failures: Vec<String>,
}

pub(crate) fn replay(name: &str) -> Report {
    let lines = load(name).unwrap();
    let mut replay = Replay {
        name: name.to_owned(),
        network: Network::new(),
        names: Names::default(),
        open: BTreeMap::new(),
        expected: expected(&lines),
        compared: BTreeMap::new(),
        left: Vec::new(),
        sent: 0,
        failures: Vec::new(),
    };
    if name == "useredit" {
        // Taken by an earlier run of the recorder at that server.
        replay.network.stranger("猫猫猫");
    }
    for line in &lines {
        replay.step(line);
    }
    replay.report()
}

/// What each connection received, in order, with its time.
fn expected(lines: &[Line]) -> BTreeMap<(usize, Lane), Vec<(f64, Frame)>> {
    let mut open = BTreeMap::new();
    let mut count = 0;
    let mut expected: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in lines {
        match &line.what {
            What::Event(event) if event == "open" => {
                open.insert(line.conn.clone(), count);
                count += 1;
            }
            What::ToClient(frame) => {
                let key = (open[&line.conn], lane(&frame.header));
                expected.entry(key).or_default().push((line.t_ms, frame.clone()));
            }
            _ => {}
        }
    }
    expected
}

fn millis(t: f64) -> u64 {
    // Recorded times are small and never negative.
    format!("{t:.0}").parse().unwrap()
}

impl Replay {
    fn step(&mut self, line: &Line) {
        self.network.advance(millis(line.t_ms));
        self.set_rates(line.t_ms);
        self.compare_new();
        match &line.what {
            What::ToServer(frame) => {
                let text = Frame { header: self.names.translate(&frame.header), ..frame.clone() };
                self.send(line, &text.bytes());
            }
            What::Raw { bytes: Some(bytes), .. } => {
                let bytes = match std::str::from_utf8(bytes) {
                    Ok(text) => self.names.translate(text).into_bytes(),
                    Err(_) => bytes.clone(),
                };
                self.send(line, &bytes);
            }
            What::Raw { bytes: None, note } => self.send_unrecorded(line, note),
            What::ToClient(_) => {}
            What::Event(event) => self.event(line, event),
        }
        self.compare_new();
    }

    fn set_rates(&mut self, now: f64) {
        for (file, name, from, to, rate) in READING {
            if file == self.name
                && let Some(conn) = self.open.get(name)
            {
                self.network.set_rate(*conn, (from..to).contains(&now).then_some(rate));
            }
        }
    }

    fn send(&mut self, line: &Line, bytes: &[u8]) {
        self.sent += 1;
        self.network.write(self.open[&line.conn], bytes);
    }

    /// Two pieces are too long to be in the recording; what was in them is known.
    fn send_unrecorded(&mut self, line: &Line, note: &str) {
        if note.starts_with("pulse") {
            let header = format!("{{\"op\":11{}}}", " ".repeat(65_535 - 9));
            return self.send(line, format!("ffff{header}").as_bytes());
        }
        let header = r#"{"op":7,"id":"slow","for":[],"datalen":65000}"#;
        let frame = [format!("{:04x}{header}", header.len()).as_bytes(), &[b'x'; 65_000]].concat();
        let (first, rest) = frame.split_at(2000);
        self.send(line, first);
        for (second, piece) in (0..).zip(rest.chunks(1000)) {
            let at = millis(line.t_ms) + 1000 * second;
            self.network.schedule(at, self.open[&line.conn], piece.to_vec());
        }
    }

    fn event(&mut self, line: &Line, event: &str) {
        if event == "open" {
            let conn = self.network.open();
            self.open.insert(line.conn.clone(), conn);
            return;
        }
        let Some(conn) = self.open.get(&line.conn).copied() else { return };
        match event {
            "closed by server (close_notify)" => self.closed_by_server(line, conn),
            "closed by client (RST)" => {
                self.left.push(conn);
                self.network.finish(conn, LinkEnd::Reset);
            }
            "closed by client (FIN, no close_notify)" => {
                self.left.push(conn);
                self.network.finish(conn, LinkEnd::Fin);
            }
            "client sends close_notify" | "... and close_notify in the same segment" => {
                self.network.finish(conn, LinkEnd::CloseNotify);
            }
            _ => {}
        }
    }

    fn closed_by_server(&mut self, line: &Line, conn: usize) {
        let recorded = millis(line.t_ms);
        let deadline = recorded.max(self.network.now) + LATE_MAX;
        while self.network.conns[conn].over_at.is_none() && self.network.now < deadline {
            self.network.advance(self.network.now + 1);
        }
        match self.network.conns[conn].over_at {
            None => self.fail(line.t_ms, &line.conn, "the site does not end the link"),
            Some(at) if at + EARLY_MAX < recorded => {
                self.fail(line.t_ms, &line.conn, &format!("the site ended the link at {at}"));
            }
            Some(_) => {}
        }
        self.network.close(conn);
    }

    fn fail(&mut self, t: f64, conn: &str, what: &str) {
        self.failures.push(format!("{} at {t} {conn}: {what}", self.name));
    }

    /// Compares the frames that have come since the last time with those recorded at their places.
    fn compare_new(&mut self) {
        let mut failures = Vec::new();
        for (conn, connection) in self.network.conns.iter().enumerate() {
            for (lane, frames) in &connection.frames {
                let done = self.compared.entry((conn, *lane)).or_default();
                let expected = self.expected.get(&(conn, *lane)).map(Vec::as_slice).unwrap_or_default();
                for (ours, (t, recorded)) in frames.iter().zip(expected).skip(*done) {
                    *done += 1;
                    let slow = READING.iter().any(|(file, ..)| *file == self.name);
                    let outcome = self.names.compare(recorded, ours).and_then(|()| {
                        let (early, late) =
                            (millis(*t).saturating_sub(ours.at), ours.at.saturating_sub(millis(*t)));
                        let in_time = slow || (early <= EARLY_MAX && late <= LATE_MAX);
                        if in_time { Ok(()) } else { Err(format!("came at {} and not at {t}", ours.at)) }
                    });
                    if let Err(what) = outcome {
                        failures.push(format!("{} at {t} connection {conn} {lane:?}: {what}", self.name));
                    }
                }
            }
        }
        self.failures.extend(failures);
    }

    fn report(mut self) -> Report {
        self.network.advance(self.network.now + LATE_MAX);
        self.compare_new();
        let mut unread = 0;
        for ((conn, lane), expected) in &self.expected {
            let came = self.network.conns[*conn].frames.get(lane).map_or(0, Vec::len);
            if came < expected.len() {
                let missing = &expected[came].1.header;
                self.failures
                    .push(format!("{} connection {conn} {lane:?}: never came: {missing}", self.name));
            }
        }
        for (conn, connection) in self.network.conns.iter().enumerate() {
            for (lane, frames) in &connection.frames {
                let wanted = self.expected.get(&(conn, *lane)).map_or(0, Vec::len);
                let extra = frames.get(wanted..).unwrap_or_default();
                let race = RACES.iter().any(|(file, name, raced)| {
                    *file == self.name && self.open.get(*name) == Some(&conn) && raced == lane
                });
                if race || self.left.contains(&conn) {
                    unread += extra.len();
                } else if let Some(frame) = extra.first() {
                    let header = &frame.header;
                    self.failures
                        .push(format!("{} connection {conn} {lane:?}: too much: {header}", self.name));
                }
            }
        }
        self.failures
            .extend(self.names.ids_out_of_order().into_iter().map(|what| format!("{}: {what}", self.name)));
        let record = self.network.site.record();
        if !record.violations.is_empty() {
            self.failures.push(format!("{}: {:?}", self.name, record.violations));
        }
        Report {
            connections: self.network.conns.len(),
            sent: self.sent,
            recorded: self.expected.values().map(Vec::len).sum(),
            compared: self.compared.values().sum(),
            unread,
            remark: remark(&self.name),
            failures: self.failures,
            name: self.name,
        }
    }
}

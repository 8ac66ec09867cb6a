//! Where damage begins: what the public server and its clients really said.

use std::collections::BTreeMap;

use tmtp_recorded::{Data, Frame, What, files, load};
use tmtp_wire::datahead;
use tmtp_wire::json::Object;

/// The worked examples of the formats' description: dataheads as the desktop client writes them.
const EXAMPLES: &str = include_str!("../../../core/wire/tests/worked_examples.txt");
/// Longer frames are left out: damage in them would mostly hit data that nobody reads.
const FRAME_MAX: usize = 5_000;

fn recorded(from_server: bool) -> Vec<Frame> {
    let mut all = Vec::new();
    for name in files().unwrap() {
        for line in load(&name).unwrap() {
            match line.what {
                What::ToClient(frame) if from_server => all.push(frame),
                What::ToServer(frame) if !from_server => all.push(frame),
                _ => {}
            }
        }
    }
    all
}

/// Frames of both directions.
pub fn frames() -> Vec<Vec<u8>> {
    let all = [recorded(true), recorded(false)].concat();
    all.into_iter().filter(|frame| matches!(frame.data, Data::Bytes(_))).map(|frame| frame.bytes()).collect()
}

/// Headers that the server wrote.
pub fn headers() -> Vec<Vec<u8>> {
    recorded(true).into_iter().map(|frame| frame.header.into_bytes()).collect()
}

/// Dataheads of the recordings and of the worked examples.
pub fn data_heads() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for frame in recorded(true) {
        let object = Object::parse(frame.header.as_bytes()).unwrap();
        let length = usize::try_from(object.u64("datahead").unwrap().unwrap_or(0)).unwrap();
        if let Data::Bytes(data) = &frame.data {
            all.extend(data.get(..length).filter(|head| datahead::parse(head).is_ok()).map(<[u8]>::to_vec));
        }
    }
    let lines: Vec<&str> = EXAMPLES.lines().collect();
    for pair in lines.windows(2) {
        if pair[0].starts_with("  ~ datahead") || pair[0].starts_with("  ~ notehead") {
            all.push(pair[1].as_bytes().to_vec());
        }
    }
    all
}

/// Everything that the server said on each connection, long data left out.
pub fn streams() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for name in files().unwrap() {
        let mut open: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for line in load(&name).unwrap() {
            match line.what {
                What::Event(event) if event == "open" => all.extend(open.remove(&line.conn)),
                What::ToClient(frame) if matches!(frame.data, Data::Bytes(_)) => {
                    open.entry(line.conn).or_default().extend(frame.bytes());
                }
                _ => {}
            }
        }
        all.extend(open.into_values());
    }
    all
}

/// What clients sent, whole or not.
pub fn requests() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for name in files().unwrap() {
        for line in load(&name).unwrap() {
            match line.what {
                What::ToServer(frame) if frame.data.len() < FRAME_MAX => all.push(frame.bytes()),
                What::Raw { bytes: Some(bytes), .. } => all.push(bytes),
                _ => {}
            }
        }
    }
    all
}

//! The worked examples of the stock client's formats (client-formats 20), as text in
//! `worked_examples.txt`: a title line with length and checksum of the whole frame, the header line, then
//! each part of the data behind a line that names it. `⏎` stands for a newline byte.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail as tests do")]

use tmtp_wire::frame::{FrameReader, Piece};
use tmtp_wire::headsum::{self, HeadSum};
use tmtp_wire::json::Object;
use tmtp_wire::message::{self, Message, Queued};
use tmtp_wire::{datahead, request};

const EXAMPLES: &str = include_str!("worked_examples.txt");

struct Example {
    title: String,
    from_client: bool,
    bytes: Vec<u8>,
    parts: Vec<(String, Vec<u8>)>,
}

/// All of them. A delivery shows its header only: its data is the end of what was posted just before.
fn examples() -> Vec<Example> {
    let mut posted = Vec::new();
    EXAMPLES
        .split("\n\n")
        .map(|text| {
            let mut example = example(text);
            if example.title.starts_with("S< delivery") {
                let header = Object::parse(&example.bytes[4..]).unwrap();
                let datalen = usize::try_from(header.u64("datalen").unwrap().unwrap()).unwrap();
                let data: &[u8] = &posted;
                example.bytes.extend_from_slice(&data[data.len() - datalen..]);
            } else if example.from_client {
                posted = example.bytes.clone();
            }
            example
        })
        .collect()
}

fn example(text: &str) -> Example {
    let mut lines = text.lines();
    let title = lines.next().unwrap().to_owned();
    let mut bytes = lines.next().unwrap().as_bytes().to_vec();
    let mut parts = Vec::new();
    while let Some(announced) = lines.next() {
        let (name, length) = announced.strip_prefix("  ~ ").unwrap().rsplit_once(", ").unwrap();
        let part = lines.next().unwrap().replace('⏎', "\n").into_bytes();
        assert_eq!(part.len(), length.parse::<usize>().unwrap(), "{title}: {name}");
        bytes.extend_from_slice(&part);
        parts.push((name.to_owned(), part));
    }
    Example { from_client: title.starts_with("C>"), title, bytes, parts }
}

fn read(example: &Example) -> (Vec<u8>, u64, Vec<u8>) {
    let mut reader = FrameReader::new();
    reader.push(&example.bytes);
    let Some(Piece::Header { raw, datahead, .. }) = reader.next().unwrap() else {
        panic!("{}", example.title)
    };
    let mut data = Vec::new();
    while let Some(piece) = reader.next().unwrap() {
        match piece {
            Piece::Data(bytes) => data.extend(bytes),
            Piece::End => assert!(!reader.inside_frame(), "{}: bytes behind the frame", example.title),
            Piece::Header { .. } => panic!("{}: a second frame", example.title),
        }
    }
    (raw, datahead, data)
}

#[test]
fn all_examples_have_the_stated_length_and_checksum() {
    let all = examples();
    assert_eq!(all.len(), 45);
    for example in all {
        let stated = example.title.rsplit_once("  [").unwrap().1.strip_suffix(']').unwrap();
        let crc = crc32c::crc32c(&example.bytes);
        let actual = format!("{} bytes, crc32c {crc:08x}", example.bytes.len());
        assert_eq!(actual, stated, "{}", example.title);
    }
}

#[test]
fn all_messages_of_the_site_are_understood_and_their_checksums_right() {
    let mut queued = 0;
    for example in examples().iter().filter(|example| !example.from_client) {
        let (raw, _, data) = read(example);
        let message =
            message::parse(raw.clone()).unwrap_or_else(|error| panic!("{}: {error}", example.title));
        if let Message::Queued(Queued { datalen, op, .. }) = message {
            assert_eq!(headsum::verify(&raw), HeadSum::Right, "{}", example.title);
            assert_eq!(datalen, data.len() as u64, "{}", example.title);
            assert_ne!(op.name(), "other", "{}", example.title);
            queued += 1;
        }
    }
    assert_eq!(queued, 9);
}

#[test]
fn all_dataheads_of_the_stock_client_are_read() {
    let mut heads = 0;
    for example in examples() {
        let (_, datahead, data) = read(&example);
        let notelen = example.parts.iter().find(|(name, _)| name.starts_with("notehead"));
        let skip = if example.from_client { notelen.map_or(0, |(_, note)| note.len()) } else { 0 };
        if datahead > 0 {
            let head = &data[skip..skip + usize::try_from(datahead).unwrap()];
            let head = datahead::parse(head).unwrap_or_else(|error| panic!("{}: {error}", example.title));
            assert!(head.text_len((data.len() - skip) as u64, datahead).is_ok(), "{}", example.title);
            heads += 1;
        }
    }
    assert_eq!(heads, 13);
}

#[test]
fn the_thread_with_attachments_is_read_to_its_last_member() {
    let all = examples();
    let example = all.iter().find(|example| example.title.contains("Post by Blue")).unwrap();
    let (_, datahead, data) = read(example);
    let head = datahead::parse(&data[..653]).unwrap();
    assert_eq!((head.alias.as_str(), head.subject.as_str()), ("Blue Heron", "Nest count"));
    assert!(head.starts_thread());
    assert_eq!(head.text_len(data.len() as u64, datahead).unwrap(), 83);
    let attach: Vec<_> = head.attach.iter().map(|attach| (attach.name.as_str(), attach.size)).collect();
    assert_eq!(attach, [("u:map.txt", 26), ("f:Nest.original", 79), ("r:Nest.original", 7)]);
    assert_eq!(head.attach[1].ffn, "mnmnotmail.github.io/registry/nest");
    assert_eq!(head.cc[1].note, "counts partner");
    assert_eq!(head.cc[0].date, "2021-04-06T09:14:50Z");
}

#[test]
fn what_was_read_and_is_written_again_means_the_same() {
    for example in examples() {
        let Some((_, bytes)) = example.parts.iter().find(|(name, _)| name == "datahead") else { continue };
        let head = datahead::parse(bytes).unwrap();
        let written = datahead::encode(&head).unwrap_or_else(|error| panic!("{}: {error}", example.title));
        assert!(datahead::parse(&written).unwrap() == head, "{}", example.title);
    }
}

#[test]
fn the_minimal_reply_is_written_as_in_the_example() {
    let all = examples();
    let example = all.iter().find(|example| example.title.contains("7a Post by Gold")).unwrap();
    let (raw, _, _) = read(example);
    let uid = "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1".parse().unwrap();
    let post = request::Request::Post {
        to: vec![request::To::Member(uid)],
        datahead: 65,
        datalen: 106,
        datasum: None,
    };
    let ours = post.encode("q-000001").unwrap();
    assert_eq!(ours, [b"006f", raw.as_slice()].concat());
}

#[test]
fn a_header_of_the_stock_client_reads_like_ours() {
    for example in examples().iter().filter(|example| example.from_client) {
        let (raw, _, _) = read(example);
        let object = Object::parse(&raw).unwrap();
        assert!(object.u64("op").unwrap().is_some(), "{}", example.title);
    }
}

use tmtp_wire::datahead::{Attach, PostHead, encode};

use super::*;
use crate::inbox::hash;

fn attach(name: &str, bytes: &[u8], sha256: Option<[u8; 32]>) -> Attach {
    Attach { name: name.to_owned(), size: bytes.len() as u64, ffn: String::new(), sha256 }
}

fn post(attach: Vec<Attach>, behind: &[u8]) -> (Vec<u8>, u64) {
    let head = PostHead {
        alias: "Gold Finch".to_owned(),
        thread_id: Some("16a9f0c3d5e40001".to_owned()),
        attach,
        ..PostHead::default()
    };
    let mut data = encode(&head).unwrap();
    let datahead = data.len() as u64;
    data.extend_from_slice(behind);
    (data, datahead)
}

fn sort(data: &[u8], datahead: u64, piece: usize) -> Option<Sorted> {
    let mut sorter = Sorter::new(data.len() as u64, datahead);
    for part in data.chunks(piece) {
        sorter.push(part);
    }
    sorter.finish()
}

#[test]
fn pieces_of_any_size_give_the_same_parts() {
    let list = vec![
        attach("u:a.txt", b"abc", Some(hash(b"abc"))),
        attach("u:empty", b"", Some(hash(b""))),
        attach("u:b.txt", b"other", Some(hash(b"wrong"))),
        attach("u:c.txt", b"xy", None),
    ];
    let (data, datahead) = post(list, b"text hereabcotherxy");
    for piece in [1, 2, 7, 1000] {
        let sorted = sort(&data, datahead, piece).expect("a post");
        assert_eq!(sorted.text, "text here");
        let start = datahead + 9;
        assert_eq!(
            sorted.attached,
            [(start, false), (start + 3, false), (start + 3, true), (start + 8, false)],
            "in pieces of {piece}"
        );
    }
}

#[test]
fn post_without_text_and_attachments_is_a_post() {
    let (data, datahead) = post(Vec::new(), b"");
    assert_eq!(sort(&data, datahead, 3).expect("a post").text, "");
}

#[test]
fn what_is_no_post_is_none() {
    let (data, datahead) = post(vec![attach("u:a", b"abc", None)], b"ab");
    assert!(sort(&data, datahead, 5).is_none(), "attachments longer than the data");
    let (data, datahead) = post(Vec::new(), b"text");
    assert!(sort(&data, 0, 5).is_none(), "no datahead");
    assert!(sort(&data, data.len() as u64 + 1, 5).is_none(), "a datahead beyond the data");
    assert!(sort(&data, datahead - 1, 5).is_none(), "a datahead cut short");
    assert!(sort(b"{}", 2, 1).is_some(), "an empty head is one");
}

#[test]
fn broken_text_is_shown_with_replacements() {
    let (data, datahead) = post(Vec::new(), b"a\xffb");
    assert_eq!(sort(&data, datahead, 1).expect("a post").text, "a\u{fffd}b");
}

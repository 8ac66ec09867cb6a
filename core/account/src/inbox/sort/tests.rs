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
        let expected =
            [0..start, start..start + 3, start + 3..start + 3, start + 3..start + 8, start + 8..start + 10];
        assert_eq!(parts(Some(&sorted), data.len() as u64), expected, "in pieces of {piece}");
    }
    let (sorted, _) = sort_whole(&data, datahead);
    let damaged: Vec<bool> = sorted.expect("a post").attached.iter().map(|(_, damaged)| *damaged).collect();
    assert_eq!(damaged, [false, false, true, false]);
}

#[test]
fn what_stands_for_data_differs_with_each_part_of_it() {
    let list = |bytes: &[u8]| vec![attach("u:a", bytes, None), attach("u:b", b"xy", None)];
    let (data, datahead) = post(list(b"abc"), b"textabcxy");
    let of = |data: &[u8]| sort_whole(data, datahead).1;
    assert_eq!(of(&data), of(&data.clone()));
    for place in 0..data.len() {
        let mut other = data.clone();
        other[place] ^= 1;
        assert_ne!(of(&other), of(&data), "a change at {place}");
    }
    let (plain, datahead) = post(Vec::new(), b"text");
    assert_eq!(sort_whole(&plain, datahead).1, hash(&plain), "of one part it is the hash");
    assert_eq!(sort_whole(&plain, 0).1, hash(&plain), "and of what is no post");
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

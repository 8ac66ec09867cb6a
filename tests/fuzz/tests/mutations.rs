//! Damaged recordings through everything that reads what others sent. Some damage must be refused and some must
//! pass, or the test tests nothing.
//!
//! A fixed number from a fixed seed, so that a failure comes again. `MUTATIONS` in the environment multiplies it.

#![allow(clippy::print_stdout, reason = "the counts are part of the result")]

use tmtp_fuzz::corpus;
use tmtp_fuzz::damage::{Random, damage};

fn rounds(count: usize) -> usize {
    let times = std::env::var("MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    count * times
}

/// Damages each item of a corpus in turn and counts what is taken and what refused.
fn try_all(what: &str, corpus: &[Vec<u8>], count: usize, take: impl Fn(&[u8]) -> bool) {
    let mut random = Random::new(0x9e37_79b9_7f4a_7c15);
    let (mut taken, mut refused) = (0, 0);
    for round in 0..rounds(count) {
        let damaged = damage(&corpus[round % corpus.len()], corpus, &mut random);
        if take(&damaged) { taken += 1 } else { refused += 1 }
    }
    println!("{what}: {} items, {taken} taken, {refused} refused", corpus.len());
    assert!(taken > 0 && refused > 0, "{what}: {taken} taken, {refused} refused");
}

/// Only what is taken undamaged: the others are recordings of what the server refuses.
fn good(corpus: Vec<Vec<u8>>, take: impl Fn(&[u8]) -> bool) -> Vec<Vec<u8>> {
    let good: Vec<Vec<u8>> = corpus.into_iter().filter(|item| take(item)).collect();
    assert!(good.len() > 10, "{} items are good undamaged", good.len());
    good
}

#[test]
fn damaged_frames_are_read_or_refused() {
    try_all("frames", &good(corpus::frames(), tmtp_fuzz::frames), 60_000, tmtp_fuzz::frames);
}

#[test]
fn damaged_headers_are_understood_or_refused() {
    try_all("headers", &good(corpus::headers(), tmtp_fuzz::header), 60_000, tmtp_fuzz::header);
}

#[test]
fn damaged_data_heads_are_understood_or_refused() {
    try_all("data heads", &good(corpus::data_heads(), tmtp_fuzz::data_head), 60_000, tmtp_fuzz::data_head);
}

#[test]
fn damaged_streams_never_confuse_a_session() {
    try_all("sessions", &good(corpus::streams(), tmtp_fuzz::session), 20_000, tmtp_fuzz::session);
}

#[test]
fn damaged_requests_are_answered_or_refused_and_never_more() {
    try_all("requests", &corpus::requests(), 60_000, tmtp_fuzz::requests);
}

#[test]
fn a_header_with_one_flipped_bit_never_has_the_right_checksum() {
    let corpus = good(corpus::headers(), tmtp_fuzz::checksum);
    assert!(corpus.len() > 300);
    let mut random = Random::new(5);
    for round in 0..rounds(20_000) {
        let mut damaged = corpus[round % corpus.len()].clone();
        let at = random.below(damaged.len());
        damaged[at] ^= 1 << random.below(8);
        assert!(!tmtp_fuzz::checksum(&damaged));
    }
    println!("checksums: {} items, {} damaged, none right", corpus.len(), rounds(20_000));
}

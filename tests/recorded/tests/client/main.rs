//! The recorded exchanges against our session: whatever the public server said is understood as it was
//! meant, and whatever was asked of it we ask in the same words.
//!
//! Each connection of each recording is played twice, in whole frames and byte by byte. The site's frames go
//! into a session; the client's frames become commands where our client would send such. Requests that ours
//! cannot make (they are there to provoke the server) are left out together with their answers, counted,
//! and named in the table.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod exchange;
mod expected;
mod request;
mod same;

use exchange::{Outcome, play};
use tmtp_recorded::{Line, What, files, load};

/// The connections of a recording, one list of lines per link.
fn connections(lines: &[Line]) -> Vec<(String, Vec<Line>)> {
    let mut all: Vec<(String, Vec<Line>)> = Vec::new();
    for line in lines.iter().filter(|line| line.conn != "-") {
        if matches!(&line.what, What::Event(event) if event == "open") {
            all.push((line.conn.clone(), Vec::new()));
        }
        if let Some((_, lines)) = all.iter_mut().rev().find(|(name, _)| *name == line.conn) {
            lines.push(line.clone());
        }
    }
    all
}

#[test]
fn every_recording_is_understood_and_asked_in_the_same_words() {
    let mut table = format!(
        "{:24}{:>6}{:>9}{:>9}{:>9}  {}\n",
        "recording", "links", "heard", "asked", "left out", "why left out"
    );
    let mut wrong = Vec::new();
    let mut total = Outcome::default();
    for name in files().unwrap() {
        let links = connections(&load(&name).unwrap());
        let mut sum = Outcome::default();
        for (conn, lines) in &links {
            let outcome = play(lines, usize::MAX);
            let by_bytes = play(lines, 1);
            if outcome.events != by_bytes.events {
                wrong.push(format!("{name} {conn}: byte by byte differs"));
            }
            wrong.extend(outcome.wrong.iter().map(|text| format!("{name} {conn}: {text}")));
            sum.add(&outcome);
        }
        table += &format!(
            "{name:24}{:>6}{:>9}{:>9}{:>9}  {}\n",
            links.len(),
            sum.heard,
            sum.asked,
            sum.left_out.len(),
            sum.reasons()
        );
        assert!(sum.heard > 0 && sum.asked > 0, "{name}: nothing compared");
        total.add(&sum);
    }
    table += &format!("{:24}{:>6}{:>9}{:>9}{:>9}", "all", "", total.heard, total.asked, total.left_out.len());
    println!("{table}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(total.heard > 800 && total.asked > 600, "{} {}", total.heard, total.asked);
}

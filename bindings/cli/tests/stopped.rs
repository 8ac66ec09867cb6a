//! A process that holds the home and does not answer, and commands that are given up: nobody waits for ever, and nothing
//! is done that was given up.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

mod common;

use std::process::{Child, Stdio};

use common::{Member, Site, interrupt, until};
use serde_json::Value;

fn sends(ada: &Member, text: &str) -> Child {
    let words = ["--json", "send", "--to-self", "--subject", "Nest count", "--text", text];
    ada.command().args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn answer(child: Child) -> (Option<i32>, Value) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn beside_a_watch_that_was_stopped_commands_end_with_a_sentence_and_are_not_done_later() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let watch = ada.watch();
    watch.stop();
    // Two that wait, and one that is killed while it does.
    let (one, two, mut killed) = (sends(&ada, "one"), sends(&ada, "two"), sends(&ada, "killed"));
    for child in [one, two] {
        let (code, said) = answer(child);
        let reason = said["reason"].as_str().unwrap();
        assert_eq!((code, said["error"].as_str()), (Some(1), Some("not_answering")), "{said}");
        assert!(reason.contains(&format!("process {}", watch.pid())), "{reason}");
        assert!(reason.ends_with("nothing was done") && reason.contains("kill -CONT"), "{reason}");
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(ada.run(&["sync", "--wait", "1"]).code, 1);
    assert_eq!(ada.run(&["watch"]).code, 1);
    assert_eq!(ada.items(&["status"]).len(), 1, "what only looks is not held up");
    assert!(ada.items(&["threads"]).is_empty());
    watch.go_on();
    // It answers in the order in which it was asked: what came before this one is over.
    assert_eq!(ada.ok(&["sync"])["items"][0]["state"], "live");
    ada.ok(&["send", "--to-self", "--subject", "Nest count", "--text", "last"]);
    assert_eq!(ada.texts(), ["last"]);
    assert_eq!(watch.interrupt(), 0);
}

#[test]
fn a_holder_that_is_stopped_in_the_middle_lets_its_guest_go_and_nothing_is_lost() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    site.stop();
    let watch = ada.watch_offline();
    watch.until(|line| line["state"] == "connecting");
    let send = sends(&ada, "kept");
    until("it is accepted", || ada.items(&["outbox"]).len() == 1);
    watch.stop();
    let (code, said) = answer(send);
    // Accepted, or not known whether it is: the answer may have been on its way.
    assert_eq!(code, Some(3), "{said}");
    assert!(said["reason"].as_str().unwrap().contains(&format!("process {}", watch.pid())), "{said}");
    watch.kill();
    site.go_on();
    until("it is sent", || ada.run(&["sync"]).code == 0 && ada.items(&["outbox"]).is_empty());
    assert_eq!(ada.texts(), ["kept"]);
}

#[test]
fn a_join_that_was_interrupted_is_taken_up_by_the_same_command() {
    let site = Site::start();
    let ada = Member::new("Ada Kittiwake");
    site.stop();
    let words = ["join", &site.address, "--alias", "Ada Kittiwake"];
    let joining = ada.command().args(words).stderr(Stdio::null()).spawn().unwrap();
    until("it is begun", || ada.items(&["accounts"]).len() == 1);
    interrupt(&joining);
    assert_eq!(joining.wait_with_output().unwrap().status.code(), Some(3));
    site.go_on();
    let joined = ada.ok(&words);
    let uid = joined["uid"].as_str().unwrap();
    for again in [&words[..], &[&words[..], &["--name", "another"]].concat()] {
        let told = ada.human(again);
        assert!(told.contains("already") && told.contains(uid) && told.contains("127.0.0.1"), "{told}");
    }
    assert_eq!(ada.items(&["accounts"]).len(), 1);
}

#[test]
fn a_join_that_was_handed_over_and_given_up_is_not_done_later() {
    let (site, other) = (Site::start(), Site::start());
    let ada = Member::new("Ada Kittiwake");
    ada.ok(&["join", &site.address, "--alias", "Ada Kittiwake", "--name", "home"]);
    let watch = ada.watch();
    other.stop();
    let words = ["join", &other.address, "--alias", "Ada Kittiwake", "--name", "second"];
    let joining = ada.command().args(words).stderr(Stdio::null()).spawn().unwrap();
    until("it is begun", || ada.items(&["accounts"]).len() == 2);
    interrupt(&joining);
    assert_eq!(joining.wait_with_output().unwrap().status.code(), Some(3));
    until("nothing tries any more", || {
        let rows = ada.items(&["accounts"]);
        // Closed, or open without a link: as far as the join had come when it was given up.
        let rests = |row: &Value| row["state"] == "idle" || row["state"] == "off";
        rows.iter().any(|row| row["account"] == "second" && rests(row) && row["uid"].is_null())
    });
    other.go_on();
    assert!(ada.ok(&words)["uid"].is_string(), "the same command goes on");
    assert_eq!(ada.items(&["accounts"]).len(), 2);
    assert_eq!(watch.interrupt(), 0);
}

#[test]
fn what_exists_already_is_said() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    assert!(ada.human(&["alias", "add", "Ada of the Pier"]).contains("You can be reached"));
    assert!(ada.human(&["alias", "add", "Ada of the Pier"]).contains("already"));
    assert_eq!(ada.ok(&["alias", "add", "Ada of the Pier", "--wait", "0"])["state"], "held");
    let ticket = ada.ok(&["node", "add", "tablet"])["ticket"].as_str().unwrap().to_owned();
    let again = ada.run(&["node", "add", "tablet"]);
    assert_eq!((again.code, again.json["error"].as_str()), (1, Some("node_exists")), "{}", again.text);
    let tablet = Member::new("Ada Kittiwake");
    let first = tablet.run_with(&["join", "--node", "-"], &ticket);
    let second = tablet.run_with(&["join", "--node", "-"], &ticket);
    assert_eq!((first.code, second.code), (0, 0), "{}", second.text);
    assert_eq!(first.json["account"], second.json["account"]);
    assert_eq!(tablet.items(&["accounts"]).len(), 1);
}

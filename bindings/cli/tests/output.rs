//! What becomes of the exit code when the output goes nowhere: a command that acts says what became of the act, one
//! that only shows says that it could not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

mod common;

use std::process::Stdio;

use common::{Member, Site, closed_pipe, full_device, introduce, tmtp};

#[test]
fn what_was_refused_is_refused_and_what_was_sent_is_sent_wherever_the_output_goes() {
    let site = Site::start();
    let (ada, ben) = (Member::joined("Ada Kittiwake", &site), Member::joined("Ben Lapwing", &site));
    introduce(&ada, &ben);
    let to_ben = |text| ["send", "--to", "Ben Lapwing", "--subject", "Nest count", "--text", text];
    let nowhere: [fn() -> Option<Stdio>; 2] = [|| Some(closed_pipe()), full_device];
    let mut sent = 0;
    for (json, place) in nowhere.iter().flat_map(|place| [(&[][..], place), (&["--json"], place)]) {
        let run = |words: &[&str]| place().map(|place| ada.runs_to(place, &[json, words].concat()));
        let Some(refused) = run(&["ping", "Nobody Known"]) else { continue };
        assert_eq!(refused.0, 1, "{refused:?}");
        let unknown = run(&["send", "--to", "Nobody Known", "--subject", "x", "--text", "x"]).unwrap();
        assert_eq!(unknown.0, 1, "{unknown:?}");
        assert!(unknown.1.contains("nobody is known") || !json.is_empty(), "{unknown:?}");
        let accepted = run(&to_ben("one")).unwrap();
        assert_eq!(accepted.0, 0, "{accepted:?}");
        sent += 1;
    }
    ben.ok(&["sync"]);
    assert_eq!(ben.texts(), vec!["one"; sent]);
}

#[test]
fn every_act_keeps_its_exit_code_on_a_full_device() {
    let Some(_) = full_device() else { return };
    let full = || full_device().unwrap();
    let site = Site::start();
    let ada = Member::new("Ada Kittiwake");
    let acts = |words: &[&str]| {
        let (code, said) = ada.runs_to(full(), words);
        assert_eq!(code, 0, "{words:?}: {said}");
        assert!(said.contains("the answer cannot be written"), "{words:?}: {said}");
    };
    acts(&["join", &site.address, "--alias", "Ada Kittiwake", "--name", "home"]);
    acts(&["alias", "add", "Ada of the Pier"]);
    acts(&["send", "--to-self", "--subject", "List", "--text", "bread"]);
    let file = ada.path("map");
    std::fs::write(&file, "x").unwrap();
    let words =
        ["send", "--to-self", "--subject", "Map", "--text", "see", "--attach", file.to_str().unwrap()];
    let sent = ada.ok(&words);
    let (thread, message) = (sent["thread"].as_str().unwrap(), sent["msgid"].as_str().unwrap());
    acts(&["reply", thread, "--text", "milk"]);
    acts(&["save", message, "map", ada.path("saved").to_str().unwrap()]);
    acts(&["sync"]);
    let waits = ada.ok(&["reply", thread, "--text", "no", "--wait", "0"]);
    acts(&["withdraw", waits["send_id"].as_str().unwrap()]);
    let (code, said) = ada.runs_to(full(), &["node", "add", "tablet"]);
    assert!(code == 1 && said.contains("the same command shows it again"), "{said}");
    assert!(ada.ok(&["node", "add", "tablet"])["ticket"].is_string(), "it was not forgotten");
    acts(&["delete", thread, "--yes"]);
    acts(&["accounts", "remove", "home", "--yes"]);
}

#[test]
fn what_only_shows_fails_on_a_full_device_and_ends_quietly_at_a_closed_pipe() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let sent = ada.ok(&["send", "--to-self", "--subject", "List", "--text", "bread"]);
    let thread = sent["thread"].as_str().unwrap();
    let message = sent["msgid"].as_str().unwrap();
    for words in [
        &["accounts"][..],
        &["status"],
        &["threads"],
        &["thread", thread],
        &["read", message],
        &["contacts"],
        &["pings"],
        &["outbox"],
        &["completions", "bash"],
        &["send", "--help"],
        &["--version"],
    ] {
        assert_eq!(ada.runs_to(closed_pipe(), words), (0, String::new()), "{words:?}");
        let Some(full) = full_device() else { continue };
        let (code, said) = ada.runs_to(full, words);
        assert!(code == 1 && said.contains("the output cannot be written"), "{words:?}: {code} {said}");
    }
}

#[test]
fn a_failure_keeps_its_exit_code_when_nobody_can_be_told() {
    let Some(_) = full_device() else { return };
    for (code, words) in [(2, &["threads"][..]), (2, &["frobnicate"]), (2, &["--json", "threads"])] {
        let home = tempfile::tempdir().unwrap();
        let mut command = tmtp();
        command.arg("--home").arg(home.path()).args(words);
        command.stdout(full_device().unwrap()).stderr(full_device().unwrap());
        assert_eq!(command.status().unwrap().code(), Some(code), "{words:?}");
    }
}

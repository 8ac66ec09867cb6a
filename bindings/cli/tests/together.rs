//! Several processes on one home, processes that are killed, sites that go away: nothing lost, nothing doubled.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

mod common;

use std::process::Stdio;
use std::time::Duration;

use common::{Member, Site, interrupt, introduce, until};
use serde_json::Value;

fn pair(site: &Site) -> (Member, Member) {
    let (ada, ben) = (Member::joined("Ada Kittiwake", site), Member::joined("Ben Lapwing", site));
    introduce(&ada, &ben);
    (ada, ben)
}

fn logins(member: &Member) -> u64 {
    member.items(&["status"])[0]["counters"]["logins"].as_u64().unwrap_or(0)
}

#[test]
fn beside_a_watch_commands_go_over_its_link() {
    let site = Site::start();
    let (ada, ben) = pair(&site);
    let watch = ada.watch();
    let sent = ada.ok(&["send", "--to", "Ben Lapwing", "--subject", "Nest count", "--text", "one"]);
    let before = logins(&ada);
    assert_eq!(sent["state"], "sent");
    let thread = sent["thread"].as_str().unwrap();
    ada.ok(&["reply", thread, "--text", "two"]);
    assert_eq!(ada.ok(&["sync"])["items"][0]["state"], "live");
    assert_eq!(ada.items(&["thread", thread]).len(), 2, "reading works beside it");
    assert_eq!(ada.items(&["status"])[0]["state"], "online");
    assert_eq!(logins(&ada), before, "no second link");

    ben.ok(&["sync"]);
    ben.ok(&["reply", thread, "--text", "three"]);
    let line = watch.until(|line| line["event"] == "message");
    assert_eq!((line["text"].as_str(), line["from"].as_str()), (Some("three"), Some("Ben Lapwing")));
    assert_eq!(ada.run(&["watch"]).code, 1, "one watch is enough");
    assert_eq!(watch.interrupt(), 0);
    assert_eq!(ada.ok(&["sync"])["items"][0]["state"], "nothing_new", "the node is free at once");
}

#[test]
fn a_watch_sees_accounts_that_join_beside_it() {
    let (harbour, mountain) = (Site::start(), Site::start());
    let ada = Member::new("Ada Kittiwake");
    ada.ok(&["join", &harbour.address, "--alias", "Ada Kittiwake", "--name", "harbour"]);
    let watch = ada.watch();
    ada.ok(&["join", &mountain.address, "--alias", "Ada Kittiwake", "--name", "mountain"]);
    watch.until(|line| line["account"] == "mountain" && line["state"] == "online");
}

#[test]
fn two_sends_at_a_time_share_one_link_and_both_arrive() {
    let site = Site::start();
    let (ada, ben) = pair(&site);
    let spawn = |text: String| {
        let words = ["--json", "send", "--to", "Ben Lapwing", "--subject", "Both", "--text"];
        ada.command().args(words).arg(text).stdout(Stdio::piped()).spawn().unwrap()
    };
    let sends: Vec<_> = (0..6).map(|number| spawn(format!("no. {number}"))).collect();
    for send in sends {
        let output = send.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    ben.ok(&["sync"]);
    let mut texts = ben.texts();
    texts.sort();
    assert_eq!(texts, (0..6).map(|number| format!("no. {number}")).collect::<Vec<_>>());
}

#[test]
fn while_the_site_is_away_a_send_waits_and_nothing_is_lost() {
    let mut site = Site::start();
    let (ada, ben) = pair(&site);
    site.kill();
    let sent =
        ada.run(&["send", "--to", "Ben Lapwing", "--subject", "Later", "--text", "later", "--wait", "1"]);
    assert_eq!((sent.code, sent.json["state"].as_str()), (3, Some("queued")), "{}", sent.text);
    assert!(sent.json["reason"].is_string(), "it says what it waits for");
    assert_eq!(ada.items(&["outbox"]).len(), 1);
    assert_eq!(ada.run(&["sync", "--wait", "1"]).code, 3);
    site.restart();
    ada.ok(&["sync"]);
    assert!(ada.items(&["outbox"]).is_empty());
    ben.ok(&["sync"]);
    assert_eq!(ben.texts(), ["later"]);
}

#[test]
fn a_watch_killed_while_mail_arrives_loses_and_doubles_nothing() {
    let site = Site::start();
    let (ada, ben) = pair(&site);
    let first =
        ben.ok(&["send", "--to", "Ada Kittiwake", "--subject", "Many", "--text", "no. 0", "--wait", "0"]);
    let thread = first["thread"].as_str().unwrap().to_owned();
    for number in 1..30 {
        ben.ok(&["reply", &thread, "--text", &format!("no. {number}"), "--wait", "0"]);
    }
    let sending = ben.command().args(["--json", "sync"]).stdout(Stdio::null()).spawn().unwrap();
    let mut watch = ada.watch_offline();
    for _ in 0..5 {
        watch.until(|line| line["event"] == "message");
        watch.kill();
        watch = ada.watch_offline();
    }
    assert!(sending.wait_with_output().unwrap().status.success());
    until("everything arrives", || ada.texts().len() >= 30);
    let expected: Vec<_> = (0..30).map(|number| format!("no. {number}")).collect();
    assert_eq!(ada.texts(), expected);
}

#[test]
fn a_watch_killed_while_it_sends_for_others_loses_and_doubles_nothing() {
    let site = Site::start();
    let (ada, ben) = pair(&site);
    for round in 0..4 {
        let watch = ada.watch_offline();
        let words = ["--json", "send", "--to", "Ben Lapwing", "--subject", "Handed over", "--text"];
        let text = format!("no. {round}");
        let send = ada.command().args(words).arg(&text).stdout(Stdio::piped()).spawn().unwrap();
        // Somewhere between the handing over and the answer.
        watch.until(|line| line["event"] == "outgoing" || line["state"] == "online");
        watch.kill();
        let output = send.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "the guest goes on by itself: {output:?}");
    }
    ben.ok(&["sync"]);
    let mut texts = ben.texts();
    texts.sort();
    assert_eq!(texts, ["no. 0", "no. 1", "no. 2", "no. 3"]);
}

#[test]
fn a_send_killed_at_any_moment_is_sent_once_or_was_never_accepted() {
    let site = Site::start();
    let (ada, ben) = pair(&site);
    let file = ada.path("plate.bin");
    std::fs::write(&file, vec![7_u8; 300_000]).unwrap();
    for moment in 0..24_u64 {
        let mut command = ada.command();
        command.args(["--json", "send", "--to", "Ben Lapwing", "--subject", "Killed", "--text"]);
        command.arg(format!("no. {moment}")).arg("--attach").arg(&file);
        let mut send = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // From before anything is written to after the answer.
        kill_after(&mut send, Duration::from_millis(moment * 6));
    }
    until("everything is sent", || {
        let _ = ada.run(&["sync"]);
        ada.items(&["outbox"]).is_empty()
    });
    ben.ok(&["sync"]);
    let (mut accepted, mut arrived) = (ada.texts(), ben.texts());
    accepted.sort();
    arrived.sort();
    assert_eq!(accepted, arrived);
    let mut once = arrived.clone();
    once.dedup();
    assert_eq!(arrived, once);
    assert!(!arrived.is_empty(), "the last ones had time enough");
}

fn kill_after(child: &mut std::process::Child, time: Duration) {
    // The moment of the kill is the point of the test; no condition tells it.
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let _ = receiver.recv_timeout(time);
    drop(sender);
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn status_beside_a_watch_says_what_the_watch_sees() {
    let mut site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let watch = ada.watch();
    site.kill();
    let waits = watch.until(|line| line["state"] == "waiting");
    assert!(waits["reason"].is_string());
    let state = || ada.items(&["status"])[0].clone();
    until("status knows", || state()["state"] == "waiting" && state()["next_try"].is_string());
    let is_waiting = |row: &Value| row["state"] == "waiting" || row["state"] == "connecting";
    assert!(is_waiting(&ada.items(&["accounts"])[0]));
}

#[test]
fn a_site_with_another_key_stops_everything_until_the_key_is_trusted() {
    let mut site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    site.restart_with_another_key();
    let sent = ada.run(&["send", "--to-self", "--subject", "x", "--text", "later"]);
    assert_eq!((sent.code, sent.json["state"].as_str()), (3, Some("queued")), "{}", sent.text);
    assert!(sent.json["reason"].as_str().unwrap().contains("KEY"), "{}", sent.text);
    let synced = ada.run(&["sync"]);
    assert_eq!(
        (synced.code, synced.json["items"][0]["state"].as_str()),
        (1, Some("stopped")),
        "{}",
        synced.text
    );

    let key = ada.ok(&["trust", &site.address]);
    assert_eq!(key["state"], "changed");
    ada.ok(&["trust", &site.address, key["seen"].as_str().unwrap()]);
    assert_eq!(ada.ok(&["trust", &site.address])["state"], "trusted");
    ada.ok(&["sync"]);
    assert!(ada.items(&["outbox"]).is_empty());
}

#[test]
fn a_copied_home_can_be_read_and_never_logs_in() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    ada.ok(&["send", "--to-self", "--subject", "x", "--text", "mine"]);
    let copy = Member::new("Ada Kittiwake");
    copy_folder(ada.home.path(), copy.home.path());
    std::fs::remove_file(copy.path("install")).unwrap();
    assert_eq!(copy.texts(), ["mine"]);
    assert_eq!(copy.run(&["sync"]).code, 1);
    assert_eq!(copy.run(&["send", "--to-self", "--subject", "x", "--text", "x"]).code, 1);
    assert_eq!(ada.ok(&["sync"])["items"][0]["state"], "nothing_new");
}

#[test]
fn a_home_copied_whole_does_not_connect_until_it_is_adopted() {
    let site = Site::start();
    let (ada, ben) = pair(&site);
    let copy = Member::new("Ada Kittiwake");
    copy_folder(ada.home.path(), copy.home.path());
    assert_eq!(copy.items(&["status"])[0]["state"], "cloned");
    assert!(copy.items(&["accounts"])[0]["reason"].as_str().unwrap().contains("accounts adopt"));
    ben.ok(&["send", "--to", "Ada Kittiwake", "--subject", "x", "--text", "for the original"]);
    assert_eq!(copy.run(&["sync"]).code, 1);
    ada.ok(&["sync"]);
    assert_eq!(ada.texts(), ["for the original"]);

    let name = ada.items(&["accounts"])[0]["account"].as_str().unwrap().to_owned();
    let asked = copy.run(&["accounts", "adopt", &name]);
    assert_eq!((asked.code, asked.json["error"].as_str()), (2, Some("not_confirmed")), "{}", asked.text);
    copy.ok(&["accounts", "adopt", &name, "--yes"]);
    ben.ok(&["send", "--to", "Ada Kittiwake", "--subject", "x", "--text", "for the copy"]);
    copy.ok(&["sync"]);
    assert_eq!(copy.texts(), ["for the copy"]);
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_send_that_is_interrupted_leaves_in_order_and_loses_nothing() {
    let mut site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    site.kill();
    let words = ["--json", "send", "--to-self", "--subject", "x", "--text", "kept"];
    let send = ada.command().args(words).stdout(Stdio::piped()).spawn().unwrap();
    until("it is accepted", || ada.items(&["outbox"]).len() == 1);
    interrupt(&send);
    let output = send.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), answer["state"].as_str()), (Some(3), Some("queued")), "{answer}");
    site.restart();
    ada.ok(&["sync"]);
    assert!(ada.items(&["outbox"]).is_empty());
}

//! Slips of the hand: mail without words, mail to oneself, things that would be gone for good.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

mod common;

use common::{Member, Site, introduce};

#[test]
fn mail_without_text_and_attachment_is_not_sent_by_mistake() {
    let site = Site::start();
    let (ada, ben) = (Member::joined("Ada Kittiwake", &site), Member::joined("Ben Lapwing", &site));
    introduce(&ada, &ben);
    let to_ben = ["send", "--to", "Ben Lapwing", "--subject", "Nest count"];
    let thread = ada.ok(&[&to_ben[..], &["--text", "one"]].concat())["thread"].as_str().unwrap().to_owned();
    let reply = ["reply", thread.as_str()];
    for words in [&to_ben[..], &reply] {
        for (text, stdin) in
            [(&[][..], ""), (&["--text", ""], ""), (&["--text", " \n\t"], ""), (&["--text", "-"], "\n")]
        {
            let refused = ada.run_with(&[words, text].concat(), stdin);
            assert_eq!(refused.code, 2, "{words:?} {text:?}: {}", refused.text);
            assert!(refused.text.contains("--empty"), "it says how: {}", refused.text);
        }
    }
    assert_eq!(ada.texts(), ["one"]);
    // What is meant is sent; a reply that says nothing at all is never meant.
    ada.ok(&[&to_ben[..], &["--empty"]].concat());
    ada.ok(&[&reply[..], &["--subject", "seen", "--empty"]].concat());
    let nothing = ada.run(&[&reply[..], &["--empty"]].concat());
    assert_eq!((nothing.code, nothing.json["error"].as_str()), (2, Some("input")), "{}", nothing.text);
    assert_eq!(ada.texts().len(), 3);
}

#[test]
fn mail_to_oneself_is_taken_for_a_slip() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let uid = ada.items(&["accounts"])[0]["uid"].as_str().unwrap().to_owned();
    for who in ["Ada Kittiwake", &uid] {
        let refused = ada.run(&["send", "--to", who, "--subject", "x", "--text", "x"]);
        assert_eq!(refused.code, 2, "{}", refused.text);
        assert!(refused.text.contains("--to-self"), "{}", refused.text);
    }
    assert_eq!(ada.run(&["ping", "Ada Kittiwake"]).code, 2);
    ada.ok(&["send", "--to-self", "--subject", "-x", "--text", "-x"]);
    ada.ok(&["send", "--to-self", "--subject=-x", "--text=-x"]);
    assert_eq!(ada.texts(), ["-x", "-x"]);
}

#[test]
fn what_would_be_gone_for_good_is_named_and_needs_a_word() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let sent = ada.ok(&["send", "--to-self", "--subject", "List", "--text", "bread"]);
    let thread = sent["thread"].as_str().unwrap();
    let second = ada.ok(&["reply", thread, "--text", "milk"]);
    let message = second["msgid"].as_str().unwrap();
    let waits = ada.ok(&["reply", thread, "--text", "eggs", "--wait", "0"]);
    let name = ada.items(&["accounts"])[0]["account"].as_str().unwrap().to_owned();
    for (words, named) in [
        (
            &["accounts", "remove", name.as_str()][..],
            &["3 messages", "1 not sent", "Ada Kittiwake", "for good"][..],
        ),
        (&["delete", message], &["for good", "others keep their copies"]),
        (&["delete", thread], &["“List”", "3 messages", "for good"]),
        (&["large", message, "--discard"], &["for good"]),
    ] {
        let asked = ada.run(words);
        assert_eq!((asked.code, asked.json["error"].as_str()), (2, Some("not_confirmed")), "{}", asked.text);
        let reason = asked.json["reason"].as_str().unwrap();
        assert!(named.iter().all(|word| reason.contains(word)) && reason.contains("--yes"), "{reason}");
    }
    assert_eq!(ada.texts(), ["bread", "milk", "eggs"], "nothing was done");
    // What is taken back is said once more.
    let told = ada.human(&["withdraw", waits["send_id"].as_str().unwrap()]);
    assert!(told.contains("eggs"), "{told}");
    ada.ok(&["delete", message, "--yes"]);
    ada.ok(&["accounts", "remove", &name, "--yes"]);
    assert!(ada.items(&["accounts"]).is_empty());
}

#[test]
fn a_join_that_never_finished_is_removed_without_a_word() {
    let site = Site::start();
    let ada = Member::new("Ada Kittiwake");
    site.stop();
    let words = ["join", &site.address, "--alias", "Ada Kittiwake", "--name", "home"];
    let mut joining = ada.command().args(words).stderr(std::process::Stdio::null()).spawn().unwrap();
    common::until("it is begun", || ada.items(&["accounts"]).len() == 1);
    joining.kill().unwrap();
    joining.wait().unwrap();
    ada.ok(&["accounts", "remove", "home"]);
    assert!(ada.items(&["accounts"]).is_empty());
    site.go_on();
}

//! What strangers write, on the terminal of somebody who reads it, and in the files of somebody who saves it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

mod common;
mod stranger;

use common::{Answer, Member, Site};
use serde_json::Value;
use stranger::Stranger;

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no text {member} in {value}"))
}

/// How wide a line is on a screen, about: the tests use simple letters only.
fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or_default()
}

#[test]
fn attachments_of_a_stranger_are_saved_by_the_names_that_are_listed_and_stay_in_the_folder() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let uid = text(&ada.items(&["accounts"])[0], "uid").to_owned();
    let names = [
        "u:../escaped.sh",
        "u:/tmp/escaped.sh",
        "f:Nest",
        "r:Nest",
        "u:.bashrc",
        "u:-rf",
        "u:nul",
        "u:a\u{202e}b\u{7}",
    ];
    let attach: Vec<Value> = names.iter().map(|name| serde_json::json!({"name": name, "size": 2})).collect();
    let head = serde_json::json!({"alias": "Eve Skua", "subject": "Look", "attach": attach,
        "cc": [{"who": "Eve Skua", "whouid": "x", "byuid": "x"}, {"who": "Ada Kittiwake", "whouid": uid}]});
    let bodies: String = (0..names.len()).map(|number| format!("{{{number}")).collect();
    Stranger::join(&site, "Eve Skua").post(&uid, &head, bodies.as_bytes());
    ada.ok(&["sync"]);

    let thread = text(&ada.items(&["threads"])[0], "thread").to_owned();
    let message = ada.items(&["thread", &thread]).remove(0);
    let listed: Vec<&str> =
        message["attachments"].as_array().unwrap().iter().map(|file| text(file, "name")).collect();
    let wanted = ["escaped.sh", "escaped-2.sh", "Nest", "Nest-2", "_bashrc", "_rf", "_nul", "a_b_"];
    assert_eq!(listed, wanted);
    assert!(listed.iter().all(|name| ada.human(&["read", &thread]).contains(&format!("▸ {name} ("))));

    let folder = ada.path("dl");
    std::fs::create_dir(&folder).unwrap();
    let target = format!("{}/", folder.display());
    for (number, name) in listed.iter().enumerate() {
        ada.ok(&["save", &thread, name, &target]);
        assert_eq!(std::fs::read_to_string(folder.join(name)).unwrap(), format!("{{{number}"));
        assert_eq!(ada.run(&["save", &thread, name, &target]).code, 1, "nothing is overwritten");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), names.len(), "nothing was put beside");
    assert!(!ada.path("escaped.sh").exists());

    let Answer { code, json, .. } = ada.run(&["save", &thread, "../escaped.sh", &target]);
    assert_eq!((code, text(&json, "error")), (1, "not_found"));
    assert!(text(&json, "reason").contains("it has “escaped.sh”"), "{json}");
    let nowhere = format!("{}/none/", ada.home.path().display());
    let Answer { code, json, .. } = ada.run(&["save", &thread, "Nest", &nowhere]);
    assert_eq!((code, text(&json, "error")), (1, "no_folder"));
}

#[test]
fn a_stranger_neither_steers_the_terminal_nor_breaks_its_tables() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let uid = text(&ada.items(&["accounts"])[0], "uid").to_owned();
    let evil = format!("\u{1b}[2J\u{202e}{}\r\n\u{9b}31m", "Skua ".repeat(100));
    let head = serde_json::json!({"alias": evil, "subject": evil,
        "attach": [{"name": format!("u:{evil}"), "size": 1, "ffn": evil}],
        "cc": [{"who": evil, "whouid": "x", "byuid": "x", "note": evil}, {"who": "Ada Kittiwake", "whouid": uid}]});
    Stranger::join(&site, "Eve Skua").post(&uid, &head, evil.as_bytes());
    let synced = ada.human(&["sync"]);
    let threads = ada.human(&["threads"]);
    let thread = text(&ada.items(&["threads"])[0], "thread").to_owned();
    let shown = [
        synced,
        threads.clone(),
        ada.human(&["thread", &thread]),
        ada.human(&["read", &thread]),
        ada.human(&["contacts"]),
        ada.human(&["status"]),
        ada.human(&["accounts"]),
    ];
    for text in shown {
        let bad = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202e}' | '\u{2028}');
        assert!(!text.contains(bad), "{text:?}");
    }
    assert!(widest(&threads) <= 80 && threads.contains(&thread), "{threads}");
    assert!(widest(&ada.human(&["contacts"])) <= 80);
}

#[test]
fn a_reader_sees_the_newest_messages_first_and_scripts_all_of_them_in_order() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let sent = ada.ok(&["send", "--to-self", "--subject", "List", "--text", "m0."]);
    let thread = text(&sent, "thread").to_owned();
    for number in 1..60 {
        ada.ok(&["reply", &thread, "--text", &format!("m{number}."), "--wait", "0"]);
    }
    let shown = ada.human(&["thread", &thread]);
    assert!(shown.contains("List\n") && shown.contains("m59.") && !shown.contains("m9.\n"), "{shown}");
    assert!(shown.find("m58.") < shown.find("m59."), "as one reads");
    let cursor = shown.trim_end().rsplit(' ').next().unwrap();
    let older = ada.human(&["thread", &thread, "--page", cursor]);
    assert!(older.contains("m0.") && older.contains("m9.") && !older.contains("m10."), "{older}");
    assert!(ada.human(&["thread", &thread, "--oldest"]).contains("m0."));

    let all: Vec<String> =
        ada.items(&["thread", &thread]).iter().map(|row| text(row, "text").to_owned()).collect();
    assert_eq!(all, (0..60).map(|number| format!("m{number}.")).collect::<Vec<_>>());
    assert_eq!(text(&ada.ok(&["thread", &thread, "--newest"])["items"][0], "text"), "m59.");
}

#[test]
fn times_are_those_of_the_reader_or_say_which() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    ada.ok(&["send", "--to-self", "--subject", "List", "--text", "bread"]);
    let posted = text(&ada.items(&["threads"])[0], "posted").to_owned();
    assert!(posted.ends_with('Z'), "scripts read UTC");
    let shown = |zone: &str| {
        let output = ada.command().arg("threads").env("TZ", zone).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(shown("UTC0").contains(&format!("{} UTC", &posted[11..16])), "{}", shown("UTC0"));
    let minutes = &posted[14..16];
    let hour: u32 = posted[11..13].parse().unwrap();
    let east = format!("{:02}:{minutes} ", (hour + 5) % 24);
    assert!(shown("XXX-5").contains(&east), "{} {}", posted, shown("XXX-5"));
}

#[test]
fn what_is_not_there_is_named_with_the_way_to_what_is() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let none = "18eac40f98d50007";
    for words in [
        &["thread", none][..],
        &["read", none],
        &["reply", none, "--text", "x"],
        &["delete", none],
        &["save", none, "a", "b"],
        &["withdraw", "0178a6c3ffb2d4"],
        &["settle", "0178a6c3ffb2d4", "--sent"],
        &["large", none, "--accept"],
    ] {
        let Answer { code, json, .. } = ada.run(words);
        assert_eq!((code, text(&json, "error")), (1, "not_found"), "{words:?}");
        let reason = text(&json, "reason");
        assert!(reason.contains(words[1]) && reason.contains('`'), "{words:?}: {reason}");
    }
}

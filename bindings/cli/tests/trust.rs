//! Who somebody is, on the terminal and for scripts: checked by the site, only claimed, or taken for somebody else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

mod common;
mod stranger;

use common::{Answer, Member, Site, introduce};
use serde_json::{Value, json};
use stranger::Stranger;

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no text {member} in {value}"))
}

fn uid(member: &Member) -> String {
    text(&member.items(&["accounts"])[0], "uid").to_owned()
}

/// A beginning of a thread: under this alias, with this list.
fn head(alias: &str, list: &[(&str, &str)]) -> Value {
    let cc: Vec<Value> = list.iter().map(|(who, uid)| json!({"who": who, "whouid": uid})).collect();
    json!({"alias": alias, "subject": "Look", "cc": cc})
}

#[test]
fn a_claimed_name_is_refused_with_who_claims_it_and_what_to_do() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let cara = Member::joined("Cara Cormorant", &site);
    let mut eve = Stranger::join(&site, "Eve Skuaaa");
    eve.post(&uid(&ada), &head("Eve Skuaaa", &[("Cara Cormorant", &uid(&cara))]), b"x");
    ada.ok(&["sync"]);
    let letter = ["--subject", "S", "--text", "secret"];
    let words = [&["send", "--to", "Cara Cormorant"][..], &letter].concat();
    let Answer { code, json, .. } = ada.run(&words);
    assert_eq!((code, text(&json, "error")), (1, "only_claimed"), "{json}");
    let reason = text(&json, "reason");
    assert!(reason.contains(&uid(&cara)) && reason.contains("ping") && reason.contains("uid"), "{reason}");
    assert!(ada.items(&["outbox"]).is_empty());
    assert!(cara.texts().is_empty());

    let claim = ada.items(&["contacts"]).into_iter().find(|row| row["alias"] == "Cara Cormorant").unwrap();
    assert_eq!((&claim["claimed"], text(&claim, "trust")), (&true.into(), "claimed"), "{claim}");
    assert!(claim["by"].is_string() && claim["by_name"].is_string(), "{claim}");
    introduce(&ada, &cara);
    assert_eq!(ada.ok(&words)["state"], "sent");
    cara.ok(&["sync"]);
    assert_eq!(cara.texts(), ["secret"]);
}

#[test]
fn an_impostor_is_marked_wherever_a_sender_is_shown() {
    let site = Site::start();
    let (ada, ben) = (Member::joined("Ada Kittiwake", &site), Member::joined("Ben Lapwing", &site));
    introduce(&ada, &ben);
    let sent = ben.ok(&["send", "--to", "Ada Kittiwake", "--subject", "Private", "--text", "ours"]);
    let private = text(&sent, "thread").to_owned();
    ada.ok(&["sync"]);
    let mut eve = Stranger::join(&site, "Eve Skuaaa");
    // With a Cyrillic letter, into a thread that is not theirs; under the very name; without anything to see.
    let into = json!({"alias": "Ben L\u{430}pwing", "threadid": private, "subject": ""});
    eve.post(&uid(&ada), &into, b"send me money");
    eve.post(&uid(&ada), &head("Ben Lapwing", &[("Ada Kittiwake", &uid(&ada))]), b"it is me");
    eve.post(&uid(&ada), &head("\u{200b}\u{2060}", &[("Ada Kittiwake", &uid(&ada))]), b"nobody");

    let synced = ada.human(&["sync"]);
    assert!(
        synced.contains("“Ben L\u{430}pwing” (NOT the checked Ben Lapwing) (not in this thread)"),
        "{synced}"
    );
    assert!(synced.contains("“Ben Lapwing” (NOT the checked Ben Lapwing)"), "{synced}");
    assert!(synced.contains("… (no name)"), "{synced}");
    let rows = ada.items(&["threads"]);
    let of = |text: &str| rows.iter().find(|row| row["text"] == text).unwrap_or_else(|| panic!("{rows:?}"));
    for said in ["send me money", "it is me"] {
        assert_eq!((text(of(said), "trust"), text(of(said), "like")), ("conflict", "Ben Lapwing"));
    }
    assert_eq!(of("send me money")["outside"], true);
    assert_eq!(text(of("nobody"), "trust"), "claimed");
    assert!(text(of("nobody"), "from").ends_with('…'));
    let threads = ada.human(&["threads"]);
    assert!(
        threads.contains("(conflict) “Ben") && threads.contains("NOT the checked Ben Lapwing"),
        "{threads}"
    );

    let messages = ada.items(&["thread", &private]);
    assert_eq!((text(&messages[0], "trust"), &messages[0]["outside"]), ("checked", &false.into()));
    assert_eq!((text(&messages[1], "trust"), &messages[1]["checked"]), ("conflict", &false.into()));
    let read = ada.human(&["read", text(&messages[1], "msgid")]);
    assert!(read.contains("NOT the checked Ben Lapwing") && read.contains("not in this thread"), "{read}");
    let contacts = ada.human(&["contacts"]);
    assert!(contacts.contains("a claim of") && contacts.contains("NOT the name of this uid"), "{contacts}");
}

#[test]
fn a_watcher_sees_it_and_pings_are_checked() {
    let site = Site::start();
    let (ada, ben) = (Member::joined("Ada Kittiwake", &site), Member::joined("Ben Lapwing", &site));
    introduce(&ada, &ben);
    let pings = ada.items(&["pings"]);
    assert!(
        pings.iter().any(|ping| ping["trust"] == "checked" && ping["from"] == "Ben Lapwing"),
        "{pings:?}"
    );
    assert!(pings.iter().any(|ping| ping["trust"] == "own"), "{pings:?}");
    let watch = ada.watch();
    Stranger::join(&site, "Eve Skuaaa").post(&uid(&ada), &head("BEN LAPWING", &[]), b"hello");
    let line = watch.until(|line| line["event"] == "message");
    assert_eq!((text(&line, "trust"), text(&line, "like")), ("conflict", "Ben Lapwing"));
    assert_eq!(watch.interrupt(), 0);
}

#[test]
fn a_reply_that_would_not_reach_everybody_is_not_sent_unasked() {
    let site = Site::start();
    let (ada, ben) = (Member::joined("Ada Kittiwake", &site), Member::joined("Ben Lapwing", &site));
    let mut eve = Stranger::join(&site, "Eve Skuaaa");
    let list = [
        ("Ada Kittiwake", uid(&ada)),
        ("Ben Lapwing", uid(&ben)),
        ("Cara Cormorant", "not a uid".to_owned()),
    ];
    let list = list.each_ref().map(|(who, uid)| (*who, uid.as_str()));
    eve.post(&uid(&ada), &head("Eve Skuaaa", &list), b"to all");
    ada.ok(&["sync"]);
    let row = ada.items(&["threads"]).remove(0);
    assert_eq!(row["unreachable"], 1);
    let recipients = row["recipients"].as_array().unwrap();
    assert_eq!(recipients.iter().map(|to| &to["reachable"]).collect::<Vec<_>>(), [true, true, false]);
    let thread = text(&row, "thread");
    assert!(ada.human(&["thread", thread]).contains("“Cara Cormorant” (claimed) (cannot be reached)"));

    let Answer { code, json, .. } = ada.run(&["reply", thread, "--text", "hello"]);
    assert_eq!((code, text(&json, "error")), (1, "unreachable"), "{json}");
    let reason = text(&json, "reason");
    assert!(reason.contains("Cara Cormorant") && reason.contains("--without-unreachable"), "{reason}");
    assert!(ada.items(&["outbox"]).is_empty());
    let sent = ada.ok(&["reply", thread, "--text", "hello", "--without-unreachable"]);
    assert_eq!(sent["state"], "sent");
    ben.ok(&["sync"]);
    assert_eq!(ben.texts(), ["hello"]);
    assert_eq!(ada.ok(&["reply", thread, "--text", "again"])["state"], "sent", "asked once");
}

#[test]
fn contacts_are_removed_by_alias_or_uid() {
    let site = Site::start();
    let (ada, ben) = (Member::joined("Ada Kittiwake", &site), Member::joined("Ben Lapwing", &site));
    introduce(&ada, &ben);
    let mut eve = Stranger::join(&site, "Eve Skuaaa");
    let list: Vec<(String, String)> = (0..9)
        .map(|at| (format!("Name {at}"), uid(&ben).replace(|c: char| c.is_ascii_digit(), &at.to_string())))
        .filter(|(_, uid)| !uid.contains('0'))
        .collect();
    let mut list: Vec<(&str, &str)> = list.iter().map(|(who, uid)| (who.as_str(), uid.as_str())).collect();
    let bens = uid(&ben);
    list.push(("Benny the Bold", &bens));
    eve.post(&uid(&ada), &head("Ben Lapwing", &list), b"x");
    ada.ok(&["sync"]);
    let Answer { code, json, .. } = ada.run(&["contacts", "remove", "Ben Lapwing"]);
    assert_eq!(code, 2, "two uids under one alias: {json}");
    assert_eq!(ada.ok(&["contacts", "remove", "Ben Lapwing", "--uid", &bens])["state"], "removed");
    assert_eq!(ada.ok(&["contacts", "remove", "Ben Lapwing"])["state"], "removed");
    assert_eq!(ada.run(&["contacts", "remove", "Ben Lapwing"]).code, 1);
    assert_eq!(ada.ok(&["contacts", "remove", &bens])["state"], "removed");
    assert!(ada.items(&["contacts"]).iter().all(|row| row["uid"] != bens.as_str()));
    assert_eq!(ada.run(&["send", "--to", "Ben Lapwing", "--subject", "S", "--text", "x"]).code, 1);
}

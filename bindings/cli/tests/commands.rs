//! Each command once, as a script uses it: names, JSON, exit codes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

mod common;

use common::{Member, Site, introduce, tmtp};
use serde_json::Value;

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no text {member} in {value}"))
}

#[test]
fn a_member_joins_and_is_listed() {
    let site = Site::start();
    let ada = Member::new("Ada Kittiwake");
    let joined = ada.ok(&["join", &site.address, "--alias", "Ada Kittiwake", "--name", "home"]);
    assert_eq!(text(&joined, "account"), "home");
    assert_eq!(text(&joined, "site"), site.address);
    assert_eq!(joined["aliases"], serde_json::json!(["Ada Kittiwake"]));
    assert_eq!(text(&joined, "uid").len(), 32);

    let accounts = ada.items(&["accounts"]);
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0]["uid"], joined["uid"]);
    let status = &ada.items(&["status"])[0];
    for member in
        ["account", "state", "since", "next_try", "queued", "in_doubt", "parked", "too_large", "counters"]
    {
        assert!(status.get(member).is_some(), "{member} is missing in {status}");
    }
}

#[test]
fn mail_with_an_attachment_goes_there_and_back() {
    let site = Site::start();
    let (ada, ben) = (Member::joined("Ada Kittiwake", &site), Member::joined("Ben Lapwing", &site));
    introduce(&ada, &ben);
    let contact = &ada.items(&["contacts"])[0];
    assert_eq!(
        (text(contact, "alias"), &contact["claimed"], &contact["conflict"]),
        ("Ben Lapwing", &false.into(), &false.into())
    );

    let map: Vec<u8> = (0..200_000_u32).map(|n| (n * 7 % 251) as u8).collect();
    let file = ada.path("map ä.bin");
    std::fs::write(&file, &map).unwrap();
    let words = [
        "send",
        "--to",
        "Ben Lapwing",
        "--note",
        "Ben Lapwing=partner",
        "--subject",
        "Nest count",
        "--text",
        "See the map.",
        "--attach",
    ];
    let sent = ada.ok(&[&words[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(text(&sent, "state"), "sent");
    let thread = text(&sent, "thread");

    let synced = ben.ok(&["sync"]);
    let arrived = &synced["items"][0];
    assert_eq!(text(arrived, "state"), "new");
    assert_eq!(text(&arrived["messages"][0], "text"), "See the map.");
    let unread = ben.items(&["threads", "--unread"]);
    assert_eq!(
        (unread.len(), text(&unread[0], "thread"), text(&unread[0], "from")),
        (1, thread, "Ada Kittiwake")
    );

    let message = &ben.items(&["thread", thread])[0];
    assert_eq!(text(&message["attachments"][0], "name"), "map ä.bin");
    assert_eq!(message["attachments"][0]["size"], map.len());
    assert!(message["cc"].as_array().unwrap().iter().any(|cc| cc["note"] == "partner"), "{message}");
    let id = text(message, "msgid");
    assert_eq!(ben.ok(&["read", id])["unread"], true);
    assert!(ben.items(&["threads", "--unread"]).is_empty(), "reading marks as read");

    let saved = ben.path("saved.bin");
    ben.ok(&["save", id, "map ä.bin", saved.to_str().unwrap()]);
    assert_eq!(std::fs::read(&saved).unwrap(), map);
    assert_eq!(
        ben.run(&["save", id, "map ä.bin", saved.to_str().unwrap()]).code,
        1,
        "nothing is overwritten"
    );

    let reply = ben.run_with(&["reply", thread, "--text", "-"], "Three is more\nthan I hoped for.\n");
    assert_eq!((reply.code, text(&reply.json, "thread")), (0, thread), "{}", reply.text);
    ada.ok(&["sync"]);
    let texts: Vec<_> = ada.items(&["thread", thread]).iter().map(|m| text(m, "text").to_owned()).collect();
    assert_eq!(texts, ["See the map.", "Three is more\nthan I hoped for.\n"]);
    assert!(ada.items(&["outbox"]).is_empty());
}

#[test]
fn a_note_to_self_is_sent_and_deleted() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let sent = ada.ok(&["send", "--to-self", "--subject", "List", "--text", "bread"]);
    assert_eq!(ada.texts(), ["bread"]);
    ada.ok(&["delete", text(&sent, "thread"), "--yes"]);
    assert!(ada.items(&["threads"]).is_empty());
}

#[test]
fn deleting_takes_a_message_or_a_whole_thread() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let sent = ada.ok(&["send", "--to-self", "--subject", "List", "--text", "one"]);
    let thread = text(&sent, "thread");
    let second = ada.ok(&["reply", thread, "--text", "two"]);
    ada.ok(&["reply", thread, "--text", "three"]);
    ada.ok(&["delete", text(&second, "msgid"), "--yes"]);
    assert_eq!(ada.texts(), ["one", "three"]);
    ada.ok(&["delete", thread, "--message", "--yes"]);
    assert_eq!(ada.texts(), ["three"]);
    ada.ok(&["delete", thread, "--yes"]);
    assert!(ada.items(&["threads"]).is_empty());
}

#[test]
fn a_second_node_takes_its_ticket_and_gets_mail() {
    let site = Site::start();
    let (ada, ben) = (Member::joined("Ada Kittiwake", &site), Member::joined("Ben Lapwing", &site));
    introduce(&ada, &ben);
    let ticket = ada.ok(&["node", "add", "tablet"]);
    let tablet = Member::new("Ada Kittiwake");
    let joined = tablet.run_with(&["join", "--node", "-", "--name", "tablet"], text(&ticket, "ticket"));
    assert_eq!((joined.code, text(&joined.json, "account")), (0, "tablet"), "{}", joined.text);
    assert_ne!(ada.run(&["node", "add", "tablet"]).code, 0, "a ticket is shown once");

    ben.ok(&["send", "--to", "Ada Kittiwake", "--subject", "To both", "--text", "hello"]);
    ada.ok(&["sync"]);
    tablet.ok(&["sync"]);
    assert_eq!((ada.texts(), tablet.texts()), (vec!["hello".to_owned()], vec!["hello".to_owned()]));
}

#[test]
fn a_further_alias_is_held_and_one_that_is_taken_is_refused() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let _ben = Member::joined("Ben Lapwing", &site);
    assert_eq!(ada.ok(&["alias", "add", "Ada of the Pier"])["state"], "held");
    let refused = ada.run(&["alias", "add", "Ben Lapwing"]);
    assert_eq!((refused.code, text(&refused.json, "state")), (1, "refused"), "{}", refused.text);
    assert!(!text(&refused.json, "reason").is_empty());
}

#[test]
fn joining_under_a_taken_alias_says_so() {
    let site = Site::start();
    let _ben = Member::joined("Ben Lapwing", &site);
    let second = Member::new("Ben Lapwing");
    let answer = second.run(&["join", &site.address, "--alias", "Ben Lapwing"]);
    assert_eq!(answer.code, 1, "{}", answer.text);
    assert!(!text(&answer.json, "reason").is_empty());
}

#[test]
fn an_account_that_is_removed_is_gone() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let name = text(&ada.items(&["accounts"])[0], "account").to_owned();
    ada.ok(&["accounts", "remove", &name, "--yes"]);
    assert!(ada.items(&["accounts"]).is_empty());
    assert_eq!(ada.run(&["threads"]).code, 2);
    assert_eq!(ada.run(&["accounts", "remove", &name]).code, 1);
}

#[test]
fn refusals_exit_with_1_and_usage_errors_with_2() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    for (code, words) in [
        (1, &["send", "--to", "Nobody Known", "--subject", "x", "--text", "x"][..]),
        (1, &["ping", "Nobody at all"]),
        (1, &["thread", "0000000000000001"]),
        (1, &["withdraw", "00000000000001"]),
        (2, &["ping", "short"]),
        (2, &["thread", "what"]),
        (2, &["threads", "--page", "what"]),
        (2, &["send", "--subject", "x"]),
        (2, &["send", "--to-self", "--subject", "x", "--wait", "-1"]),
        (2, &["send", "--to-self", "--subject", "", "--text", "x"]),
        (2, &["send", "--to-self", "--subject", "x"]),
        (2, &["send", "--to", "Ada Kittiwake", "--subject", "x", "--text", "x"]),
        (2, &["reply", "0000000000000001", "--attach", "/no/such/file/really"]),
        (2, &["--account", "nobody", "threads"]),
        (2, &["frobnicate"]),
    ] {
        let answer = ada.run(words);
        let is_file = words.contains(&"--attach");
        assert!(
            answer.code == code || is_file && answer.code == 1,
            "{words:?}: {} {}",
            answer.code,
            answer.text
        );
        assert!(!answer.text.trim().is_empty(), "{words:?} says nothing");
    }
}

#[test]
fn a_failure_with_json_is_a_document() {
    let ada = Member::new("Ada Kittiwake");
    let answer = ada.run(&["threads"]);
    assert_eq!(answer.code, 2);
    assert_eq!(text(&answer.json, "state"), "error");
    assert!(!text(&answer.json, "error").is_empty() && !text(&answer.json, "reason").is_empty());
}

#[test]
fn with_two_accounts_one_must_be_named() {
    let (harbour, mountain) = (Site::start(), Site::start());
    let ada = Member::new("Ada Kittiwake");
    ada.ok(&["join", &harbour.address, "--alias", "Ada Kittiwake", "--name", "harbour"]);
    ada.ok(&["join", &mountain.address, "--alias", "Ada Kittiwake", "--name", "mountain"]);
    assert_eq!(ada.run(&["threads"]).code, 2);
    assert!(ada.items(&["--account", "mountain", "threads"]).is_empty());
    assert_eq!(ada.items(&["status"]).len(), 2);
    assert_eq!(ada.items(&["sync"]).len(), 2);
}

#[test]
fn what_is_queued_can_be_withdrawn_and_is_never_sent() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let sent = ada.ok(&["send", "--to-self", "--subject", "x", "--text", "no", "--wait", "0"]);
    assert_eq!(text(&sent, "state"), "queued");
    assert_eq!(ada.items(&["outbox"]).len(), 1);
    assert_eq!(text(&ada.ok(&["withdraw", text(&sent, "send_id")]), "state"), "withdrawn");
    ada.ok(&["sync"]);
    assert!(ada.texts().is_empty());
}

#[test]
fn lists_are_paged() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    for number in 0..55 {
        let subject = format!("no. {number}");
        ada.ok(&["send", "--to-self", "--subject", &subject, "--empty", "--wait", "0"]);
    }
    assert!(ada.ok(&["threads"])["next"].is_string());
    assert_eq!(ada.items(&["threads"]).len(), 55);
    assert_eq!(ada.items(&["outbox"]).len(), 55);
}

#[test]
fn a_sync_lists_everything_that_came_and_counts_it() {
    let site = Site::start();
    let (ada, ben) = (Member::joined("Ada Kittiwake", &site), Member::joined("Ben Lapwing", &site));
    introduce(&ada, &ben);
    let words = ["send", "--to", "Ada Kittiwake", "--subject", "Many", "--text", "no. 0", "--wait", "0"];
    let thread = text(&ben.ok(&words), "thread").to_owned();
    for number in 1..300 {
        ben.ok(&["reply", &thread, "--text", &format!("no. {number}"), "--wait", "0"]);
    }
    ben.ok(&["sync"]);
    let synced = &ada.ok(&["sync"])["items"][0];
    let texts: Vec<_> = synced["messages"].as_array().unwrap().iter().map(|m| text(m, "text")).collect();
    let expected: Vec<_> = (0..300).map(|number| format!("no. {number}")).collect();
    assert_eq!(
        (texts, synced["arrived"].as_u64()),
        (expected.iter().map(String::as_str).collect(), Some(300))
    );
}

#[test]
fn people_get_tables_without_colours_when_piped() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    ada.ok(&[
        "send",
        "--to-self",
        "--subject",
        "Nest \u{1b}count".replace('\u{1b}', "").as_str(),
        "--text",
        "\u{1b}[2Jx",
    ]);
    for words in [&["accounts"][..], &["status"], &["threads"], &["outbox"], &["contacts"]] {
        let text = ada.human(words);
        assert!(!text.is_empty() && !text.contains('\u{1b}'), "{words:?}: {text}");
    }
    assert!(ada.human(&["threads"]).contains("Nest count"));
}

#[test]
fn help_and_completions_are_there() {
    let output = tmtp().args(["send", "--help"]).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("Example:"));
    for shell in ["bash", "zsh", "fish"] {
        let output = tmtp().args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && output.stdout.len() > 1000, "{shell}");
    }
}

#[test]
fn a_damaged_account_says_so_and_is_salvaged_with_the_old_store_kept() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    for number in 0..60 {
        let text = format!("{number} {}", "x".repeat(3000));
        ada.ok(&["send", "--to-self", "--subject", "s", "--text", &text, "--wait", "0"]);
    }
    ada.ok(&["sync"]);
    let name = ada.items(&["accounts"])[0]["account"].as_str().unwrap().to_owned();
    let folder = ada.path(&format!("accounts/{name}"));
    let database = folder.join("mail.db");
    let mut bytes = std::fs::read(&database).unwrap();
    // Pages behind those that begin the tables: the head and the list of tables stay readable.
    for page in (60..bytes.len() / 4096).step_by(9) {
        bytes[page * 4096..(page + 1) * 4096].fill(0x5a);
    }
    std::fs::write(&database, bytes).unwrap();

    let saved = ada.ok(&["accounts", "salvage", &name]);
    assert_eq!(text(&saved, "state"), "salvaged");
    assert!(folder.join(text(&saved, "kept")).exists(), "{saved}");
    let message =
        saved["tables"].as_array().unwrap().iter().find(|table| table["name"] == "message").unwrap();
    assert!(message["read"].as_u64().unwrap() > 0 && message["lost"] != 0, "{message}");
    assert!(!ada.items(&["threads"]).is_empty(), "what was saved is shown");
    assert_eq!(ada.run(&["sync"]).code, 0);
}

#[test]
fn a_home_that_is_a_file_is_named_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine");
    std::fs::write(&file, "x").unwrap();
    for words in
        [&["accounts"][..], &["threads"], &["status"], &["join", "=127.0.0.1:1", "--alias", "Ada Kittiwake"]]
    {
        let output = tmtp().arg("--home").arg(&file).args(words).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
        assert!(said.contains("mine is not a folder"), "{said}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "x");
}

#[test]
fn where_something_else_listens_one_is_asked_whether_it_is_a_site() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("={}", listener.local_addr().unwrap());
    // Ends with the process; a client that goes away is no trouble of it.
    std::thread::spawn(move || {
        for mut link in listener.incoming().map_while(Result::ok) {
            let _ = std::io::Write::write_all(&mut link, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let ada = Member::new("Ada Kittiwake");
    let answer = ada.run(&["join", &address, "--alias", "Ada Kittiwake", "--wait", "2"]);
    assert_eq!((answer.code, text(&answer.json, "error")), (1, "network"), "{}", answer.text);
    assert!(text(&answer.json, "reason").contains("is it a site that listens there?"), "{}", answer.text);
    assert!(ada.items(&["accounts"]).is_empty());
}

#[test]
fn what_a_site_refuses_is_said_in_words_for_people() {
    let site = Site::start();
    let ada = Member::joined("Ada Kittiwake", &site);
    let output = ada.command().args(["ping", "Nobody Known"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "It was not sent: nobody there is called “Nobody Known”\n");
    let _ben = Member::joined("Ben Lapwing", &site);
    let answer = ada.run(&["join", &site.address, "--alias", "Ben Lapwing", "--name", "second"]);
    assert_eq!(
        text(&answer.json, "reason"),
        "the site refuses: “Ben Lapwing” is taken; choose another alias"
    );
    let answer = ada.run(&["accounts", "remove", "second"]);
    assert_eq!(
        (answer.code, text(&answer.json, "reason")),
        (1, "there is no account “second”; see `accounts`")
    );
}

#[test]
fn a_join_that_is_interrupted_ends_in_order() {
    // Nobody ever answers here.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ada = Member::new("Ada Kittiwake");
    let address = format!("={}", listener.local_addr().unwrap());
    let words = ["join", &address, "--alias", "Ada Kittiwake"];
    let child = ada.command().args(words).stderr(std::process::Stdio::piped()).spawn().unwrap();
    // It dials, so it listens for signals by now.
    drop(listener.accept().unwrap());
    common::interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("interrupted"));
}

#[test]
fn a_site_that_serves_says_where_in_a_document_too() {
    let mut child = tmtp()
        .args(["--json", "site", "serve", "--name", "harbour", "--gaps"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut reader = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
    common::interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let document: Value = serde_json::from_str(&line).unwrap();
    assert!(text(&document, "site").starts_with("=127.0.0.1:"), "{line}");
    assert_eq!(text(&document, "site_name"), "harbour");
}

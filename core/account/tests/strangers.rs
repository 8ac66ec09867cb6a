//! What strangers claim: a name never leads to them, no list fills the address book, and nobody gets nothing in
//! silence.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::time::Duration;

use tmtp_account::{Command, Event, Recipient, Refused, Reply, SaveDraft, Send, To};
use tmtp_wire::ids::{MessageRef, Uid};
use world::World;
use world::stock::Stock;

const SECOND: Duration = Duration::from_secs(1);
const CLAIMS: &str = "SELECT count(*) FROM contact WHERE source = 'claimed'";

fn cc(list: &[(&str, &str)]) -> String {
    let entries: Vec<String> =
        list.iter().map(|(who, uid)| format!("{{\"who\":\"{who}\",\"whouid\":\"{uid}\"}}")).collect();
    entries.join(",")
}

fn head(alias: &str, list: &[(&str, &str)]) -> String {
    format!("{{\"alias\":\"{alias}\",\"subject\":\"s\",\"cc\":[{}]}}", cc(list))
}

fn refused(world: &mut World, who: usize, to: &str) -> Refused {
    let send = world.send_command("to nobody", &[to], "to nobody");
    world.ask(who, Command::Send(send)).unwrap_err()
}

fn somebody(number: usize) -> String {
    let digits: String =
        format!("{number:08}").bytes().map(|b| char::from(b"123456789B"[usize::from(b - b'0')])).collect();
    format!("{digits}X2MXV9DTL4RWC8NPJ56GSY1Z")
}

#[test]
fn what_a_sender_claims_is_never_a_recipient() {
    let mut world = World::new();
    let anna = world.join("anna alias");
    let cara = world.join("Cara Cormorant");
    let stock = Stock::join(&mut world);
    let uid = world.uid(anna);
    stock.post(&mut world, &uid, &head("x", &[("Cara Cormorant", stock.uid.as_str())]), b"I list Cara as me");
    stock.post(&mut world, &uid, &head("Cara Cormorant", &[]), b"and write as her");
    let refused = refused(&mut world, anna, "Cara Cormorant");
    let said = matches!(&refused, Refused::OnlyClaimed { who, uid, by, by_name: None }
        if who == "Cara Cormorant" && *uid == stock.uid && *by == stock.uid);
    assert!(said, "{refused:?}");
    assert_eq!(world.members[anna].number("SELECT count(*) FROM message WHERE own = 1"), 0);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    // Once the true one has pinged, the name is hers.
    world.ping(cara, "anna alias", "hello");
    world.run(SECOND);
    world.begin(anna, &["Cara Cormorant"], "to the true one");
    world.run(SECOND);
    assert_eq!(world.members[cara].texts(), ["to the true one"]);
}

#[test]
fn a_draft_to_a_claimed_name_is_kept_and_not_sent() {
    let mut world = World::new();
    let anna = world.join("anna alias");
    let stock = Stock::join(&mut world);
    let uid = world.uid(anna);
    stock.post(&mut world, &uid, &head("Cara Cormorant", &[]), b"I am Cara");
    let to = || To::NewThread {
        recipients: vec![Recipient { who: "Cara Cormorant".to_owned(), note: String::new() }],
        from_alias: None,
    };
    let draft = SaveDraft {
        id: "to nobody".to_owned(),
        to: to(),
        subject: "s".to_owned(),
        text: "t".to_owned(),
        attachments: Vec::new(),
    };
    world.ask(anna, Command::SaveDraft(draft)).unwrap();
    let refused = refused(&mut world, anna, "Cara Cormorant");
    assert!(matches!(refused, Refused::OnlyClaimed { .. }), "{refused:?}");
    assert_eq!(world.members[anna].number("SELECT count(*) FROM draft"), 1, "the draft is still there");
}

#[test]
fn a_name_that_is_claimed_for_several_asks_for_a_uid() {
    let mut world = World::new();
    let anna = world.join("anna alias");
    let stock = Stock::join(&mut world);
    let uid = world.uid(anna);
    let list = [("Cara Cormorant", &*somebody(1)), ("Cara Cormorant", &*somebody(2))];
    stock.post(&mut world, &uid, &head("x", &list), b"");
    match refused(&mut world, anna, "Cara Cormorant") {
        Refused::ConflictingAlias { uids, .. } => assert_eq!(uids.len(), 2),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_checked_look_alike_takes_nobodys_name() {
    let (mut world, anna, berta) = World::pair();
    // With a Cyrillic letter.
    let false_berta = world.join("bert\u{430} alias");
    let false_anna = world.join("ANNA ALIAS");
    for who in [false_berta, false_anna] {
        world.ping(who, "anna alias", "hello");
    }
    world.run(SECOND);
    world.begin(anna, &["berta alias"], "to the first");
    world.run(SECOND);
    assert_eq!(world.members[berta].texts(), ["to the first"]);
    let (own, hers, his, theirs) =
        (world.uid(anna), world.uid(berta), world.uid(false_berta), world.uid(false_anna));
    for (name, expected) in [("bert\u{430} alias", [hers, his]), ("ANNA ALIAS", [own, theirs])] {
        match refused(&mut world, anna, name) {
            Refused::ConflictingAlias { uids, .. } => {
                assert_eq!(uids.iter().map(Uid::to_string).collect::<Vec<_>>(), expected);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_claimed_name_is_not_passed_on_as_known() {
    let (mut world, anna, berta) = World::pair();
    let carla = world.join("carla alias");
    let (annas, carlas) = (world.uid(anna), world.uid(carla));
    let stock = Stock::join(&mut world);
    stock.post(&mut world, &annas, &head("x", &[("Cara Cormorant", &carlas)]), b"");
    world.begin(anna, &["berta alias", &carlas], "to both");
    world.run(SECOND);
    for who in [berta, carla] {
        assert_eq!(world.members[who].texts(), ["to both"], "each finds their uid in the list");
        let names = "SELECT who FROM recipient ORDER BY place";
        let expected = ["anna alias".to_owned(), "berta alias".to_owned(), format!("uid {carlas}")];
        assert_eq!(world.members[who].look::<String>(names), expected);
    }
    let known = "SELECT count(*) FROM contact WHERE alias = 'Cara Cormorant'";
    assert_eq!(world.members[berta].number(known), 0);
}

#[test]
fn one_message_and_one_sender_add_few_claims_however_long_their_lists() {
    let (mut world, anna, _) = World::pair();
    let stock = Stock::join(&mut world);
    let uid = world.uid(anna);
    let others = world.members[anna].number("SELECT count(*) FROM contact");
    for round in 0..4 {
        let names: Vec<(String, String)> =
            (0..200).map(|at| (format!("Name {round} {at}"), somebody(round * 1000 + at))).collect();
        let list: Vec<(&str, &str)> = names.iter().map(|(name, uid)| (name.as_str(), uid.as_str())).collect();
        stock.post(&mut world, &uid, &head(&format!("Eve {round}"), &list), b"");
        let claims = world.members[anna].number(CLAIMS) - (round as i64 + 1);
        assert_eq!(claims, (32 * (round as i64 + 1)).min(64));
        assert_eq!(world.members[anna].number("SELECT count(*) FROM recipient"), 200 * (round as i64 + 1));
    }
    assert_eq!(world.members[anna].number("SELECT count(*) FROM contact"), others + 64 + 4);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM contact WHERE alias = 'berta alias'"), 1);
    world.begin(anna, &["berta alias"], "as before");
}

#[test]
fn a_contact_is_removed_and_told_again() {
    let (mut world, anna, berta) = World::pair();
    let (bertas, annas): (Uid, String) = (world.uid(berta).parse().unwrap(), world.uid(anna));
    let remove = |uid: &Uid| Command::RemoveContact { alias: "berta alias".to_owned(), uid: uid.clone() };
    world.events(anna);
    assert!(matches!(world.ask(anna, remove(&bertas)), Ok(Reply::Done)));
    assert!(world.events(anna).contains(&Event::ContactsChanged));
    assert!(matches!(world.ask(anna, remove(&bertas)), Err(Refused::NotFound)));
    let why = refused(&mut world, anna, "berta alias");
    assert!(matches!(why, Refused::UnknownRecipient { .. }), "{why:?}");
    world.ping(berta, "anna alias", "once more");
    world.run(SECOND);
    world.begin(anna, &["berta alias"], "known again");

    let stock = Stock::join(&mut world);
    for round in 1..3 {
        stock.post(&mut world, &annas, &head("Stock Person", &[]), b"x");
        assert_eq!(
            world.members[anna].number("SELECT count(*) FROM contact WHERE alias = 'Stock Person'"),
            1,
            "{round}"
        );
        let alias = "Stock Person".to_owned();
        world.ask(anna, Command::RemoveContact { alias, uid: stock.uid.clone() }).unwrap();
    }
}

fn reply(world: &mut World, who: usize, thread: MessageRef) -> Result<Reply, Refused> {
    let send = Send {
        draft: "reply".to_owned(),
        to: To::Reply(thread),
        subject: String::new(),
        text: "reply".to_owned(),
        attachments: Vec::new(),
    };
    world.ask(who, Command::Send(send))
}

#[test]
fn entries_that_name_nobody_are_said_before_a_reply_and_hold_up_nobody_else() {
    let (mut world, anna, berta) = World::pair();
    let stock = Stock::join(&mut world);
    let (annas, bertas) = (world.uid(anna), world.uid(berta));
    let list = [
        ("Stock Person", stock.uid.as_str()),
        ("anna alias", &annas),
        ("berta alias", &bertas),
        ("Cara Cormorant", "no uid"),
        ("Dora\\u001b[2J Dunlin", ""),
    ];
    stock.post(&mut world, &annas, &head("Stock Person", &list), b"to all");
    let thread = world.members[anna].thread();
    let why = reply(&mut world, anna, thread).unwrap_err();
    match &why {
        Refused::Unreachable { who, count: 2 } => {
            assert_eq!(who[0], "Cara Cormorant");
            assert!(who[1].starts_with("Dora") && !who[1].contains('\u{1b}'), "{who:?}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.members[anna].texts(), ["to all"], "nothing half done");
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    world.events(anna);
    world.ask(anna, Command::GoWithoutUnreachable(thread)).unwrap();
    assert!(world.events(anna).contains(&Event::ThreadChanged(thread)));
    // The same draft, once the person knows.
    assert!(matches!(reply(&mut world, anna, thread), Ok(Reply::Sent { .. })));
    world.run(SECOND);
    assert_eq!(world.members[berta].texts(), ["reply"]);
    assert!(matches!(reply(&mut world, anna, thread), Ok(Reply::Sent { .. })), "still the same message");
}

#[test]
fn a_list_of_uids_alone_is_replied_to_without_a_question() {
    let (mut world, anna, berta) = World::pair();
    world.begin(anna, &["berta alias"], "hello");
    world.run(SECOND);
    let thread = world.members[berta].thread();
    assert!(matches!(reply(&mut world, berta, thread), Ok(Reply::Sent { .. })));
}

//! Who somebody is: rows say what the site has checked, what is only claimed, and what is somebody else's name; and
//! nobody can fill the address book.

use std::fs;

use rusqlite::Connection;
use tmtp_store::read::{MessageRow, Page};
use tmtp_store::write::inbox::{self, NewMessage};
use tmtp_store::write::{aliases, contacts, names, pings, threads, too_large};
use tmtp_store::{NameTrust, Reader, SenderRow, Writer, limits};
use tmtp_wire::datahead::Cc;
use tmtp_wire::ids::{MessageRef, MsgId, Uid};
use tmtp_wire::time::Wall;

use super::world::{ALICE, BOB, INSTALL, World, place, uid, world};

const EVE: &str = "5F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";

fn check(world: &mut World, alias: &str, who: &str, msgid: u64) {
    contacts::check(world.writer.connection(), alias, &uid(who), MsgId(msgid), Wall(1)).unwrap();
}

fn claim(world: &mut World, alias: &str, who: &str, by: &str, msgid: u64) -> contacts::Claimed {
    let conn = world.writer.connection();
    contacts::claim(conn, alias, &uid(who), &uid(by), Some(MsgId(msgid)), Wall(1)).unwrap()
}

/// A message of somebody under this alias in a thread of Bob's.
fn message(world: &mut World, from: &str, alias: &str) -> MessageRow {
    let thread = world.bob_begins(0x10, "S");
    let conn = world.writer.connection();
    let message = NewMessage {
        thread,
        msgid: Some(MsgId(0x20)),
        send_id: None,
        own: false,
        from_uid: from,
        from_alias: alias,
        subject: "",
        text: "t",
        posted: None,
        written: None,
        content: &[1; 32],
        header_head: Some(b"{}"),
        data_head: Some(b"{}"),
        unread: true,
    };
    let id = inbox::insert(conn, &message).unwrap();
    names::name_message(conn, id, MsgId(0x20), None, &[2; 32]).unwrap();
    threads::shown(conn, thread, tmtp_store::values::id_in(MsgId(0x20)), true).unwrap();
    world.reader().message(MessageRef::Site(MsgId(0x20))).unwrap().unwrap()
}

fn seen(row: &SenderRow) -> (&str, Option<&str>, NameTrust, Option<&str>) {
    (&row.name, row.claimed.as_deref(), row.trust, row.like.as_deref())
}

#[test]
fn a_sender_is_checked_claimed_or_in_conflict_in_every_row() {
    let mut world = world();
    check(&mut world, "Bob Builder", BOB, 1);
    let row = message(&mut world, EVE, "Bob Builder");
    assert_eq!(seen(&row.from), ("Bob Builder", None, NameTrust::Conflict, Some("Bob Builder")));
    assert_eq!(row.from.uid, EVE);
    let thread = world.reader().thread_row(row.thread).unwrap().unwrap();
    assert_eq!(thread.from, row.from, "the newest message's writer");
    let listed = &world.reader().threads(false, &Page::default()).unwrap().items[0];
    assert_eq!(listed.from, row.from);
    let first = world.reader().message(MessageRef::Site(MsgId(0x10))).unwrap().unwrap();
    assert_eq!(seen(&first.from), ("Bob Builder", None, NameTrust::Checked, None));
}

#[test]
fn a_name_that_only_its_sender_gives_is_claimed() {
    let mut world = world();
    let row = message(&mut world, EVE, "Eve Egret");
    assert_eq!(seen(&row.from), ("Eve Egret", None, NameTrust::Claimed, None));
}

#[test]
fn a_checked_member_who_takes_another_name_is_shown_by_the_checked_one() {
    let mut world = world();
    check(&mut world, "Eve Egret", EVE, 1);
    let row = message(&mut world, EVE, "Mrs Egret");
    assert_eq!(seen(&row.from), ("Eve Egret", Some("Mrs Egret"), NameTrust::Checked, None));
    let conn = world.writer.connection();
    contacts::check(conn, "Mrs Egret", &uid(BOB), MsgId(2), Wall(1)).unwrap();
    let row = world.reader().message(row.msgid).unwrap().unwrap();
    assert_eq!(seen(&row.from), ("Eve Egret", Some("Mrs Egret"), NameTrust::Conflict, Some("Mrs Egret")));
}

#[test]
fn look_alikes_of_known_names_are_conflicts() {
    for (alias, shown) in [
        ("BOB BUILDER", "BOB BUILDER"),
        // Cyrillic.
        ("В\u{43e}b Builder", "В\u{43e}b Builder"),
        ("Bob\u{200b} Builder", "Bob Builder"),
    ] {
        let mut world = world();
        check(&mut world, "Bob Builder", BOB, 1);
        let row = message(&mut world, EVE, alias);
        assert_eq!(seen(&row.from), (shown, None, NameTrust::Conflict, Some("Bob Builder")), "{alias:?}");
    }
}

#[test]
fn an_own_alias_is_nobody_elses() {
    let mut world = world();
    aliases::hold(world.writer.connection(), "Alice in W").unwrap();
    let row = message(&mut world, EVE, "alice in w");
    assert_eq!(seen(&row.from), ("alice in w", None, NameTrust::Conflict, Some("Alice in W")));
}

#[test]
fn a_name_without_anything_to_see_is_the_beginning_of_the_uid() {
    for alias in ["", "\u{200b}\u{200d}\u{2060}", "   ", "\u{e0041}", &format!("uid {EVE}")] {
        let mut world = world();
        let row = message(&mut world, EVE, alias);
        assert_eq!(seen(&row.from), ("5F%BZ+K7…", None, NameTrust::Claimed, None), "{alias:?}");
    }
}

#[test]
fn what_steers_a_screen_is_not_in_a_name() {
    let mut world = world();
    let row = message(&mut world, EVE, "E\u{1b}[2Jve\n\u{202e}x");
    assert!(!row.from.name.contains(['\u{1b}', '\n', '\u{202e}']), "{:?}", row.from.name);
}

#[test]
fn of_two_checked_names_that_look_the_same_the_later_one_is_in_conflict() {
    let mut world = world();
    check(&mut world, "Bob Builder", BOB, 7);
    check(&mut world, "bob builder", EVE, 9);
    let rows = world.reader().contacts(&Page::default()).unwrap().items;
    let of = |who: &str| rows.iter().find(|row| row.uid == who).map(|row| (row.trust, row.conflict));
    assert_eq!(of(BOB), Some((NameTrust::Checked, true)));
    assert_eq!(of(EVE), Some((NameTrust::Conflict, true)));
    let conn = world.writer.connection();
    assert_eq!(contacts::known_earlier(conn, "bob builder", &uid(EVE)).unwrap(), Some(uid(BOB)));
    assert_eq!(contacts::known_earlier(conn, "Bob Builder", &uid(BOB)).unwrap(), None);
}

#[test]
fn two_who_call_themselves_the_same_are_both_in_conflict_and_a_third_partys_word_is_none() {
    let mut world = world();
    claim(&mut world, "Dora Dunlin", BOB, EVE, 1);
    let row = message(&mut world, EVE, "Dora Dunlin");
    assert_eq!(row.from.trust, NameTrust::Claimed, "what Eve says of Bob is no proof");
    claim(&mut world, "Dora Dunlin", BOB, BOB, 2);
    let row = world.reader().message(row.msgid).unwrap().unwrap();
    assert_eq!(seen(&row.from), ("Dora Dunlin", None, NameTrust::Conflict, None));
}

#[test]
fn a_sender_who_is_not_in_the_list_of_the_thread_is_marked() {
    let mut world = world();
    let row = message(&mut world, EVE, "Eve Egret");
    assert!(row.from.outside);
    assert!(world.reader().thread_row(row.thread).unwrap().unwrap().from.outside);
    let conn = world.writer.connection();
    let entry = |who_uid: &str| Cc { who: "x".to_owned(), who_uid: who_uid.to_owned(), ..Cc::default() };
    let id = threads::find(conn, row.thread).unwrap().unwrap().id;
    threads::set_recipients(conn, id, &[entry(ALICE), entry(EVE)]).unwrap();
    assert!(!world.reader().message(row.msgid).unwrap().unwrap().from.outside);
    let group = Cc { who: "The Group".to_owned(), who_uid: "The Group".to_owned(), ..Cc::default() };
    threads::set_recipients(world.writer.connection(), id, &[entry(ALICE), group]).unwrap();
    assert!(
        !world.reader().message(row.msgid).unwrap().unwrap().from.outside,
        "nobody knows who is in a group"
    );
    threads::set_recipients(world.writer.connection(), id, &[]).unwrap();
    assert!(!world.reader().message(row.msgid).unwrap().unwrap().from.outside, "there is no list");
}

#[test]
fn pings_and_what_is_too_large_say_it_too() {
    let mut world = world();
    check(&mut world, "Bob Builder", BOB, 1);
    let conn = world.writer.connection();
    for (msgid, from, alias) in [(5, BOB, "Bob Builder"), (6, EVE, "B0b Builder"), (7, EVE, "bob builder")] {
        let ping = pings::NewPing {
            msgid: Some(MsgId(msgid)),
            own: false,
            from_uid: from,
            from_alias: alias,
            to_alias: "Alice in W",
            text: "",
            token: None,
            posted: None,
            written: None,
            unread: true,
        };
        pings::insert(conn, &ping).unwrap();
    }
    too_large::ask(conn, MsgId(8), Some(&uid(BOB)), 9).unwrap();
    too_large::ask(conn, MsgId(9), None, 9).unwrap();
    let rows = world.reader().pings(&Page::default()).unwrap().items;
    let trust: Vec<NameTrust> = rows.iter().rev().map(|row| row.from.trust).collect();
    assert_eq!((trust[0], trust[2]), (NameTrust::Checked, NameTrust::Conflict));
    let rows = world.reader().too_large().unwrap();
    assert_eq!((rows[0].from.name.as_str(), rows[0].from.trust), ("Bob Builder", NameTrust::Checked));
    assert_eq!((rows[1].from.uid.as_str(), rows[1].from.name.as_str()), ("", ""));
}

#[test]
fn recipients_are_judged_like_senders_and_say_whether_they_can_be_reached() {
    let mut world = world();
    check(&mut world, "Bob Builder", BOB, 1);
    let thread = world.bob_begins(0x10, "S");
    let entry = |who: &str, uid: &str| Cc { who: who.to_owned(), who_uid: uid.to_owned(), ..Cc::default() };
    let list = [
        entry("Bobby", BOB),
        entry("Bob Builder", EVE),
        entry("Alice in W", ALICE),
        entry("Nobody Known", "not a uid"),
        entry("Nor This One", ""),
        entry("The Group", "The Group"),
        entry("short", "short"),
    ];
    threads::set_recipients(world.writer.connection(), thread, &list).unwrap();
    let row = world.reader().thread_row(MessageRef::Site(MsgId(0x10))).unwrap().unwrap();
    assert_eq!((row.unreachable, row.without_them), (3, false));
    let rows: Vec<_> =
        row.to.iter().map(|to| (to.alias.as_str(), to.claimed.as_deref(), to.trust, to.reachable)).collect();
    use NameTrust::{Checked, Claimed, Conflict, Own};
    let expected = [
        ("Bob Builder", Some("Bobby"), Checked, true),
        ("Bob Builder", None, Conflict, true),
        ("Alice in W", None, Own, true),
        ("Nobody Known", None, Claimed, false),
        ("Nor This One", None, Claimed, false),
        ("The Group", None, Claimed, true),
        ("short", None, Claimed, false),
    ];
    assert_eq!(rows, expected);
    let conn = world.writer.connection();
    assert_eq!(threads::unreachable(conn, thread, 2).unwrap(), ["Nobody Known", "Nor This One"]);
    threads::go_without(conn, thread).unwrap();
    assert!(world.reader().thread_row(row.thread).unwrap().unwrap().without_them);
}

#[test]
fn the_own_entry_under_the_name_of_somebody_else_is_not_shown_as_them() {
    let mut world = world();
    check(&mut world, "Bob Builder", BOB, 1);
    aliases::hold(world.writer.connection(), "Alice Adams").unwrap();
    let thread = world.bob_begins(0x10, "S");
    let entry = |who: &str, uid: &str| Cc { who: who.to_owned(), who_uid: uid.to_owned(), ..Cc::default() };
    let list = [
        entry("Bob-Builder", ALICE),
        entry("alice adams", ALICE),
        entry("The Reader", ALICE),
        entry("Bob Builder", "Bob Builder"),
    ];
    threads::set_recipients(world.writer.connection(), thread, &list).unwrap();
    let row = world.reader().thread_row(MessageRef::Site(MsgId(0x10))).unwrap().unwrap();
    let rows: Vec<_> = row.to.iter().map(|to| (to.alias.as_str(), to.claimed.as_deref(), to.trust)).collect();
    let expected = [
        ("Alice Adams", Some("Bob-Builder"), NameTrust::Conflict),
        ("alice adams", None, NameTrust::Own),
        ("Alice Adams", Some("The Reader"), NameTrust::Own),
        ("Bob Builder", None, NameTrust::Conflict),
    ];
    assert_eq!(rows, expected);
}

fn number(world: &mut World, sql: &str) -> i64 {
    world.writer.connection().query_row(sql, [], |row| row.get(0)).unwrap()
}

fn somebody(number: usize) -> String {
    let digits: Vec<u8> =
        format!("{number:08}").bytes().map(|b| b"123456789B"[usize::from(b - b'0')]).collect();
    format!("{}{}", String::from_utf8(digits).unwrap(), &ALICE[8..])
}

#[test]
fn a_senders_newest_claims_push_out_their_own_oldest_and_nothing_else() {
    let mut world = world();
    check(&mut world, "Bob Builder", BOB, 1);
    claim(&mut world, "Zoe Zander", ALICE, BOB, 2);
    claim(&mut world, "Eve Egret", EVE, EVE, 3);
    for at in 0..200 {
        let claimed = claim(&mut world, &format!("Name {at}"), &somebody(at), EVE, 10 + at as u64);
        assert!(claimed.news);
        assert_eq!(claimed.dropped, at as i64 >= limits::CLAIMS_OF_SENDER);
    }
    for at in 0..9 {
        claim(&mut world, &format!("Eve {at}"), EVE, EVE, 1000 + at);
    }
    let of_eve = format!("SELECT count(*) FROM contact WHERE by_uid = '{EVE}' AND uid");
    assert_eq!(number(&mut world, &format!("{of_eve} <> by_uid")), limits::CLAIMS_OF_SENDER);
    assert_eq!(number(&mut world, &format!("{of_eve} = by_uid")), limits::NAMES_OF_SENDER);
    assert_eq!(number(&mut world, "SELECT count(*) FROM contact WHERE alias IN ('Name 199', 'Eve 8')"), 2);
    let others = "SELECT count(*) FROM contact WHERE by_uid = '' OR alias = 'Zoe Zander'";
    assert_eq!(number(&mut world, others), 2);
}

#[test]
fn many_senders_together_cannot_fill_the_address_book() {
    let mut world = world();
    check(&mut world, "Bob Builder", BOB, 1);
    let conn = world.writer.connection();
    conn.execute_batch("BEGIN").unwrap();
    for at in 0..limits::CLAIMS as usize + 100 {
        let by: Uid = somebody(at / 60).parse().unwrap();
        let who: Uid = somebody(100_000 + at).parse().unwrap();
        contacts::claim(conn, &format!("Name {at}"), &who, &by, Some(MsgId(10 + at as u64)), Wall(1))
            .unwrap();
    }
    conn.execute_batch("COMMIT").unwrap();
    assert_eq!(number(&mut world, "SELECT count(*) FROM contact WHERE source = 'claimed'"), limits::CLAIMS);
    assert_eq!(
        number(&mut world, "SELECT count(*) FROM contact WHERE alias = 'Name 0'"),
        1,
        "others' claims stay"
    );
    assert!(!claim(&mut world, "Too Late", ALICE, EVE, 1 << 40).news);
    check(&mut world, "Checked Too", EVE, 1 << 41);
    assert_eq!(number(&mut world, "SELECT count(*) FROM contact WHERE source = 'checked'"), 2);
}

#[test]
fn what_somebody_says_of_themselves_counts_as_theirs() {
    let mut world = world();
    assert!(claim(&mut world, "Bob Builder", BOB, EVE, 1).news);
    assert!(!claim(&mut world, "Bob Builder", BOB, EVE, 2).news);
    assert!(claim(&mut world, "Bob Builder", BOB, BOB, 3).news);
    assert!(!claim(&mut world, "Bob Builder", BOB, EVE, 4).news);
    let conn = world.writer.connection();
    assert_eq!(contacts::claims_behind(conn, "Bob Builder").unwrap(), [(uid(BOB), uid(BOB))]);
    assert_eq!(contacts::alias_of(conn, &uid(BOB)).unwrap(), None, "a claimed name is not known");
}

#[test]
fn a_contact_can_be_removed() {
    let mut world = world();
    check(&mut world, "Bob Builder", BOB, 1);
    let conn = world.writer.connection();
    assert!(!contacts::remove(conn, "Bob Builder", EVE).unwrap());
    assert!(contacts::remove(conn, "Bob Builder", BOB).unwrap());
    assert!(world.reader().contacts(&Page::default()).unwrap().items.is_empty());
}

/// What version N had made, with people in it.
fn old(sql: &str, number: u32, dir: &std::path::Path) {
    let folder = place(dir).dir;
    fs::create_dir_all(&folder).unwrap();
    let mut conn = Connection::open(folder.join("mail.db")).unwrap();
    conn.execute_batch(sql).unwrap();
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.pragma_update(None, "user_version", number).unwrap();
    let tx = conn.transaction().unwrap();
    tx.execute(
        "INSERT INTO account (id, site, install, key_name, uid, created) VALUES (1, '=127.0.0.1:443', ?1, 'a', ?2, 0)",
        rusqlite::params![INSTALL.0, ALICE],
    )
    .unwrap();
    let contact =
        "INSERT INTO contact (alias, uid, source, by_uid, msgid, since) VALUES (?1, ?2, ?3, ?4, ?5, 0)";
    tx.execute(contact, rusqlite::params!["Bob Builder", BOB, "checked", "", 1]).unwrap();
    for at in 0..300 {
        tx.execute(
            contact,
            rusqlite::params![format!("Name {at}"), somebody(at), "claimed", EVE, 10 + at as i64],
        )
        .unwrap();
    }
    let id = tmtp_store::values::id_in(MsgId(0x10));
    tx.execute_batch(&format!(
        "INSERT INTO thread (id, msgid, subject, messages, newest) VALUES (1, {id}, 'S', 1, {id});
         INSERT INTO thread_name VALUES ({id}, 1);
         INSERT INTO recipient VALUES (1, 0, 'Alice', '', '{ALICE}', '', '', ''), (1, 1, 'Cara', '', 'x', '', '', '');
         INSERT INTO message (id, thread, msgid, place, own, from_uid, from_alias, subject, text, content)
           VALUES (1, 1, {id}, {id}, 0, '{EVE}', 'bob builder', 'S', 't', x'');
         INSERT INTO message_name VALUES ({id}, 1, x'');"
    ))
    .unwrap();
    tx.commit().unwrap();
}

#[test]
fn the_third_step_knows_look_alikes_lists_and_limits_of_what_was_there() {
    for (number, sql) in [(1, include_str!("schema/1.sql")), (2, include_str!("schema/2.sql"))] {
        let dir = tempfile::tempdir().unwrap();
        old(sql, number, dir.path());
        let writer = Writer::open(place(dir.path())).unwrap();
        let mut world = World { dir, writer };
        let row = world.reader().thread_row(MessageRef::Site(MsgId(0x10))).unwrap().unwrap();
        assert_eq!((row.from.trust, row.from.like.as_deref()), (NameTrust::Conflict, Some("Bob Builder")));
        assert_eq!(row.unreachable, 1);
        let claims = "SELECT count(*) FROM contact WHERE source = 'claimed'";
        assert_eq!(self::number(&mut world, claims), limits::CLAIMS_OF_SENDER);
        assert_eq!(self::number(&mut world, "SELECT count(*) FROM contact WHERE look = ''"), 0);
        assert_eq!(self::number(&mut world, "SELECT count(*) FROM contact WHERE alias = 'Name 299'"), 1);
    }
}

#[test]
fn a_store_of_an_earlier_version_is_read_as_it_is_and_read_on_when_it_is_brought_up() {
    for (number, sql) in [(1, include_str!("schema/1.sql")), (2, include_str!("schema/2.sql"))] {
        let dir = tempfile::tempdir().unwrap();
        old(sql, number, dir.path());
        let reader = Reader::open(&place(dir.path()).dir).unwrap();
        let look = || {
            let row = &reader.threads(false, &Page::default()).unwrap().items[0];
            assert_eq!((row.from.name.as_str(), row.to.len()), ("bob builder", 2), "from version {number}");
            assert!(!reader.contacts(&Page::default()).unwrap().items.is_empty());
            let message = reader.message(MessageRef::Site(MsgId(0x10))).unwrap().unwrap();
            assert!(message.cc.iter().any(|cc| !cc.reachable));
        };
        look();
        let writer = Writer::open(place(dir.path())).unwrap();
        look();
        writer.close().unwrap();
        look();
    }
}

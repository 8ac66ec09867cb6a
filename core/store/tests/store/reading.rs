//! The read side: pages, their order and their limits.

use tmtp_store::NameTrust;
use tmtp_store::files::Source;
use tmtp_store::read::{AttachmentKind, Cursor, List, OutgoingKind, Page};
use tmtp_store::write::inbox::{self, Attached, Bytes};
use tmtp_store::write::outbox::{self, Kind, NewItem};
use tmtp_store::write::pings::{self, NewPing};
use tmtp_store::write::{contacts, marks, parked, too_large};
use tmtp_store::{FailedWhy, OutgoingState, Reader, StoreError};
use tmtp_wire::ids::{MessageRef, MsgId, SendId};
use tmtp_wire::time::Wall;

use crate::world::{ALICE, BOB, World, uid, world};

fn site(id: u64) -> MessageRef {
    MessageRef::Site(MsgId(id))
}

fn local(id: u64) -> MessageRef {
    MessageRef::Local(SendId::new(id).unwrap())
}

/// All rows of a list, in pages of `limit`.
fn all<T>(limit: u32, mut page: impl FnMut(&Page) -> Result<List<T>, StoreError>) -> Vec<T> {
    let mut rows = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let list = page(&Page { limit, after }).unwrap();
        assert!(list.items.len() <= limit as usize);
        rows.extend(list.items);
        assert!(rows.len() < 10_000, "the list has no end");
        match list.next {
            // As a script would hand it on.
            Some(next) => after = Some(next.to_string().parse().unwrap()),
            None => return rows,
        }
    }
}

fn queue(world: &mut World, kind: Kind, send_id: u64, thread: Option<i64>) -> i64 {
    let send_id = SendId::new(send_id).unwrap();
    outbox::insert(
        world.writer.connection(),
        &NewItem { kind, send_id, draft: None, thread, size: 9, content: None },
    )
    .unwrap()
}

#[test]
fn threads_come_newest_first_in_pages_of_any_size() {
    let mut world = world();
    for id in [0x30, 0x10, 0x20, 0x8000_0000_0000_0001_u64] {
        world.bob_begins(id, &format!("S{id:x}"));
    }
    let old = world.bob_begins(0x05, "late");
    world.bob_writes(old, 0x25, "", "late answer");
    let reader = world.reader();
    for limit in [1, 2, 3, 5, 100] {
        let threads = all(limit, |page| reader.threads(false, page));
        let ids: Vec<_> = threads.iter().map(|row| row.thread).collect();
        let expected = [site(0x8000_0000_0000_0001), site(0x30), site(0x05), site(0x20), site(0x10)];
        assert_eq!(ids, expected, "pages of {limit}");
    }
    let row = reader.thread_row(site(0x05)).unwrap().unwrap();
    assert_eq!((row.messages, row.unread, row.preview.as_str()), (2, 2, "late answer"));
    assert_eq!((row.from.uid.as_str(), row.from.name.as_str(), row.own), (BOB, "Bob Builder", false));
    assert_eq!((row.subject.as_str(), row.posted, row.begun), ("late", Some(Wall(0x25)), true));
    assert_eq!(row.to.iter().map(|to| to.uid.as_str()).collect::<Vec<_>>(), [ALICE]);
}

#[test]
fn a_thread_that_is_still_to_be_sent_stands_first() {
    let mut world = world();
    world.bob_begins(u64::MAX, "S");
    let (thread, message) = world.alice_writes(None, 77, "mine");
    queue(&mut world, Kind::Post(message), 77, Some(thread));
    let threads = world.reader().threads(false, &Page::default()).unwrap().items;
    assert_eq!(threads[0].thread, local(77));
    assert_eq!((threads[0].own, threads[0].posted), (true, None));
}

#[test]
fn threads_at_the_same_place_are_neither_repeated_nor_left_out() {
    let mut world = world();
    world.bob_begins(0x10, "S");
    for send_id in 71..=75 {
        world.alice_writes(None, send_id, "mine");
    }
    let reader = world.reader();
    let expected: Vec<_> = (71..=75).rev().map(local).chain([site(0x10)]).collect();
    for limit in [1, 2, 4] {
        let threads = all(limit, |page| reader.threads(false, page));
        assert_eq!(threads.iter().map(|row| row.thread).collect::<Vec<_>>(), expected, "pages of {limit}");
    }
}

#[test]
fn unread_threads_are_listed_and_counted_by_themselves() {
    let mut world = world();
    let read = world.bob_begins(0x10, "seen");
    world.bob_begins(0x20, "new");
    marks::read_thread(world.writer.connection(), read).unwrap();
    let reader = world.reader();
    let unread = reader.threads(true, &Page::default()).unwrap().items;
    assert_eq!(unread.iter().map(|row| row.thread).collect::<Vec<_>>(), [site(0x20)]);
    assert_eq!(reader.unread_total().unwrap().messages, 1);
    assert_eq!(reader.unread_total().unwrap().pings, 0);
}

#[test]
fn messages_come_in_the_sites_order_from_both_ends() {
    let mut world = world();
    let thread = world.bob_begins(0x10, "S");
    for id in [0x50, 0x30, 0x40] {
        world.bob_writes(thread, id, "", "t");
    }
    world.alice_writes(Some(thread), 77, "mine");
    let reader = world.reader();
    let expected = [site(0x10), site(0x30), site(0x40), site(0x50), local(77)];
    for limit in [1, 2, 100] {
        let forward = all(limit, |page| reader.thread(site(0x10), page));
        assert_eq!(forward.iter().map(|row| row.msgid).collect::<Vec<_>>(), expected);
        let back = all(limit, |page| reader.thread_newest_first(site(0x10), page));
        assert_eq!(back.iter().rev().map(|row| row.msgid).collect::<Vec<_>>(), expected);
    }
    let messages = reader.thread(site(0x10), &Page::default()).unwrap().items;
    assert_eq!(messages[0].cc.len(), 1, "the beginning tells the recipients");
    assert!(messages[1].cc.is_empty());
    assert!(messages.iter().all(|row| row.thread == site(0x10)));
    assert!(matches!(reader.thread(site(0x99), &Page::default()), Err(StoreError::NotFound)));
}

#[test]
fn a_page_of_long_texts_ends_early_and_loses_none() {
    let mut world = world();
    let thread = world.bob_begins(0x10, "S");
    let long = "x".repeat(600_000);
    for id in 0x11..0x16 {
        world.bob_writes(thread, id, "", &long);
    }
    let reader = world.reader();
    let first = reader.thread(site(0x10), &Page::default()).unwrap();
    assert!(first.items.len() < 6 && first.next.is_some());
    assert_eq!(all(50, |page| reader.thread(site(0x10), page)).len(), 6);
    let preview = reader.thread_row(site(0x10)).unwrap().unwrap().preview;
    assert_eq!(preview.len(), 200);
}

#[test]
fn a_reader_sees_what_was_committed_after_it_was_opened() {
    let mut world = world();
    let reader = world.reader();
    assert!(reader.threads(false, &Page::default()).unwrap().items.is_empty());
    world.bob_begins(0x10, "S");
    assert_eq!(reader.threads(false, &Page::default()).unwrap().items.len(), 1);
    let tx = world.writer.connection().transaction().unwrap();
    tx.execute("UPDATE thread SET subject = 'half'", []).unwrap();
    assert_eq!(reader.thread_row(site(0x10)).unwrap().unwrap().subject, "S");
}

#[test]
fn the_state_of_own_messages_is_that_of_their_item() {
    let mut world = world();
    let thread = world.bob_begins(0x10, "S");
    let (_, message) = world.alice_writes(Some(thread), 77, "mine");
    let item = queue(&mut world, Kind::Post(message), 77, Some(thread));
    let reader = world.reader();
    let state = |reader: &Reader| reader.message(local(77)).unwrap().unwrap().state;
    let id = SendId::new(77).unwrap();
    assert_eq!(state(&reader), Some(OutgoingState::Queued));
    let row = reader.outgoing(id).unwrap().unwrap();
    assert_eq!(
        (row.kind, row.thread, row.message),
        (OutgoingKind::Message, Some(site(0x10)), Some(local(77)))
    );
    assert_eq!((row.title.as_str(), row.size), ("S", 9));

    outbox::set_stage(world.writer.connection(), item, outbox::Stage::Doubt).unwrap();
    assert_eq!(state(&reader), Some(OutgoingState::InDoubt));
    outbox::fail(world.writer.connection(), item, FailedWhy::Refused, "no such member").unwrap();
    assert_eq!(
        state(&reader),
        Some(OutgoingState::Failed { why: FailedWhy::Refused, reason: "no such member".to_owned() })
    );
    assert_eq!(reader.outbox_counts().unwrap().failed, 1);

    let found = outbox::by_id(world.writer.connection(), item).unwrap().unwrap();
    outbox::settle(world.writer.connection(), &found, outbox::Outcome::Sent).unwrap();
    assert_eq!(state(&reader), Some(OutgoingState::Sent));
    assert_eq!(reader.outgoing(id).unwrap().unwrap().state, OutgoingState::Sent);
    assert!(reader.outgoing(SendId::new(78).unwrap()).unwrap().is_none());
    assert_eq!(reader.message(site(0x10)).unwrap().unwrap().state, None);
}

#[test]
fn what_a_draft_has_become_is_found_while_it_waits_and_when_it_was_sent() {
    let mut world = world();
    let thread = world.bob_begins(0x10, "S");
    let reader = world.reader();
    for (send_id, draft) in [(77, "kept"), (78, "withdrawn")] {
        let (_, message) = world.alice_writes(Some(thread), send_id, "mine");
        let send_id = SendId::new(send_id).unwrap();
        let item = NewItem {
            kind: Kind::Post(message),
            send_id,
            draft: Some(draft),
            thread: Some(thread),
            size: 9,
            content: None,
        };
        outbox::insert(world.writer.connection(), &item).unwrap();
    }
    let state = |draft| reader.outgoing_of_draft(draft).unwrap().map(|row| row.state);
    assert_eq!((state("kept"), state("other")), (Some(OutgoingState::Queued), None));
    for (draft, outcome) in [("kept", outbox::Outcome::Sent), ("withdrawn", outbox::Outcome::Withdrawn)] {
        let item = outbox::by_draft(world.writer.connection(), draft).unwrap().unwrap();
        outbox::settle(world.writer.connection(), &item, outcome).unwrap();
    }
    assert_eq!((state("kept"), state("withdrawn")), (Some(OutgoingState::Sent), None));
}

#[test]
fn the_outbox_lists_everything_in_the_order_of_send() {
    let mut world = world();
    let (thread, message) = world.alice_writes(None, 5, "t");
    queue(&mut world, Kind::Post(message), 5, Some(thread));
    let conn = world.writer.connection();
    let ping = pings::insert(conn, &ping(None, "Carol King", true)).unwrap();
    let alias = tmtp_store::write::aliases::want(conn, &"Alice Again".parse().unwrap()).unwrap();
    let node =
        tmtp_store::write::nodes::want(conn, &"tablet".parse().unwrap(), &"tablet 1a2b".parse().unwrap())
            .unwrap();
    queue(&mut world, Kind::Ping(ping), 40, None);
    queue(&mut world, Kind::Alias(alias), 3, None);
    queue(&mut world, Kind::Node(node), 2, None);
    let reader = world.reader();
    let rows = all(3, |page| reader.outbox(page));
    let seen: Vec<_> = rows.iter().map(|row| (row.kind, row.title.as_str())).collect();
    let expected = [
        (OutgoingKind::Message, "Alice's"),
        (OutgoingKind::Ping, "Carol King"),
        (OutgoingKind::Alias, "Alice Again"),
        (OutgoingKind::Node, "tablet"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(reader.outbox_counts().unwrap().queued, 4);
    assert_eq!(reader.aliases().unwrap().len(), 1);
    assert_eq!(reader.nodes().unwrap().len(), 1);
}

#[test]
fn a_deleted_message_is_not_shown_by_any_list() {
    let mut world = world();
    let thread = world.bob_begins(0x10, "S");
    let message = world.bob_writes(thread, 0x20, "", "t");
    marks::delete_message(world.writer.connection(), message, thread).unwrap();
    let reader = world.reader();
    assert_eq!(reader.thread(site(0x10), &Page::default()).unwrap().items.len(), 1);
    assert!(reader.message(site(0x20)).unwrap().is_none());
    marks::delete_thread(world.writer.connection(), thread).unwrap();
    assert!(reader.threads(false, &Page::default()).unwrap().items.is_empty());
    assert!(reader.thread_row(site(0x10)).unwrap().is_none());
}

#[test]
fn each_attachment_is_found_as_it_is_listed_and_with_its_prefix() {
    let mut world = world();
    let thread = world.bob_begins(0x10, "S");
    let message = world.bob_writes(thread, 0x20, "", "t");
    world.attach(message, "abc-0");
    let reader = world.reader();
    let rows = reader.message(site(0x20)).unwrap().unwrap().attachments;
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["note.txt", "note-2.txt"]);
    assert_eq!((rows[0].kind, rows[0].damaged, rows[0].size), (AttachmentKind::File, false, 5));
    assert_eq!(
        (rows[1].kind, rows[1].damaged, rows[1].form.as_str()),
        (AttachmentKind::Filled, true, "survey")
    );
    let source = |name| reader.attachment_source(site(0x20), name);
    assert_eq!(source("note.txt").unwrap(), Source::Bytes(b"words".to_vec()));
    assert_eq!(source("u:note.txt").unwrap(), Source::Bytes(b"words".to_vec()));
    let file = Source::File { file: "abc-0".to_owned(), start: 3, size: 7 };
    assert_eq!(source("r:note.txt").unwrap(), file);
    assert_eq!(source("note-2.txt").unwrap(), file);
    assert!(matches!(source("none"), Err(StoreError::NotFound)));
}

#[test]
fn what_a_store_of_an_earlier_version_holds_as_it_came_is_given_out_harmless() {
    let mut world = world();
    let thread = world.bob_begins(0x10, "a\u{1b}[2Jb\u{202e}c");
    let message = world.bob_writes(thread, 0x20, "d\ne", "t\u{1b}");
    let names = ["u:../a.sh", "u:../a.sh", "r:.a\u{1b}", "f:con"];
    let attached = |name: &&str| Attached {
        name: (*name).to_owned(),
        ffn: "f\u{7}".to_owned(),
        place: Bytes::Here(name.as_bytes().to_vec()),
        ..Default::default()
    };
    let list: Vec<_> = names.iter().map(attached).collect();
    inbox::attach(world.writer.connection(), message, &list).unwrap();
    let reader = world.reader();
    assert_eq!(reader.thread_row(site(0x10)).unwrap().unwrap().subject, "a\u{fffd}[2Jb\u{fffd}c");
    let row = reader.message(site(0x20)).unwrap().unwrap();
    assert_eq!(
        (row.subject.as_str(), row.text.as_str()),
        ("d e", "t\u{1b}"),
        "a text is the reader's as it came"
    );
    assert!(row.attachments.iter().all(|row| row.form == "f\u{fffd}"));
    let listed: Vec<&str> = row.attachments.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(listed, ["a.sh", "a-2.sh", "_a_", "_con"]);
    for (name, stored) in listed.iter().zip(names) {
        let source = reader.attachment_source(site(0x20), name).unwrap();
        assert_eq!(source, Source::Bytes(stored.as_bytes().to_vec()), "{name}");
    }
}

#[test]
fn contacts_tell_what_was_checked_from_what_is_claimed() {
    let mut world = world();
    let conn = world.writer.connection();
    contacts::check(conn, "Bob Builder", &uid(BOB), MsgId(1), Wall(1)).unwrap();
    contacts::claim(conn, "Bob Builder", &uid(ALICE), &uid(ALICE), None, Wall(2)).unwrap();
    contacts::claim(conn, "Ünï cødé", &uid(ALICE), &uid(BOB), None, Wall(2)).unwrap();
    let reader = world.reader();
    let rows = all(1, |page| reader.contacts(page));
    let seen: Vec<_> =
        rows.iter().map(|row| (row.alias.as_str(), row.uid.as_str(), row.claimed, row.conflict)).collect();
    let expected = [
        ("Bob Builder", ALICE, true, true),
        ("Bob Builder", BOB, false, true),
        ("Ünï cødé", ALICE, true, false),
    ];
    assert_eq!(seen, expected);
    assert_eq!(rows[2].by.as_ref().map(|by| (by.uid.as_str(), by.name.as_str())), Some((BOB, "Bob Builder")));
    world.bob_begins(0x10, "S");
    let message = reader.message(site(0x10)).unwrap().unwrap();
    assert_eq!((message.from.name.as_str(), message.from.trust), ("Bob Builder", NameTrust::Checked));
}

fn ping(msgid: Option<u64>, to: &str, own: bool) -> NewPing<'_> {
    NewPing {
        msgid: msgid.map(MsgId),
        own,
        from_uid: if own { ALICE } else { BOB },
        from_alias: "Somebody",
        to_alias: to,
        text: "hello",
        token: Some(40),
        posted: msgid.map(|id| Wall(id as i64)),
        written: None,
        unread: !own,
    }
}

#[test]
fn pings_come_newest_first_and_unsent_ones_before_all() {
    let mut world = world();
    for id in [0x20, 0x30, 0x10] {
        pings::insert(world.writer.connection(), &ping(Some(id), "Alice in W", false)).unwrap();
    }
    for to in ["First One", "Second One"] {
        pings::insert(world.writer.connection(), &ping(None, to, true)).unwrap();
    }
    let reader = world.reader();
    for limit in [1, 2, 3, 4, 100] {
        let rows = all(limit, |page| reader.pings(page));
        let seen: Vec<_> = rows.iter().map(|row| row.msgid.map_or(0, |id| id.0)).collect();
        assert_eq!(seen, [0, 0, 0x30, 0x20, 0x10], "pages of {limit}");
        assert_eq!(rows[0].to_alias, "Second One");
    }
    assert_eq!(reader.unread_total().unwrap().pings, 3);
}

#[test]
fn parked_and_too_large_deliveries_are_listed() {
    let mut world = world();
    let conn = world.writer.connection();
    for n in 0..3_u8 {
        let raw = parked::Raw {
            msgid: "16a9f0c3d5e40001",
            op: "invite",
            why: "not_yet",
            header: b"{}",
            content: &[n; 32],
            data: Some(b"data"),
            file: None,
            size: 4,
        };
        assert!(parked::park(conn, &raw).unwrap());
    }
    too_large::ask(conn, MsgId(9), Some(&uid(BOB)), 1 << 40).unwrap();
    let reader = world.reader();
    assert_eq!(reader.parked_count().unwrap(), 3);
    let rows = all(2, |page| reader.parked(page));
    assert_eq!(rows.len(), 3);
    assert_eq!((rows[0].why.as_str(), rows[0].size), ("not_yet", 4));
    let waiting = reader.too_large().unwrap();
    assert_eq!(
        (waiting[0].msgid, waiting[0].size, waiting[0].answer),
        (MsgId(9), 1 << 40, too_large::Word::Ask)
    );
}

#[test]
fn a_place_of_another_list_is_refused() {
    let world = world();
    let reader = world.reader();
    let page = Page { limit: 10, after: Some("m.1.2".parse().unwrap()) };
    assert!(matches!(reader.threads(false, &page), Err(StoreError::BadCursor)));
    assert!(matches!(reader.contacts(&page), Err(StoreError::BadCursor)));
}

/// R34: a first page from a large store. The bound is far above what it takes, and far below a scan.
#[test]
fn the_first_page_of_a_large_store_takes_little_time() {
    let mut world = world();
    let conn = world.writer.connection();
    conn.execute_batch(
        "BEGIN;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
           INSERT INTO thread (id, msgid, subject, messages, unread, newest) SELECT i, i, 'S', 50, 0, i * 50 FROM n;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
           INSERT INTO message (thread, msgid, place, own, from_uid, from_alias, subject, text, content)
           SELECT (i - 1) / 50 + 1, i, i, 0, 'u', 'a', '', 'text', x'' FROM n;
         COMMIT",
    )
    .unwrap();
    let reader = world.reader();
    let before = std::time::Instant::now();
    assert_eq!(reader.threads(false, &Page { limit: 100, after: None }).unwrap().items.len(), 100);
    let took = before.elapsed();
    assert!(took.as_millis() < 150, "{took:?}");
}

/// The checks of the tables keep other texts out; damage does not ask them.
#[test]
fn a_text_that_is_none_of_its_list_is_damage_and_not_another_value() {
    let changes = [
        "INSERT INTO alias (alias, state) VALUES ('a', 'x')",
        "INSERT INTO node (label, state) VALUES ('a', 'x')",
        "INSERT INTO too_large (msgid, from_uid, size, answer) VALUES (1, '', 1, 'x')",
        "INSERT INTO outbox (kind, send_id, state) VALUES ('x', 1, 'queued')",
        "INSERT INTO outbox (kind, send_id, state) VALUES ('post', 1, 'x')",
    ];
    for change in changes {
        let mut world = world();
        let conn = world.writer.connection();
        conn.pragma_update(None, "ignore_check_constraints", true).unwrap();
        conn.execute_batch(change).unwrap();
        let reader = world.reader();
        let page = Page { limit: 10, after: None };
        let seen = [
            reader.aliases().map(drop),
            reader.nodes().map(drop),
            reader.too_large().map(drop),
            reader.outbox(&page).map(drop),
            reader.outbox_counts().map(drop),
        ];
        let damaged = seen.iter().filter(|seen| matches!(seen, Err(StoreError::Corrupt { .. }))).count();
        assert!(damaged >= 1, "{change}: {seen:?}");
        assert!(seen.iter().all(|seen| matches!(seen, Ok(()) | Err(StoreError::Corrupt { .. }))), "{seen:?}");
    }
}

//! By which ids messages are found: the one that they came under is the number of their row, others are names.

use rusqlite::params;
use sha2::{Digest, Sha256};
use tmtp_store::values::id_in;
use tmtp_store::write::inbox::{self, NewMessage};
use tmtp_store::write::{marks, names};
use tmtp_store::{Reader, StoreError, Writer};
use tmtp_wire::ids::MsgId;
use tmtp_wire::time::Wall;

use crate::world::{BOB, World, place, world};

/// As a site gives them: nanoseconds.
const SITE: u64 = 0x18eb_0832_0259_115d;
const HEADER: &[u8] = b"{\"op\":\"delivery\"}";

impl World {
    fn came(&mut self, thread: i64, msgid: u64) -> i64 {
        let conn = self.writer.connection();
        let message = NewMessage {
            thread,
            msgid: Some(MsgId(msgid)),
            send_id: None,
            own: false,
            from_uid: BOB,
            from_alias: "Bob",
            subject: "",
            text: "text",
            posted: Some(Wall(1)),
            written: None,
            content: &[1; 32],
            header_head: Some(HEADER),
            data_head: Some(b"{}"),
            unread: true,
        };
        let row = inbox::insert(conn, &message).unwrap();
        names::name_new(conn, row, MsgId(msgid), HEADER).unwrap();
        row
    }

    fn found(&mut self, msgid: u64) -> Option<(i64, Vec<u8>)> {
        names::message(self.writer.connection(), MsgId(msgid))
            .unwrap()
            .map(|named| (named.message, named.header))
    }

    fn names(&mut self) -> i64 {
        let count = "SELECT count(*) FROM message_name";
        self.writer.connection().query_row(count, [], |row| row.get(0)).unwrap()
    }
}

fn hash() -> Vec<u8> {
    Sha256::digest(HEADER).to_vec()
}

#[test]
fn the_id_that_a_message_came_under_is_its_number_and_needs_no_name() {
    let mut world = world();
    let thread = world.bob_begins(SITE, "S");
    assert_eq!(world.came(thread, SITE + 9), (SITE + 9) as i64);
    assert_eq!(world.names(), 0);
    assert_eq!(world.found(SITE + 9), Some(((SITE + 9) as i64, hash())));
    assert_eq!(world.found(SITE + 8), None);
    // A second row under the same id is refused.
    let conn = world.writer.connection();
    let again = "INSERT INTO message SELECT * FROM message WHERE id = ?1";
    assert!(conn.execute(again, [(SITE + 9) as i64]).is_err());
}

#[test]
fn ids_that_could_be_numbers_of_our_own_are_names_and_the_two_never_meet() {
    let mut world = world();
    let thread = world.bob_begins(SITE, "S");
    let (_, first) = world.alice_writes(Some(thread), 77, "mine");
    let low = world.came(thread, first as u64 + 1);
    let high = world.came(thread, u64::MAX);
    let (_, second) = world.alice_writes(Some(thread), 78, "mine");
    assert_eq!([first, low, high, second], [1, 2, 3, 4]);
    assert_eq!(world.found(first as u64 + 1), Some((low, hash())));
    assert_eq!(world.found(u64::MAX), Some((high, hash())));
    assert_eq!(world.found(1), None, "a number of our own is no id");
}

#[test]
fn further_ids_are_names_and_none_is_given_twice() {
    let mut world = world();
    let thread = world.bob_begins(SITE, "S");
    let row = world.came(thread, SITE + 9);
    let conn = world.writer.connection();
    assert!(names::name_message(conn, row, MsgId(SITE + 5), None, &[7; 32]).unwrap());
    let taken = names::name_message(conn, row, MsgId(SITE), None, &[7; 32]);
    assert!(matches!(taken, Err(StoreError::Exists)));
    assert_eq!(world.found(SITE + 5), Some((row, vec![7; 32])));
    assert_eq!(world.found(SITE + 9), Some((row, hash())));
}

#[test]
fn a_message_that_was_deleted_is_known_by_all_of_its_ids_and_by_its_header() {
    let mut world = world();
    let thread = world.bob_begins(SITE, "S");
    let row = world.came(thread, SITE + 9);
    names::name_message(world.writer.connection(), row, MsgId(SITE + 5), None, &[7; 32]).unwrap();
    marks::delete_message(world.writer.connection(), row, thread).unwrap();
    assert_eq!(world.found(SITE + 9), Some((row, hash())));
    assert_eq!(world.found(SITE + 5), Some((row, vec![7; 32])));
}

#[test]
fn rows_that_were_stored_with_a_name_go_on_to_be_found_beside_new_ones() {
    let mut world = world();
    let thread = world.bob_begins(SITE, "S");
    let conn = world.writer.connection();
    for number in 1..=3 {
        let msgid = id_in(MsgId(SITE + number));
        conn.execute(
            "INSERT INTO message (id, thread, msgid, place, own, from_uid, from_alias, subject, text, content, header_head)
             VALUES (?1, ?2, ?3, ?3, 0, 'u', 'a', '', 't', x'', x'00')",
            params![number.cast_signed(), thread, msgid],
        )
        .unwrap();
        let name = "INSERT INTO message_name (msgid, message, header) VALUES (?1, ?2, zeroblob(32))";
        conn.execute(name, params![msgid, number.cast_signed()]).unwrap();
    }
    assert_eq!(world.found(SITE + 2), Some((2, vec![0; 32])));
    world.came(thread, SITE + 9);
    assert_eq!(world.alice_writes(Some(thread), 77, "mine").1, 4);
    assert_eq!(world.found(SITE + 9), Some(((SITE + 9) as i64, hash())));
}

#[test]
fn a_salvaged_store_knows_its_messages_by_the_same_ids() {
    let mut world = world();
    let thread = world.bob_begins(SITE, "S");
    let row = world.came(thread, SITE + 9);
    let buried = world.came(thread, SITE + 10);
    names::name_message(world.writer.connection(), row, MsgId(SITE + 5), None, &[7; 32]).unwrap();
    marks::delete_message(world.writer.connection(), buried, thread).unwrap();
    let before = [5, 9, 10].map(|n| world.found(SITE + n));
    let names = world.names();
    world.writer.close().unwrap();
    tmtp_store::salvage::salvage(&place(world.dir.path())).unwrap();
    let mut world = World { writer: Writer::open(place(world.dir.path())).unwrap(), dir: world.dir };
    assert_eq!([5, 9, 10].map(|n| world.found(SITE + n)), before);
    assert_eq!(world.names(), names);
    assert!(Reader::open(&place(world.dir.path()).dir).is_ok());
}

//! Stores with pages that are really damaged.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, params};
use tmtp_wire::ids::{MessageRef, MsgId, SendId};
use tmtp_wire::time::Wall;

use super::{Lost, SalvageReport, salvage};
use crate::error::StoreError;
use crate::install::InstallId;
use crate::open::{NewAccount, Place, Writer};
use crate::read::{Page, Reader};
use crate::values::id_in;

const MESSAGES: i64 = 400;
const ALICE: &str = "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";

struct Setup {
    dir: tempfile::TempDir,
}

impl Setup {
    fn place(&self) -> Place {
        Place::new(self.dir.path().join("a"), InstallId([1; 16]))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("a").join(name)
    }

    /// Overwrites pages of a table or index, given by its name: the `n`-th of the leaves that it has, each.
    fn damage(&self, name: &str, leaves: &[i64]) {
        let conn = Connection::open(self.path("mail.db")).unwrap();
        let sql =
            "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET ?2";
        let page =
            |n: &i64| conn.query_row(sql, params![name, n], |row| row.get::<_, i64>(0)).unwrap() as usize;
        let pages: Vec<usize> = leaves.iter().map(page).collect();
        drop(conn);
        let mut bytes = fs::read(self.path("mail.db")).unwrap();
        for page in pages {
            bytes[(page - 1) * 4096..page * 4096].fill(0xa5);
        }
        fs::write(self.path("mail.db"), bytes).unwrap();
    }

    fn leaves(&self, name: &str) -> i64 {
        let conn = Connection::open(self.path("mail.db")).unwrap();
        let sql = "SELECT count(*) FROM dbstat WHERE name = ?1 AND pagetype = 'leaf'";
        conn.query_row(sql, [name], |row| row.get(0)).unwrap()
    }

    fn salvage(&self) -> SalvageReport {
        salvage(&self.place()).unwrap()
    }

    /// The new store, which is sound.
    fn reopened(&self) -> (Writer, Reader) {
        let mut writer = Writer::open(self.place()).unwrap();
        let conn = writer.connection();
        let whole: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
        let dangling =
            conn.query_row("PRAGMA foreign_key_check", [], |row| row.get::<_, String>(0)).optional();
        assert_eq!(dangling.unwrap(), None);
        (writer, Reader::open(&self.place().dir).unwrap())
    }
}

/// Twenty threads of twenty messages, each with an attachment in a file of its own.
fn setup() -> Setup {
    let setup = Setup { dir: tempfile::tempdir().unwrap() };
    let new = NewAccount {
        site: "=127.0.0.1:443".parse().unwrap(),
        key_name: "a".to_owned(),
        uid: Some(ALICE.parse().unwrap()),
        created: Wall(0),
    };
    let mut writer = Writer::create(setup.place(), &new).unwrap();
    let mut names = Vec::new();
    for _ in 0..MESSAGES {
        let mut incoming = writer.files().incoming("f").unwrap();
        incoming.write(b"words").unwrap();
        incoming.durable_for_tests();
        names.push(incoming.file().to_owned());
    }
    let tx = writer.connection().transaction().unwrap();
    for n in 1..=MESSAGES {
        let thread = (n - 1) / 20 + 1;
        let msgid = id_in(MsgId(0x16a9_0000_0000_0000 + n as u64 * 0x1_0000));
        if n % 20 == 1 {
            tx.execute(
                "INSERT INTO thread (id, msgid, subject) VALUES (?1, ?2, 'S')",
                params![thread, msgid],
            )
            .unwrap();
            tx.execute("INSERT INTO thread_name (msgid, thread) VALUES (?1, ?2)", params![msgid, thread])
                .unwrap();
        }
        let text = format!("{n} ").repeat(60);
        tx.execute(
            "INSERT INTO message (id, thread, msgid, place, own, from_uid, from_alias, subject, text, content, unread)
             VALUES (?1, ?2, ?3, ?3, 0, 'u', 'a', '', ?4, x'', 1)",
            params![n, thread, msgid, text],
        )
        .unwrap();
        tx.execute(
            "INSERT INTO message_name (msgid, message, header) VALUES (?1, ?2, zeroblob(32))",
            params![msgid, n],
        )
        .unwrap();
        tx.execute(
            "INSERT INTO attachment (message, place, name, size, file) VALUES (?1, 0, 'u:a', 5, ?2)",
            params![n, names[n as usize - 1]],
        )
        .unwrap();
    }
    tx.execute_batch("UPDATE thread SET messages = 20, unread = 20").unwrap();
    tx.commit().unwrap();
    writer.close().unwrap();
    setup
}

fn report<'a>(report: &'a SalvageReport, table: &str) -> &'a super::TableReport {
    report.tables.iter().find(|found| found.name == table).unwrap()
}

#[test]
fn a_sound_store_is_salvaged_whole() {
    let setup = setup();
    let report = setup.salvage();
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.kept, "mail.db.damaged-1");
    assert!(setup.path("mail.db.damaged-1").exists());
    let (_writer, reader) = setup.reopened();
    assert_eq!(reader.threads(false, &Page::default()).unwrap().items.len(), 20);
    assert_eq!(reader.unread_total().unwrap().messages, 400);
    assert_eq!(fs::read_dir(setup.path("files")).unwrap().count(), 400);
}

#[test]
fn a_damaged_page_of_messages_costs_its_messages_only() {
    let setup = setup();
    let leaves = setup.leaves("message");
    assert!(leaves > 10);
    setup.damage("message", &[3, leaves - 1]);
    let before = fs::read(setup.path("mail.db")).unwrap();
    let damaged = Writer::open(setup.place()).unwrap().connection().query_row(
        "SELECT sum(length(text)) FROM message",
        [],
        |row| row.get::<_, i64>(0),
    );
    assert!(matches!(StoreError::from(damaged.unwrap_err()), StoreError::Corrupt { .. }));

    let report = setup.salvage();
    let messages = self::report(&report, "message");
    let Lost::Rows(lost) = messages.lost else { panic!("an index tells: {messages:?}") };
    assert_eq!(messages.read + lost, 400);
    assert!((1..60).contains(&lost), "two pages of about twenty: {lost}");
    assert_eq!(fs::read(setup.path("mail.db.damaged-1")).unwrap(), before, "the old one is kept as it was");

    let (writer, reader) = setup.reopened();
    let mut seen = 0;
    for thread in reader.threads(false, &Page { limit: 100, after: None }).unwrap().items {
        let shown = reader.thread(thread.thread, &Page { limit: 100, after: None }).unwrap().items;
        assert_eq!(shown.len() as u64, thread.messages);
        seen += thread.messages;
    }
    assert_eq!(seen, messages.read);
    assert_eq!(reader.unread_total().unwrap().messages, messages.read);
    // Files of lost messages are set aside; the next opening does not take them for leftovers.
    assert_eq!(report.files_set_aside, lost);
    assert_eq!(fs::read_dir(setup.path("damaged-1")).unwrap().count() as u64, lost);
    drop(writer);
    drop(Writer::open(setup.place()).unwrap());
    assert_eq!(fs::read_dir(setup.path("files")).unwrap().count() as u64, messages.read);
}

#[test]
fn each_leaf_of_each_table_may_be_damaged() {
    let tables = [
        "message",
        "message_name",
        "thread",
        "thread_name",
        "attachment",
        "message_in_thread",
        "thread_list",
    ];
    let sound = setup();
    for table in tables {
        let leaves = sound.leaves(table);
        let some: BTreeSet<i64> = [0, leaves / 2, leaves - 1].into();
        for leaf in some {
            let setup = setup();
            setup.damage(table, &[leaf]);
            let report = setup.salvage();
            let (_writer, reader) = setup.reopened();
            let kept = self::report(&report, "message").read;
            let expected = if table == "message" { 300 } else { 400 };
            assert!(kept >= expected, "{table} {leaf}: {report:?}");
            let threads = reader.threads(false, &Page { limit: 100, after: None }).unwrap().items;
            let shown: u64 = threads.iter().map(|row| row.messages).sum();
            assert_eq!(shown, kept, "{table} {leaf}");
        }
    }
}

/// Every second leaf of a table: the parts between are found by the indexes, or by what they belong to.
#[test]
fn what_stands_between_many_damaged_pages_is_found() {
    let sound = setup();
    for table in ["message", "attachment"] {
        let leaves: Vec<i64> = (0..sound.leaves(table)).step_by(2).collect();
        let setup = setup();
        setup.damage(table, &leaves);
        let report = setup.salvage();
        let found = self::report(&report, table);
        assert!((100..300).contains(&found.read), "{table}: {found:?}");
        setup.reopened();
    }
}

#[test]
fn messages_of_a_lost_thread_are_shown_without_its_beginning() {
    let setup = setup();
    setup.damage("thread", &[0]);
    let report = setup.salvage();
    assert_ne!(self::report(&report, "thread").lost, Lost::Nothing);
    let (_writer, reader) = setup.reopened();
    let first = MessageRef::Site(MsgId(0x16a9_0000_0001_0000));
    let row = reader.thread_row(first).unwrap().unwrap();
    assert_eq!((row.thread, row.begun, row.messages), (first, false, 20));
}

#[test]
fn an_own_message_whose_item_is_lost_is_in_doubt() {
    let setup = setup();
    let mut writer = Writer::open(setup.place()).unwrap();
    writer
        .connection()
        .execute_batch(
            "INSERT INTO message (id, thread, send_id, place, own, from_uid, from_alias, subject, text, content)
               VALUES (1000, 1, 77, 9223372036854775807, 1, '3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1', 'a', '', 't', x'');
             INSERT INTO outbox (kind, send_id, message, thread, state) VALUES ('post', 77, 1000, 1, 'queued')",
        )
        .unwrap();
    writer.close().unwrap();
    setup.damage("outbox", &[0]);
    setup.salvage();
    let (_writer, reader) = setup.reopened();
    let state = reader.outgoing(SendId::new(77).unwrap()).unwrap().unwrap().state;
    assert_eq!(state, crate::OutgoingState::InDoubt);
}

#[test]
fn an_own_message_that_was_sent_without_an_id_is_not_in_doubt() {
    let setup = setup();
    let mut writer = Writer::open(setup.place()).unwrap();
    writer
        .connection()
        .execute_batch(
            "INSERT INTO message (id, thread, send_id, place, own, from_uid, from_alias, subject, text, content)
             VALUES (1000, 1, 77, 5, 1, '3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1', 'a', '', 'has a place', x''),
               (1001, 1, 78, 9223372036854775807, 1, '3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1', 'a', '', 'done', x'');
             INSERT INTO done (draft, send_id, outcome) VALUES ('d', 78, 'sent')",
        )
        .unwrap();
    writer.close().unwrap();
    assert!(setup.salvage().is_complete());
    let (_writer, reader) = setup.reopened();
    assert!(reader.outbox(&Page::default()).unwrap().items.is_empty());
}

#[test]
fn a_second_salvage_keeps_the_first_ones_files() {
    let setup = setup();
    setup.salvage();
    let report = setup.salvage();
    assert_eq!(report.kept, "mail.db.damaged-2");
    assert!(setup.path("mail.db.damaged-1").exists() && setup.path("mail.db.damaged-2").exists());
}

#[test]
fn what_was_only_in_the_log_is_salvaged_too() {
    let setup = setup();
    let mut writer = Writer::open(setup.place()).unwrap();
    writer.connection().execute("UPDATE thread SET subject = 'from the log' WHERE id = 7", []).unwrap();
    // Left behind by a kill: copied while it is open.
    let copy = Setup { dir: tempfile::tempdir().unwrap() };
    fs::create_dir(copy.dir.path().join("a")).unwrap();
    for file in ["mail.db", "mail.db-wal"] {
        fs::copy(setup.path(file), copy.path(file)).unwrap();
    }
    copy.damage_raw_page_of_messages(&setup);
    copy.salvage();
    assert!(copy.path("mail.db.damaged-1-wal").exists());
    let (_writer, reader) = copy.reopened();
    let seventh = MessageRef::Site(MsgId(0x16a9_0000_0000_0000 + 121 * 0x1_0000));
    assert_eq!(reader.thread_row(seventh).unwrap().unwrap().subject, "from the log");
}

impl Setup {
    /// Damages a page of messages without opening the database, so that its log stays.
    fn damage_raw_page_of_messages(&self, like: &Setup) {
        let conn = Connection::open(like.path("mail.db")).unwrap();
        let sql =
            "SELECT pageno FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY path LIMIT 1";
        let page = conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() as usize;
        let mut bytes = fs::read(self.path("mail.db")).unwrap();
        bytes[(page - 1) * 4096..page * 4096].fill(0xa5);
        fs::write(self.path("mail.db"), bytes).unwrap();
    }
}

#[test]
fn a_store_that_is_open_or_beyond_help_is_left_alone() {
    let setup = setup();
    let writer = Writer::open(setup.place()).unwrap();
    assert!(matches!(salvage(&setup.place()), Err(StoreError::InUse { .. })));
    writer.close().unwrap();
    let mut bytes = fs::read(setup.path("mail.db")).unwrap();
    bytes[..4096].fill(0xa5);
    fs::write(setup.path("mail.db"), &bytes).unwrap();
    assert!(matches!(salvage(&setup.place()), Err(StoreError::Corrupt { .. })));
    assert_eq!(fs::read(setup.path("mail.db")).unwrap(), bytes);
    assert!(!setup.path("mail.db.damaged-1").exists());
}

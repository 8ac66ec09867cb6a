//! Making, opening and closing stores.

use std::fs;

use tmtp_store::{InstallId, ProcessLock, Reader, StoreError, Writer};

use crate::world::{ALICE, INSTALL, new_account, place, uid, world};

#[test]
fn a_store_is_made_once_and_says_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Reader::open(&place(dir.path()).dir), Err(StoreError::NotFound)));
    assert!(Writer::open(place(dir.path())).is_err());
    Writer::create(place(dir.path()), &new_account(Some(ALICE))).unwrap().close().unwrap();
    assert!(matches!(Writer::create(place(dir.path()), &new_account(None)), Err(StoreError::Exists)));
    let writer = Writer::open(place(dir.path())).unwrap();
    assert!(!writer.is_cloned());
    let member = Reader::open(&place(dir.path()).dir).unwrap().account().unwrap();
    assert_eq!(member.site.to_string(), "=127.0.0.1:443");
    assert_eq!(member.uid, Some(uid(ALICE)));
    assert_eq!(member.key_name, "alice");
}

#[test]
fn the_settings_that_durability_rests_on_are_on() {
    let mut world = world();
    let mut ask = |pragma: &str| -> String {
        let conn = world.writer.connection();
        conn.query_row(&format!("PRAGMA {pragma}"), [], |row| {
            row.get::<_, rusqlite::types::Value>(0).map(|value| format!("{value:?}"))
        })
        .unwrap()
    };
    assert_eq!(ask("journal_mode"), "Text(\"wal\")");
    assert_eq!(ask("synchronous"), "Integer(2)");
    assert_eq!(ask("foreign_keys"), "Integer(1)");
    assert_eq!(ask("auto_vacuum"), "Integer(2)");
    assert_eq!(ask("trusted_schema"), "Integer(0)");
    assert_eq!(ask("temp_store"), "Integer(2)");
    assert_eq!(ask("user_version"), format!("Integer({})", crate::schema::WRITTEN.len()));
    assert_eq!(ask("busy_timeout"), "Integer(5000)");
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let world = world();
    let dir = world.dir.path();
    let refused = Writer::open(place(dir)).unwrap_err();
    assert!(matches!(refused, StoreError::InUse { pid } if pid == Some(std::process::id())), "{refused:?}");
    assert_eq!(ProcessLock::holder(&place(dir).dir).unwrap(), Some(Some(std::process::id())));
    assert!(world.reader().account().is_ok());
    world.writer.close().unwrap();
    assert_eq!(ProcessLock::holder(&place(dir).dir).unwrap(), None);
    Writer::open(place(dir)).unwrap();
}

#[test]
fn a_store_from_another_installation_is_a_clone() {
    let world = world();
    let (dir, writer) = world.reopen();
    drop(writer);
    let mut elsewhere = place(dir.path());
    elsewhere.install = InstallId([2; 16]);
    assert_ne!(elsewhere.install, INSTALL);
    assert!(Writer::open(elsewhere).unwrap().is_cloned());
}

#[test]
fn a_store_of_a_later_format_is_refused_and_not_touched() {
    let mut world = world();
    world.writer.connection().pragma_update(None, "user_version", 7).unwrap();
    let dir = world.dir;
    let database = place(dir.path()).dir.join("mail.db");
    // Left behind by a kill: the number stands in the log only.
    let before = fs::read(&database).unwrap();
    let log = fs::read(database.with_file_name("mail.db-wal")).unwrap();
    let copied = tempfile::tempdir().unwrap();
    fs::create_dir(copied.path().join("alice")).unwrap();
    let copy = place(copied.path()).dir.join("mail.db");
    fs::write(&copy, &before).unwrap();
    fs::write(copy.with_file_name("mail.db-wal"), &log).unwrap();

    let newest = crate::schema::WRITTEN.len() as u32;
    let newer = |error| matches!(error, StoreError::Newer { found: 7, known } if known == newest);
    assert!(newer(Writer::open(place(copied.path())).unwrap_err()));
    assert!(newer(Reader::open(&place(copied.path()).dir).unwrap_err()));
    assert!(newer(tmtp_store::salvage::salvage(&place(copied.path())).unwrap_err()));
    assert_eq!(fs::read(&copy).unwrap(), before);
    assert_eq!(fs::read(copy.with_file_name("mail.db-wal")).unwrap(), log);
}

#[test]
fn what_is_no_database_is_damage_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let folder = place(dir.path()).dir;
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mail.db"), [7; 8192]).unwrap();
    assert!(matches!(Writer::open(place(dir.path())), Err(StoreError::Corrupt { .. })));
    assert!(matches!(Writer::create(place(dir.path()), &new_account(None)), Err(StoreError::Corrupt { .. })));
    assert_eq!(fs::read(folder.join("mail.db")).unwrap(), [7; 8192]);
}

#[test]
fn a_clean_close_leaves_no_log_and_files_are_not_swept() {
    let world = world();
    let folder = place(world.dir.path()).dir;
    world.writer.close().unwrap();
    assert!(!folder.join("mail.db-wal").exists());
    fs::write(folder.join("files").join("abc-0"), "x").unwrap();
    drop(Writer::open(place(world.dir.path())).unwrap());
    assert!(folder.join("files").join("abc-0").exists(), "nothing was left behind before");
    drop(Writer::open(place(world.dir.path())).unwrap());
    assert!(!folder.join("files").join("abc-0").exists(), "the writer before was not closed");
}

#[test]
fn a_close_removes_the_files_of_its_time_that_no_row_names() {
    let mut world = world();
    let folder = place(world.dir.path()).dir.join("files");
    let files = world.writer.files().clone();
    let make = |name: &str| {
        let mut incoming = files.incoming(name).unwrap();
        incoming.sync(&[]).unwrap();
        incoming.file().to_owned()
    };
    let (kept, _gone) = (make("kept"), make("gone"));
    let thread = world.bob_begins(0x10, "S");
    let message = world.bob_writes(thread, 0x11, "", "t");
    world.attach(message, &kept);
    let mut late = files.incoming("late").unwrap();
    fs::write(folder.join("before-0"), "x").unwrap();

    world.writer.close().unwrap();
    assert!(matches!(late.sync(&[]), Err(StoreError::ReadOnly)));
    assert!(matches!(files.incoming("later"), Err(StoreError::ReadOnly)));
    drop(late);
    let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["before-0", kept.as_str()]);
    assert_eq!(files.read_at(&kept, 0, &mut [0; 4]).unwrap(), 0, "reading goes on");
}

#[test]
fn a_close_without_a_checkpoint_leaves_the_look_for_leftovers_to_the_next_opening() {
    let mut world = world();
    let folder = place(world.dir.path()).dir;
    let conn = rusqlite::Connection::open(folder.join("mail.db")).unwrap();
    // Somebody reads for so long that the log cannot be cut.
    conn.execute_batch("BEGIN; SELECT count(*) FROM message").unwrap();
    world.bob_begins(0x10, "S");
    let mut incoming = world.writer.files().incoming("gone").unwrap();
    incoming.sync(&[]).unwrap();
    world.writer.connection().busy_timeout(std::time::Duration::ZERO).unwrap();
    world.writer.close().unwrap();
    assert!(folder.join("files").join(incoming.file()).exists());
    drop(conn);
    drop(Writer::open(place(world.dir.path())).unwrap());
    assert!(!folder.join("files").join(incoming.file()).exists());
}

#[test]
fn files_that_rows_name_survive_an_end_without_a_close() {
    let mut world = world();
    let mut incoming = world.writer.files().incoming("abc").unwrap();
    incoming.write(b"0123456789").unwrap();
    incoming.sync(&[]).unwrap();
    let thread = world.bob_begins(0x10, "S");
    let message = world.bob_writes(thread, 0x11, "", "t");
    world.attach(message, incoming.file());
    let mut staged = world.writer.files().incoming("def").unwrap();
    staged.sync(&[]).unwrap();
    let (_dir, writer) = world.reopen();
    let files = writer.unwrap().files().clone();
    assert_eq!(files.read_at(incoming.file(), 0, &mut [0; 10]).unwrap(), 10);
    assert!(files.read_at(staged.file(), 0, &mut [0; 10]).is_err());
}

#[test]
fn a_full_database_is_said_so() {
    let mut world = world();
    world.writer.connection().pragma_update(None, "max_page_count", 60).unwrap();
    let text = "x".repeat(100_000);
    let thread = world.bob_begins(0x10, "S");
    let conn = world.writer.connection();
    let full =
        conn.execute("UPDATE message SET text = ?2 WHERE thread = ?1", rusqlite::params![thread, text]);
    assert!(matches!(StoreError::from(full.unwrap_err()), StoreError::Full { .. }));
}

//! Reading where nothing can be written: a folder without the right to write, a disk without room. Each is met by a
//! process of its own, which has no privileges, or may make no file grow.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use tmtp_store::read::Page;
use tmtp_store::write::counters;
use tmtp_store::{ProcessLock, Reader, StoreError, Writer};

use crate::world::{ALICE, place, uid, world};

const FOLDER: &str = "TMTP_STORE_NARROW_FOLDER";
/// A user without rights.
const NOBODY: u32 = 65_534;

/// Not a test of its own: the process that can write nothing.
#[test]
#[ignore = "started by another test"]
fn the_process_that_can_write_nothing() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = PathBuf::from(folder);
    let probe = fs::write(folder.join("probe"), vec![1; 8192]);
    assert!(probe.is_err(), "this process is meant to be unable to write here");
    let reader = Reader::open(&place(&folder).dir).unwrap();
    reader.use_little_memory().unwrap();
    for _ in 0..3 {
        assert_eq!(reader.account().unwrap().uid, Some(uid(ALICE)));
        let threads = reader.threads(false, &Page { limit: 10, after: None }).unwrap().items;
        assert_eq!(threads.len(), 1);
        assert_eq!(threads[0].subject, "Tea");
    }
    assert_eq!(reader.counters().unwrap(), [("committed".to_owned(), 1)], "the newest commit is seen");
}

#[derive(Clone, Copy, PartialEq)]
enum Narrow {
    NoRights,
    NoRoom,
}

#[derive(Clone, Copy, PartialEq)]
enum Left {
    /// Closed in order: only the database is there.
    Closed,
    /// Killed: the log has commits that the database has not.
    Killed,
    /// The same, and the memory that connections share was left too.
    KilledWithShared,
}

/// A store in this state of which that process must be able to read everything.
fn reads(narrow: Narrow, left: Left) {
    let mut world = world();
    world.bob_begins(7, "Tea");
    counters::add(world.writer.connection(), "committed", 1).unwrap();
    let outer = tempfile::tempdir().unwrap();
    let folder = place(outer.path()).dir;
    fs::create_dir(&folder).unwrap();
    if left == Left::Closed {
        let dir = world.dir;
        world.writer.close().unwrap();
        copy(&place(dir.path()).dir, &folder, true);
    } else {
        // What a kill leaves is what is on the disk now.
        copy(&place(world.dir.path()).dir, &folder, left == Left::KilledWithShared);
        let log = fs::metadata(folder.join("mail.db-wal")).unwrap().len();
        assert!(log > 0, "the log has frames");
        assert_eq!(folder.join("mail.db-shm").exists(), left == Left::KilledWithShared);
    }
    let before = listing(&folder);
    let outcome = start(narrow, outer.path());
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stdout));
    if narrow == Narrow::NoRights {
        assert_eq!(listing(&folder), before, "nothing was written");
    }
}

fn copy(from: &Path, to: &Path, with_shared: bool) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let shared = entry.file_name() == "mail.db-shm";
        if entry.file_type().unwrap().is_file() && (with_shared || !shared) {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn listing(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn start(narrow: Narrow, dir: &Path) -> std::process::Output {
    // Where the test itself lies may be closed to a user without rights.
    let program = dir.join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let arguments = ["narrow::the_process_that_can_write_nothing", "--exact", "--ignored", "--nocapture"];
    let mut command = match narrow {
        Narrow::NoRights => {
            for path in [dir, &place(dir).dir] {
                for entry in fs::read_dir(path).unwrap() {
                    let path = entry.unwrap().path();
                    let mode = if path.is_dir() || path == program { 0o555 } else { 0o444 };
                    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
                }
                fs::set_permissions(path, fs::Permissions::from_mode(0o555)).unwrap();
            }
            let mut command = Command::new(&program);
            if fs::metadata(dir).unwrap().uid() == 0 {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        }
        Narrow::NoRoom => {
            let mut command = Command::new("sh");
            command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]).arg(&program);
            command
        }
    };
    let output = command.args(arguments).env(FOLDER, dir).output().unwrap();
    if narrow == Narrow::NoRights {
        // So that it can be cleared away.
        for path in [dir, &place(dir).dir] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    output
}

#[test]
fn a_closed_store_is_read_without_the_right_to_write() {
    reads(Narrow::NoRights, Left::Closed);
}

#[test]
fn a_store_left_by_a_kill_is_read_without_the_right_to_write() {
    reads(Narrow::NoRights, Left::Killed);
    reads(Narrow::NoRights, Left::KilledWithShared);
}

#[test]
fn a_closed_store_is_read_without_room() {
    reads(Narrow::NoRoom, Left::Closed);
}

#[test]
fn a_store_left_by_a_kill_is_read_without_room() {
    reads(Narrow::NoRoom, Left::Killed);
    reads(Narrow::NoRoom, Left::KilledWithShared);
}

#[test]
fn an_opener_waits_for_those_who_only_ask_and_not_for_a_writer() {
    let world = world();
    let dir = world.dir;
    world.writer.close().unwrap();
    let folder = place(dir.path()).dir;
    // Somebody who asks, or reads alone, in whatever process.
    let asking = fs::File::open(folder.join("lock")).unwrap();
    asking.lock_shared().unwrap();
    assert_eq!(ProcessLock::holder(&folder).unwrap(), None);
    std::thread::scope(|scope| {
        let opener = scope.spawn(|| Writer::open(place(dir.path())));
        // It is on its way when its note is gone, or not yet begun: either way it must come through.
        asking.unlock().unwrap();
        let writer = opener.join().unwrap().unwrap();
        let refused = Writer::open(place(dir.path())).unwrap_err();
        assert!(matches!(refused, StoreError::InUse { pid: Some(_) }), "{refused:?}");
        drop(writer);
    });
}

#[test]
fn many_who_ask_do_not_take_each_other_or_an_opener_for_a_writer() {
    let world = world();
    let dir = world.dir;
    world.writer.close().unwrap();
    let folder = place(dir.path()).dir;
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    ProcessLock::holder(&folder).unwrap();
                }
            });
        }
        let opened: Vec<_> = (0..50).map(|_| ProcessLock::take(&folder).map(drop)).collect();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    });
}

/// A row in every table that is shown.
const ROWS: &str = "
    UPDATE account SET uid = '3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1';
    INSERT INTO alias (alias, state) VALUES ('alice', 'held');
    INSERT INTO node (label, state) VALUES ('phone', 'made');
    INSERT INTO contact (alias, uid, source, since) VALUES ('bob', '4F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1', 'checked', 1);
    INSERT INTO peer (uid) VALUES ('4F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1');
    INSERT INTO thread (id, msgid, subject, messages, unread, newest) VALUES (1, 7, 'Tea', 2, 1, 7);
    INSERT INTO thread_name VALUES (7, 1);
    INSERT INTO message (id, thread, msgid, place, own, from_uid, from_alias, subject, text, posted, content, unread)
      VALUES (7, 1, 7, 7, 0, '4F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1', 'bob', 'Tea', 'At five?', 5, x'00', 1);
    INSERT INTO message (id, thread, send_id, place, own, from_uid, from_alias, subject, text, written, content)
      VALUES (8, 1, 70, 9223372036854775807, 1, '3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1', 'alice', '', 'Yes', 6, x'00');
    INSERT INTO recipient VALUES (1, 0, 'alice', 'bob', '3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1', '', '', '');
    INSERT INTO attachment (message, place, name, size, data) VALUES (7, 0, 'u:a.txt', 1, x'61');
    INSERT INTO ping (id, msgid, own, from_uid, from_alias, to_alias, text, posted, unread)
      VALUES (1, 9, 0, '4F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1', 'bob', 'alice', 'Hello', 4, 1);
    INSERT INTO draft (id, changed) VALUES ('d', 1);
    INSERT INTO draft_to VALUES ('d', 0, 'bob', '');
    INSERT INTO draft_file VALUES ('d', 0, 'a.txt', 'f', 1, zeroblob(32));
    INSERT INTO outbox (kind, send_id, message, thread, state) VALUES ('post', 70, 8, 1, 'queued');
    INSERT INTO done (draft, send_id, outcome) VALUES ('e', 71, 'sent');
    INSERT INTO parked (msgid, op, why, header, content, size) VALUES ('1', 'x', 'unknown_op', x'00', x'00', 1);
    INSERT INTO too_large (msgid, from_uid, size) VALUES (12, '4F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1', 1);
    INSERT INTO wake (began, stages, outcome, arrived) VALUES (1, 'received 0', 'new', 1);
    INSERT INTO counter VALUES ('wakes', 1);";

/// Looks at every list; what it holds as text.
fn everything(reader: &Reader) -> String {
    let page = || Page { limit: 10, after: None };
    let threads = reader.threads(false, &page()).unwrap().items;
    let thread = threads[0].thread;
    let messages = reader.thread(thread, &page()).unwrap().items;
    let newest = reader.thread_newest_first(thread, &page()).unwrap().items;
    assert_eq!((messages.len(), newest.len()), (2, 2));
    assert_eq!(messages[0].attachments.len(), 1);
    let lists = [
        format!("{:?}", reader.account().unwrap()),
        format!("{:?}", reader.unread_total().unwrap()),
        format!("{:?}", reader.outbox_counts().unwrap()),
        format!("{:?}", reader.aliases().unwrap()),
        format!("{:?}", reader.nodes().unwrap()),
        format!("{:?}", reader.key_names().unwrap()),
        format!("{:?}", reader.too_large().unwrap()),
        format!("{:?}", reader.counters().unwrap()),
        format!("{:?}", reader.drafts(&page()).unwrap().items),
        format!("{:?}", reader.draft("d").unwrap()),
        format!("{:?}", reader.parked(&page()).unwrap().items),
        format!("{:?}", reader.wakes(&page()).unwrap().items),
        format!("{:?}", reader.outbox(&page()).unwrap().items),
        format!("{:?}", reader.contacts(&page()).unwrap().items),
        format!("{:?}", reader.pings(&page()).unwrap().items),
        format!("{:?}", reader.thread_row(thread).unwrap()),
        format!("{:?}", reader.message(messages[0].msgid).unwrap()),
    ];
    format!("{threads:?}\n{messages:?}\n{}", lists.join("\n"))
}

#[test]
fn a_store_of_every_version_is_read_before_it_is_migrated_as_behind_it() {
    for (number, written) in (1..).zip(crate::schema::WRITTEN) {
        let dir = tempfile::tempdir().unwrap();
        crate::schema::folder_with(written, number, dir.path());
        let database = place(dir.path()).dir.join("mail.db");
        Connection::open(&database).unwrap().execute_batch(ROWS).unwrap();
        let reader = Reader::open(&place(dir.path()).dir).unwrap();
        let before = everything(&reader);
        let version: u32 = Connection::open(&database)
            .unwrap()
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap();
        assert_eq!(version, number, "reading migrates nothing");
        let writer = Writer::open(place(dir.path())).unwrap();
        assert_eq!(everything(&reader), before, "version {number}: the reader that was there goes on");
        let behind = Reader::open(&place(dir.path()).dir).unwrap();
        assert_eq!(everything(&behind), before, "version {number}");
        drop(writer);
    }
}

#[test]
fn what_cannot_be_written_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let error = StoreError::io("x", std::io::ErrorKind::ReadOnlyFilesystem.into());
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error:?}");
    assert!(matches!(Reader::open(dir.path()), Err(StoreError::NotFound)));
}

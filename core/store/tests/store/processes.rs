//! Several processes and threads on one store, and one that is killed for real.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use tmtp_store::read::Page;
use tmtp_store::write::counters;
use tmtp_store::{Reader, StoreError, Writer};
use tmtp_wire::ids::{MessageRef, MsgId};

use crate::world::{place, world};

const FOLDER: &str = "TMTP_STORE_TEST_FOLDER";

/// Not a test of its own: the process that is killed. It commits, says so, and waits.
#[test]
#[ignore = "started by another test"]
fn the_process_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let mut writer = Writer::open(place(&PathBuf::from(folder))).unwrap();
    counters::add(writer.connection(), "committed", 1).unwrap();
    let mut incoming = writer.files().incoming("abc").unwrap();
    incoming.sync(&[]).unwrap();
    writer.connection().execute_batch("BEGIN IMMEDIATE").unwrap();
    counters::add(writer.connection(), "open", 1).unwrap();
    println!("READY");
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().read_line(&mut String::new());
}

fn start_and_wait(folder: &std::path::Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["processes::the_process_that_is_killed", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("READY")), "the process is ready");
    child
}

#[test]
fn a_killed_process_leaves_its_commits_and_neither_its_lock_nor_its_leftovers() {
    let world = world();
    let dir = world.dir;
    world.writer.close().unwrap();
    let mut child = start_and_wait(dir.path());

    let refused = Writer::open(place(dir.path())).unwrap_err();
    assert!(matches!(refused, StoreError::InUse { pid } if pid == Some(child.id())), "{refused:?}");
    let reader = Reader::open(&place(dir.path()).dir).unwrap();
    assert_eq!(reader.counters().unwrap(), [("committed".to_owned(), 1)], "reading works beside a writer");

    child.kill().unwrap();
    child.wait().unwrap();
    let _writer = Writer::open(place(dir.path())).unwrap();
    assert_eq!(reader.counters().unwrap(), [("committed".to_owned(), 1)]);
    assert_eq!(std::fs::read_dir(place(dir.path()).dir.join("files")).unwrap().count(), 0);
}

#[test]
fn readers_never_disturb_a_writer_nor_see_half_a_commit() {
    let mut world = world();
    let thread = world.bob_begins(0x10, "S");
    let reader = world.reader();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let looks = scope.spawn(|| {
            let mut looks = 0;
            while !done.load(Ordering::Relaxed) {
                let row = reader.thread_row(MessageRef::Site(MsgId(0x10))).unwrap().unwrap();
                assert_eq!(row.messages % 2, 1, "two messages come with each commit");
                reader.threads(true, &Page::default()).unwrap();
                looks += 1;
            }
            looks
        });
        for id in 0..150_u64 {
            world.writer.connection().execute_batch("BEGIN IMMEDIATE").unwrap();
            world.bob_writes(thread, 0x100 + 2 * id, "", "t");
            world.bob_writes(thread, 0x101 + 2 * id, "", "t");
            world.writer.connection().execute_batch("COMMIT").unwrap();
            if id % 50 == 0 {
                world.writer.checkpoint().unwrap();
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(looks.join().unwrap() > 0);
    });
}

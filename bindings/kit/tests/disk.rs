//! The disk of a world: SQLite is refused what does not fit, and gets it when there is room again.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use tmtp_kit::KitWorld;
use tmtp_kit::world::WorldTimes;

fn world() -> Arc<KitWorld> {
    KitWorld::make(WorldTimes::default(), true).unwrap()
}

fn open(folder: &tempfile::TempDir, name: &str, world: &KitWorld) -> Connection {
    let (path, vfs) = (folder.path().join(name), world.vfs().unwrap());
    Connection::open_with_flags_and_vfs(path, OpenFlags::default(), vfs).unwrap()
}

#[test]
fn a_full_disk_refuses_what_grows_and_takes_it_again_when_there_is_room() {
    let (world, folder) = (world(), tempfile::tempdir().unwrap());
    let conn = open(&folder, "x.db", &world);
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.execute_batch("CREATE TABLE t (x BLOB)").unwrap();
    world.disk_full(true);
    let refused = conn.execute("INSERT INTO t VALUES (zeroblob(100000))", []).unwrap_err();
    assert_eq!(refused.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull), "{refused}");
    world.disk_full(false);
    conn.execute("INSERT INTO t VALUES (zeroblob(100000))", []).unwrap();
    // Through the operating system's own VFS the same file is seen.
    let other = Connection::open(folder.path().join("x.db")).unwrap();
    let rows: i64 = other.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn disks_do_not_know_of_each_other() {
    let (full, roomy, folder) = (world(), world(), tempfile::tempdir().unwrap());
    full.disk_full(true);
    assert!(open(&folder, "a.db", &full).execute_batch("CREATE TABLE t (x)").is_err());
    open(&folder, "b.db", &roomy).execute_batch("CREATE TABLE t (x)").unwrap();
}

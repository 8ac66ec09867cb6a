//! SQLite on the simulated disk: what a kill takes and what it must not take.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::path::PathBuf;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tmtp_disk::{Disk, VFS_NAME, When};

fn path(disk: &Disk) -> PathBuf {
    disk.root().join("test.db")
}

fn connect(disk: &Disk, synchronous: &str) -> Connection {
    let conn = Connection::open_with_flags_and_vfs(path(disk), OpenFlags::default(), VFS_NAME).unwrap();
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.pragma_update(None, "synchronous", synchronous).unwrap();
    conn
}

/// A database with an empty table that no kill can take.
fn prepared(disk: &Disk) -> Connection {
    let conn = connect(disk, "FULL");
    conn.execute_batch("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)").unwrap();
    conn
}

fn add(conn: &Connection, a: i64) -> rusqlite::Result<usize> {
    conn.execute("INSERT INTO t (a, b) VALUES (?1, zeroblob(3000))", [a])
}

fn rows(conn: &Connection) -> Vec<i64> {
    let mut statement = conn.prepare("SELECT a FROM t ORDER BY a").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn a_commit_survives_a_kill() {
    let disk = Disk::new(1);
    let conn = prepared(&disk);
    add(&conn, 1).unwrap();
    disk.kill();
    drop(conn);
    assert_eq!(rows(&connect(&disk, "FULL")), [1]);
}

#[test]
fn a_commit_without_sync_is_lost() {
    let disk = Disk::new(1);
    drop(prepared(&disk));
    let conn = connect(&disk, "OFF");
    add(&conn, 1).unwrap();
    assert_eq!(rows(&conn), [1]);
    assert!(disk.kill() > 0);
    drop(conn);
    assert_eq!(rows(&connect(&disk, "FULL")), Vec::<i64>::new());
}

#[test]
fn an_open_transaction_is_lost_and_its_lock_with_it() {
    let disk = Disk::new(1);
    let conn = prepared(&disk);
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    add(&conn, 1).unwrap();
    disk.kill();
    let next = connect(&disk, "FULL");
    add(&next, 2).unwrap();
    drop(conn);
    assert_eq!(rows(&next), [2]);
}

#[test]
fn two_connections_exclude_each_other_and_see_each_others_commits() {
    let disk = Disk::new(1);
    let first = prepared(&disk);
    let second = connect(&disk, "FULL");
    first.execute_batch("BEGIN IMMEDIATE").unwrap();
    add(&first, 1).unwrap();
    let refused = second.execute_batch("BEGIN IMMEDIATE").unwrap_err();
    assert_eq!(refused.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
    assert_eq!(rows(&second), Vec::<i64>::new(), "a reader sees the last commit");
    first.execute_batch("COMMIT").unwrap();
    assert_eq!(rows(&second), [1]);
    add(&second, 2).unwrap();
    assert_eq!(rows(&first), [1, 2]);
}

#[test]
fn death_before_the_sync_loses_the_commit_and_death_after_it_keeps_it() {
    for (when, left) in [(When::Before, 0), (When::After, 1)] {
        let disk = Disk::new(1);
        let conn = prepared(&disk);
        disk.die_at_sync(1, when);
        assert!(add(&conn, 1).is_err());
        assert!(disk.dead());
        drop(conn);
        disk.kill();
        assert_eq!(rows(&connect(&disk, "FULL")).len(), left, "{when:?}");
    }
}

#[test]
fn a_commit_on_a_full_disk_says_so_and_changes_nothing() {
    let disk = Disk::new(1);
    let conn = prepared(&disk);
    add(&conn, 1).unwrap();
    disk.set_room(Some(0));
    let full = (2..100).find_map(|a| add(&conn, a).err()).expect("the disk is full");
    assert_eq!(full.sqlite_error_code(), Some(ErrorCode::DiskFull));
    let before = rows(&conn);
    disk.set_room(None);
    add(&conn, 1000).unwrap();
    assert_eq!(rows(&conn).len(), before.len() + 1);
}

#[test]
fn one_write_that_finds_no_room_fails_one_commit() {
    let disk = Disk::new(1);
    let conn = prepared(&disk);
    disk.full_at_write(1);
    assert_eq!(add(&conn, 1).unwrap_err().sqlite_error_code(), Some(ErrorCode::DiskFull));
    add(&conn, 2).unwrap();
    assert_eq!(rows(&conn), [2]);
}

/// Commits, of which the last is cut short at each of its writes, on a disk that keeps any part of what was
/// not synced: what was committed is there, what was not is there whole or not at all.
#[test]
fn the_log_recovers_after_torn_writes() {
    let mut torn = 0;
    let mut cases = 0;
    for seed in 0..300 {
        let disk = Disk::new(seed);
        disk.set_torn(true);
        let conn = prepared(&disk);
        for a in 1..=5 {
            add(&conn, a).unwrap();
        }
        disk.die_at_write(1 + seed % 8);
        let done = conn.execute_batch(
            "BEGIN; INSERT INTO t VALUES (6, zeroblob(3000)); INSERT INTO t VALUES (7, zeroblob(3000)); COMMIT",
        );
        drop(conn);
        torn += disk.kill();
        let conn = connect(&disk, "FULL");
        let found = rows(&conn);
        let whole: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok", "seed {seed}");
        if done.is_ok() {
            assert_eq!(found, [1, 2, 3, 4, 5, 6, 7], "seed {seed}");
        } else {
            cases += 1;
            assert!(found == [1, 2, 3, 4, 5] || found == [1, 2, 3, 4, 5, 6, 7], "seed {seed}: {found:?}");
        }
    }
    assert!(torn > 100, "writes were lost: {torn}");
    assert!(cases > 100, "commits were cut short: {cases}");
}

/// The same through a checkpoint, where the database itself is written.
#[test]
fn a_checkpoint_that_is_cut_short_loses_nothing() {
    for at in 1..60 {
        let disk = Disk::new(at);
        disk.set_torn(true);
        let conn = prepared(&disk);
        for a in 1..=30 {
            add(&conn, a).unwrap();
        }
        disk.die_at_write(at);
        let _ = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        drop(conn);
        disk.kill();
        let conn = connect(&disk, "FULL");
        assert_eq!(rows(&conn).len(), 30, "death at write {at}");
        let whole: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok", "death at write {at}");
    }
}

#[test]
fn one_seed_gives_one_outcome() {
    let run = |seed| {
        let disk = Disk::new(seed);
        disk.set_torn(true);
        let conn = prepared(&disk);
        conn.pragma_update(None, "synchronous", "OFF").unwrap();
        for a in 1..=20 {
            add(&conn, a).unwrap();
        }
        let lost = disk.kill();
        drop(conn);
        (lost, rows(&connect(&disk, "FULL")))
    };
    let outcomes: Vec<_> = (0..40).map(run).collect();
    assert_eq!(outcomes, (0..40).map(run).collect::<Vec<_>>());
    let lengths: std::collections::BTreeSet<usize> = outcomes.iter().map(|(_, rows)| rows.len()).collect();
    assert!(lengths.len() > 3, "seeds differ: {lengths:?}");
}

//! A real store on the simulated disk.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::sync::Arc;

use tmtp_disk::{Disk, VFS_NAME, When};
use tmtp_store::drafts::{self, NewDraft};
use tmtp_store::files::Staged;
use tmtp_store::write::inbox::{self, NewMessage};
use tmtp_store::write::{membership, names, threads};
use tmtp_store::{
    FileKeyStore, InstallId, KeyAnswer, KeyStore, NewAccount, Place, Reader, StoreError, Writer,
};
use tmtp_wire::ids::{MsgId, SendId};
use tmtp_wire::time::Wall;

const SECRET: &str = "7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K";

fn place(disk: &Disk) -> Place {
    Place {
        dir: disk.root().join("accounts").join("a"),
        install: InstallId([1; 16]),
        fs: disk.fs(),
        vfs: Some(VFS_NAME.to_owned()),
    }
}

fn create(disk: &Disk) -> Result<Writer, StoreError> {
    let new = NewAccount {
        site: "=127.0.0.1:443".parse().unwrap(),
        key_name: "a".to_owned(),
        uid: None,
        created: Wall(0),
    };
    Writer::create(place(disk), &new)
}

fn count_up(writer: &mut Writer, name: &str) -> Result<(), StoreError> {
    tmtp_store::write::counters::add(writer.connection(), name, 1)
}

fn counters(disk: &Disk) -> Vec<(String, u64)> {
    Reader::open_on(&place(disk).dir, Some(VFS_NAME)).unwrap().counters().unwrap()
}

#[test]
fn a_commit_of_the_writer_costs_one_sync_and_survives_a_kill() {
    let disk = Disk::new(1);
    let mut writer = create(&disk).unwrap();
    count_up(&mut writer, "first").unwrap();
    let before = disk.syncs();
    for _ in 0..10 {
        count_up(&mut writer, "x").unwrap();
        assert_eq!(disk.unsynced(), 0);
    }
    assert_eq!(disk.syncs() - before, 10);
    disk.kill();
    drop(writer);
    drop(Writer::open(place(&disk)).unwrap());
    assert_eq!(counters(&disk), [("first".to_owned(), 1), ("x".to_owned(), 10)]);
}

/// One delivery as the account stores it: message, names, thread, last id.
fn deliver(writer: &mut Writer, thread: i64, n: u64) {
    let msgid = MsgId(0x16a9_0000_0000_0000 + n * 0x1_0000);
    let conn = writer.connection();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let message = NewMessage {
        thread,
        msgid: Some(msgid),
        send_id: SendId::new(0x1234_5678_9abc ^ n.wrapping_mul(0x9e37_79b9) & 0xffff_ffff),
        own: false,
        from_uid: "4F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1",
        from_alias: "Bob Builder",
        subject: "",
        text: &"words ".repeat(60),
        posted: Some(Wall(n as i64)),
        written: None,
        content: &[1; 32],
        header_head: Some(&[b'h'; 300]),
        data_head: Some(&[b'd'; 300]),
        unread: true,
    };
    let id = inbox::insert(conn, &message).unwrap();
    names::name_message(conn, id, msgid, message.posted, &[2; 32]).unwrap();
    threads::shown(conn, thread, tmtp_store::values::id_in(msgid), true).unwrap();
    membership::set_last_msgid(conn, msgid).unwrap();
    conn.execute_batch("COMMIT").unwrap();
}

/// Checkpoints included: the receive path may cost 1.02 syncs for each message.
#[test]
fn three_thousand_deliveries_cost_hardly_more_than_a_sync_each() {
    let disk = Disk::new(1);
    let mut writer = create(&disk).unwrap();
    let thread = threads::create(writer.connection(), MsgId(1), "S", true).unwrap();
    let (syncs, writes) = (disk.syncs(), disk.writes());
    for n in 0..3000 {
        deliver(&mut writer, thread, n);
    }
    let per_message = (disk.syncs() - syncs) as f64 / 3000.0;
    // A page of the log is two writes: its head and its bytes.
    let pages = (disk.writes() - writes) as f64 / 6000.0;
    assert!((1.0..1.015).contains(&per_message), "{per_message} syncs, {pages} pages a message");
    assert!(pages < 15.0, "{pages} pages a message");
}

#[test]
fn a_full_disk_is_its_own_error_and_the_reserve_lets_the_next_commit_through() {
    let disk = Disk::new(1);
    let mut writer = create(&disk).unwrap();
    disk.set_room(Some(0));
    let full = (0..1000).find_map(|_| count_up(&mut writer, "x").err()).expect("the disk is full");
    assert!(matches!(full, StoreError::Full { needed } if needed > 0), "{full:?}");
    assert!(writer.release_reserve().unwrap());
    count_up(&mut writer, "x").unwrap();
    assert!(!writer.release_reserve().unwrap());
    disk.set_room(Some(100 << 20));
    writer.keep_reserve();
    assert!(writer.release_reserve().unwrap(), "taken again when there was room");
}

#[test]
fn a_store_opens_on_a_disk_without_any_room() {
    let disk = Disk::new(1);
    create(&disk).unwrap().close().unwrap();
    disk.set_room(Some(0));
    drop(Writer::open(place(&disk)).unwrap());
}

/// A store is made whole or not at all, wherever the process dies.
#[test]
fn a_store_whose_making_was_cut_short_can_be_made_again() {
    let mut died = 0;
    for at in 1.. {
        let disk = Disk::new(at);
        disk.set_torn(true);
        disk.die_at_write(at);
        let made = create(&disk);
        let dead = disk.dead();
        drop(made);
        disk.kill();
        if !dead {
            break;
        }
        died += 1;
        match Writer::open(place(&disk)) {
            Ok(writer) => drop(writer),
            Err(StoreError::NotFound) => drop(create(&disk).unwrap()),
            Err(other) => panic!("death at write {at}: {other:?}"),
        }
        Writer::open(place(&disk)).unwrap();
    }
    assert!(died > 20, "{died}");
}

/// The file's bytes and name are there after a kill; only a row must name it.
fn survives(disk: &Disk, mut writer: Writer, file: &str, byte: u8) {
    name_in_a_draft(&mut writer, file);
    disk.kill();
    drop(writer);
    let writer = Writer::open(place(disk)).unwrap();
    let mut buf = vec![0; 100_001];
    assert_eq!(writer.files().read_at(file, 0, &mut buf).unwrap(), 100_000);
    assert!(buf.iter().take(100_000).all(|found| *found == byte));
}

#[test]
fn a_staged_file_is_durable_when_stage_returns() {
    let disk = Disk::new(1);
    let writer = create(&disk).unwrap();
    let source = disk.root().join("holiday");
    disk.fs().create(&source).unwrap().write_all(&[7; 100_000]).unwrap();
    let staged = writer.files().stage(&source, "abc").unwrap();
    survives(&disk, writer, &staged.file, 7);
}

#[test]
fn an_incoming_file_is_durable_when_sync_returns() {
    let disk = Disk::new(1);
    let writer = create(&disk).unwrap();
    let mut incoming = writer.files().incoming("def").unwrap();
    incoming.write(&[8; 100_000]).unwrap();
    incoming.sync(&[]).unwrap();
    let file = incoming.file().to_owned();
    drop(incoming);
    survives(&disk, writer, &file, 8);
}

#[test]
fn files_that_no_row_names_are_gone_after_a_kill() {
    let disk = Disk::new(1);
    let writer = create(&disk).unwrap();
    let mut incoming = writer.files().incoming("def").unwrap();
    incoming.write(&[8; 100]).unwrap();
    incoming.sync(&[]).unwrap();
    disk.kill();
    let files = place(&disk).dir.join("files");
    assert_eq!(disk.fs().list(&files).unwrap().len(), 1);
    drop(Writer::open(place(&disk)).unwrap());
    assert!(disk.fs().list(&files).unwrap().is_empty());
}

#[test]
fn a_secret_is_durable_when_put_returns() {
    for when in [When::Before, When::After] {
        for at in 1..4 {
            let disk = Disk::new(at);
            let keys = |disk: &Disk| FileKeyStore::with_fs(disk.root().join("keys"), disk.fs());
            keys(&disk).put("old", &SECRET.parse().unwrap()).unwrap();
            disk.die_at_sync(at, when);
            let put = keys(&disk).put("new", &SECRET.parse().unwrap());
            disk.kill();
            assert!(matches!(keys(&disk).get("old").unwrap(), KeyAnswer::Value(_)));
            let found = matches!(keys(&disk).get("new").unwrap(), KeyAnswer::Value(_));
            assert!(found || put.is_err(), "lost after put had returned");
        }
    }
}

#[test]
fn a_salvage_that_is_cut_short_leaves_the_old_store_or_the_new_one() {
    let mut finished = 0;
    for at in 1..400 {
        let disk = Disk::new(at);
        let mut writer = create(&disk).unwrap();
        count_up(&mut writer, "x").unwrap();
        writer.close().unwrap();
        disk.set_torn(true);
        disk.die_at_write(at);
        let done = tmtp_store::salvage::salvage(&place(&disk)).is_ok();
        let over = !disk.dead();
        disk.kill();
        drop(Writer::open(place(&disk)).unwrap_or_else(|error| panic!("death at write {at}: {error:?}")));
        assert_eq!(counters(&disk), [("x".to_owned(), 1)], "death at write {at}");
        if over {
            assert!(done);
            finished += 1;
            break;
        }
    }
    assert_eq!(finished, 1, "the salvage was cut at each of its writes");
}

fn name_in_a_draft(writer: &mut Writer, file: &str) {
    let staged = Staged { file: file.to_owned(), size: 100_000, sha256: [0; 32] };
    let draft = NewDraft {
        id: "d",
        thread: None,
        from_alias: "",
        to: &[],
        subject: "",
        text: "",
        files: &[("name", &staged)],
        changed: Wall(0),
    };
    let tx = writer.connection().transaction().unwrap();
    drafts::save(&tx, &draft).unwrap();
    tx.commit().unwrap();
}

#[test]
fn thousands_of_disks_leave_nothing_behind() {
    for seed in 0..2000 {
        let disk = Disk::new(seed);
        let root = disk.root();
        let fs: Arc<dyn tmtp_store::FileSystem> = disk.fs();
        drop((disk, fs));
        let gone = rusqlite::Connection::open_with_flags_and_vfs(
            root.join("x.db"),
            rusqlite::OpenFlags::default(),
            VFS_NAME,
        );
        assert!(gone.is_err());
    }
}

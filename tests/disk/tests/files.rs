//! Files on the simulated disk, by the file system's trait.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::io::ErrorKind;

use tmtp_disk::{Change, Disk, Event};
use tmtp_store::FileSystem;

fn write(fs: &dyn FileSystem, path: &std::path::Path, sync: bool) -> std::io::Result<()> {
    let mut file = fs.create(path)?;
    file.write_all(b"words")?;
    if sync {
        file.sync()?;
    }
    Ok(())
}

#[test]
fn a_file_needs_its_sync_and_its_folders() {
    for (bytes, name) in [(false, false), (true, false), (false, true), (true, true)] {
        let disk = Disk::new(1);
        let fs = disk.fs();
        let path = disk.root().join("a");
        write(&*fs, &path, bytes).unwrap();
        if name {
            fs.sync_dir(&disk.root()).unwrap();
        }
        assert_eq!(disk.unsynced() == 0, bytes && name);
        disk.kill();
        let fs = disk.fs();
        assert_eq!(fs.exists(&path).unwrap(), name);
        if name {
            assert_eq!(fs.size(&path).unwrap(), if bytes { 5 } else { 0 });
        }
    }
}

#[test]
fn a_rename_that_was_not_synced_is_undone() {
    let disk = Disk::new(1);
    let (old, new) = (disk.root().join("old"), disk.root().join("new"));
    write(&*disk.fs(), &old, true).unwrap();
    disk.fs().sync_dir(&disk.root()).unwrap();
    disk.fs().rename(&old, &new).unwrap();
    disk.kill();
    assert!(disk.fs().exists(&old).unwrap());
    assert!(!disk.fs().exists(&new).unwrap());
}

#[test]
fn a_removal_that_was_not_synced_is_undone_with_the_bytes() {
    let disk = Disk::new(1);
    let path = disk.root().join("a");
    write(&*disk.fs(), &path, true).unwrap();
    disk.fs().sync_dir(&disk.root()).unwrap();
    disk.fs().remove(&path).unwrap();
    assert_eq!(disk.used(), 0);
    disk.kill();
    let mut buf = [0; 8];
    assert_eq!(disk.fs().open(&path).unwrap().read_at(0, &mut buf).unwrap(), 5);
    assert_eq!(disk.used(), 5);
}

#[test]
fn handles_of_a_dead_process_are_of_no_use() {
    let disk = Disk::new(1);
    let fs = disk.fs();
    let mut file = fs.create(&disk.root().join("a")).unwrap();
    disk.kill();
    assert!(file.write_all(b"late").is_err());
    assert!(fs.create(&disk.root().join("b")).is_err());
    assert!(disk.fs().list(&disk.root()).unwrap().is_empty());
}

#[test]
fn folders_are_durable_when_they_are_made() {
    let disk = Disk::new(1);
    let dir = disk.root().join("home").join("accounts");
    disk.fs().create_dir(&dir).unwrap();
    disk.kill();
    assert!(disk.fs().exists(&dir).unwrap());
    let missing = disk.fs().create(&disk.root().join("nowhere").join("a"));
    assert_eq!(missing.err().unwrap().kind(), ErrorKind::NotFound);
}

#[test]
fn a_full_disk_says_so_and_goes_on_when_there_is_room() {
    let disk = Disk::new(1);
    disk.set_room(Some(7));
    write(&*disk.fs(), &disk.root().join("a"), true).unwrap();
    assert_eq!(disk.fs().free_space(&disk.root()).unwrap(), 2);
    let full = write(&*disk.fs(), &disk.root().join("b"), true).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    disk.fs().remove(&disk.root().join("a")).unwrap();
    write(&*disk.fs(), &disk.root().join("c"), true).unwrap();
}

#[test]
fn a_copied_disk_goes_its_own_way() {
    let disk = Disk::new(1);
    write(&*disk.fs(), &disk.root().join("a"), false).unwrap();
    let copy = disk.copy(2);
    disk.fs().remove(&disk.root().join("a")).unwrap();
    copy.kill();
    assert_eq!(copy.fs().size(&copy.root().join("a")).unwrap(), 5);
    assert!(copy.fs().exists(&disk.root().join("a")).is_err(), "a path of another disk");
}

#[test]
fn what_happens_is_recorded_on_demand() {
    let disk = Disk::new(1);
    disk.record();
    write(&*disk.fs(), &disk.root().join("a"), true).unwrap();
    let event = |change| Event { path: "/a".to_owned(), change };
    let expected = [event(Change::Created), event(Change::Written(5)), event(Change::Synced)];
    assert_eq!(disk.take_log(), expected);
    assert!(disk.take_log().is_empty());
}

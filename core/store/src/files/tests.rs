//! The account's files on the real disk.

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Files, Source};
use crate::error::StoreError;
use crate::fs::RealFs;

struct Setup {
    dir: tempfile::TempDir,
    files: Files,
}

fn setup() -> Setup {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::writing(dir.path(), Arc::new(RealFs));
    files.make_folder().unwrap();
    Setup { dir, files }
}

impl Setup {
    fn source(&self, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join("source");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn there(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.dir.path().join("files"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn spooled(&self, bytes: &[u8]) -> String {
        let mut incoming = self.files.incoming("16a9f0c3d5e40001").unwrap();
        incoming.write(bytes).unwrap();
        incoming.sync(&[]).unwrap();
        incoming.file().to_owned()
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[test]
fn a_staged_file_is_a_copy_that_later_edits_do_not_reach() {
    let setup = setup();
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
    let source = setup.source(&bytes);
    let staged = setup.files.stage(&source, "0011aabb").unwrap();
    assert_eq!((staged.size, staged.sha256), (200_000, hash(&bytes)));
    std::fs::write(&source, "other").unwrap();
    let mut buf = vec![0; 200_000];
    assert_eq!(setup.files.read_at(&staged.file, 0, &mut buf).unwrap(), 200_000);
    assert_eq!(buf, bytes);
    assert_eq!(setup.files.read_at(&staged.file, 199_999, &mut buf).unwrap(), 1);
    assert_eq!(setup.files.read_at(&staged.file, 300_000, &mut buf).unwrap(), 0);
}

#[test]
fn what_is_no_file_is_not_staged() {
    let setup = setup();
    assert!(matches!(setup.files.stage(&setup.dir.path().join("none"), "a"), Err(StoreError::NotFound)));
    assert!(matches!(setup.files.stage(setup.dir.path(), "a"), Err(StoreError::Io { .. })));
    assert!(setup.there().is_empty());
}

#[test]
fn a_repetition_of_a_delivery_gets_a_file_of_its_own() {
    let setup = setup();
    let first = setup.spooled(b"first");
    let second = setup.spooled(b"second");
    assert_ne!(first, second);
    let again = Files::writing(setup.dir.path(), Arc::new(RealFs));
    let third = again.incoming("16a9f0c3d5e40001").unwrap();
    assert!(![first.as_str(), second.as_str()].contains(&third.file()));
    let mut buf = [0; 10];
    assert_eq!(setup.files.read_at(&first, 0, &mut buf).unwrap(), 5);
    assert!(buf.starts_with(b"first"));
}

#[test]
fn an_incoming_file_is_hashed_in_parts_and_gone_when_it_is_dropped_unsynced() {
    let setup = setup();
    let mut incoming = setup.files.incoming("a").unwrap();
    incoming.write(b"one ").unwrap();
    incoming.write(b"two").unwrap();
    let parts = incoming.hashes(&[0..7, 4..7, 7..7]).unwrap();
    assert_eq!((incoming.size(), parts), (7, vec![hash(b"one two"), hash(b"two"), hash(b"")]));
    assert!(incoming.hashes(&[0..7, 4..8]).is_err(), "more than there is");
    assert_eq!(setup.there().len(), 1);
    drop(incoming);
    assert!(setup.there().is_empty());
    let mut incoming = setup.files.incoming("a").unwrap();
    incoming.sync(&[]).unwrap();
    incoming.abandon();
    assert!(setup.there().is_empty());
    setup.spooled(b"kept");
    assert_eq!(setup.there().len(), 1);
}

#[test]
fn the_quota_holds_for_staged_and_incoming_files_and_is_given_back() {
    let setup = setup();
    setup.files.set_limit(100);
    let sixty = setup.spooled(&[0; 60]);
    let refused = setup.files.stage(&setup.source(&[0; 41]), "a");
    assert!(matches!(refused, Err(StoreError::QuotaExceeded { limit: 100, needed: 1 })));
    let mut incoming = setup.files.incoming("a").unwrap();
    incoming.write(&[0; 40]).unwrap();
    assert!(matches!(incoming.write(&[0]), Err(StoreError::QuotaExceeded { .. })));
    drop(incoming);
    setup.files.remove(&sixty).unwrap();
    setup.files.remove(&sixty).unwrap();
    setup.files.stage(&setup.source(&[0; 100]), "a").unwrap();
    let again = Files::writing(setup.dir.path(), Arc::new(RealFs));
    again.set_limit(100);
    assert!(again.incoming("b").unwrap().write(&[0]).is_err(), "files from before count too");
}

#[test]
fn files_open_for_reading_only_are_not_changed() {
    let setup = setup();
    let file = setup.spooled(b"words");
    let reading = Files::reading(setup.dir.path(), Arc::new(RealFs));
    assert!(matches!(reading.remove(&file), Err(StoreError::ReadOnly)));
    assert!(matches!(reading.incoming("a"), Err(StoreError::ReadOnly)));
    assert!(matches!(reading.stage(&setup.source(b"x"), "a"), Err(StoreError::ReadOnly)));
    assert_eq!(reading.read_at(&file, 0, &mut [0; 5]).unwrap(), 5);
}

#[test]
fn names_that_a_damaged_store_may_hold_lead_nowhere() {
    let setup = setup();
    for name in ["", "../source", "a/b", "a.b", &"x".repeat(300)] {
        assert!(matches!(setup.files.read_at(name, 0, &mut [0]), Err(StoreError::Corrupt { .. })), "{name}");
        assert!(matches!(setup.files.remove(name), Err(StoreError::Corrupt { .. })), "{name}");
    }
}

#[test]
fn an_export_is_whole_or_not_there_and_never_replaces_unasked() {
    let setup = setup();
    let file = setup.spooled(b"0123456789");
    let to = setup.dir.path().join("out.txt");
    let part = Source::File { file: file.clone(), start: 2, size: 5 };
    setup.files.export(&part, &to, false).unwrap();
    assert_eq!(std::fs::read(&to).unwrap(), b"23456");
    let small = Source::Bytes(b"small".to_vec());
    assert!(matches!(setup.files.export(&small, &to, false), Err(StoreError::Exists)));
    assert_eq!(std::fs::read(&to).unwrap(), b"23456");
    setup.files.export(&small, &to, true).unwrap();
    assert_eq!(std::fs::read(&to).unwrap(), b"small");

    let too_long = Source::File { file, start: 8, size: 5 };
    let other = setup.dir.path().join("other.txt");
    assert!(matches!(setup.files.export(&too_long, &other, false), Err(StoreError::Corrupt { .. })));
    let names: Vec<_> =
        std::fs::read_dir(setup.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "the folder of files and the export: {names:?}");
}

#[test]
fn a_sweep_removes_exactly_what_no_row_names() {
    let setup = setup();
    let (kept, gone) = (setup.spooled(b"a"), setup.spooled(b"b"));
    assert_eq!(setup.files.sweep(|file| Ok(file == kept)).unwrap(), 1);
    assert_eq!(setup.there(), [kept]);
    assert!(matches!(setup.files.read_at(&gone, 0, &mut [0]), Err(StoreError::NotFound)));
}

#[test]
fn a_sweep_that_cannot_ask_removes_nothing() {
    let setup = setup();
    let file = setup.spooled(b"a");
    assert!(setup.files.sweep(|_| Err(StoreError::Corrupt { what: "a row" })).is_err());
    assert_eq!(setup.there(), [file]);
}

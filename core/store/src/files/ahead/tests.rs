use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::*;
use crate::files::Files;
use crate::fs::RealFs;

const MIB: usize = 1024 * 1024;

fn files() -> (tempfile::TempDir, Files) {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::writing(dir.path(), Arc::new(RealFs));
    files.make_folder().unwrap();
    (dir, files)
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| ((n / 7) ^ (n >> 11)) as u8).collect()
}

/// One part of so many bytes.
fn one(bytes: usize) -> Vec<Range<u64>> {
    std::iter::once(0..bytes as u64).collect()
}

#[test]
fn parts_hashed_while_they_come_are_those_of_the_whole_file() {
    let (_dir, files) = files();
    let data = bytes(13 * MIB + 5);
    // Borders inside pieces and at them, and empty parts, the last one too.
    let borders = [0, 100, 100, 4 * MIB, 9 * MIB + 1, data.len(), data.len()];
    let parts: Vec<Range<u64>> = borders.windows(2).map(|two| two[0] as u64..two[1] as u64).collect();
    let wanted: Vec<[u8; 32]> =
        borders.windows(2).map(|two| Sha256::digest(&data[two[0]..two[1]]).into()).collect();
    for ahead in [true, false] {
        let mut incoming = files.incoming("a").unwrap();
        for (number, chunk) in data.chunks(100_000).enumerate() {
            incoming.write(chunk).unwrap();
            if ahead && number == 1 {
                assert!(incoming.work_ahead(parts.clone()).unwrap());
            }
        }
        assert_eq!(incoming.sync(&parts).unwrap(), wanted);
    }
}

#[test]
fn other_parts_than_were_begun_with_are_hashed_all_the_same() {
    let (_dir, files) = files();
    let data = bytes(5 * MIB);
    let mut incoming = files.incoming("a").unwrap();
    incoming.write(&data).unwrap();
    let whole = 0..data.len() as u64;
    incoming.work_ahead(vec![0..7, 7..whole.end]).unwrap();
    let hash: [u8; 32] = Sha256::digest(&data).into();
    assert_eq!(incoming.sync(&[whole]).unwrap(), [hash]);
}

#[test]
fn a_file_that_ends_too_early_is_an_error() {
    let (_dir, files) = files();
    let mut incoming = files.incoming("a").unwrap();
    incoming.write(&bytes(5 * MIB)).unwrap();
    let parts = one(5 * MIB + 1);
    incoming.work_ahead(parts.clone()).unwrap();
    assert!(incoming.sync(&parts).is_err());
}

#[test]
fn what_fails_early_fails_the_sync() {
    let (dir, files) = files();
    let mut incoming = files.incoming("a").unwrap();
    incoming.write(&bytes(MIB)).unwrap();
    let parts = one(9 * MIB);
    incoming.work_ahead(parts.clone()).unwrap();
    // By its name it cannot be synced any more; by its descriptor it still can.
    std::fs::remove_file(dir.path().join("files").join(incoming.file())).unwrap();
    incoming.write(&bytes(8 * MIB)).unwrap();
    let shared = Arc::clone(&incoming.ahead.as_ref().unwrap().1.shared);
    while locked(&shared.progress).outcome.is_none() {
        std::thread::yield_now();
    }
    assert!(incoming.sync(&parts).is_err());
}

#[test]
fn nothing_is_left_of_one_that_is_given_up() {
    let (dir, files) = files();
    let mut incoming = files.incoming("a").unwrap();
    incoming.write(&bytes(9 * MIB)).unwrap();
    incoming.work_ahead(one(20 * MIB)).unwrap();
    drop(incoming);
    assert_eq!(std::fs::read_dir(dir.path().join("files")).unwrap().count(), 0);

    let path = dir.path().join("b");
    std::fs::write(&path, bytes(9 * MIB)).unwrap();
    let fs: Arc<dyn FileSystem> = Arc::new(RealFs);
    let ahead = Ahead::begin(&fs, path, one(20 * MIB), 9 * MIB as u64).unwrap();
    let thread = Arc::downgrade(&ahead.shared);
    drop(ahead);
    assert!(thread.upgrade().is_none(), "the thread has ended");
}

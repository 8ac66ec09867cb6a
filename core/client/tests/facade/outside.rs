//! What the operating system says of a home: which of its files are open in this process, and which are locked by
//! whomever. Linux only; elsewhere there is nothing to ask.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The files below a folder that this process has open, as the kernel lists them.
pub(crate) fn open_files(below: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = entries.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    targets.filter(|target| target.starts_with(below)).collect()
}

/// The files below a folder that anybody has locked, as the kernel lists them.
pub(crate) fn locked_files(below: &Path) -> Vec<PathBuf> {
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    // `1: POSIX  ADVISORY  WRITE 4711 08:01:123456 0 EOF`: the last part of the sixth word is the inode.
    let inode = |line: &str| line.split_whitespace().nth(5)?.rsplit(':').next()?.parse::<u64>().ok();
    let locked: BTreeSet<u64> = locks.lines().filter_map(inode).collect();
    files(below).into_iter().filter(|file| locked.contains(&std::fs::metadata(file).unwrap().ino())).collect()
}

/// All files below a folder.
pub(crate) fn files(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(below).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// Nothing of this home is open or locked.
pub(crate) fn is_at_rest(home: &Path) {
    assert_eq!(open_files(home), Vec::<PathBuf>::new());
    assert_eq!(locked_files(home), Vec::<PathBuf>::new());
}

//! What a process has open, seen from outside it, as the operating system tells: open, mapped and locked files below a
//! folder. On Linux only.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::KitError;

/// A file that is in use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, uniffi::Record)]
pub struct UsedFile {
    /// Where.
    pub path: String,
    /// How.
    pub how: FileUse,
}

/// How a file is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum FileUse {
    /// It is open.
    Open,
    /// It is in memory.
    Mapped,
    /// It is locked.
    Locked,
}

/// The files below a folder that a process has open, mapped or locked; this process if none is named.
///
/// Errors: `System`, the operating system does not tell.
#[uniffi::export]
pub fn files_used(below: &str, process: Option<i64>) -> Result<Vec<UsedFile>, KitError> {
    let below = fs::canonicalize(below)?;
    let process = process.unwrap_or_else(|| std::process::id().into());
    let mut used = BTreeSet::new();
    let mut note = |path: &Path, how| {
        if path.starts_with(&below) {
            used.insert(UsedFile { path: path.to_string_lossy().into_owned(), how });
        }
    };
    for entry in fs::read_dir(format!("/proc/{process}/fd"))? {
        // One that was closed since the list was made is not open.
        if let Ok(path) = entry.and_then(|entry| fs::read_link(entry.path())) {
            note(&path, FileUse::Open);
        }
    }
    for line in fs::read_to_string(format!("/proc/{process}/maps"))?.lines() {
        if let Some(at) = line.find('/') {
            note(Path::new(line.get(at..).unwrap_or_default()), FileUse::Mapped);
        }
    }
    let locked = locked_inodes(process)?;
    let mut files = Vec::new();
    collect(&below, &mut files)?;
    for (path, inode) in files {
        if locked.contains(&inode) {
            note(&path, FileUse::Locked);
        }
    }
    Ok(used.into_iter().collect())
}

/// The inodes that a process has locked. A line is `1: POSIX ADVISORY WRITE PID MAJOR:MINOR:INODE START END`.
fn locked_inodes(process: i64) -> Result<BTreeSet<u64>, KitError> {
    let process = process.to_string();
    let locks = fs::read_to_string("/proc/locks")?;
    let inode = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| *word == process)?;
        words.get(at + 1)?.rsplit(':').next()?.parse().ok()
    };
    Ok(locks.lines().filter_map(inode).collect())
}

fn collect(folder: &Path, into: &mut Vec<(PathBuf, u64)>) -> Result<(), KitError> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        if about.is_dir() {
            collect(&entry.path(), into)?;
        } else {
            into.push((entry.path(), about.ino()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_and_locked_files_are_seen_until_they_are_closed() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().to_str().unwrap();
        let file = fs::File::create(folder.path().join("x")).unwrap();
        file.lock().unwrap();
        let hows: Vec<FileUse> = files_used(below, None).unwrap().into_iter().map(|file| file.how).collect();
        assert_eq!(hows, [FileUse::Open, FileUse::Locked]);
        drop(file);
        assert_eq!(files_used(below, None).unwrap(), []);
    }
}

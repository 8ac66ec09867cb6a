//! The id of this installation: random, made once, kept outside backups. A store carries the id of the
//! installation that it was made in; one that was copied or restored elsewhere shows by the difference, and
//! nothing logs in from it (two devices would fight for one node).
//!
//! A home that is copied whole brings its id along. Where the platform does not move homes by itself, the file also
//! says which file it is ([`FileIdentity`]): a copy is another one, and gets an id of its own, so that the stores in it
//! are of another installation, for good. [`Writer::adopt`](crate::Writer::adopt) takes a store over.
//!
//! ```text
//! 5f0c…          32 hex digits
//! 1234 1700…     number and birth of this file; not there on phones
//! ```

use std::fmt;
use std::io;
use std::path::Path;

use crate::error::StoreError;
use crate::fs::{FileIdentity, FileSystem, read_small};

/// Bytes that the file has at most.
const FILE_MAX: usize = 128;

/// The id of an installation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InstallId(pub [u8; 16]);

impl fmt::Debug for InstallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstallId(…)")
    }
}

/// Reads the id in `path`. If there is no such file, `fresh` (random bytes) becomes the id, durably; of several processes
/// that find none, all get the id of the first.
pub fn read_or_make(fs: &dyn FileSystem, path: &Path, fresh: [u8; 16]) -> Result<InstallId, StoreError> {
    Ok(open(fs, path, &Draft { id: fresh, name: fresh, noted: false })?.0)
}

/// The same, and a file that is a copy gets `fresh` as its id, durably if the disk can be written. One that does not say
/// yet which file it is, is taken as it is.
pub fn read_or_make_here(fs: &dyn FileSystem, path: &Path, fresh: [u8; 16]) -> Result<InstallId, StoreError> {
    let draft = Draft { id: fresh, name: fresh, noted: true };
    // Another process may put its note into place between the two looks: what is a copy stays one.
    for last in [false, true] {
        let (id, noted) = open(fs, path, &draft)?;
        let here =
            fs.identity(path).map_err(|error| StoreError::io("looking at the installation's id", error))?;
        // On a disk that cannot be written nothing is noted: it is found out again the next time.
        match (noted, here) {
            (_, None) => return Ok(id),
            (Some(noted), Some(here)) if is_same(noted, here) => return Ok(id),
            (Some(_), Some(_)) if !last => {}
            (None, Some(_)) => {
                let _ = draft.of(id).write(fs, path, true);
                return Ok(id);
            }
            (Some(_), Some(_)) => {
                tracing::warn!("The home is a copy of another one: nothing logs in from it.");
                if draft.write(fs, path, true).is_ok() {
                    // Of several that find it out at a time, all take the id of the last.
                    return Ok(open(fs, path, &draft)?.0);
                }
            }
        }
    }
    Ok(InstallId(fresh))
}

/// A file that is to be written.
struct Draft {
    id: [u8; 16],
    /// Makes its name until it is whole: another process may be doing the same.
    name: [u8; 16],
    /// It says which file it is.
    noted: bool,
}

impl Draft {
    fn of(&self, id: InstallId) -> Draft {
        Draft { id: id.0, ..*self }
    }

    /// Writes it, durably; over one that is there only if it is to replace it.
    fn write(&self, fs: &dyn FileSystem, path: &Path, replace: bool) -> io::Result<()> {
        let temporary = path.with_extension(hex(self.name));
        let mut file = fs.create(&temporary)?;
        let mut text = hex(self.id) + "\n";
        // A file that is moved stays what it is.
        if let Some(file) = fs.identity(&temporary)?.filter(|_| self.noted) {
            text += &format!("{} {}\n", file.number, file.born.unwrap_or_default());
        }
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync());
        drop(file);
        let moved = written.and_then(|()| match replace {
            true => fs.rename(&temporary, path),
            false => fs.rename_new(&temporary, path),
        });
        if let Err(error) = moved {
            // What cannot be removed is some bytes that nobody reads.
            let _ = fs.remove(&temporary);
            return Err(error);
        }
        path.parent().map_or(Ok(()), |dir| fs.sync_dir(dir))
    }
}

/// What the file says, which is made if it is not there.
fn open(
    fs: &dyn FileSystem,
    path: &Path,
    draft: &Draft,
) -> Result<(InstallId, Option<FileIdentity>), StoreError> {
    if let Some(found) = read(fs, path)? {
        return Ok(found);
    }
    match draft.write(fs, path, false) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(StoreError::io("writing the installation's id", error));
        }
        _ => {}
    }
    read(fs, path)?.ok_or(StoreError::Corrupt { what: "the installation's id" })
}

/// Whether a file is the one that was noted. Some disks give a file another number each time that they are mounted; Apple's
/// keep the number, and copy the birth.
fn is_same(noted: FileIdentity, here: FileIdentity) -> bool {
    match (noted.born, here.born) {
        (Some(noted), Some(here)) if !cfg!(target_vendor = "apple") => noted == here,
        _ => noted.number == here.number,
    }
}

fn read(fs: &dyn FileSystem, path: &Path) -> Result<Option<(InstallId, Option<FileIdentity>)>, StoreError> {
    let bytes = match read_small(fs, path, FILE_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("reading the installation's id", error)),
    };
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let mut lines = text.lines();
    let id = lines.next().and_then(|line| from_hex(line.trim()));
    let id = id.ok_or(StoreError::Corrupt { what: "the installation's id" })?;
    let noted = lines.next().and_then(|line| {
        let (number, born) = line.split_once(' ')?;
        let born = born.parse().ok().filter(|born| *born > 0);
        Some(FileIdentity { number: number.parse().ok()?, born })
    });
    Ok(Some((id, noted)))
}

fn hex(id: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(id))
}

fn from_hex(text: &str) -> Option<InstallId> {
    let number = Some(text).filter(|text| text.len() == 32)?;
    u128::from_str_radix(number, 16).ok().map(|number| InstallId(number.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::RealFs;

    #[test]
    fn an_installation_keeps_its_first_id() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("install");
        assert_eq!(read_or_make(&RealFs, &path, [7; 16]).unwrap(), InstallId([7; 16]));
        assert_eq!(read_or_make(&RealFs, &path, [8; 16]).unwrap(), InstallId([7; 16]));
    }

    #[test]
    fn a_broken_id_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("install");
        std::fs::write(&path, "0707").unwrap();
        assert!(matches!(read_or_make(&RealFs, &path, [8; 16]), Err(StoreError::Corrupt { .. })));
        assert!(matches!(read_or_make_here(&RealFs, &path, [8; 16]), Err(StoreError::Corrupt { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"0707");
    }

    #[test]
    fn all_who_find_none_at_a_time_get_the_same_and_nothing_is_left_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("install");
        let ids: Vec<InstallId> = std::thread::scope(|scope| {
            let path = &path;
            let makers: Vec<_> = (0..8)
                .map(|n| scope.spawn(move || read_or_make_here(&RealFs, path, [n; 16]).unwrap()))
                .collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_copy_gets_an_id_of_its_own_and_a_move_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        let (first, copy, moved) =
            (dir.path().join("install"), dir.path().join("copy"), dir.path().join("moved"));
        // One that was made before files said which they are.
        assert_eq!(read_or_make(&RealFs, &first, [7; 16]).unwrap(), InstallId([7; 16]));
        assert_eq!(read_or_make_here(&RealFs, &first, [8; 16]).unwrap(), InstallId([7; 16]));
        std::fs::copy(&first, &copy).unwrap();
        assert_eq!(read_or_make_here(&RealFs, &copy, [9; 16]).unwrap(), InstallId([9; 16]));
        assert_eq!(read_or_make_here(&RealFs, &copy, [10; 16]).unwrap(), InstallId([9; 16]));
        std::fs::rename(&first, &moved).unwrap();
        assert_eq!(read_or_make_here(&RealFs, &moved, [11; 16]).unwrap(), InstallId([7; 16]));
        // Where nobody looks for copies the id is read all the same.
        assert_eq!(read_or_make(&RealFs, &moved, [12; 16]).unwrap(), InstallId([7; 16]));
    }
}

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
use std::path::Path;

use crate::error::StoreError;
use crate::fs::{FileIdentity, FileSystem, read_small, write_atomic, write_atomic_with};

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

/// Reads the id in `path`. If there is no such file, `fresh` (random bytes) becomes the id, durably.
pub fn read_or_make(fs: &dyn FileSystem, path: &Path, fresh: [u8; 16]) -> Result<InstallId, StoreError> {
    match read(fs, path)? {
        Some((id, _)) => Ok(id),
        None => {
            write_atomic(fs, path, hex(fresh).as_bytes()).map_err(writing)?;
            Ok(InstallId(fresh))
        }
    }
}

/// The same, and a file that is a copy gets `fresh` as its id, durably if the disk can be written. One that does not say
/// yet which file it is, is taken as it is.
pub fn read_or_make_here(fs: &dyn FileSystem, path: &Path, fresh: [u8; 16]) -> Result<InstallId, StoreError> {
    let write = |id: [u8; 16]| {
        write_atomic_with(fs, path, |file| {
            let place = file.map(|file| format!("{} {}\n", file.number, file.born.unwrap_or_default()));
            (hex(id) + &place.unwrap_or_default()).into_bytes()
        })
    };
    let Some((id, noted)) = read(fs, path)? else {
        write(fresh).map_err(writing)?;
        return Ok(InstallId(fresh));
    };
    let Some(here) =
        fs.identity(path).map_err(|error| StoreError::io("looking at the installation's id", error))?
    else {
        return Ok(id);
    };
    match noted {
        Some(noted) if is_same(noted, here) => Ok(id),
        // On a disk that cannot be written it stays unnoted.
        None => {
            let _ = write(id.0);
            Ok(id)
        }
        Some(_) => {
            tracing::warn!("The home is a copy of another one: nothing logs in from it.");
            // On a disk that cannot be written it is found out again the next time.
            let _ = write(fresh);
            Ok(InstallId(fresh))
        }
    }
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
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
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

fn writing(error: std::io::Error) -> StoreError {
    StoreError::io("writing the installation's id", error)
}

fn hex(id: [u8; 16]) -> String {
    format!("{:032x}\n", u128::from_be_bytes(id))
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

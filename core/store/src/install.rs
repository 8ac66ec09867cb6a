//! The id of this installation: random, made once, kept outside backups. A store carries the id of the
//! installation that it was made in; one that was copied or restored elsewhere shows by the difference, and
//! nothing logs in from it (two devices would fight for one node).

use std::fmt;
use std::path::Path;

use crate::error::StoreError;
use crate::fs::{FileSystem, read_small, write_atomic};

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
    match read_small(fs, path, 64) {
        Ok(bytes) => {
            from_hex(bytes.trim_ascii()).ok_or(StoreError::Corrupt { what: "the installation's id" })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text: String = fresh.iter().map(|byte| format!("{byte:02x}")).collect();
            let failed = |error| StoreError::io("writing the installation's id", error);
            write_atomic(fs, path, format!("{text}\n").as_bytes()).map_err(failed)?;
            Ok(InstallId(fresh))
        }
        Err(error) => Err(StoreError::io("reading the installation's id", error)),
    }
}

fn from_hex(text: &[u8]) -> Option<InstallId> {
    let number = std::str::from_utf8(text).ok().filter(|text| text.len() == 32)?;
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
        assert_eq!(std::fs::read(&path).unwrap(), b"0707");
    }
}

//! Secrets as files that only their owner can read: for terminals and tests, where there is no key store.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tmtp_wire::ids::NodeSecret;
use zeroize::Zeroizing;

use super::{KeyAnswer, KeyError, KeyStore};
use crate::fs::{FileSystem, RealFs, read_small, write_atomic};
use crate::limits;

/// A folder with one file for each secret.
#[derive(Clone)]
pub struct FileKeyStore {
    dir: PathBuf,
    fs: Arc<dyn FileSystem>,
}

impl fmt::Debug for FileKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKeyStore")
    }
}

impl FileKeyStore {
    /// The key store in `dir`, which is made when the first secret is kept.
    pub fn new(dir: impl Into<PathBuf>) -> FileKeyStore {
        FileKeyStore::with_fs(dir, Arc::new(RealFs))
    }

    /// The same on another disk.
    pub fn with_fs(dir: impl Into<PathBuf>, fs: Arc<dyn FileSystem>) -> FileKeyStore {
        FileKeyStore { dir: dir.into(), fs }
    }

    /// A name as a file name: letters, digits, `-` and `_` stay, every other byte becomes `%` and two digits.
    fn path(&self, name: &str) -> Result<PathBuf, KeyError> {
        if name.is_empty() || name.len() > limits::KEY_NAME_MAX {
            return Err(KeyError::BadName);
        }
        let mut file = String::with_capacity(name.len());
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) {
                file.push(char::from(byte));
            } else {
                file.push_str(&format!("%{byte:02x}"));
            }
        }
        Ok(self.dir.join(file))
    }
}

fn failed(error: io::Error) -> KeyError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => KeyError::NotNow,
        _ => KeyError::Failed(Box::new(error)),
    }
}

impl KeyStore for FileKeyStore {
    fn get(&self, name: &str) -> Result<KeyAnswer, KeyError> {
        let bytes = match read_small(&*self.fs, &self.path(name)?, limits::KEY_FILE_MAX) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(KeyAnswer::Absent),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(KeyAnswer::NotNow),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(KeyError::Damaged),
            Err(error) => return Err(failed(error)),
        };
        let text = std::str::from_utf8(bytes.trim_ascii_end()).map_err(|_| KeyError::Damaged)?;
        text.parse().map(KeyAnswer::Value).map_err(|_| KeyError::Damaged)
    }

    fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError> {
        let path = self.path(name)?;
        self.fs.create_dir(&self.dir).map_err(failed)?;
        write_atomic(&*self.fs, &path, secret.expose().as_bytes()).map_err(failed)
    }

    fn remove(&self, name: &str) -> Result<(), KeyError> {
        match self.fs.remove(&self.path(name)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Err(_) => return Ok(()),
            Ok(()) => {}
        }
        self.fs.sync_dir(&self.dir).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K";

    fn value(answer: KeyAnswer) -> Option<String> {
        match answer {
            KeyAnswer::Value(secret) => Some(secret.expose().to_owned()),
            KeyAnswer::Absent | KeyAnswer::NotNow => None,
        }
    }

    #[test]
    fn a_kept_secret_is_found_again_and_forgotten_on_demand() {
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeyStore::new(dir.path().join("keys"));
        assert!(matches!(keys.get("blue heron/1").unwrap(), KeyAnswer::Absent));
        keys.put("blue heron/1", &SECRET.parse().unwrap()).unwrap();
        let again = FileKeyStore::new(dir.path().join("keys"));
        assert_eq!(value(again.get("blue heron/1").unwrap()).as_deref(), Some(SECRET));
        again.remove("blue heron/1").unwrap();
        again.remove("blue heron/1").unwrap();
        assert!(matches!(keys.get("blue heron/1").unwrap(), KeyAnswer::Absent));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_a_secret() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeyStore::new(dir.path().join("keys"));
        keys.put("a", &SECRET.parse().unwrap()).unwrap();
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(dir.path().join("keys")), 0o700);
        assert_eq!(mode(dir.path().join("keys/a")), 0o600);
    }

    #[test]
    fn a_damaged_secret_is_neither_absent_nor_a_value() {
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeyStore::new(dir.path());
        std::fs::write(dir.path().join("a"), "7XK2").unwrap();
        assert!(matches!(keys.get("a"), Err(KeyError::Damaged)));
        std::fs::write(dir.path().join("a"), vec![b'Z'; 5000]).unwrap();
        assert!(matches!(keys.get("a"), Err(KeyError::Damaged)));
    }

    #[test]
    fn names_never_leave_the_folder() {
        let keys = FileKeyStore::new("/keys");
        assert_eq!(keys.path("../../x").unwrap(), PathBuf::from("/keys/%2e%2e%2f%2e%2e%2fx"));
        assert!(matches!(keys.path(""), Err(KeyError::BadName)));
        assert!(matches!(keys.path(&"x".repeat(81)), Err(KeyError::BadName)));
    }
}

//! Pins in a folder, one small text file per site: the address, then the pin. A file is written beside its place,
//! synced and moved there, so that a crash leaves the old one or the new one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use tmtp_wire::address::SiteAddress;

use super::{Pin, TrustError, TrustStore};

/// Longest file that can be a pin: address, pin, two line ends.
const FILE_MAX: u64 = 512;

/// Pins in files.
#[derive(Debug)]
pub struct FileTrustStore {
    dir: PathBuf,
    /// One writer at a time; what it guards is the folder.
    writing: Mutex<()>,
}

impl FileTrustStore {
    /// Pins in `dir`, which is made when the first is written.
    pub fn new(dir: impl Into<PathBuf>) -> FileTrustStore {
        FileTrustStore { dir: dir.into(), writing: Mutex::new(()) }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A hash, because host names may be longer than file names and IPv6 addresses hold colons.
    fn path(&self, site: &SiteAddress) -> PathBuf {
        let hash = Pin(Sha256::digest(site.to_string()).into()).to_string();
        self.dir.join(hash).with_extension("pin")
    }

    fn write(&self, site: &SiteAddress, pin: Pin) -> Result<(), TrustError> {
        make_folder(&self.dir)?;
        let place = self.path(site);
        let beside = place.with_extension("new");
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(format!("{site}\n{pin}\n").as_bytes())?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, &place)?;
        sync_folder(&self.dir)?;
        Ok(())
    }
}

impl TrustStore for FileTrustStore {
    fn pinned(&self, site: &SiteAddress) -> Result<Option<Pin>, TrustError> {
        let file = match File::open(self.path(site)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut text = Vec::new();
        file.take(FILE_MAX).read_to_end(&mut text)?;
        let text = String::from_utf8(text).map_err(|_| TrustError::Damaged)?;
        let (address, pin) = text.split_once('\n').ok_or(TrustError::Damaged)?;
        if address != site.to_string() {
            return Err(TrustError::Damaged);
        }
        pin.trim_end().parse().map(Some).map_err(|_| TrustError::Damaged)
    }

    fn pin(&self, site: &SiteAddress, pin: Pin) -> Result<(), TrustError> {
        let _one = self.lock();
        self.write(site, pin)
    }

    fn pin_first(&self, site: &SiteAddress, pin: Pin) -> Result<Pin, TrustError> {
        let _one = self.lock();
        if let Some(standing) = self.pinned(site)? {
            return Ok(standing);
        }
        self.write(site, pin)?;
        Ok(pin)
    }
}

/// Makes a folder for its owner, and those above it, durable by name: a first pin that is lost with the power is a
/// first use anew, of whatever key stands there then.
fn make_folder(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        make_folder(above)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(dir) {
        // Somebody else has made it meanwhile.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
        made => made?,
    }
    sync_folder(above.unwrap_or(Path::new(".")))
}

/// Makes a rename durable, where folders can be opened and synced.
#[cfg(unix)]
fn sync_folder(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_dir: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> SiteAddress {
        "=[::1]:4000".parse().unwrap()
    }

    #[test]
    fn a_pin_is_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("trust");
        assert_eq!(FileTrustStore::new(&inner).pinned(&site()).unwrap(), None);
        FileTrustStore::new(&inner).pin(&site(), Pin([7; 32])).unwrap();
        let store = FileTrustStore::new(&inner);
        assert_eq!(store.pinned(&site()).unwrap(), Some(Pin([7; 32])));
        assert_eq!(store.pinned(&"=[::1]:4001".parse().unwrap()).unwrap(), None);
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn pins_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("deep").join("trust");
        let store = FileTrustStore::new(&inner);
        store.pin(&site(), Pin([7; 32])).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(&dir.path().join("deep")), 0o700);
        assert_eq!(mode(&store.path(&site())), 0o600);
    }

    #[test]
    fn a_first_pin_does_not_replace_one_that_stands() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileTrustStore::new(dir.path());
        assert_eq!(store.pin_first(&site(), Pin([1; 32])).unwrap(), Pin([1; 32]));
        assert_eq!(store.pin_first(&site(), Pin([2; 32])).unwrap(), Pin([1; 32]));
    }

    #[test]
    fn a_damaged_file_is_an_error_and_not_a_first_use() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileTrustStore::new(dir.path());
        store.pin(&site(), Pin([1; 32])).unwrap();
        for text in ["", "=other:1\n", "=[::1]:4000\n0101\n", "\u{fffd}"] {
            fs::write(store.path(&site()), text).unwrap();
            assert!(matches!(store.pinned(&site()), Err(TrustError::Damaged)), "{text}");
            assert!(matches!(store.pin_first(&site(), Pin([2; 32])), Err(TrustError::Damaged)));
        }
    }
}

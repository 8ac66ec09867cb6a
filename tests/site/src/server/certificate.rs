//! The site's certificate. Self-made unless one is given: P-256, made once, kept in the folder of a site that
//! lasts, so that those who have pinned its key find it again.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

const CERTIFICATE: &str = "certificate.der";
const KEY: &str = "key.der";

/// A certificate that somebody else has issued, for a site that is known by it (`+host:port`).
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The site's own, then those that lead to a root, in DER.
    pub chain: Vec<Vec<u8>>,
    /// The key of the first, PKCS #8 in DER.
    pub key: Vec<u8>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("chain", &self.chain.len()).finish_non_exhaustive()
    }
}

/// What the site shows, and its key.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Identity {
    fn new(certificate: Vec<u8>, key: Vec<u8>) -> Identity {
        Identity {
            chain: vec![CertificateDer::from(certificate)],
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key)),
        }
    }
}

impl From<Certificate> for Identity {
    fn from(given: Certificate) -> Identity {
        Identity {
            chain: given.chain.into_iter().map(CertificateDer::from).collect(),
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(given.key)),
        }
    }
}

/// Makes a new identity.
pub(super) fn make() -> io::Result<Identity> {
    let (certificate, key) = make_bytes()?;
    Ok(Identity::new(certificate, key))
}

fn make_bytes() -> io::Result<(Vec<u8>, Vec<u8>)> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
    Ok((made.cert.der().to_vec(), made.signing_key.serialize_der()))
}

/// The identity in a folder, made if there is none.
pub(super) fn load_or_make(dir: &Path) -> io::Result<Identity> {
    let (certificate, key) = (dir.join(CERTIFICATE), dir.join(KEY));
    if !certificate.exists() || !key.exists() {
        let made = make_bytes()?;
        write_private(&key, &made.1)?;
        write_private(&certificate, &made.0)?;
        fs::File::open(dir)?.sync_all()?;
    }
    Ok(Identity::new(fs::read(certificate)?, fs::read(key)?))
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

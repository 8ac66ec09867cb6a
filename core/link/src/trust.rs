//! Whom to believe at the other end. A site written `=host:port` is known by its key: the first one seen is pinned,
//! before anything is said to it, and another one later is refused until somebody pins it on purpose. A site
//! written `+host:port` is vouched for by the platform's roots.
//!
//! In: a site's address and the key it showed. Out: the pin that stands. It never replaces a pin by itself.

mod file;
mod memory;

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use sha2::{Digest, Sha256};
use tmtp_wire::address::SiteAddress;

pub use file::FileTrustStore;
pub use memory::MemoryTrustStore;

/// Which key a site has: SHA-256 of its certificate's SubjectPublicKeyInfo. A renewed certificate with the same
/// key has the same pin.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin(pub [u8; 32]);

impl Pin {
    /// The pin of a certificate; `None` if it cannot be read.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Pin> {
        let parsed = ParsedCertificate::try_from(certificate).ok()?;
        Some(Pin(Sha256::digest(parsed.subject_public_key_info()).into()))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

/// Not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pin is 64 hexadecimal digits")]
pub struct BadPin;

impl FromStr for Pin {
    type Err = BadPin;
    fn from_str(text: &str) -> Result<Pin, BadPin> {
        let mut pin = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != pin.len() || !rest.is_empty() {
            return Err(BadPin);
        }
        for (byte, [high, low]) in pin.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Pin(pin))
    }
}

fn digit(byte: u8) -> Result<u8, BadPin> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok()).ok_or(BadPin)
}

/// Why a trust store gave no answer. The dial fails: no answer is not "no pin".
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Reading or writing failed.
    #[error("the pinned keys cannot be read or written")]
    Io(#[from] io::Error),
    /// What is stored for this site is no pin.
    #[error("the pinned key of this site is damaged")]
    Damaged,
}

/// Where pins live. The methods may block; they are called off the driver's thread.
pub trait TrustStore: Send + Sync {
    /// The pin of `site`, if it has one.
    fn pinned(&self, site: &SiteAddress) -> Result<Option<Pin>, TrustError>;

    /// Pins this key, also in place of another. Durable when it returns. Calling it is how a changed key is accepted
    /// on purpose.
    fn pin(&self, site: &SiteAddress, pin: Pin) -> Result<(), TrustError>;

    /// Pins this key unless the site has a pin already, and returns the pin that stands then. Stores that may be
    /// asked by several dials at a time make this one step.
    fn pin_first(&self, site: &SiteAddress, pin: Pin) -> Result<Pin, TrustError> {
        if let Some(standing) = self.pinned(site)? {
            return Ok(standing);
        }
        self.pin(site, pin)?;
        Ok(pin)
    }

    /// Who judges the certificate of a `+` site; `None` leaves it to the platform. Asked once per site and process,
    /// for tickets are honoured only by the verifier that saw the certificate.
    fn verifier(&self, _site: &SiteAddress) -> Option<Arc<dyn ServerCertVerifier>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_written_and_read_is_the_same() {
        let pin = Pin(std::array::from_fn(|at| (at as u8).wrapping_mul(37)));
        assert_eq!(pin.to_string().parse(), Ok(pin));
        assert_eq!(pin.to_string().to_uppercase().parse(), Ok(pin));
    }

    #[test]
    fn what_is_no_pin_is_refused() {
        for text in ["", "00", &"g0".repeat(32), &"00".repeat(33), &"0".repeat(63), &"é".repeat(32)] {
            assert_eq!(text.parse::<Pin>(), Err(BadPin), "{text}");
        }
    }

    #[test]
    fn certificates_of_one_key_have_one_pin() {
        let key = rcgen::KeyPair::generate().unwrap();
        let one = rcgen::CertificateParams::new(["one".to_owned()]).unwrap().self_signed(&key).unwrap();
        let two = rcgen::CertificateParams::new(["two".to_owned()]).unwrap().self_signed(&key).unwrap();
        assert_ne!(one.der(), two.der());
        assert_eq!(Pin::of(one.der()), Pin::of(two.der()));
        assert!(Pin::of(one.der()).is_some());
        assert_eq!(Pin::of(&CertificateDer::from(vec![0x30, 0x03, 1, 2, 3])), None);
    }
}

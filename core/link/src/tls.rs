//! One TLS policy per site: how its certificate is judged, and the tickets for quick reconnects. TLS 1.3 only, no
//! early data (a site never takes it, wire 2). In: a site and its pin, if it has one, and the device's clock. Out: a
//! rustls configuration, and a verdict on what rustls says. It asks no store and opens no socket.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, PeerIncompatible, SignatureScheme,
};
use rustls_platform_verifier::Verifier as PlatformVerifier;
use tmtp_wire::address::SiteAddress;

use crate::clock::Clock;
use crate::crypto::provider;
use crate::dial::{DialError, TlsFault};
use crate::limits::TICKET_NAMES;
use crate::trust::Pin;

/// How one site is talked to. Kept for the life of the process, so that its tickets are.
#[derive(Clone)]
pub(crate) struct Policy {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) name: ServerName<'static>,
    /// Which key is insisted on; unset until the first use has pinned one. `None` for sites known by certificate.
    pinned: Option<Arc<OnceLock<Pin>>>,
}

impl Policy {
    /// For a site known by its key.
    pub(crate) fn by_pin(
        site: &SiteAddress,
        pin: Option<Pin>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Policy, DialError> {
        let provider = provider();
        let expected = Arc::new(pin.map_or_else(OnceLock::new, OnceLock::from));
        let verifier =
            Arc::new(PinVerifier { expected: Arc::clone(&expected), provider: Arc::clone(&provider) });
        Policy::build(site, provider, clock, verifier, Some(expected))
    }

    /// For a site known by its certificate, judged by `verifier` or else by the platform.
    pub(crate) fn by_certificate(
        site: &SiteAddress,
        verifier: Option<Arc<dyn ServerCertVerifier>>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Policy, DialError> {
        let provider = provider();
        let verifier = match verifier {
            Some(verifier) => verifier,
            None => Arc::new(PlatformVerifier::new(Arc::clone(&provider)).map_err(DialError::from_tls)?),
        };
        Policy::build(site, provider, clock, verifier, None)
    }

    fn build(
        site: &SiteAddress,
        provider: Arc<CryptoProvider>,
        clock: &Arc<dyn Clock>,
        verifier: Arc<dyn ServerCertVerifier>,
        pinned: Option<Arc<OnceLock<Pin>>>,
    ) -> Result<Policy, DialError> {
        let name = ServerName::try_from(site.host.clone())
            .map_err(|_| DialError::Tls { fault: TlsFault::BadName, source: None })?;
        let mut config = ClientConfig::builder_with_details(provider, Arc::new(Time(Arc::clone(clock))))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(DialError::from_tls)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.resumption = Resumption::in_memory_sessions(TICKET_NAMES);
        config.enable_early_data = false;
        Ok(Policy { config: Arc::new(config), name, pinned })
    }

    /// Whether this policy still says what the trust store says.
    pub(crate) fn insists_on(&self, pin: Option<Pin>) -> bool {
        self.pinned.as_ref().is_none_or(|expected| expected.get().copied() == pin)
    }

    /// From now on insist on this key. Tickets got so far stay good.
    pub(crate) fn insist_on(&self, pin: Pin) {
        if let Some(expected) = &self.pinned {
            // Set already: by another dial, to what the store holds.
            let _ = expected.set(pin);
        }
    }
}

/// The time of the day for TLS, by the house's clock. rustls' own clock panics before 1970.
struct Time(Arc<dyn Clock>);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let since_1970 = u64::try_from(self.0.now().wall.0).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(since_1970)))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}

/// The site has another key than the pinned one. Travels inside rustls' error.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the site's key has changed")]
struct PinMismatch {
    expected: Pin,
    seen: Pin,
}

/// Takes a certificate for its key alone. Names, dates and issuers in it are the word of whoever holds that key, so
/// an expired certificate with the pinned key is as good as any.
#[derive(Debug)]
struct PinVerifier {
    expected: Arc<OnceLock<Pin>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seen =
            Pin::of(end_entity).ok_or(rustls::Error::InvalidCertificate(CertificateError::BadEncoding))?;
        match self.expected.get() {
            Some(&expected) if expected != seen => {
                let mismatch = OtherError(Arc::new(PinMismatch { expected, seen }));
                Err(rustls::Error::InvalidCertificate(CertificateError::Other(mismatch)))
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl DialError {
    /// What a failed handshake means (R46).
    pub(crate) fn from_tls(error: rustls::Error) -> DialError {
        use rustls::Error;
        let fault = match &error {
            Error::InvalidCertificate(certificate) => return verdict(certificate.clone()),
            Error::FailedToGetCurrentTime => return DialError::ClockWrong { source: error },
            Error::InvalidMessage(_) => TlsFault::NotTls,
            Error::AlertReceived(_) => TlsFault::Refused,
            Error::PeerIncompatible(_) => TlsFault::Incompatible,
            Error::PeerMisbehaved(_) | Error::DecryptError | Error::PeerSentOversizedRecord => {
                TlsFault::Broken
            }
            _ => TlsFault::Local,
        };
        DialError::Tls { fault, source: Some(error) }
    }
}

/// What is wrong with a certificate, by what a person can do about it.
fn verdict(error: CertificateError) -> DialError {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext, Other};
    if let Other(other) = &error
        && let Some(&PinMismatch { expected, seen }) = other.0.downcast_ref()
    {
        return DialError::PinChanged { expected, seen };
    }
    let of_time = matches!(error, Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. });
    let source = rustls::Error::InvalidCertificate(error);
    if of_time { DialError::ClockWrong { source } } else { DialError::Untrusted { source } }
}

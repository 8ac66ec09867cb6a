//! TLS on both sides of a hostile site: a key of its own towards the app, and no questions towards the real site,
//! which is the test's own.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConnection, ServerConfig, StreamOwned};
use tmtp_site::any_key_tls;

use crate::error::KitError;

/// The configuration of a site with a new key.
pub(super) fn server() -> Result<Arc<ServerConfig>, KitError> {
    let trouble = |error: &dyn std::fmt::Display| KitError::System { reason: error.to_string() };
    let made =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).map_err(|error| trouble(&error))?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(|error| trouble(&error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| trouble(&error))?
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(made.cert)], key)
        .map_err(|error| trouble(&error))?;
    Ok(Arc::new(config))
}

/// A link to the real site.
pub(super) fn dial(site: SocketAddr) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let name = ServerName::from(site.ip());
    let connection = ClientConnection::new(any_key_tls()?, name).map_err(std::io::Error::other)?;
    Ok(StreamOwned::new(connection, TcpStream::connect(site)?))
}

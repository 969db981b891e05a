//! The certificates of the simulated mail server, for `localhost` and for another host. Their keys are known to everybody:
//! they are good for nothing but this.

use std::io;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The authority that signed both, in PEM: whoever is to trust the server names it.
pub const AUTHORITY: &str = include_str!("certificates/authority.pem");

const HERE: (&str, &str) =
    (include_str!("certificates/here.pem"), include_str!("certificates/here.key"));
const ELSEWHERE: (&str, &str) =
    (include_str!("certificates/elsewhere.pem"), include_str!("certificates/elsewhere.key"));

/// Whose certificate is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Own,
    OfAnother,
}

pub(super) fn acceptor(shown: Shown) -> io::Result<TlsAcceptor> {
    let (certificate, key) = match shown {
        Shown::Own => HERE,
        Shown::OfAnother => ELSEWHERE,
    };
    let bad = |error: &dyn std::fmt::Display| io::Error::other(error.to_string());
    let certificate =
        CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|error| bad(&error))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| bad(&error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| bad(&error))?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(|error| bad(&error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

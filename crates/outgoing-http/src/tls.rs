//! Encryption towards the service: rustls on ring, with the authorities that the machine trusts.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Why nothing can be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("this machine has no certificate authorities, which https needs")]
    NoSystemCertificates,
    #[error("there is no certificate of an authority in this PEM text, or one that cannot be read")]
    NoCertificates,
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// Offers HTTP/2 and HTTP/1.1. The machine's authorities are read only when `encrypts`, so that a machine without any can
/// still ask a service over plain HTTP.
///
/// # Errors
/// [`TlsError`].
pub fn tls_configuration(encrypts: bool) -> Result<ClientConfig, TlsError> {
    let authorities = if encrypts {
        system_authorities()?
    } else {
        RootCertStore::empty()
    };
    configuration(authorities)
}

/// The same, but trusts the authorities whose certificates stand in this PEM text, and no others.
///
/// # Errors
/// [`TlsError`].
pub fn tls_configuration_trusting(pem: &[u8]) -> Result<ClientConfig, TlsError> {
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| TlsError::NoCertificates)?;
        authorities
            .add(certificate)
            .map_err(|_| TlsError::NoCertificates)?;
    }
    if authorities.is_empty() {
        return Err(TlsError::NoCertificates);
    }
    configuration(authorities)
}

fn configuration(authorities: RootCertStore) -> Result<ClientConfig, TlsError> {
    let mut configuration = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Tls)?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(configuration)
}

fn system_authorities() -> Result<RootCertStore, TlsError> {
    let mut authorities = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = authorities.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err(TlsError::NoSystemCertificates);
    }
    Ok(authorities)
}

//! Encryption towards the service: rustls on ring, with the authorities that the machine trusts.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use crate::OpenError;

/// Offers HTTP/2 and HTTP/1.1. The machine's authorities are read only when `encrypts`, so that a machine without any can
/// still ask a service over plain HTTP.
pub(crate) fn configuration(encrypts: bool) -> Result<ClientConfig, OpenError> {
    let authorities = if encrypts {
        system_authorities()?
    } else {
        RootCertStore::empty()
    };
    let mut configuration = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(OpenError::Tls)?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(configuration)
}

fn system_authorities() -> Result<RootCertStore, OpenError> {
    let mut authorities = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = authorities.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err(OpenError::NoSystemCertificates);
    }
    Ok(authorities)
}

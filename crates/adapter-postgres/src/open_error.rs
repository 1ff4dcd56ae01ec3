//! Why the store could not be set up, in sentences that say what to do. None of them shows the URL, which holds a password.

use std::path::PathBuf;

use crate::url::InvalidUrl;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database URL {0}")]
    Url(#[from] InvalidUrl),
    #[error(
        "max_connections must be 1 to 1,000, append_queue 1 to 65,536, and each timeout from 1 ms to 24 h"
    )]
    Settings,
    #[error("{path}: the authorities' certificates cannot be read", path = .path.display())]
    RootCertificates {
        path: PathBuf,
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    #[error("{path}: holds no certificate that can be trusted", path = .path.display())]
    NoRootCertificate { path: PathBuf },
    #[error("this system has no certificates of authorities; name a file with sslrootcert")]
    NoSystemCertificates,
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

//! When a certificate runs out.

use std::path::{Path, PathBuf};

use x509_cert::Certificate;

/// A chain of a few certificates is far smaller.
const MOST_BYTES: u64 = 1024 * 1024;

/// The file says nothing of when it runs out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    #[error("{} cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} is no PEM file of certificates", .0.display())]
    NotPem(PathBuf),
}

/// When the first certificate of a PEM file expires, in seconds since 1970: a chain holds no longer than its weakest link.
///
/// # Errors
/// [`CertificateError`].
pub(crate) fn first_expiry(path: &Path) -> Result<i64, CertificateError> {
    let read = std::fs::metadata(path).and_then(|file| {
        if file.len() > MOST_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        std::fs::read(path)
    });
    let bytes = read.map_err(|source| CertificateError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let chain = Certificate::load_pem_chain(&bytes).unwrap_or_default();
    let expiries = chain.iter().map(|certificate| {
        let validity = &certificate.tbs_certificate.validity;
        validity.not_after.to_unix_duration().as_secs()
    });
    let first = expiries.min().and_then(|first| i64::try_from(first).ok());
    first.ok_or_else(|| CertificateError::NotPem(path.to_owned()))
}

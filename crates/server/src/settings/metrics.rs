//! Settings of what is measured, and of what only a setting can tell.

use std::path::PathBuf;

use chrono::DateTime;
use configuration::Reader;
use domain::Timestamp;

use crate::certificate;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricSettings {
    /// False: nothing is counted, and `/metrics` is not there.
    pub enabled: bool,
    /// The certificates that the front end serves, to tell when they expire.
    pub certificate: Option<PathBuf>,
    /// Since when `JWT_SECRET` is in use.
    pub token_key_since: Option<Timestamp>,
}

pub(super) fn metrics(reader: &mut Reader<'_>) -> MetricSettings {
    MetricSettings {
        enabled: reader.truth("METRICS_ENABLED"),
        certificate: certificate_file(reader),
        token_key_since: token_key_since(reader),
    }
}

fn certificate_file(reader: &mut Reader<'_>) -> Option<PathBuf> {
    let path = PathBuf::from(reader.optional("TLS_CERTIFICATE_FILE")?);
    if let Err(error) = certificate::first_expiry(&path) {
        reader.refuse("TLS_CERTIFICATE_FILE", error.to_string());
    }
    Some(path)
}

fn token_key_since(reader: &mut Reader<'_>) -> Option<Timestamp> {
    let text = reader.optional("JWT_SECRET_SINCE")?;
    let since = DateTime::parse_from_rfc3339(&text);
    if since.is_err() {
        let message = format!("must be an instant such as 2026-11-23T12:00:00Z, not `{text}`");
        reader.refuse("JWT_SECRET_SINCE", message);
    }
    since.ok().map(|since| since.to_utc())
}

/// Names and values in effect, for people.
pub(super) fn shown(settings: &MetricSettings) -> Vec<(&'static str, String)> {
    let mut shown = vec![("METRICS_ENABLED", settings.enabled.to_string())];
    let certificate = settings.certificate.as_ref();
    shown.extend(certificate.map(|path| ("TLS_CERTIFICATE_FILE", path.display().to_string())));
    let since = settings.token_key_since;
    shown.extend(since.map(|since| ("JWT_SECRET_SINCE", since.to_rfc3339())));
    shown
}

//! Where traces go, and which.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

/// Which traces are sent before it is known how they end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Whether a caller who sends a trace context decides about its trace.
    pub follows_parent: bool,
    /// The share of all other traces, from 0 to 1.
    pub ratio: f64,
}

#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// Where the collector is; `/v1/traces` is added to its path.
    pub endpoint: Url,
    pub headers: CollectorHeaders,
    /// For one batch, its retries included.
    pub timeout: Duration,
    pub service_name: String,
    /// `deployment.environment.name` of the resource.
    pub environment: String,
    pub sampling: Sampling,
    /// Spans that wait to be sent, at most; further ones are dropped.
    pub queue: usize,
    /// How long spans wait for others to be sent with.
    pub delay: Duration,
}

/// The text is not what it should be. It is not repeated, since it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCollector {
    #[error("must look like http://host:4318, without user, password, query and fragment")]
    Endpoint,
    #[error("must look like name=value,name=value with percent-encoded values")]
    Headers,
}

/// Headers for every request to the collector, such as its key. They never print.
#[derive(Clone, Default)]
pub struct CollectorHeaders(HeaderMap);

impl TraceSettings {
    /// # Errors
    /// [`InvalidCollector::Endpoint`].
    pub fn endpoint_of(text: &str) -> Result<Url, InvalidCollector> {
        outgoing_http::base_url(text).ok_or(InvalidCollector::Endpoint)
    }
}

impl CollectorHeaders {
    /// Reads the form of W3C Baggage without properties, as `OTEL_EXPORTER_OTLP_HEADERS` has it.
    ///
    /// # Errors
    /// [`InvalidCollector::Headers`].
    pub fn parse(text: &SecretString) -> Result<Self, InvalidCollector> {
        let pairs = text.expose_secret().split(',').map(str::trim);
        let pairs = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            let mut value = HeaderValue::from_bytes(&percent_decoded(value.trim())?).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        });
        let headers: Option<HeaderMap> = pairs.collect();
        headers.map(Self).ok_or(InvalidCollector::Headers)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn map(&self) -> HeaderMap {
        self.0.clone()
    }
}

impl fmt::Debug for CollectorHeaders {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "({} set)", self.len())
    }
}

/// `None` when a percent sign has no two hexadecimal digits behind it.
fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let value = digit()? * 16 + digit()?;
        decoded.push(u8::try_from(value).ok()?);
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(text: &str) -> Result<CollectorHeaders, InvalidCollector> {
        CollectorHeaders::parse(&text.to_owned().into())
    }

    #[test]
    fn headers_are_decoded_and_never_printed() {
        let headers = headers("api-key=s%2Cecret%20x, x-tenant = a=b,").unwrap();
        let map = headers.map();
        assert_eq!(map["api-key"].as_bytes(), b"s,ecret x");
        assert_eq!(map["x-tenant"].as_bytes(), b"a=b");
        assert_eq!(format!("{headers:?}"), "(2 set)");
        assert!(!format!("{map:?}").contains("ecret"));
    }

    #[test]
    fn what_is_no_list_of_headers_is_refused_without_repeating_it() {
        for text in ["secret", "a b=secret", "a=secret%2", "a=secret%zz", "a=%0A"] {
            let error = headers(text).unwrap_err();
            assert_eq!(error, InvalidCollector::Headers, "{text}");
            assert!(!error.to_string().contains("secret"));
        }
        assert!(headers("").unwrap().is_empty());
    }

    #[test]
    fn endpoints_are_plain_http_urls() {
        for good in [
            "http://127.0.0.1:4318",
            "https://collector.example/otlp/",
            "http://[::1]:1",
        ] {
            assert!(TraceSettings::endpoint_of(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "collector:4318",
            "grpc://collector:4317",
            "http://a:b@collector",
            "http://collector/?key=secret",
        ] {
            let outcome = TraceSettings::endpoint_of(bad);
            assert_eq!(outcome, Err(InvalidCollector::Endpoint), "{bad}");
        }
    }
}

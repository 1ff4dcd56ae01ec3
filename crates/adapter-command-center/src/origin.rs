//! Which places may be sent anything.

use std::net::{IpAddr, Ipv4Addr};

use outgoing_http::is_plain;
use reqwest::Url;

use crate::OpenError;

/// Whether the Command Center can be at this base URL: `http` or `https`, a host, perhaps a port and a path. A user, a
/// password, a query or a fragment is refused.
///
/// # Errors
/// [`OpenError::BaseUrl`], which does not repeat the text.
pub fn check_base_url(base_url: &str) -> Result<(), OpenError> {
    base_of(base_url).map(drop)
}

/// Whether this is an origin: `http` or `https`, a host, perhaps a port, and nothing else but a last `/`.
///
/// # Errors
/// [`OpenError::Origin`], which does not repeat the text.
pub fn check_origin(origin: &str) -> Result<(), OpenError> {
    origin_of(origin).map(drop)
}

/// Whether what is sent to this base URL may cross networks of others in plain text: it is `http`, and its host is none of
/// this machine or of a private network. Texts that are no base URL are not.
pub fn is_exposed(base_url: &str) -> bool {
    let Ok(url) = base_of(base_url) else {
        return false;
    };
    url.scheme() == "http" && !is_private(url.host_str().unwrap_or_default())
}

/// Names without a dot are resolved by the network itself; the others are set apart for private use by RFC 6761 (`localhost`),
/// RFC 6762 (`local`), RFC 8375 (`home.arpa`) and ICANN (`internal`), or belong to a cluster (`svc`).
fn is_private(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    match literal.parse() {
        Ok(IpAddr::V4(address)) => is_private_v4(address),
        Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => is_private_v4(address),
            None => {
                address.is_loopback()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
            }
        },
        Err(_) => {
            let name = host.trim_end_matches('.').to_ascii_lowercase();
            let below = ["localhost", "local", "internal", "svc", "home.arpa"];
            !name.contains('.')
                || below.iter().any(|zone| {
                    let rest = name.strip_suffix(zone);
                    rest.is_some_and(|rest| rest.ends_with('.'))
                })
        }
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    // RFC 6598: shared by the customers of one network.
    let is_shared = matches!(address.octets(), [100, 64..=127, ..]);
    address.is_loopback() || address.is_private() || address.is_link_local() || is_shared
}

pub(crate) fn base_of(base_url: &str) -> Result<Url, OpenError> {
    outgoing_http::base_url(base_url).ok_or(OpenError::BaseUrl)
}

fn origin_of(origin: &str) -> Result<Url, OpenError> {
    let url = outgoing_http::base_url(origin).filter(|url| url.path() == "/");
    url.ok_or(OpenError::Origin)
}

/// The places that may be sent notices.
pub(crate) struct Origins {
    /// As `https://host` or `https://host:port`: never with the port that belongs to the scheme.
    allowed: Vec<String>,
    any_encrypts: bool,
}

impl Origins {
    pub(crate) fn new(base: &Url, further: &[String]) -> Result<Self, OpenError> {
        let mut urls = vec![base.clone()];
        for origin in further {
            urls.push(origin_of(origin)?);
        }
        Ok(Self {
            any_encrypts: urls.iter().any(|url| url.scheme() == "https"),
            allowed: urls.iter().map(text_of).collect(),
        })
    }

    /// Whether one of them is reached over TLS.
    pub(crate) fn any_encrypts(&self) -> bool {
        self.any_encrypts
    }

    /// The URL to request, when it is on one of the origins and written without tricks.
    pub(crate) fn accepted(&self, reply_to: &str) -> Option<Url> {
        // Parsers leave out or change the rest, each in its own way.
        if !reply_to.bytes().all(|byte| byte.is_ascii_graphic()) || reply_to.contains('\\') {
            return None;
        }
        let url = Url::parse(reply_to).ok()?;
        let is_ours = self.allowed.contains(&text_of(&url));
        (is_ours && is_plain(&url) && is_spelled_out(reply_to, &url)).then_some(url)
    }
}

impl std::fmt::Debug for Origins {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(&self.allowed).finish()
    }
}

fn text_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether scheme, host and port stand in the text as they were understood, but for capital letters and a port that need not
/// be said. Other spellings of the same, such as numbers for addresses, are used to lead checks astray and for nothing else.
fn is_spelled_out(text: &str, url: &Url) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return false;
    };
    let is_host = authority.eq_ignore_ascii_case(host) && url.port().is_none();
    let is_host_with_port = authority.eq_ignore_ascii_case(&format!("{host}:{port}"));
    scheme.eq_ignore_ascii_case(url.scheme()) && (is_host || is_host_with_port)
}

#[cfg(test)]
mod tests;

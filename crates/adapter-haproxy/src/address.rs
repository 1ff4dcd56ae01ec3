//! Where the runtime API listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A socket of the file system, or a host and a port. Over TCP anybody who gets there may move traffic: keep it to the loopback or
/// to a network of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Unix(PathBuf),
    /// `host:port`.
    Tcp(String),
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no address of a runtime API: it must be like /run/haproxy/admin.sock or 127.0.0.1:9999"
)]
pub struct NoAddress(pub String);

impl FromStr for Address {
    type Err = NoAddress;

    /// A path that begins with a slash, perhaps after `unix:`, or `host:port`, perhaps after `tcp:`.
    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let wrong = || NoAddress(text.to_owned());
        let path = text.strip_prefix("unix:").unwrap_or(text);
        if path.starts_with('/') {
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        let place = text.strip_prefix("tcp:").unwrap_or(text);
        let (host, port) = place.rsplit_once(':').ok_or_else(wrong)?;
        let is_fine = !host.is_empty()
            && !host.contains(['/', ' '])
            && port.parse::<u16>().is_ok_and(|port| port > 0);
        is_fine
            .then(|| Self::Tcp(place.to_owned()))
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(formatter),
            Self::Tcp(place) => formatter.write_str(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let unix = Address::Unix(PathBuf::from("/run/haproxy/admin.sock"));
        assert_eq!("/run/haproxy/admin.sock".parse(), Ok(unix.clone()));
        assert_eq!("unix:/run/haproxy/admin.sock".parse(), Ok(unix));
        let tcp = Address::Tcp("[::1]:9999".to_owned());
        assert_eq!("tcp:[::1]:9999".parse(), Ok(tcp));
        for text in [
            "",
            "run/haproxy.sock",
            "localhost",
            "localhost:0",
            "localhost:99999",
            ":1",
            "http://a:1",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}

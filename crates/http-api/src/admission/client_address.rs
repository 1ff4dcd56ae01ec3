//! Who is at the other end of a connection, also when trusted proxies stand between.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// What proxies write the address of their client into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Whose word counts. A proxy passes on what its client wrote into a header that it does not know, so only the one header that
/// the proxies write is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedProxies {
    pub networks: Vec<IpNet>,
    pub header: ForwardedHeader,
}

impl TrustedProxies {
    pub fn contain(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }

    /// The right-most address on the way that is not a trusted proxy's. What stands left of it was written by whoever sends
    /// from there. An entry that is no address ends the way: then the proxy that wrote it stands for its client.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        if !self.contain(nearest) {
            return nearest;
        }
        for hop in self.hops(headers) {
            let Some(address) = hop else {
                return nearest;
            };
            nearest = address;
            if !self.contain(nearest) {
                return nearest;
            }
        }
        nearest
    }

    /// From right to left.
    fn hops(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let name = match self.header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let of_line = |line: &str| match self.header {
            ForwardedHeader::XForwardedFor => x_forwarded_for(line),
            ForwardedHeader::Forwarded => forwarded(line),
        };
        let lines = headers.get_all(HeaderName::from_static(name));
        let mut hops: Vec<_> = lines
            .flat_map(|line| line.to_str().map_or_else(|_| vec![None], of_line))
            .collect();
        hops.reverse();
        hops
    }
}

/// A key of limits: IPv6 addresses of one /64 belong to one customer.
pub(crate) fn limited_address(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address => address,
    }
}

fn x_forwarded_for(line: &str) -> Vec<Option<IpAddr>> {
    line.split(',').map(node).collect()
}

/// The `for` of each element (RFC 7239, section 4).
fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    let elements = split_outside_quotes(line, ',');
    let of_element = |element: &str| {
        let pairs = split_outside_quotes(element, ';');
        let mut pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
        let value = value.trim();
        let quoted = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        node(quoted.unwrap_or(value))
    };
    elements.into_iter().map(of_element).collect()
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|character| {
        quoted ^= character == '"';
        character == separator && !quoted
    })
    .collect()
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let port = port.strip_prefix(':').unwrap_or(port);
            port.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then_some(address)?
        }
        None => match text.split_once(':') {
            Some((address, port))
                if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                // One colon and digits: a port; an IPv6 address that looks like it, `::1` say, has nothing before it.
                if address.is_empty() { text } else { address }
            }
            _ => text,
        },
    };
    address
        .parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn proxies(header: ForwardedHeader) -> TrustedProxies {
        let networks = ["10.0.0.0/8", "fd00::/8"];
        TrustedProxies {
            networks: networks.map(|text| text.parse().unwrap()).to_vec(),
            header,
        }
    }

    fn client(peer: &str, header: ForwardedHeader, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        let name = match header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        for line in lines {
            let value = HeaderValue::from_str(line).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        let client = proxies(header).client(peer.parse().unwrap(), &headers);
        client.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        use ForwardedHeader::XForwardedFor;
        for (peer, lines, expected) in [
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            (
                "10.0.0.1",
                &["1.1.1.1, 198.51.100.1,10.2.3.4"],
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                &["1.1.1.1", "198.51.100.1", "10.2.3.4"],
                "198.51.100.1",
            ),
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
            ("fd00::1", &["[2001:db8::7]:80"], "2001:db8::7"),
            ("10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1, evil, 10.2.3.4"], "10.2.3.4"),
            ("10.0.0.1", &["10.9.9.9, 10.2.3.4"], "10.9.9.9"),
            ("10.0.0.1", &[""], "10.0.0.1"),
        ] {
            assert_eq!(
                client(peer, XForwardedFor, lines),
                expected,
                "{peer} {lines:?}"
            );
        }
    }

    #[test]
    fn the_standard_header_is_read_as_its_standard_says() {
        use ForwardedHeader::Forwarded;
        for (line, expected) in [
            ("for=198.51.100.1", "198.51.100.1"),
            (
                "For=\"198.51.100.1:80\";proto=https;by=10.0.0.1",
                "198.51.100.1",
            ),
            ("for=1.1.1.1, for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("for=1.1.1.1;host=\"a, for=2.2.2.2\"", "1.1.1.1"),
            ("for=unknown", "10.0.0.1"),
            ("for=_hidden, for=10.3.3.3", "10.3.3.3"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", Forwarded, &[line]), expected, "{line}");
        }
    }

    #[test]
    fn a_header_that_the_proxies_do_not_write_is_not_read() {
        let mut headers = HeaderMap::new();
        let forged = HeaderValue::from_static("for=198.51.100.1");
        headers.insert(HeaderName::from_static("forwarded"), forged);
        let peer = "10.0.0.1".parse().unwrap();
        let proxies = proxies(ForwardedHeader::XForwardedFor);
        assert_eq!(proxies.client(peer, &headers), peer);
    }

    #[test]
    fn addresses_of_one_network_share_a_limit() {
        let limited = |text: &str| limited_address(text.parse().unwrap()).to_string();
        assert_eq!(limited("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(limited("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(limited("192.0.2.1"), "192.0.2.1");
    }

    proptest! {
        #[test]
        fn whatever_stands_left_of_the_client_changes_nothing(forged in "[ -~]{0,80}") {
            let line = format!("{forged},198.51.100.1, 10.2.3.4");
            prop_assert_eq!(
                client("10.0.0.1", ForwardedHeader::XForwardedFor, &[&line]),
                "198.51.100.1"
            );
            let quotes = forged.replace('"', "");
            let line = format!("{quotes},for=198.51.100.1, for=10.2.3.4");
            prop_assert_eq!(
                client("10.0.0.1", ForwardedHeader::Forwarded, &[&line]),
                "198.51.100.1"
            );
        }
    }
}

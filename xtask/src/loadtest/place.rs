//! Where the service listens, and connections to it.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use anyhow::Context as _;
use outgoing_http::{base_url, tls_configuration};
use reqwest::Url;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use crate::http_connection::Connection;

#[derive(Clone)]
pub(super) struct Place {
    address: SocketAddr,
    /// What requests call it.
    pub(super) host: String,
    tls: Option<(ServerName<'static>, Arc<ClientConfig>)>,
}

/// The URL of a service, as `http://host:port` or `https://host`.
///
/// # Errors
///
/// What it should look like.
pub(super) fn parse_url(text: &str) -> Result<Url, String> {
    base_url(text)
        .filter(|url| url.path() == "/")
        .ok_or_else(|| {
            "it must be like http://localhost:5000 or https://api.example.org".to_owned()
        })
}

impl Place {
    pub(super) fn of_address(address: SocketAddr) -> Self {
        Self {
            address,
            host: address.to_string(),
            tls: None,
        }
    }

    /// Asks for the address of the name once: all requests go to the same one.
    ///
    /// # Errors
    ///
    /// When it has none, or https cannot be spoken.
    pub(super) fn of_url(url: &Url) -> anyhow::Result<Self> {
        let name = url.host_str().context("a URL without a host")?;
        let port = url.port_or_known_default();
        let port = port.context("a URL without a port")?;
        // The brackets of an IPv6 address belong to the URL.
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let address = (bare, port)
            .to_socket_addrs()
            .with_context(|| format!("{name} has no address"))?
            .next()
            .with_context(|| format!("{name} has no address"))?;
        let tls = if url.scheme() == "https" {
            let mut configuration = tls_configuration(true)?;
            // Connections here speak nothing newer.
            configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
            let name = ServerName::try_from(bare.to_owned())?;
            Some((name, Arc::new(configuration)))
        } else {
            None
        };
        let host = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        Ok(Self { address, host, tls })
    }

    /// # Errors
    ///
    /// When nobody listens there.
    pub(super) async fn connect(&self) -> anyhow::Result<Connection> {
        let opened = match &self.tls {
            None => Connection::open(self.address).await,
            Some((name, tls)) => {
                Connection::open_encrypted(self.address, name.clone(), Arc::clone(tls)).await
            }
        };
        opened.context("it cannot be connected to")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_roots_of_services_are_places() {
        for good in ["http://127.0.0.1:5000", "http://[::1]:5000/"] {
            let place = Place::of_url(&parse_url(good).unwrap()).unwrap();
            assert_eq!(place.address.port(), 5000);
            assert!(good.contains(&place.host), "{}", place.host);
        }
        for bad in [
            "localhost:5000",
            "http://a/b",
            "http://a/?x=y",
            "ftp://a",
            "",
        ] {
            assert!(parse_url(bad).is_err(), "{bad}");
        }
    }
}

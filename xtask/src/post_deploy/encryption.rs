//! Whether others can read along: the protocol, the chain of certificates, and how long they still hold.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use outgoing_http::tls_configuration;
use ports::Clock as _;
use reqwest::Url;
use rustls::ClientConnection;
use rustls::pki_types::{CertificateDer, ServerName};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::probing::CannotProbe;
use crate::probing::report::Check;
use crate::system_clock::SystemClock;

const PATIENCE: Duration = Duration::from_secs(5);
/// A certificate must hold so much longer: time to notice that nobody renews it.
const DAYS: i64 = 14;

const OLD: (&str, &str) = ("TLS 1.1", "refused");
const CHAIN: &str = "chain of certificates";
const EXPIRY: &str = "expiry of the certificates";

pub(super) struct Encryption {
    pub(super) checks: Vec<Check>,
    /// Whether requests can be sent at all.
    pub(super) is_usable: bool,
}

/// # Errors
/// When nobody can be connected to.
pub(super) fn checks(url: &Url) -> Result<Encryption, CannotProbe> {
    if url.scheme() != "https" {
        let nothing = |(name, expected): (&str, String)| {
            Check::not_applicable(name, expected, "the service is asked over http")
        };
        let names = [
            (OLD.0, OLD.1.to_owned()),
            (CHAIN, trusted_for("its host")),
            (EXPIRY, in_days()),
        ];
        return Ok(Encryption {
            checks: names.map(nothing).to_vec(),
            is_usable: true,
        });
    }
    let place = Place::of(url);
    let mut checks = vec![place.refuses_old_protocols()?];
    let trusted = trusted_for(&place.host);
    match place.shake_hands()? {
        Ok((protocol, chain)) => {
            checks.push(Check::new(
                CHAIN,
                trusted,
                format!("trusted, {protocol}"),
                true,
            ));
            checks.push(expiry(&chain, SystemClock.now()));
            Ok(Encryption {
                checks,
                is_usable: true,
            })
        }
        Err(refusal) => {
            checks.push(Check::new(CHAIN, trusted, refusal, false));
            Ok(Encryption {
                checks,
                is_usable: false,
            })
        }
    }
}

fn trusted_for(host: &str) -> String {
    format!("TLS 1.2 or 1.3, trusted for {host}")
}

fn in_days() -> String {
    format!("in {DAYS} days at the earliest")
}

struct Place {
    /// Without the brackets of IPv6.
    host: String,
    port: u16,
}

/// What was agreed on, or why nothing was.
type Handshake = Result<(String, Vec<CertificateDer<'static>>), String>;

impl Place {
    fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().unwrap_or(443),
        }
    }

    fn connect(&self) -> Result<TcpStream, CannotProbe> {
        let connect = || -> io::Result<TcpStream> {
            let mut last = io::Error::from(ErrorKind::NotFound);
            for address in (self.host.as_str(), self.port).to_socket_addrs()? {
                match TcpStream::connect_timeout(&address, PATIENCE) {
                    Ok(stream) => {
                        stream.set_read_timeout(Some(PATIENCE))?;
                        stream.set_write_timeout(Some(PATIENCE))?;
                        return Ok(stream);
                    }
                    Err(error) => last = error,
                }
            }
            Err(last)
        };
        connect().map_err(|error| {
            CannotProbe::Unconnected(format!("{} port {}", self.host, self.port), error)
        })
    }

    fn shake_hands(&self) -> Result<Handshake, CannotProbe> {
        let configuration = Arc::new(tls_configuration(true)?);
        let name = match ServerName::try_from(self.host.clone()) {
            Ok(name) => name,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let mut connection = match ClientConnection::new(configuration, name) {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let mut stream = self.connect()?;
        while connection.is_handshaking() {
            if let Err(error) = connection.complete_io(&mut stream) {
                return Ok(Err(error.to_string()));
            }
        }
        let protocol = connection
            .protocol_version()
            .and_then(|version| version.as_str())
            .unwrap_or("an unknown protocol")
            .replace("TLSv1_", "TLS 1.");
        let chain = connection.peer_certificates().unwrap_or_default();
        let chain = chain.iter().map(|one| one.clone().into_owned());
        Ok(Ok((protocol, chain.collect())))
    }

    /// Nothing here speaks them, so that they are asked for by hand.
    fn refuses_old_protocols(&self) -> Result<Check, CannotProbe> {
        let mut stream = self.connect()?;
        let mut answer = [0; 6];
        let found = match stream
            .write_all(&hello_of_tls_1_1(&self.host))
            .and_then(|()| stream.read_exact(&mut answer))
        {
            // A record of a handshake that holds the server's hello.
            Ok(()) if answer[0] == 22 && answer[5] == 2 => "accepted",
            // An alert.
            Ok(()) if answer[0] == 21 => "refused",
            Ok(()) => "something else than TLS",
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                ) =>
            {
                "refused"
            }
            Err(_) => "no answer",
        };
        Ok(Check::new(OLD.0, OLD.1, found, found == "refused"))
    }
}

/// The first of the chain that runs out decides.
fn expiry(chain: &[CertificateDer<'_>], now: DateTime<Utc>) -> Check {
    let ends = chain.iter().filter_map(|one| {
        let certificate = Certificate::from_der(one).ok()?;
        let end = certificate.tbs_certificate.validity.not_after;
        let seconds = i64::try_from(end.to_unix_duration().as_secs()).ok()?;
        DateTime::from_timestamp(seconds, 0)
    });
    match ends.min() {
        Some(end) => {
            let days = (end - now).num_days();
            let found = format!("{}, in {days} days", end.format("%Y-%m-%d"));
            Check::new(EXPIRY, in_days(), found, days >= DAYS)
        }
        None => Check::new(EXPIRY, in_days(), "no certificate", false),
    }
}

/// A client that knows TLS 1.1 and nothing newer (RFC 4346, 7.4.1.2), with the name of the host (RFC 6066, 3) and curves (RFC 8422, 5.1).
fn hello_of_tls_1_1(host: &str) -> Vec<u8> {
    const VERSION: [u8; 2] = [3, 2];
    // ECDHE and RSA with AES in CBC mode and SHA-1: what servers of that time had.
    const SUITES: [u8; 12] = [
        0xc0, 0x09, 0xc0, 0x0a, 0xc0, 0x13, 0xc0, 0x14, 0x00, 0x2f, 0x00, 0x35,
    ];
    const GROUPS_AND_FORMATS: [u8; 16] = [
        0, 10, 0, 6, 0, 4, 0, 23, 0, 24, // secp256r1, secp384r1
        0, 11, 0, 2, 1, 0,
    ];
    let mut extensions = Vec::new();
    if host.parse::<std::net::IpAddr>().is_err() {
        let name = [&[0][..], &sized(host.as_bytes())].concat();
        extensions.extend([0, 0]);
        extensions.extend(sized(&sized(&name)));
    }
    extensions.extend(GROUPS_AND_FORMATS);
    let mut hello = VERSION.to_vec();
    hello.extend([0x5a; 32]);
    hello.push(0);
    hello.extend(sized(&SUITES));
    hello.extend([1, 0]);
    hello.extend(sized(&extensions));
    // The type, and a length of three bytes.
    let message = [&[1, 0][..], &sized(&hello)].concat();
    [&[22, VERSION[0], VERSION[1]][..], &sized(&message)].concat()
}

/// With its length in two bytes before it. Nothing here is longer than a name of a host may be.
fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&length[..], bytes].concat()
}

#[cfg(test)]
mod tests;

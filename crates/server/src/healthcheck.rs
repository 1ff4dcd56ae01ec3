//! Asks the server of this machine whether it lives, for containers without a shell or curl.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// For the connection, and again for each part of the answer.
const PATIENCE: Duration = Duration::from_secs(2);
const QUESTION: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUser-Agent: healthcheck\r\n\r\n";
const GOOD: &str = "HTTP/1.1 200 ";

/// Asks the listener that a server with this `HOST` and `PORT` has for `/healthz`.
///
/// # Errors
/// When nobody answers within seconds, or the answer is not 200.
pub(crate) fn ask(host: &str, port: u16) -> io::Result<()> {
    let address = SocketAddr::new(own_address(host), port);
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(QUESTION.as_bytes())?;
    let mut start = [0; GOOD.len()];
    stream.read_exact(&mut start)?;
    if start == GOOD.as_bytes() {
        return Ok(());
    }
    let found = String::from_utf8_lossy(&start).into_owned();
    Err(io::Error::other(format!("{address} answers {found:?}")))
}

/// Who listens on every address also listens on the loopback one.
fn own_address(host: &str) -> IpAddr {
    match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) | Err(_) => Ipv4Addr::LOCALHOST.into(),
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => Ipv6Addr::LOCALHOST.into(),
        Ok(address) => address,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers one question with this.
    fn listener(answer: &'static str) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; QUESTION.len()];
            stream.read_exact(&mut question).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        port
    }

    #[test]
    fn only_200_is_healthy() {
        let good = listener("HTTP/1.1 200 OK\r\n\r\n");
        ask("0.0.0.0", good).unwrap();
        let bad = listener("HTTP/1.1 503 Service Unavailable\r\n\r\n");
        let error = ask("localhost", bad).unwrap_err().to_string();
        assert!(error.contains("503"), "{error}");
        let silent = listener("");
        assert!(ask("127.0.0.1", silent).is_err());
    }

    #[test]
    fn every_address_means_the_loopback_one_of_its_kind() {
        assert_eq!(own_address("0.0.0.0"), IpAddr::from([127, 0, 0, 1]));
        assert_eq!(own_address("::"), IpAddr::V6(Ipv6Addr::LOCALHOST));
        assert_eq!(own_address("10.1.2.3"), IpAddr::from([10, 1, 2, 3]));
    }
}

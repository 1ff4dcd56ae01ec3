//! Requests of HTTP/1.1 as bytes, and a connection that asks them one by one: it costs little beside the server that it measures.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use flate2::read::GzDecoder;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Of a packed body, in bytes.
const LONGEST_UNPACKED: u64 = 1 << 20;

/// Searches as people make them: with filters, facets and typing errors.
pub(crate) const SEARCHES: [&str; 6] = [
    "/api/v1/search?q=engineering&limit=20",
    "/api/v1/search?q=nursing&states=NV&limit=20",
    "/api/v1/search?q=computer%20science&facets=states&limit=10",
    "/api/v1/search?q=engneering&limit=10",
    "/api/v1/search?min_amount=5000&limit=20",
    "/api/v1/search?q=women%20in%20physics&limit=20",
];

/// What a request says beside its target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner<'a> {
    pub(crate) host: &'a str,
    pub(crate) token: Option<&'a str>,
    /// One more, by its name and value.
    pub(crate) header: Option<(&'a str, &'a str)>,
}

impl<'a> Manner<'a> {
    fn on_loopback(token: Option<&'a str>) -> Self {
        Self {
            host: "127.0.0.1",
            token,
            header: None,
        }
    }

    /// A request; with a body of JSON when there is one.
    pub(crate) fn request(self, method: &str, target: &str, body: Option<&str>) -> Vec<u8> {
        let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.host);
        if let Some(token) = self.token {
            text.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if let Some((name, value)) = self.header {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = body {
            text.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            ));
        }
        text.push_str("\r\n");
        text.push_str(body.unwrap_or_default());
        text.into_bytes()
    }
}

pub(crate) fn get(target: &str, token: Option<&str>) -> Vec<u8> {
    Manner::on_loopback(token).request("GET", target, None)
}

/// A request with a body of JSON.
pub(crate) fn post(target: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    write("POST", target, token, None, body)
}

/// The same with any method and one header more, as `("If-Match", "*")`.
pub(crate) fn write(
    method: &str,
    target: &str,
    token: Option<&str>,
    header: Option<(&str, &str)>,
    body: &str,
) -> Vec<u8> {
    let manner = Manner {
        header,
        ..Manner::on_loopback(token)
    };
    manner.request(method, target, Some(body))
}

/// What bytes go through: plain or encrypted.
trait Transport: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Transport for T {}

pub(crate) struct Connection {
    stream: Box<dyn Transport>,
    buffer: Vec<u8>,
    is_spent: bool,
    is_gzip: bool,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self::over(Box::new(connected(address).await?)))
    }

    /// The same with TLS: the server must have a certificate for the name.
    pub(crate) async fn open_encrypted(
        address: SocketAddr,
        name: ServerName<'static>,
        tls: Arc<ClientConfig>,
    ) -> anyhow::Result<Self> {
        let stream = connected(address).await?;
        let stream = TlsConnector::from(tls).connect(name, stream).await?;
        Ok(Self::over(Box::new(stream)))
    }

    fn over(stream: Box<dyn Transport>) -> Self {
        Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
            is_spent: false,
            is_gzip: false,
        }
    }

    /// The body of the last answer.
    pub(crate) fn body(&self, length: usize) -> &[u8] {
        &self.buffer[self.buffer.len().saturating_sub(length)..]
    }

    /// The same, unpacked where it is packed with gzip; nothing when that is no gzip. At most a megabyte of it.
    pub(crate) fn plain_body(&self, length: usize) -> Vec<u8> {
        let body = self.body(length);
        if !self.is_gzip {
            return body.to_vec();
        }
        let mut plain = Vec::new();
        let read = GzDecoder::new(body)
            .take(LONGEST_UNPACKED)
            .read_to_end(&mut plain);
        read.map_or_else(|_| Vec::new(), |_| plain)
    }

    /// Whether the server said that the last answer was the last one.
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// Sends one request; answers the status and the length of the body after all of it has arrived.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<(u16, usize)> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        self.buffer.clear();
        ensure!(
            self.stream.read_buf(&mut self.buffer).await? > 0,
            "the server closed the connection"
        );
        let end = self.end_of(b"\r\n\r\n", 0).await?;
        let head = std::str::from_utf8(&self.buffer[..end])?;
        let status: u16 = head.get(9..12).context("no status")?.parse()?;
        self.is_gzip = header(head, "content-encoding").is_some_and(|value| value == "gzip");
        self.is_spent = header(head, "connection").is_some_and(|value| value == "close");
        if let Some(length) = header(head, "content-length") {
            let length = length.parse()?;
            self.read_until(end + length).await?;
            return Ok((status, length));
        }
        match header(head, "transfer-encoding") {
            Some("chunked") => Ok((status, self.read_chunks(end).await?)),
            _ if matches!(status, 204 | 304) => Ok((status, 0)),
            _ => bail!("an answer that does not say how long it is"),
        }
    }

    /// Where the mark ends that comes first behind `from`; more is read until it is there.
    async fn end_of(&mut self, mark: &[u8], from: usize) -> anyhow::Result<usize> {
        let mut searched = from;
        loop {
            let place = self.buffer[searched..]
                .windows(mark.len())
                .position(|window| window == mark);
            if let Some(place) = place {
                return Ok(searched + place + mark.len());
            }
            // The mark may have begun in the last bytes.
            searched = from.max(self.buffer.len().saturating_sub(mark.len() - 1));
            self.read_until(self.buffer.len() + 1).await?;
        }
    }

    /// Reads until so many bytes are there.
    async fn read_until(&mut self, whole: usize) -> anyhow::Result<()> {
        while self.buffer.len() < whole {
            ensure!(
                self.stream.read_buf(&mut self.buffer).await? > 0,
                "the server closed the connection within an answer"
            );
        }
        Ok(())
    }

    /// A body in chunks (RFC 9112, 7.1), which take the place of what was read; answers its length.
    async fn read_chunks(&mut self, mut at: usize) -> anyhow::Result<usize> {
        let mut body = Vec::new();
        loop {
            let end = self.end_of(b"\r\n", at).await?;
            let line = std::str::from_utf8(&self.buffer[at..end])?.trim_end();
            let size = line.split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(size, 16).context("a chunk without a size")?;
            self.read_until(end + size + 2).await?;
            body.extend_from_slice(&self.buffer[end..end + size]);
            at = end + size + 2;
            if size == 0 {
                self.buffer = body;
                return Ok(self.buffer.len());
            }
        }
    }
}

async fn connected(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::duplex;
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// What a connection makes of an answer that comes byte by byte.
    fn answered(answer: &'static [u8]) -> (anyhow::Result<(u16, usize)>, Connection) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(async {
            let (ours, mut theirs) = duplex(1);
            let mut connection = Connection::over(Box::new(ours));
            let server = async {
                let mut asked = [0; 4];
                theirs.read_exact(&mut asked).await.unwrap();
                theirs.write_all(answer).await.unwrap();
                drop(theirs);
            };
            let (asked, ()) = tokio::join!(connection.ask(b"GET "), server);
            (asked, connection)
        })
    }

    #[test]
    fn answers_are_read_by_their_length_and_in_chunks() {
        let (asked, connection) =
            answered(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nConnection: close\r\n\r\nhi");
        assert_eq!(asked.unwrap(), (200, 2));
        assert_eq!(connection.body(2), b"hi");
        assert!(connection.is_spent());
        let (asked, connection) = answered(
            b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        );
        assert_eq!(asked.unwrap(), (503, 5));
        assert_eq!(connection.body(5), b"abcde");
        assert!(!connection.is_spent());
    }

    #[test]
    fn a_packed_body_can_be_read() {
        // "hi", by gzip.
        let (asked, connection) = answered(
            b"HTTP/1.1 422 No\r\nContent-Encoding: gzip\r\nContent-Length: 22\r\n\r\n\
              \x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\xc8\x04\x00\xac\x2a\x93\xd8\x02\x00\x00\x00",
        );
        assert_eq!(asked.unwrap(), (422, 22));
        assert_eq!(connection.plain_body(22), b"hi");
        assert_eq!(connection.plain_body(7), b"", "cut off");
    }

    /// A certificate for the name `localhost`, and a server that has it.
    fn encrypted() -> (String, TlsAcceptor) {
        let key = rcgen::KeyPair::generate().unwrap();
        let parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let configuration = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        (
            certificate.pem(),
            TlsAcceptor::from(Arc::new(configuration)),
        )
    }

    #[tokio::test]
    async fn an_encrypted_connection_is_made_to_the_right_name_only() {
        let (pem, acceptor) = encrypted();
        let tls = outgoing_http::tls_configuration_trusting(pem.as_bytes()).unwrap();
        let tls = Arc::new(tls);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever wants another name goes away before.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut asked = [0; 4];
                stream.read_exact(&mut asked).await.unwrap();
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
                stream.write_all(answer).await.unwrap();
                stream.flush().await.unwrap();
            }
        });
        let open = |name: &'static str| {
            let name = ServerName::try_from(name).unwrap();
            Connection::open_encrypted(address, name, Arc::clone(&tls))
        };
        let mut connection = open("localhost").await.unwrap();
        assert_eq!(connection.ask(b"GET ").await.unwrap(), (200, 2));
        assert!(open("other.example").await.is_err());
    }

    #[test]
    fn an_answer_that_is_cut_off_is_none() {
        for answer in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi"[..],
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"",
        ] {
            let (asked, _) = answered(answer);
            assert!(asked.is_err(), "{}", String::from_utf8_lossy(answer));
        }
    }
}

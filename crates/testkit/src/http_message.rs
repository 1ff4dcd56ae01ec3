//! Requests and answers of HTTP/1.1 as bytes: as much of it as stand-ins need.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The `date` of everything that a stand-in answers, in the format of HTTP: waits given as dates count from it.
pub const STUB_DATE: &str = "Thu, 26 Nov 2026 12:00:00 GMT";

const LONGEST_HEAD: usize = 64 * 1024;
const LONGEST_BODY: usize = 8 * 1024 * 1024;

/// A request, with the names of its headers in lower case.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    /// Whether the client will not send another one here.
    pub(crate) fn is_last(&self) -> bool {
        let connection = self.headers.get("connection");
        connection.is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// The next request of a connection. What came with it of a later one stays in `buffer`. `None` when the client left, or sent
/// something that cannot be read here: bodies need a `content-length`.
pub(crate) async fn read_request(
    client: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> Option<Request> {
    let head_length = loop {
        if let Some(at) = end_of_head(buffer) {
            break at;
        }
        // Such as a greeting of TLS, whose sender waits for an answer.
        let is_foreign = buffer
            .first()
            .is_some_and(|byte| !byte.is_ascii_uppercase());
        if is_foreign || buffer.len() > LONGEST_HEAD || client.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer[..head_length].to_vec()).ok()?;
    let mut request = parse_head(&head)?;
    let body_length = match request.headers.get("content-length") {
        Some(length) => length.parse().ok()?,
        None if request.headers.contains_key("transfer-encoding") => return None,
        None => 0,
    };
    if body_length > LONGEST_BODY {
        return None;
    }
    let length = head_length + body_length;
    while buffer.len() < length {
        if client.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let mut message: Vec<u8> = buffer.drain(..length).collect();
    request.body = message.split_off(head_length);
    Some(request)
}

/// Where the body begins.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let blank = b"\r\n\r\n";
    let at = bytes.windows(blank.len()).position(|part| part == blank)?;
    Some(at + blank.len())
}

fn parse_head(head: &str) -> Option<Request> {
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some(Request {
        method,
        path,
        headers: headers.collect(),
        body: Vec::new(),
    })
}

/// An answer with a JSON body.
pub(crate) fn answer(status: u16, headers: &[(&str, String)], body: &Value) -> Vec<u8> {
    answer_of_bytes(status, headers, body.to_string().as_bytes())
}

pub(crate) fn answer_of_bytes(status: u16, headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut head = head_of(status);
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The beginning of an answer whose end only the end of the connection tells.
pub(crate) fn endless_head() -> Vec<u8> {
    let mut head = head_of(200);
    head.push_str("connection: close\r\n\r\n");
    head.into_bytes()
}

fn head_of(status: u16) -> String {
    format!("HTTP/1.1 {status} Stub\r\ndate: {STUB_DATE}\r\ncontent-type: application/json\r\n")
}

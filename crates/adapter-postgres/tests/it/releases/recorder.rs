//! Stands between the adapter and Postgres, passes everything on, and keeps the statements that the adapter has parsed.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

type Statement = (String, Vec<u32>);

pub(super) struct Recorder {
    port: u16,
    statements: Arc<Mutex<BTreeSet<Statement>>>,
}

impl Recorder {
    /// For as long as the process lives.
    pub(super) fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("listens").port();
        let statements: Arc<Mutex<BTreeSet<Statement>>> = Arc::default();
        let kept = Arc::clone(&statements);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("connects");
                let server = TcpStream::connect(("127.0.0.1", server)).expect("Postgres listens");
                let (mut answers, mut to_client) = (
                    server.try_clone().expect("is shared"),
                    client.try_clone().expect("is shared"),
                );
                std::thread::spawn(move || std::io::copy(&mut answers, &mut to_client));
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || pass(client, server, &kept));
            }
        });
        Self { port, statements }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn statements(&self) -> BTreeSet<Statement> {
        self.statements
            .lock()
            .expect("no panic under the lock")
            .clone()
    }
}

/// Messages of the client: the first one has no kind, the others one byte; then their length, with itself, and their body.
fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    kept: &Mutex<BTreeSet<Statement>>,
) -> std::io::Result<()> {
    let mut is_first = true;
    loop {
        let mut kind = [0];
        if !is_first {
            client.read_exact(&mut kind)?;
            server.write_all(&kind)?;
        }
        is_first = false;
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
        client.read_exact(&mut body)?;
        if kind == *b"P" {
            let statement = parsed(&body);
            // Settings need no schema, and the driver's own questions about types are not the adapter's.
            if !statement.0.starts_with("SET ") && !statement.0.contains("pg_catalog.") {
                kept.lock()
                    .expect("no panic under the lock")
                    .insert(statement);
            }
        }
        server.write_all(&length)?;
        server.write_all(&body)?;
    }
}

/// A name, a statement, and the types of its parameters.
fn parsed(body: &[u8]) -> Statement {
    let mut parts = body.splitn(3, |byte| *byte == 0);
    let (_, statement, types) = (parts.next(), parts.next(), parts.next());
    let statement = String::from_utf8(statement.expect("a statement").to_vec()).expect("UTF-8");
    let types = types.expect("types")[2..].chunks_exact(4);
    let types = types.map(|oid| u32::from_be_bytes(oid.try_into().expect("four bytes")));
    (statement, types.collect())
}

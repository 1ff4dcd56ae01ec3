//! A real HAProxy before small servers, with the shipped configuration on free ports.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use adapter_haproxy::{HaProxy, Overview, Settings};
use tempfile::TempDir;
use testkit::supervised::{Supervised, free_port};

pub(crate) fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy/haproxy")
        .join(name);
    std::fs::read_to_string(path).expect("it is shipped")
}

/// A server of one version: 200 to everything, and what it is told to `/readyz`.
pub(crate) struct Backend {
    pub(crate) port: u16,
    pub(crate) answered: Arc<AtomicU64>,
    readiness: Arc<AtomicU16>,
    cuts_off: Arc<AtomicBool>,
}

impl Backend {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
        let backend = Self {
            port: listener.local_addr().expect("it is bound").port(),
            answered: Arc::default(),
            readiness: Arc::new(AtomicU16::new(200)),
            cuts_off: Arc::default(),
        };
        let (answered, readiness, cuts_off) = (
            Arc::clone(&backend.answered),
            Arc::clone(&backend.readiness),
            Arc::clone(&backend.cuts_off),
        );
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (answered, readiness, cuts_off) = (
                    Arc::clone(&answered),
                    Arc::clone(&readiness),
                    Arc::clone(&cuts_off),
                );
                thread::spawn(move || serve(client, &answered, &readiness, &cuts_off));
            }
        });
        backend
    }

    pub(crate) fn set_readiness(&self, status: u16) {
        self.readiness.store(status, Ordering::SeqCst);
    }

    /// From now on requests get no answer.
    pub(crate) fn cut_off(&self) {
        self.cuts_off.store(true, Ordering::SeqCst);
    }

    pub(crate) fn count(&self) -> u64 {
        self.answered.load(Ordering::SeqCst)
    }
}

fn serve(client: TcpStream, answered: &AtomicU64, readiness: &AtomicU16, cuts_off: &AtomicBool) {
    let mut reader = BufReader::new(client.try_clone().expect("it is a socket"));
    let mut client = client;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
        }
        let status = if first.contains(" /readyz ") {
            readiness.load(Ordering::SeqCst)
        } else if cuts_off.load(Ordering::SeqCst) {
            return;
        } else {
            answered.fetch_add(1, Ordering::SeqCst);
            200
        };
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok");
        if client.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

pub(crate) struct World {
    pub(crate) haproxy: Option<Supervised>,
    folder: TempDir,
    pub(crate) public: u16,
    pub(crate) metrics: u16,
    pub(crate) canary: Backend,
    pub(crate) stable: [Backend; 2],
}

impl World {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut world = Self {
            haproxy: None,
            folder,
            public: free_port(),
            metrics: free_port(),
            canary: Backend::start(),
            stable: [Backend::start(), Backend::start()],
        };
        let replaced = [
            (
                "/run/haproxy/admin.sock mode 660".to_owned(),
                world.socket(),
            ),
            ("    log /dev/log local0\n".to_owned(), String::new()),
            (
                "127.0.0.1:8405".to_owned(),
                format!("127.0.0.1:{}", world.metrics),
            ),
            (
                "bind :8080".to_owned(),
                format!("bind 127.0.0.1:{}", world.public),
            ),
            (
                "127.0.0.1:5001".to_owned(),
                format!("127.0.0.1:{}", world.stable[0].port),
            ),
            (
                "127.0.0.1:5002".to_owned(),
                format!("127.0.0.1:{}", world.stable[1].port),
            ),
            (
                "127.0.0.1:5011".to_owned(),
                format!("127.0.0.1:{}", world.canary.port),
            ),
            ("inter 2s".to_owned(), "inter 100ms".to_owned()),
        ];
        let mut text = shipped("haproxy.cfg");
        for (from, to) in replaced {
            assert!(text.contains(&from), "the shipped configuration has {from}");
            text = text.replace(&from, &to);
        }
        world.write("haproxy.cfg", &text);
        world.write("canary.map", &shipped("canary.map"));
        world.begin();
        world
    }

    pub(crate) fn begin(&mut self) {
        let configuration = self.folder.path().join("haproxy.cfg");
        let arguments = ["-db", "-f", configuration.to_str().expect("it is text")];
        self.haproxy = Some(Supervised::start(
            None,
            self.folder.path(),
            "haproxy",
            &arguments,
        ));
        self.wait(|overview| overview.canary.ready() == 1 && overview.stable.ready() == 2);
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("the folder can be written");
    }

    pub(crate) fn socket(&self) -> String {
        self.folder
            .path()
            .join("s")
            .to_str()
            .expect("it is text")
            .to_owned()
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::new(self.socket().parse().expect("it is a path"))
    }

    pub(crate) fn router(&self) -> HaProxy {
        HaProxy::new(self.settings()).expect("the settings are fine")
    }

    pub(crate) fn overview(&self) -> Overview {
        self.router().overview().expect("HAProxy answers")
    }

    pub(crate) fn wait(&self, is_so: impl Fn(&Overview) -> bool) -> Overview {
        let begun = Instant::now();
        loop {
            match self.router().overview() {
                Ok(overview) if is_so(&overview) => return overview,
                answer if begun.elapsed() > Duration::from_secs(20) => {
                    let log = std::fs::read_to_string(self.folder.path().join("log"));
                    panic!("never so: {answer:?} {log:?}")
                }
                _ => pause(Duration::from_millis(20)),
            }
        }
    }

    /// Requests over one connection; how many got a 200.
    pub(crate) fn ask(&self, times: usize) -> usize {
        let client = TcpStream::connect(("127.0.0.1", self.public)).expect("HAProxy listens");
        let mut reader = BufReader::new(client.try_clone().expect("it is a socket"));
        let mut client = client;
        let mut fine = 0;
        for _ in 0..times {
            let request = b"POST /api/v1/search HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n";
            client.write_all(request).expect("HAProxy reads");
            let (mut status, mut length, mut line) = (String::new(), 0, String::new());
            reader.read_line(&mut status).expect("HAProxy answers");
            while line != "\r\n" {
                line.clear();
                reader.read_line(&mut line).expect("HAProxy answers");
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.trim().parse().expect("it is a number");
                }
            }
            reader
                .read_exact(&mut vec![0; length])
                .expect("HAProxy answers");
            fine += usize::from(status.contains(" 200 "));
            if !status.contains(" 200 ") {
                // HAProxy closes after errors of its own.
                return fine;
            }
        }
        fine
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "these tests have no runtime that it could block"
)]
pub(crate) fn pause(span: Duration) {
    thread::sleep(span);
}

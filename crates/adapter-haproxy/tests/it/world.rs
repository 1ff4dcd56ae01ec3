//! A real HAProxy before small servers, with the shipped configuration on free ports.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use adapter_haproxy::{HaProxy, Overview, Settings};
use testkit::PrivateHaproxy;

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
    pub(crate) haproxy: PrivateHaproxy,
    pub(crate) canary: Backend,
    pub(crate) stable: [Backend; 2],
}

impl World {
    pub(crate) fn start() -> Self {
        let (canary, stable) = (Backend::start(), [Backend::start(), Backend::start()]);
        let ports = [stable[0].port, stable[1].port];
        let world = Self {
            haproxy: PrivateHaproxy::start(&ports, canary.port, "100ms"),
            canary,
            stable,
        };
        world.until_all_are_ready();
        world
    }

    pub(crate) fn begin_again(&mut self) {
        self.haproxy.restart();
        self.until_all_are_ready();
    }

    fn until_all_are_ready(&self) {
        self.wait(|overview| overview.canary.ready() == 1 && overview.stable.ready() == 2);
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::new(self.haproxy.socket().parse().expect("it is a path"))
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
                    panic!("never so: {answer:?} {}", self.haproxy.log())
                }
                _ => pause(Duration::from_millis(20)),
            }
        }
    }

    /// Requests over one connection; how many got a 200.
    pub(crate) fn ask(&self, times: usize) -> usize {
        let client =
            TcpStream::connect(("127.0.0.1", self.haproxy.public())).expect("HAProxy listens");
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

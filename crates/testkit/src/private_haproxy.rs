//! A HAProxy for one test or rehearsal: the real one with the shipped configuration, on free ports and in a folder of its own.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::supervised::{Supervised, free_port};

const CONFIGURATION: &str = include_str!("../../../deploy/haproxy/haproxy.cfg");
const MAP: &str = include_str!("../../../deploy/haproxy/canary.map");

/// How long it may take to listen.
const START_TIME: Duration = Duration::from_secs(20);

/// The stable servers of the shipped configuration.
const STABLE_SERVERS: &str =
    "    server stable-1 127.0.0.1:5001\n    server stable-2 127.0.0.1:5002\n";

/// A running HAProxy before servers of the stable version and one of the canary. It ends with this value.
#[derive(Debug)]
pub struct PrivateHaproxy {
    // Ends before its folder goes.
    process: Option<Supervised>,
    folder: TempDir,
    public: u16,
    metrics: u16,
}

impl PrivateHaproxy {
    /// Starts it before servers on these ports of the loopback, `stable-1` and so on and `canary-1`; they are looked at as often as `check_every` says (`100ms`).
    ///
    /// # Panics
    /// When a place that must be filled in is not in the shipped configuration, or it cannot be started: Debian's package is
    /// `haproxy`.
    pub fn start(stable: &[u16], canary: u16, check_every: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut haproxy = Self {
            process: None,
            folder,
            public: free_port(),
            metrics: free_port(),
        };
        let port = |port: u16| format!("127.0.0.1:{port}");
        let filled_in = [
            ("/run/haproxy/admin.sock mode 660", haproxy.socket()),
            ("    log /dev/log local0\n", String::new()),
            ("127.0.0.1:8405", port(haproxy.metrics)),
            ("bind :8080", format!("bind {}", port(haproxy.public))),
            (STABLE_SERVERS, stable_servers(stable)),
            ("127.0.0.1:5011", port(canary)),
            ("inter 2s", format!("inter {check_every}")),
        ];
        let mut text = CONFIGURATION.to_owned();
        for (from, to) in filled_in {
            assert!(text.contains(from), "the shipped configuration has {from}");
            text = text.replace(from, &to);
        }
        haproxy.write("haproxy.cfg", &text);
        haproxy.write("canary.map", MAP);
        haproxy.restart();
        haproxy
    }

    /// Ends it if it runs, starts it with what its files say, and waits until it listens.
    ///
    /// # Panics
    /// When it does not.
    pub fn restart(&mut self) {
        self.process = None;
        let configuration = self.folder.path().join("haproxy.cfg");
        let arguments = ["-db", "-f", configuration.to_str().expect("it is text")];
        let process = Supervised::start(None, self.folder.path(), "haproxy", &arguments);
        self.process = Some(process);
        let begun = Instant::now();
        // Its runtime API listens before everything else.
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.public)).is_err() {
            assert!(begun.elapsed() < START_TIME, "{}", self.log());
            pause(Duration::from_millis(10));
        }
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// What runs, unless it was killed.
    pub fn process(&self) -> Option<&Supervised> {
        self.process.as_ref()
    }

    /// Where requests go to.
    pub fn public(&self) -> u16 {
        self.public
    }

    /// Where Prometheus reads its counts.
    pub fn metrics(&self) -> u16 {
        self.metrics
    }

    /// Its runtime API.
    pub fn socket(&self) -> String {
        self.file("s").to_str().expect("it is text").to_owned()
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).expect("the folder can be written");
    }
}

fn stable_servers(ports: &[u16]) -> String {
    let numbered = (1..).zip(ports);
    let lines =
        numbered.map(|(number, port)| format!("    server stable-{number} 127.0.0.1:{port}\n"));
    lines.collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "it waits on the thread of whoever starts it, as the program's start does"
)]
fn pause(span: Duration) {
    std::thread::sleep(span);
}

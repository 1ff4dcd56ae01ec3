//! A Redis for one test: the real server, on a port and in a folder of its own.

mod certificates;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

pub use self::certificates::self_signed_certificate;
use self::certificates::write_certificates;
use crate::supervised::{Supervised, free_port, run};

/// How long a server may take to answer its first command.
const START_TIME: Duration = Duration::from_secs(10);

/// What differs from a server that keeps everything in memory and nothing on disk.
#[derive(Debug, Clone, Default)]
pub struct RedisOptions {
    /// The most memory for data, e.g. `4mb`; without a bound when `None`.
    pub max_memory: Option<&'static str>,
    /// What goes when memory is full, e.g. `allkeys-lru`; nothing when `None`.
    pub eviction_policy: Option<&'static str>,
    /// Speak TLS only, with a certificate for `localhost` from an authority of its own.
    pub tls: bool,
    /// Every write is on disk before it is answered, so that a kill loses nothing.
    pub durable: bool,
    /// Clients must say this word first.
    pub password: Option<&'static str>,
    /// Copies the server on this port, which wants the same word.
    pub replica_of: Option<u16>,
}

/// A running Redis. It ends with this value.
#[derive(Debug)]
pub struct PrivateRedis {
    // Ends before its folder goes.
    server: Option<Supervised>,
    folder: TempDir,
    port: u16,
    options: RedisOptions,
}

impl PrivateRedis {
    /// Starts a server and waits until it answers.
    ///
    /// # Panics
    /// When it does not start: Debian's package is `redis-server`.
    pub async fn start(options: RedisOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        if options.tls {
            write_certificates(folder.path());
        }
        let mut redis = Self {
            server: None,
            folder,
            port: free_port(),
            options,
        };
        redis.restart().await;
        redis
    }

    /// Starts it again, on the same port, after it was killed.
    pub async fn restart(&mut self) {
        let port = self.port.to_string();
        let (plain_port, tls_port) = if self.options.tls {
            ("0", port.as_str())
        } else {
            (port.as_str(), "0")
        };
        let append_only = if self.options.durable { "yes" } else { "no" };
        let mut arguments = vec!["--port", plain_port, "--tls-port", tls_port];
        arguments.extend(["--bind", "127.0.0.1", "--save", ""]);
        arguments.extend(["--appendonly", append_only, "--appendfsync", "always"]);
        arguments.extend(["--maxmemory", self.options.max_memory.unwrap_or("0")]);
        let policy = self.options.eviction_policy.unwrap_or("noeviction");
        arguments.extend(["--maxmemory-policy", policy]);
        if let Some(password) = self.options.password {
            arguments.extend(["--requirepass", password, "--masterauth", password]);
        }
        let primary = self.options.replica_of.map(|port| port.to_string());
        if let Some(primary) = &primary {
            arguments.extend(["--replicaof", "127.0.0.1", primary]);
        }
        if self.options.tls {
            arguments.extend(["--tls-cert-file", "server.pem"]);
            arguments.extend(["--tls-key-file", "server.key"]);
            arguments.extend(["--tls-ca-cert-file", "authority.pem"]);
            arguments.extend(["--tls-auth-clients", "no"]);
        }
        self.server = None;
        let server = Supervised::start(None, self.folder.path(), "redis-server", &arguments);
        self.server = Some(server);
        let begun = Instant::now();
        while !self.answers() {
            assert!(begun.elapsed() < START_TIME, "{}", self.log());
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether it is up and has loaded its data.
    fn answers(&self) -> bool {
        let connected = std::net::TcpStream::connect(self.address());
        connected.is_ok()
            && self
                .try_command(&["PING"])
                .is_some_and(|pong| pong.trim() == "PONG")
    }

    fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log"));
        let said = self.try_command(&["PING"]).unwrap_or_default();
        let log = log.unwrap_or_default();
        format!("Redis does not start; it answers {said:?} and logs {log}")
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Where a client finds it.
    pub fn url(&self) -> String {
        self.url_through(self.port)
    }

    /// The same, by way of a proxy that listens on `port`.
    pub fn url_through(&self, port: u16) -> String {
        let password = self.options.password.map(|word| format!(":{word}@"));
        let password = password.unwrap_or_default();
        if self.options.tls {
            format!("rediss://{password}localhost:{port}")
        } else {
            format!("redis://{password}127.0.0.1:{port}")
        }
    }

    /// The authority that signed the server's certificate, as PEM.
    ///
    /// # Panics
    /// When the server speaks no TLS.
    pub fn authority(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("authority.pem")).expect("the server speaks TLS")
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.signal("KILL");
        }
    }

    /// Its connections stay open and nothing is answered, until [`resume`](Self::resume).
    pub fn pause(&self) {
        self.signal("STOP");
    }

    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        if let Some(server) = &self.server {
            server.signal(name);
        }
    }

    /// Has a command carried out, e.g. `["CONFIG", "SET", "maxmemory", "4mb"]`, and answers what is printed.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn command(&self, command: &[&str]) -> String {
        let line = self.command_line(command);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        run(None, self.folder.path(), "redis-cli", &line)
    }

    /// `master` or `slave`, as Redis says; `None` when it does not answer.
    pub fn role(&self) -> Option<String> {
        let answer = self.try_command(&["ROLE"])?;
        let role = answer.lines().next().unwrap_or_default();
        ["master", "slave"].contains(&role).then(|| role.to_owned())
    }

    fn try_command(&self, command: &[&str]) -> Option<String> {
        let output = std::process::Command::new("redis-cli")
            .args(self.command_line(command))
            .current_dir(self.folder.path())
            .output()
            .ok()?;
        String::from_utf8(output.stdout).ok()
    }

    fn command_line(&self, command: &[&str]) -> Vec<String> {
        let mut line = vec!["-p".to_owned(), self.port.to_string()];
        if let Some(password) = self.options.password {
            line.extend(["--no-auth-warning", "-a", password].map(str::to_owned));
        }
        if self.options.tls {
            let tls = ["--tls", "--cacert", "authority.pem", "-h", "localhost"];
            line.extend(tls.map(str::to_owned));
        }
        line.extend(command.iter().map(|word| (*word).to_owned()));
        line
    }
}

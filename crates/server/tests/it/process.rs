//! The server's binary as a child process on free ports.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use auth::{MintRequest, Minter, Role, Scope, TokenKey, TokenSettings};

pub(crate) const SECRET: &str = "5d1f0a9be37c4486a2d0c7735b9e6412f8ac03d96e1b47a5";

pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scholarship-api"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PORT", "0")
        .env("ADMIN_PORT", "0")
        .env("LOG_LEVEL", "warn")
        .env("JWT_SECRET", SECRET)
        // Tests ask as often as they like, unless limits are what they are about.
        .env("RATE_LIMIT_PUBLIC", "1000000/second")
        .env("RATE_LIMIT_AUTHENTICATED", "1000000/second")
        .env("RATE_LIMIT_AGENT", "1000000/second")
        .env("RATE_LIMIT_ADMIN", "1000000/second")
        .env("RATE_LIMIT_AUTH_FAILURE", "1000000/second");
    command
}

/// Killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) admin_address: SocketAddr,
    /// The line that the start printed.
    pub(crate) announcement: String,
}

impl Process {
    /// Starts in a folder and waits for the line that tells the addresses.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::spawn(&mut command(folder))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let output = child.stdout.take().expect("piped");
        let mut announcement = String::new();
        BufReader::new(output)
            .read_line(&mut announcement)
            .expect("readable");
        let addresses: Vec<SocketAddr> = announcement
            .split("http://")
            .skip(1)
            .filter_map(|rest| rest.split([',', ';', '/', ' ']).next()?.parse().ok())
            .collect();
        let [address, admin_address] = addresses[..] else {
            panic!("no addresses in {announcement:?}; {:?}", child.wait())
        };
        Self {
            child,
            address,
            admin_address,
            announcement,
        }
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("still there");
        self.child.wait().expect("ended");
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// How it ended, within a bound.
    pub(crate) async fn ended(&mut self, within: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("our child") {
                return status;
            }
            assert!(begun.elapsed() < within, "the server does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A token of a role, valid for half an hour.
pub(crate) fn token(role: Role, subject: &str) -> String {
    token_with_id(role, subject, &uuid::Uuid::new_v4().to_string())
}

/// As [`token`], with its `jti`.
pub(crate) fn token_with_id(role: Role, subject: &str, id: &str) -> String {
    let key = TokenKey::new(SECRET.into()).expect("a secret");
    let request = MintRequest {
        subject: subject.to_owned(),
        role,
        scopes: Scope::ALL.iter().copied().collect(),
        lifetime: Duration::from_secs(1_800),
        token_id: id.to_owned(),
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the server under test has the system's clock"
    )]
    let now = chrono::Utc::now();
    Minter::new(TokenSettings::default(), &key)
        .mint(&request, now)
        .expect("a token")
}

//! The API server as a process of its own on free ports, started and ended as an operator would.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use testkit::supervised::free_port;

use crate::pause::pause;

/// Killed when dropped, and by the kernel when this process ends without that, as by `kill -9`; [`Self::stop`] ends it in order. The
/// kernel goes by the thread that started it, so that must be one that lives as long as the process.
pub(crate) struct RunningServer {
    child: Child,
    address: SocketAddr,
    admin_address: SocketAddr,
    seconds_to_first_answer: f64,
}

/// A server that is to be started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Launch<'a> {
    pub(crate) binary: &'a Path,
    pub(crate) arguments: &'a [&'a str],
    /// An SQLite file, unless the variables have a `DATABASE_URL`.
    pub(crate) store: &'a Path,
    pub(crate) variables: &'a [(&'a str, &'a str)],
    /// The public one and the private one.
    pub(crate) ports: (u16, u16),
    /// Where its log goes; to our own standard error when `None`.
    pub(crate) log: Option<&'a Path>,
}

impl RunningServer {
    /// Starts the binary on an SQLite file, or on the `DATABASE_URL` of `variables`, and waits for the first search that it
    /// answers.
    pub(crate) fn start(
        binary: &Path,
        store: &Path,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        Self::launch(&Launch {
            binary,
            arguments: &[],
            store,
            variables,
            ports: (free_port(), free_port()),
            log: None,
        })
    }

    /// The same with more to choose.
    pub(crate) fn launch(launch: &Launch<'_>) -> anyhow::Result<Self> {
        let (port, admin_port) = launch.ports;
        let on_loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (address, admin_address) = (on_loopback(port), on_loopback(admin_port));
        let begun = Instant::now();
        ensure!(
            launch.binary.is_file(),
            "there is no program {}",
            launch.binary.display()
        );
        // It becomes the binary, with the same process id, and ends with us even when we are killed and can end nothing ourselves.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(launch.binary);
        if let Some(log) = launch.log {
            let log = std::fs::File::options().create(true).append(true).open(log);
            command.stderr(log.context("the server's log cannot be written")?);
        }
        // Whoever starts it may have settings for another server: nothing of them may reach this one.
        command.env_clear();
        // Ctrl-C is for us, who end it in order.
        command.process_group(0);
        for kept in ["PATH", "HOME", "TMPDIR"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        let child = command
            .args(launch.arguments)
            .env(
                "DATABASE_URL",
                format!("sqlite://{}", launch.store.display()),
            )
            .env("HOST", "127.0.0.1")
            .env("PORT", port.to_string())
            .env("ADMIN_PORT", admin_port.to_string())
            .env("LOG_LEVEL", "warn")
            // Counted as in production, but never refused: one machine asks for many.
            .env("RATE_LIMIT_PUBLIC", "10000000/minute")
            .env("RATE_LIMIT_AUTHENTICATED", "10000000/minute")
            .env("RATE_LIMIT_AGENT", "10000000/minute")
            .env("RATE_LIMIT_ADMIN", "10000000/minute")
            .env("RATE_LIMIT_AUTH_FAILURE", "10000000/minute")
            .envs(launch.variables.iter().copied())
            .stdout(std::process::Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", launch.binary.display()))?;
        let mut server = Self {
            child,
            address,
            admin_address,
            seconds_to_first_answer: 0.0,
        };
        while !matches!(status_of(address, "/api/v1/scholarships?limit=1"), Ok(200)) {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended: {status}");
            }
            ensure!(
                begun.elapsed() < Duration::from_secs(120),
                "the server does not answer"
            );
            pause(Duration::from_millis(2));
        }
        server.seconds_to_first_answer = begun.elapsed().as_secs_f64();
        Ok(server)
    }

    /// Its number at the kernel's.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Of the private listener.
    pub(crate) fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// From the start of the process to its first answer to a search.
    pub(crate) fn seconds_to_first_answer(&self) -> f64 {
        self.seconds_to_first_answer
    }

    /// Memory of the process that is in RAM, in millions of bytes.
    pub(crate) fn resident_megabytes(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("no VmRSS")?;
        let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1.024 / 1_000.0)
    }

    /// Seconds of CPU that the process has used, in steps of a hundredth.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        cpu_seconds_of(self.child.id())
    }

    /// Whether the process is still there.
    pub(crate) fn is_alive(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Sends a signal, as `TERM` or `USR1`.
    pub(crate) fn signal(&self, name: &str) -> anyhow::Result<()> {
        signal(&self.child, name)
    }

    /// Asks the server to end, and checks that it ended well.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        end(&mut self.child)
    }
}

/// Asks a server to end, and checks that it ended well and in time.
pub(crate) fn end(server: &mut Child) -> anyhow::Result<()> {
    signal(server, "TERM")?;
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_secs(30) {
        if let Some(status) = server.try_wait()? {
            ensure!(status.success(), "the server ended with {status}");
            return Ok(());
        }
        pause(Duration::from_millis(10));
    }
    bail!("the server does not end")
}

fn signal(process: &Child, name: &str) -> anyhow::Result<()> {
    let told = Command::new("kill")
        .args([&format!("-{name}"), &process.id().to_string()])
        .status()?;
    ensure!(told.success(), "the server could not be sent {name}");
    Ok(())
}

/// Seconds of CPU that a process has used, in steps of a hundredth.
pub(crate) fn cpu_seconds_of(process: u32) -> anyhow::Result<f64> {
    /// Steps a second: fixed by the kernel's interface, whatever its own clock.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything; the numbers come behind it.
    let (_, numbers) = stat.rsplit_once(')').context("no name in stat")?;
    let mut times = numbers.split_ascii_whitespace().skip(11);
    let mut ticks = || -> anyhow::Result<f64> { Ok(times.next().context("no times")?.parse()?) };
    Ok((ticks()? + ticks()?) / TICKS)
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status of one GET over a connection of its own.
pub(crate) fn status_of(address: SocketAddr, target: &str) -> anyhow::Result<u16> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(std::str::from_utf8(&head[9..])?.parse()?)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;

    use super::*;

    /// Names what the other process is to start.
    const BINARY: &str = "RUNNING_SERVER_BINARY";

    /// Not a test of its own: the process that is killed.
    #[test]
    fn a_process_that_waits_with_its_server() {
        let Some(binary) = std::env::var_os(BINARY) else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store.db");
        let server = RunningServer::start(Path::new(&binary), &store, &[]).unwrap();
        println!("\nstarted {} {}", server.process(), server.address());
        loop {
            pause(Duration::from_secs(60));
        }
    }

    #[test]
    fn a_server_ends_with_the_process_that_started_it_even_by_a_kill() {
        let this = std::env::current_exe().unwrap();
        // Tests of the whole workspace build the server beside this program.
        let binary = this.parent().unwrap().parent().unwrap();
        let mut other = Command::new(&this)
            .args(["a_process_that_waits_with_its_server", "--nocapture"])
            .args(["--test-threads", "1"])
            .env(BINARY, binary.join("scholarship-api"))
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(other.stdout.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("started ")).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let stat = format!("/proc/{}/stat", words[1]);
        let address: SocketAddr = words[2].parse().unwrap();
        assert_eq!(status_of(address, "/healthz").unwrap(), 200);
        other.kill().unwrap();
        other.wait().unwrap();
        let killed = Instant::now();
        // Whoever inherits it may leave it a zombie: that has no port any more.
        let is_gone = || {
            let stat = std::fs::read_to_string(&stat).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z ")
        };
        while !is_gone() {
            assert!(killed.elapsed() < Duration::from_secs(10), "it still runs");
            pause(Duration::from_millis(10));
        }
        assert!(status_of(address, "/healthz").is_err());
    }
}

//! Real servers for tests: programs that end with the process that started them, however that ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Runs `"$@"` until its own standard input ends, which it does when the starting process is gone, even by `kill -9`. Its first
/// line of output is the program's process id.
const SUPERVISOR: &str =
    r#""$@" </dev/null >&2 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null; wait"#;

/// Runs a script of the shell once this process has ended, however it ends. A static value is never dropped, and a killed process
/// drops nothing, so somebody else must clear away: a shell whose input ends with this process.
#[expect(
    clippy::zombie_processes,
    reason = "the shell outlives this process, on purpose"
)]
pub(crate) fn run_when_we_end(script: &str, arguments: &[&str]) {
    let mut shell = Command::new("sh")
        .args(["-c", &format!("cat >/dev/null; {script}"), "when-we-end"])
        .args(arguments)
        // Ctrl-C and the end of a test runner reach the whole group of this process.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell starts");
    std::mem::forget(shell.stdin.take());
}

/// A running program. Dropping it kills the program and waits until it is gone.
#[derive(Debug)]
pub struct Supervised {
    supervisor: Child,
    process: u32,
}

impl Supervised {
    /// Starts a program in a folder, with what it writes going to `log` there.
    ///
    /// # Panics
    /// When it cannot be started: tests that need it cannot run.
    pub fn start(user: Option<&str>, folder: &Path, program: &str, arguments: &[&str]) -> Self {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("log"))
            .expect("the log can be written");
        let mut supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR, "supervisor"])
            .args(command_line(user, program, arguments))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("a shell starts");
        let mut process = String::new();
        let output = supervisor.stdout.as_mut().expect("is piped");
        BufReader::new(output)
            .read_line(&mut process)
            .expect("the shell answers");
        Self {
            process: process.trim().parse().expect("a process id"),
            supervisor,
        }
    }

    /// The program's process id.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// Sends a signal, e.g. `KILL`, `TERM`, `STOP`, `CONT`. Nothing happens when the program has ended.
    pub fn signal(&self, name: &str) {
        let _ = Command::new("kill")
            .args(["-s", name, &self.process.to_string()])
            .stderr(Stdio::null())
            .status();
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // A stopped process obeys no other signal.
        self.signal("CONT");
        let _ = self.supervisor.wait();
    }
}

/// Runs a program to its end and answers what it printed.
///
/// # Panics
/// When it fails, with what it said.
pub fn run(user: Option<&str>, folder: &Path, program: &str, arguments: &[&str]) -> String {
    let line = command_line(user, program, arguments);
    let output = Command::new(line[0])
        .args(&line[1..])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    assert!(
        output.status.success(),
        "{program} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// With a user, as that user when we are root; some servers refuse to run as root.
fn command_line<'a>(
    user: Option<&'a str>,
    program: &'a str,
    arguments: &[&'a str],
) -> Vec<&'a str> {
    let mut line = Vec::new();
    if let Some(user) = user.filter(|_| is_root()) {
        line.extend(["setpriv", "--reuid", user, "--regid", user, "--init-groups"]);
    }
    line.push(program);
    line.extend(arguments);
    line
}

/// Whether this process may become another user.
pub fn is_root() -> bool {
    let mut status = String::new();
    let read = std::fs::File::open("/proc/self/status")
        .and_then(|mut file| file.read_to_string(&mut status));
    read.is_ok()
        && status
            .lines()
            .filter_map(|line| line.strip_prefix("Uid:"))
            .any(|ids| ids.split_whitespace().nth(1) == Some("0"))
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback has free ports");
    listener.local_addr().expect("has an address").port()
}

//! Private Postgres servers for tests, in a temporary folder, on a free port of the loopback.
//!
//! Debian's packages are used; `cargo xtask test` installs them. Nothing of a server survives the test process.

mod copies;

use std::net::TcpStream;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::database_server::DatabaseServer;
use crate::supervised::{Supervised, free_port, is_root, run, run_when_we_end};

pub use copies::{BaseBackup, WalArchive};

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// Postgres refuses to run as root.
const USER: &str = "postgres";
const START_DEADLINE: Duration = Duration::from_secs(30);

/// A server of its own, ended when it is dropped.
#[derive(Debug)]
pub struct PrivatePostgres {
    /// `None` while the server is down.
    process: Mutex<Option<Supervised>>,
    port: u16,
    options: Vec<String>,
    /// Variables as `NAME=value`.
    environment: Vec<String>,
    databases: DatabaseServer,
    folder: TempDir,
}

impl PrivatePostgres {
    /// Starts a server with Postgres' own durability: what it commits survives a kill. Not the loss of power: it does not
    /// wait for the disk, which a test cannot notice.
    ///
    /// # Panics
    /// When Postgres is not installed or does not start.
    pub fn start() -> Self {
        Self::start_with(&["fsync=off"])
    }

    /// Starts a server with settings of its own, such as `max_connections=10`.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_with(settings: &[&str]) -> Self {
        Self::start_in(own_folder(), settings, Vec::new())
    }

    /// Starts a server whose messages are German.
    ///
    /// # Panics
    /// When the locale cannot be made, or else as [`Self::start`].
    pub fn start_in_german() -> Self {
        let folder = own_folder();
        let locale = folder.path().join("de_DE.UTF-8");
        let locale = locale.to_str().expect("UTF-8");
        let arguments = ["-i", "de_DE", "-f", "UTF-8", locale];
        run(None, folder.path(), "localedef", &arguments);
        let variable = format!("LOCPATH={}", folder.path().display());
        let settings = ["fsync=off", "lc_messages=de_DE.UTF-8"];
        Self::start_in(folder, &settings, vec![variable])
    }

    fn start_in(folder: TempDir, settings: &[&str], environment: Vec<String>) -> Self {
        let data = folder.path().join("data");
        let data = data.to_str().expect("UTF-8");
        run(
            Some(USER),
            folder.path(),
            &format!("{PROGRAMS}/initdb"),
            &[
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "-D",
                data,
            ],
        );
        Self::start_on(folder, settings, environment)
    }

    /// On the data that is in the folder already.
    fn start_on(folder: TempDir, settings: &[&str], environment: Vec<String>) -> Self {
        let socket = format!("unix_socket_directories={}", folder.path().display());
        let mut options: Vec<String> = [
            "listen_addresses=127.0.0.1",
            socket.as_str(),
            "max_connections=200",
            "shared_buffers=64MB",
            "jit=off",
            // Checkpoints and clean-up in the middle of a test would make times vary.
            "checkpoint_timeout=1h",
            "max_wal_size=4GB",
            "autovacuum=off",
            "log_checkpoints=off",
        ]
        .map(str::to_owned)
        .to_vec();
        options.extend(settings.iter().copied().map(str::to_owned));
        let port = free_port();
        let server = Self {
            process: Mutex::new(None),
            port,
            options,
            environment,
            databases: DatabaseServer::new(
                format!("postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"),
                "test_".to_owned(),
            ),
            folder,
        };
        server.restart();
        server
    }

    /// The private server that all tests of this process share. Tests that kill or stop theirs start their own, and those that
    /// need no more than databases take [`DatabaseServer::shared`].
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PrivatePostgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the server writes what it has to say, among others.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Begins to run SQL with Postgres' own client, until what is answered is dropped: for locks and transactions that stay.
    pub fn begin_psql(&self, database: &str, sql: &str) -> Supervised {
        let url = self.url(database);
        let url = url.split('?').next().expect("a URL");
        let arguments = ["-X", "-q", "-c", sql, url];
        Supervised::start(None, self.folder.path(), "psql", &arguments)
    }

    /// Kills the server as `kill -9` does, with every process of it, and does not start it again.
    pub fn kill(&self) {
        let process = self.process.lock();
        let mut process = process.unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = process.take() {
            server.signal("KILL");
            drop(server);
        }
    }

    /// Starts the server again on the same data and port, after it was killed.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        self.kill();
        let data = self.folder.path().join("data");
        // A killed server's children end by themselves a moment later, and a server waits for that by failing.
        let begun = Instant::now();
        loop {
            let mut arguments = self.environment.clone();
            arguments.push(format!("{PROGRAMS}/postgres"));
            arguments.extend(["-D".to_owned(), data.display().to_string()]);
            arguments.extend(["-p".to_owned(), self.port.to_string()]);
            for option in &self.options {
                arguments.extend(["-c".to_owned(), option.clone()]);
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            // It becomes the program behind the variables.
            let server = Supervised::start(Some(USER), self.folder.path(), "env", &arguments);
            let process = server.process();
            *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
            while Path::new(&format!("/proc/{process}")).exists() {
                if self.is_ready() {
                    return;
                }
                assert!(
                    begun.elapsed() < START_DEADLINE,
                    "Postgres does not start: see {}",
                    self.log()
                );
                pause();
            }
            assert!(
                begun.elapsed() < START_DEADLINE,
                "Postgres ended: {}",
                self.log()
            );
            pause();
        }
    }

    /// Stops every process of the server, as a machine that hangs: connections stay, nothing answers.
    pub fn freeze(&self) {
        self.signal_all("STOP");
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.signal_all("CONT");
    }

    fn signal_all(&self, signal: &str) {
        let process = self.process.lock();
        let process = process.unwrap_or_else(PoisonError::into_inner);
        let Some(server) = &*process else { return };
        let parent = server.process().to_string();
        server.signal(signal);
        let _ = Command::new("pkill")
            .args(["--signal", signal, "--parent", &parent])
            .status();
    }

    fn is_ready(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            && Command::new(format!("{PROGRAMS}/pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .stdout(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Deref for PrivatePostgres {
    type Target = DatabaseServer;

    fn deref(&self) -> &DatabaseServer {
        &self.databases
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        self.thaw();
        self.kill();
    }
}

/// A folder of the servers' user, which is gone when this process is.
fn own_folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    give_away(folder.path());
    remove_when_we_end(folder.path());
    folder
}

/// The folder outlives the servers in it a little.
pub(crate) fn remove_when_we_end(folder: &Path) {
    let folder = folder.to_str().expect("UTF-8");
    run_when_we_end(r#"sleep 1; rm -rf "$1""#, &[folder]);
}

/// Lets the user of the servers write into a folder.
pub(crate) fn give_away(folder: &Path) {
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder, open).expect("the folder is ours");
    if is_root() {
        let owner = format!("{USER}:{USER}");
        let path: PathBuf = folder.to_owned();
        run(
            None,
            folder,
            "chown",
            &[&owner, path.to_str().expect("UTF-8")],
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "waits for a process of its own, in tests only"
)]
pub(crate) fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}

//! A private PgBouncer in front of a private Postgres, pooling by transaction.

use std::net::TcpStream;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::private_postgres::{PrivatePostgres, give_away, pause, remove_when_we_end};
use crate::supervised::{Supervised, free_port};

const USER: &str = "postgres";

/// Ended when it is dropped.
#[derive(Debug)]
pub struct PrivatePgBouncer {
    process: Mutex<Option<Supervised>>,
    port: u16,
    /// Connections to each database, at most.
    servers: u32,
    folder: TempDir,
}

impl PrivatePgBouncer {
    /// In transaction mode, with at most `servers` connections to each database, and all else as Debian's version has it.
    ///
    /// # Panics
    /// When PgBouncer is not installed or does not start.
    pub fn start(postgres: &PrivatePostgres, servers: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("users"), "\"postgres\" \"\"\n").expect("is written");
        give_away(folder.path());
        remove_when_we_end(folder.path());
        let bouncer = Self {
            process: Mutex::new(None),
            port: free_port(),
            servers,
            folder,
        };
        bouncer.write_settings(postgres);
        bouncer.restart();
        bouncer
    }

    /// From now on in front of another Postgres, as after a failover: its file names the other one, and it reads it again.
    /// Connections of clients stay.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn point_to(&self, postgres: &PrivatePostgres) {
        self.write_settings(postgres);
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bouncer) = &*process {
            bouncer.signal("HUP");
        }
    }

    fn write_settings(&self, postgres: &PrivatePostgres) {
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\n\
             max_client_conn = 500\ndefault_pool_size = {}\n\
             server_connect_timeout = 2\nserver_login_retry = 1\nquery_wait_timeout = 5\n\
             server_idle_timeout = 5\n\
             ignore_startup_parameters = extra_float_digits\n",
            postgres.port(),
            self.port,
            self.servers,
            folder = self.folder.path().display(),
        );
        std::fs::write(self.folder.path().join("settings"), settings).expect("is written");
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database of the Postgres behind it.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgresql://postgres@127.0.0.1:{}/{database}?sslmode=disable",
            self.port
        )
    }

    /// Kills it when it runs, which ends all connections through it, and starts it anew.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        drop(process.take());
        let settings = self.folder.path().join("settings");
        let settings = settings.to_str().expect("UTF-8");
        let bouncer = Supervised::start(Some(USER), self.folder.path(), "pgbouncer", &[settings]);
        *process = Some(bouncer);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = self.folder.path().join("log");
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "PgBouncer does not start: {}",
                std::fs::read_to_string(log).unwrap_or_default()
            );
            pause();
        }
    }
}

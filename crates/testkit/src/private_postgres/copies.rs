//! Copies of a private Postgres: a standby that follows it, a base backup, and an archive of its log from which a server is
//! restored.

use std::path::Path;
use std::time::Instant;

use tempfile::TempDir;

use super::{PROGRAMS, PrivatePostgres, START_DEADLINE, USER, own_folder, pause};
use crate::supervised::{Supervised, run};

/// A `pg_receivewal` that writes a server's log into a folder and syncs it at once. It ends with this value, and with its server.
#[derive(Debug)]
pub struct WalArchive {
    _process: Supervised,
    folder: TempDir,
}

/// A copy of a server's data as it was, for [`PrivatePostgres::restored`].
#[derive(Debug)]
pub struct BaseBackup(TempDir);

impl PrivatePostgres {
    /// A copy of this server that follows it under a name, which `synchronous_standby_names` may name.
    ///
    /// # Panics
    /// When it cannot be copied, or the copy does not start.
    pub fn standby(&self, name: &str, settings: &[&str]) -> Self {
        let folder = own_folder();
        let follow = ["--write-recovery-conf", "--create-slot", "--slot", name];
        self.copy_to(&folder.path().join("data"), name, &follow);
        let standby = Self::start_on(folder, settings, Vec::new());
        self.wait_for_follower(name);
        standby
    }

    /// Makes a standby a server that takes writes.
    ///
    /// # Panics
    /// When it does not become one.
    pub fn promote(&self) {
        let promoted = self.psql("postgres", "SELECT pg_promote(true, 30)");
        assert_eq!(promoted, "t", "it is promoted within 30 s");
    }

    /// A copy of the data as it is.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn base_backup(&self) -> BaseBackup {
        let folder = own_folder();
        self.copy_to(&folder.path().join("data"), "base-backup", &[]);
        BaseBackup(folder)
    }

    /// Begins to write the log into an archive under a name, which `synchronous_standby_names` may name.
    ///
    /// # Panics
    /// When it does not begin.
    pub fn archive(&self, name: &str) -> WalArchive {
        let folder = own_folder();
        let connection = self.connection_of(name);
        let program = format!("{PROGRAMS}/pg_receivewal");
        let slot = ["--dbname", &connection, "--slot", name];
        let create = [&slot[..], &["--create-slot", "--if-not-exists"]].concat();
        run(Some(USER), folder.path(), &program, &create);
        let receive = [&slot[..], &["--synchronous", "--no-loop", "-D", "."]].concat();
        let process = Supervised::start(Some(USER), folder.path(), &program, &receive);
        self.wait_for_follower(name);
        WalArchive {
            _process: process,
            folder,
        }
    }

    /// Only once a follower has what was written do writes succeed from now on; `None`: they succeed alone.
    ///
    /// # Panics
    /// When the server cannot be told.
    pub fn wait_for(&self, follower: Option<&str>) {
        let name = follower.unwrap_or_default();
        let set = format!("ALTER SYSTEM SET synchronous_standby_names = '{name}'");
        self.psql("postgres", &set);
        self.psql("postgres", "SELECT pg_reload_conf()");
        let state = format!(
            "SELECT count(*) FROM pg_stat_replication WHERE application_name = '{name}' AND sync_state = 'sync'"
        );
        self.until_answered(&state, if follower.is_some() { "1" } else { "0" });
    }

    /// Kills the server and removes all that it held, as the loss of its disk.
    ///
    /// # Panics
    /// When its data cannot be removed.
    pub fn destroy(&self) {
        self.kill();
        let data = self.folder.path().join("data");
        let begun = Instant::now();
        // Its processes end a moment after it, and may write until then.
        while let Err(error) = std::fs::remove_dir_all(&data) {
            assert!(begun.elapsed() < START_DEADLINE, "is removed: {error}");
            pause();
        }
    }

    /// A new server from a base backup and everything that the archive has received since.
    ///
    /// # Panics
    /// When it does not start, or finds its end of the log only after half a minute.
    pub fn restored(base: &BaseBackup, archive: &WalArchive, settings: &[&str]) -> Self {
        let folder = own_folder();
        let data = folder.path().join("data");
        let place = data.to_str().expect("UTF-8");
        let base = base.0.path().join("data");
        let base = base.to_str().expect("UTF-8");
        run(Some(USER), folder.path(), "cp", &["-a", base, place]);
        let signal = data.join("recovery.signal");
        let signal = signal.to_str().expect("UTF-8");
        run(Some(USER), folder.path(), "touch", &[signal]);
        // The last file is not full yet, and is named so.
        let from = archive.folder.path().display();
        let command =
            format!("restore_command=cp {from}/%f %p 2>/dev/null || cp {from}/%f.partial %p");
        let settings = [settings, &[command.as_str()]].concat();
        let server = Self::start_on(folder, &settings, Vec::new());
        server.until_answered("SELECT pg_is_in_recovery()", "f");
        server
    }

    fn copy_to(&self, data: &Path, name: &str, arguments: &[&str]) {
        let data = data.to_str().expect("UTF-8");
        let connection = self.connection_of(name);
        let copy = ["--dbname", &connection, "-D", data, "--checkpoint=fast"];
        let program = format!("{PROGRAMS}/pg_basebackup");
        let arguments = [&copy[..], arguments].concat();
        run(Some(USER), self.folder.path(), &program, &arguments);
    }

    fn connection_of(&self, name: &str) -> String {
        let port = self.port;
        format!("host=127.0.0.1 port={port} user=postgres application_name={name}")
    }

    fn wait_for_follower(&self, name: &str) {
        let state = format!(
            "SELECT count(*) FROM pg_stat_replication WHERE application_name = '{name}' AND state = 'streaming'"
        );
        self.until_answered(&state, "1");
    }

    fn until_answered(&self, sql: &str, wanted: &str) {
        let begun = Instant::now();
        while self.psql("postgres", sql) != wanted {
            assert!(
                begun.elapsed() < START_DEADLINE,
                "{sql} is {wanted}: {}",
                self.log()
            );
            pause();
        }
    }
}

//! A Postgres and a PgBouncer of this run, and replicas on them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use testkit::{PrivatePgBouncer, PrivatePostgres};

use crate::bench::catalogue;
use crate::running_server::RunningServer;
use crate::tools::ensure_debian_packages;

/// Only servers of this run accept it.
pub(crate) const SECRET: &str = "a secret of servers that end with the measurement";

pub(crate) struct Rig {
    release: PathBuf,
    pub(super) postgres: PrivatePostgres,
    pooler: PrivatePgBouncer,
    database: String,
    pub(super) admin: String,
    pub(super) student: String,
    folder: TempDir,
}

/// A process with a folder of its own.
pub(crate) struct Replica {
    pub(crate) server: RunningServer,
    _folder: TempDir,
}

impl Rig {
    /// A Postgres that waits for the disk with each commit, with the schema and nothing in it.
    pub(crate) fn start(release: &Path) -> anyhow::Result<Self> {
        ensure_debian_packages(&["postgresql-15", "pgbouncer"])?;
        let postgres = PrivatePostgres::start_with(&["fsync=on", "shared_buffers=512MB"]);
        let pooler = PrivatePgBouncer::start(&postgres, 20);
        let database = postgres.database();
        let rig = Self {
            admin: token(release, "admin")?,
            student: token(release, "student")?,
            release: release.to_owned(),
            postgres,
            pooler,
            database,
            folder: tempfile::tempdir()?,
        };
        rig.xtask(&["migrate", "up"])?;
        Ok(rig)
    }

    fn xtask(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let status = Command::new(self.release.join("xtask"))
            .args(arguments)
            .env("DATABASE_URL", self.postgres.url(&self.database))
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "xtask {} failed", arguments.join(" "));
        Ok(())
    }

    /// Fills the database with the command that users run; answers the seconds that took.
    pub(crate) fn import(&self, count: usize) -> anyhow::Result<f64> {
        let file = catalogue::generate(&self.release, self.folder.path(), count)?;
        let begun = Instant::now();
        self.xtask(&["import", file.to_str().context("UTF-8")?])?;
        Ok(begun.elapsed().as_secs_f64())
    }

    pub(super) fn direct(&self) -> anyhow::Result<Replica> {
        self.direct_with(&[])
    }

    /// With further variables.
    pub(crate) fn direct_with(&self, more: &[(&str, &str)]) -> anyhow::Result<Replica> {
        self.replica(&self.postgres.url(&self.database), "session", more)
    }

    pub(crate) fn psql(&self, sql: &str) -> String {
        self.postgres.psql(&self.database, sql)
    }

    pub(super) fn pooled(&self) -> anyhow::Result<Replica> {
        self.replica(&self.pooler.url(&self.database), "transaction", &[])
    }

    fn replica(
        &self,
        url: &str,
        pool_mode: &str,
        more: &[(&str, &str)],
    ) -> anyhow::Result<Replica> {
        let folder = tempfile::tempdir()?;
        let index = folder.path().join("index");
        let mut variables = vec![
            ("DATABASE_URL", url),
            ("POSTGRES_POOL_MODE", pool_mode),
            ("JWT_SECRET", SECRET),
            ("INDEX_FILE", index.to_str().context("UTF-8")?),
        ];
        variables.extend(more);
        let binary = self.release.join("scholarship-api");
        Ok(Replica {
            server: RunningServer::start(&binary, Path::new("unused"), &variables)?,
            _folder: folder,
        })
    }
}

fn token(release: &Path, role: &str) -> anyhow::Result<String> {
    let output = Command::new(release.join("xtask"))
        .args(["token", "mint", "--role", role])
        .env("JWT_SECRET", SECRET)
        .output()?;
    ensure!(output.status.success(), "no token");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

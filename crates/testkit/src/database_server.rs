//! A Postgres for tests that need no more of it than databases of their own: a private one, or the one that `DATABASE_URL`
//! names.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::private_postgres::PrivatePostgres;
use crate::supervised::{run, run_when_we_end};

/// Drops all databases of the server `$1` whose names begin with `$2`.
const DROP_ALL: &str = r#"psql -X -q -A -t -c \
"SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE);', datname) FROM pg_database WHERE starts_with(datname, '$2')" "$1" \
| psql -X -q "$1""#;

/// Makes databases, and touches no others.
#[derive(Debug)]
pub struct DatabaseServer {
    /// Of the database from which others are made.
    url: String,
    /// Begins the names of all that are made here.
    prefix: String,
    made: AtomicU64,
}

/// What a variable names instead of a private server; nothing when it is empty.
pub fn named_server(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|url| !url.is_empty())
}

impl DatabaseServer {
    pub(crate) fn new(url: String, prefix: String) -> Self {
        Self {
            url,
            prefix,
            made: AtomicU64::new(0),
        }
    }

    /// The one that all tests of this process share. The role in `DATABASE_URL` must be a superuser; a password in it can be
    /// read by everybody on this machine while tests run.
    ///
    /// # Panics
    /// When no private server can be started.
    pub fn shared() -> &'static Self {
        static NAMED: OnceLock<Option<DatabaseServer>> = OnceLock::new();
        let named = NAMED.get_or_init(|| {
            let is_postgres =
                |url: &String| url.starts_with("postgresql://") || url.starts_with("postgres://");
            named_server("DATABASE_URL")
                .filter(is_postgres)
                .map(Self::named)
        });
        named.as_ref().unwrap_or_else(|| PrivatePostgres::shared())
    }

    fn named(url: String) -> Self {
        // Test processes run side by side, on several machines perhaps.
        let number = RandomState::new().build_hasher().finish();
        let server = Self::new(url, format!("scholarship_test_{number:016x}_"));
        run_when_we_end(DROP_ALL, &[&server.url, &server.prefix]);
        server
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        let (base, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (scheme, rest) = base.split_once("://").unwrap_or(("postgresql", base));
        let authority = rest
            .split_once('/')
            .map_or(rest, |(authority, _)| authority);
        format!("{scheme}://{authority}/{database}?{query}")
    }

    /// The database that a URL names.
    ///
    /// # Panics
    /// When it names none.
    pub fn database_of(url: &str) -> &str {
        let base = url.split('?').next().expect("a text");
        let (_, name) = base.rsplit_once('/').expect("a URL");
        name
    }

    /// The name of a new and empty database.
    pub fn database(&self) -> String {
        self.clone_of("template0")
    }

    /// The name of a new database that is a copy of another, to which nobody may be connected.
    pub fn clone_of(&self, template: &str) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}{number}", self.prefix);
        // Copies of one template wait for each other instead of failing.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let create = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log");
        psql(&self.url, &create);
        name
    }

    /// Runs SQL with Postgres' own client and answers what it printed: rows in lines, columns separated by `|`.
    ///
    /// # Panics
    /// When the SQL fails.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        psql(&self.url(database), sql)
    }
}

fn psql(url: &str, sql: &str) -> String {
    let settings = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
    let arguments = [settings.as_slice(), &["-c", sql, url]].concat();
    let text = run(None, &std::env::temp_dir(), "psql", &arguments);
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_differ_in_the_database_alone() {
        let url = |url: &str| DatabaseServer::new(url.to_owned(), String::new()).url("d");
        assert_eq!(
            url("postgresql://ann:p%40ss@h:5432/mine?sslmode=verify-full&sslrootcert=/ca.pem"),
            "postgresql://ann:p%40ss@h:5432/d?sslmode=verify-full&sslrootcert=/ca.pem"
        );
        assert_eq!(url("postgres://h"), "postgres://h/d?");
        let name = DatabaseServer::database_of("postgresql://h:5432/mine?sslrootcert=/ca.pem");
        assert_eq!(name, "mine");
    }
}

//! What operators' commands need of a database beside its stores: what is in it, whether that is anything, and how other
//! programs reach it.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};
use secrecy::{ExposeSecret as _, SecretString};

use crate::own_session::connect_alone;
use crate::scholarships::is_ahead_on_conn;
use crate::url::{Encryption, Target};
use crate::{OpenError, PostgresSettings, SessionError};

/// Where Debian keeps the authorities that the system trusts; libpq does not know by itself before version 16.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// How far the change log jumps ahead when it goes on in another cluster. No position that was handed out after the backup,
/// and was lost, can be as far.
const JUMP: i64 = 1 << 32;

/// The table that says where the change log goes on.
pub const CHANGE_FEED: &str = "change_feed";

/// Rows as texts must not depend on whose settings they are shown with.
const SHOWN_ALIKE: &str = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; \
     SET extra_float_digits = 1; SET bytea_output = 'hex'; SET search_path = public";

#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("Postgres refused")]
    Database(#[from] diesel::result::Error),
}

/// How many rows a table holds, and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableSum {
    pub table: String,
    pub rows: u64,
    /// Sum of 64 bits of MD5 over each row as text, whatever their order.
    pub checksum: String,
}

/// One connection for looking at a whole database.
pub struct Inspector {
    connection: AsyncPgConnection,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Sequence {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    last: i64,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = Text)]
    checksum: String,
}

impl Inspector {
    /// # Errors
    /// [`OperationError`] says what is wrong with the settings or the server.
    pub async fn connect(settings: &PostgresSettings) -> Result<Self, OperationError> {
        let mut connection = connect_alone(settings).await?;
        connection.batch_execute(SHOWN_ALIKE).await?;
        Ok(Self { connection })
    }

    /// Sees one state of the database from now on, and answers the name under which other connections can see the same, as
    /// long as this one lives.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn hold_still(&mut self) -> Result<String, OperationError> {
        self.connection
            .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let snapshot = diesel::sql_query("SELECT pg_export_snapshot() AS name");
        let snapshot: Name = snapshot.get_result(&mut self.connection).await?;
        Ok(snapshot.name)
    }

    /// What each table of the schema `public` holds.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn sums(&mut self) -> Result<Vec<TableSum>, OperationError> {
        let tables: Vec<Name> = diesel::sql_query(
            "SELECT relname::text AS name FROM pg_class \
             WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname",
        )
        .load(&mut self.connection)
        .await?;
        let mut sums = Vec::with_capacity(tables.len());
        for table in tables {
            sums.push(self.sum(table.name).await?);
        }
        Ok(sums)
    }

    /// The last number that each sequence of the schema `public` has given, 0 for none. Numbers belong to no snapshot: a dump
    /// beside writers may hold later ones than were read before it, and never earlier ones.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn sequences(&mut self) -> Result<BTreeMap<String, i64>, OperationError> {
        let sequences: Vec<Sequence> = diesel::sql_query(
            "SELECT sequencename::text AS name, coalesce(last_value, 0) AS last FROM pg_sequences \
             WHERE schemaname = 'public'",
        )
        .load(&mut self.connection)
        .await?;
        let places = sequences.into_iter();
        Ok(places.map(|place| (place.name, place.last)).collect())
    }

    async fn sum(&mut self, name: String) -> QueryResult<TableSum> {
        let quoted = name.replace('"', "\"\"");
        let sum: Sum = diesel::sql_query(format!(
            "SELECT count(*) AS rows, coalesce(sum(('x' || substr(md5( \
               to_jsonb(t)::text), 1, 16))::bit(64)::bigint::numeric), 0)::text AS checksum \
             FROM \"{quoted}\" AS t"
        ))
        .get_result(&mut self.connection)
        .await?;
        Ok(TableSum {
            table: name,
            rows: u64::try_from(sum.rows).unwrap_or(0),
            checksum: sum.checksum,
        })
    }

    /// Whether nobody has made anything in any schema of this database.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn is_empty(&mut self) -> Result<bool, OperationError> {
        let answer: Answer = diesel::sql_query(
            "SELECT NOT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
               WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%' \
                 AND NOT EXISTS (SELECT FROM pg_depend AS d \
                   WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) AS yes",
        )
        .get_result(&mut self.connection)
        .await?;
        Ok(answer.yes)
    }

    /// Whether the change log holds what this server cannot have written yet: it was filled by `pg_restore` alone. Never for a
    /// database without a log.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn is_log_ahead(&mut self) -> Result<bool, OperationError> {
        let log: Answer = diesel::sql_query(
            "SELECT to_regclass('public.scholarship_changes') IS NOT NULL \
               AND to_regclass('public.change_feed') IS NOT NULL AS yes",
        )
        .get_result(&mut self.connection)
        .await?;
        Ok(log.yes && is_ahead_on_conn(&mut self.connection).await?)
    }

    /// What the place of the change log comes to, as in [`Self::sums`].
    ///
    /// # Errors
    /// When Postgres does not answer, or there is no log.
    pub async fn log_sum(&mut self) -> Result<TableSum, OperationError> {
        Ok(self.sum(CHANGE_FEED.to_owned()).await?)
    }

    /// Makes the change log of a restored database go on behind everything that it holds and that may have been handed out
    /// after the backup: this cluster may count its transactions from a lower number.
    ///
    /// Nobody may be writing: what commits later than this, and began earlier, is never seen by those who follow the log.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn continue_log(&mut self) -> Result<(), OperationError> {
        diesel::sql_query(
            "UPDATE change_feed SET transaction_offset = greatest(transaction_offset, \
               coalesce((SELECT max(transaction) FROM scholarship_changes), 0) - pg_current_xact_id()::text::bigint, 0) + $1",
        )
        .bind::<BigInt, _>(JUMP)
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    /// Whether the server has a database of this name.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn has_database(&mut self, name: &str) -> Result<bool, OperationError> {
        let answer: Answer =
            diesel::sql_query("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS yes")
                .bind::<Text, _>(name)
                .get_result(&mut self.connection)
                .await?;
        Ok(answer.yes)
    }

    /// Makes an empty database.
    ///
    /// # Errors
    /// When there is one, or the role may not.
    pub async fn create_database(&mut self, name: &str) -> Result<(), OperationError> {
        let quoted = name.replace('"', "\"\"");
        diesel::sql_query(format!("CREATE DATABASE \"{quoted}\" TEMPLATE template0"))
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}

/// How Postgres' own programs reach a database: variables of their environment, so that no command line shows a password.
pub struct ClientEnvironment {
    pub database: String,
    pub variables: Vec<(&'static str, SecretString)>,
}

impl ClientEnvironment {
    /// # Errors
    /// The URL is not one of a Postgres, or names no database.
    pub fn of(settings: &PostgresSettings) -> Result<Self, OpenError> {
        let Target { config, encryption } = Target::parse(settings.url.expose_secret())?;
        let hosts: Vec<String> = config.get_hosts().iter().map(host_text).collect();
        let ports: Vec<String> = config.get_ports().iter().map(ToString::to_string).collect();
        let mut variables = vec![
            ("PGHOST", hosts.join(",")),
            ("PGPORT", ports.join(",")),
            ("PGCONNECT_TIMEOUT", "10".to_owned()),
            ("PGAPPNAME", "scholarship-operations".to_owned()),
        ];
        match encryption {
            Encryption::None => variables.push(("PGSSLMODE", "disable".to_owned())),
            Encryption::Unverified => variables.push(("PGSSLMODE", "require".to_owned())),
            Encryption::Verified { authorities } => {
                let file = authorities.unwrap_or_else(|| SYSTEM_AUTHORITIES.into());
                variables.push(("PGSSLMODE", "verify-full".to_owned()));
                variables.push(("PGSSLROOTCERT", file.display().to_string()));
            }
        }
        if let Some(user) = config.get_user() {
            variables.push(("PGUSER", user.to_owned()));
        }
        if let Some(password) = config.get_password() {
            let password = String::from_utf8_lossy(password).into_owned();
            variables.push(("PGPASSWORD", password));
        }
        let database = config.get_dbname().or(config.get_user());
        Ok(Self {
            database: database.unwrap_or("postgres").to_owned(),
            variables: variables
                .into_iter()
                .map(|(name, value)| (name, SecretString::from(value)))
                .collect(),
        })
    }
}

fn host_text(host: &tokio_postgres::config::Host) -> String {
    match host {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_reach_the_same_database_in_the_same_way() {
        let url = "postgresql://ann:p%40ss@db.example.org:6432/awards?sslmode=verify-full&sslrootcert=/ca.pem";
        let client = ClientEnvironment::of(&PostgresSettings::new(url)).expect("a URL");
        let shown: Vec<(&str, &str)> = client
            .variables
            .iter()
            .map(|(name, value)| (*name, value.expose_secret()))
            .collect();
        assert_eq!(client.database, "awards");
        for expected in [
            ("PGHOST", "db.example.org"),
            ("PGPORT", "6432"),
            ("PGUSER", "ann"),
            ("PGPASSWORD", "p@ss"),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/ca.pem"),
        ] {
            assert!(shown.contains(&expected), "{expected:?}");
        }
    }
}

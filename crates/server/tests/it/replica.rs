//! Replicas on a private Postgres, or one server on a file, and what tests ask of them.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use adapter_postgres::PostgresSettings;
use adapter_postgres::migrations::Migrator;
use auth::Role;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::PrivatePostgres;

use crate::client::{Answer, ask, ask_with, get};
use crate::process::{Process, command, token};

/// Within this, what must happen soon has happened on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);
/// The bound for a refusal is two seconds; the rest is for a busy machine. Waiting for a pool or a query takes far longer.
pub(crate) const REFUSAL: Duration = Duration::from_millis(3_500);

/// Makes the schema.
pub(crate) async fn migrate(url: &str) {
    let settings = PostgresSettings::new(url);
    let migrator = Migrator::connect(&settings, Duration::from_secs(10)).await;
    migrator.expect("connects").up().await.expect("migrates");
}

/// A new database with the schema on a server; its URL.
pub(crate) async fn database(server: &PrivatePostgres) -> String {
    let url = server.url(&server.database());
    migrate(&url).await;
    url
}

/// The URL with another port: of a proxy or a pooler.
pub(crate) fn through(url: &str, from: u16, port: u16) -> String {
    url.replace(&format!(":{from}/"), &format!(":{port}/"))
}

/// A start on Postgres in a folder of its own.
pub(crate) fn on(folder: &Path, url: &str, pool_mode: &str) -> Command {
    let mut command = command(folder);
    command
        .env("DATABASE_URL", url)
        .env("POSTGRES_POOL_MODE", pool_mode);
    command
}

/// One running process with its folder.
pub(crate) struct Replica {
    pub(crate) process: Process,
    pub(crate) folder: TempDir,
    pub(crate) admin: String,
    pub(crate) student: String,
}

impl Replica {
    /// Directly on the database.
    pub(crate) fn start(url: &str) -> Self {
        Self::start_with(url, "session", &[])
    }

    pub(crate) fn start_with(url: &str, pool_mode: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_in(
            tempfile::tempdir().expect("a folder"),
            url,
            pool_mode,
            variables,
        )
    }

    /// On SQLite in the folder.
    pub(crate) fn start_on_file(folder: TempDir) -> Self {
        let mut command = command(folder.path());
        Self::spawn(folder, &mut command)
    }

    pub(crate) fn start_in(
        folder: TempDir,
        url: &str,
        pool_mode: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = on(folder.path(), url, pool_mode);
        Self::spawn(folder, command.envs(variables.iter().copied()))
    }

    fn spawn(folder: TempDir, command: &mut Command) -> Self {
        Self {
            process: Process::spawn(command),
            folder,
            admin: token(Role::Admin, "editor"),
            student: token(Role::Student, "ada"),
        }
    }

    /// Ends it in order and keeps its folder.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.process.signal("TERM");
        assert!(self.process.ended(SOON).await.success());
        self.folder
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        get(self.process.address, target).await
    }

    async fn send(&self, method: &str, target: &str, token: &str, body: Value) -> Answer {
        let address = self.process.address;
        ask(address, method, target, Some(token), Some(&body))
            .await
            .expect("answered")
    }

    pub(crate) async fn create(&self, name: &str) -> Answer {
        let body = json!({"name": name, "organization": "Example Orchestra"});
        self.send("POST", "/api/v1/scholarships", &self.admin, body)
            .await
    }

    /// The id of a scholarship that must be made.
    pub(crate) async fn created(&self, name: &str) -> String {
        let made = self.create(name).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.json()["id"].as_str().expect("an id").to_owned()
    }

    /// A change of one scholarship at the version that it has.
    pub(crate) async fn change(&self, method: &str, id: &str, body: Option<Value>) -> Answer {
        let path = format!("/api/v1/scholarships/{id}");
        let tag = self.get(&path).await;
        let headers = [
            ("Authorization", format!("Bearer {}", self.admin)),
            ("If-Match", tag.header("etag").expect("a tag").to_owned()),
        ];
        let address = self.process.address;
        ask_with(address, method, &path, &headers, body.as_ref())
            .await
            .expect("answered")
    }

    pub(crate) async fn import(&self, names: &[&str]) -> Answer {
        let records = names.iter().map(|name| {
            let provenance = json!({"source": "test", "source_id": name});
            json!({"name": name, "organization": "Example Orchestra", "provenance": provenance})
        });
        let path = "/api/v1/scholarships/import";
        self.send("POST", path, &self.admin, records.collect())
            .await
    }

    pub(crate) async fn view(&self, own_id: &str, scholarship: &str) -> Answer {
        let body = json!({"id": own_id, "kind": "view", "scholarship_id": scholarship});
        self.send("POST", "/api/v1/interactions", &self.student, body)
            .await
    }

    /// Ids of the student's interactions.
    pub(crate) async fn viewed(&self) -> Vec<String> {
        let address = self.process.address;
        let path = "/api/v1/interactions/mine";
        let mine = ask(address, "GET", path, Some(&self.student), None).await;
        let mine = mine.expect("answered");
        assert_eq!(mine.status, 200, "{}", mine.body);
        let rows = mine.json()["data"].as_array().expect("a list").clone();
        let ids = rows.iter().filter_map(|row| row["id"].as_str());
        ids.map(str::to_owned).collect()
    }

    /// How many scholarships a search finds.
    pub(crate) async fn total(&self, query: &str) -> u64 {
        let found = self.get(&format!("/api/v1/search?q={query}")).await;
        assert_eq!(found.status, 200, "{}", found.body);
        found.json()["page"]["total"].as_u64().expect("a number")
    }

    /// Names of what is bridged; it must be ready.
    pub(crate) async fn degraded(&self) -> Vec<String> {
        let ready = self.get("/readyz").await;
        assert_eq!(ready.status, 200, "{}", ready.body);
        let degraded = ready.json()["degraded"].as_array().expect("a list").clone();
        let names = degraded.iter().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    }
}

/// Waits until something holds; answers how long that took.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < SOON, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}

/// Checks that a write was refused as it must be, and in time.
pub(crate) fn refused(answer: &Answer, took: Duration) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.header("retry-after").is_some(), "{}", answer.head);
    assert!(took < REFUSAL, "refused after {took:?}");
}

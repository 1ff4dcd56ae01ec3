//! The production store on a real Postgres, directly and through a real PgBouncer: the contracts of its ports, and what
//! happens when server, pooler, network or neighbours misbehave.

mod archiving;
mod auditing;
mod contract;
mod durability;
mod encryption;
mod faults;
mod feed;
mod interrupted_writes;
mod migrating;
mod releases;
mod settled;
mod speed;
mod task_lists;
mod verifying;

use std::sync::OnceLock;
use std::time::Duration;

use adapter_postgres::migrations::Migrator;
use adapter_postgres::{PoolMode, PostgresSettings, PostgresStore};
use domain::{ScholarshipContent, ScholarshipId, Timestamp};
use testkit::{DatabaseServer, PrivatePgBouncer, PrivatePostgres};
use tokio::sync::OnceCell;

fn now() -> Timestamp {
    testkit::instant("2026-11-23T12:00:00Z")
}

fn id(text: &str) -> ScholarshipId {
    ScholarshipId::parse(text).expect("an identifier")
}

fn named(name: &str) -> ScholarshipContent {
    testkit::scholarship(name).content()
}

/// Makes the schema in an empty database.
async fn migrate(url: &str) {
    let settings = PostgresSettings::new(url);
    let migrator = Migrator::connect(&settings, Duration::from_secs(10)).await;
    migrator.expect("connects").up().await.expect("migrates");
}

/// The name of a new database with the schema, on the server that all tests share.
async fn database() -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    copy(DatabaseServer::shared(), &TEMPLATE).await
}

/// The same on the private server, for tests that do more with it than to use a database.
async fn private_database() -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    copy(PrivatePostgres::shared(), &TEMPLATE).await
}

async fn copy(server: &DatabaseServer, template: &OnceCell<String>) -> String {
    let make = async || {
        let template = server.database();
        migrate(&server.url(&template)).await;
        template
    };
    server.clone_of(template.get_or_init(make).await)
}

/// A server of its own with a database that has the schema, for tests that hurt it.
async fn own_server(settings: &[&str]) -> (PrivatePostgres, String) {
    let server = PrivatePostgres::start_with(settings);
    let database = server.database();
    migrate(&server.url(&database)).await;
    let url = server.url(&database);
    (server, url)
}

fn open(url: &str) -> PostgresStore {
    PostgresStore::open(&PostgresSettings::new(url)).expect("the settings are fine")
}

fn open_pooled(url: &str) -> PostgresStore {
    let mut settings = PostgresSettings::new(url);
    settings.pool_mode = PoolMode::Transaction;
    PostgresStore::open(&settings).expect("the settings are fine")
}

/// In front of the private server.
fn bouncer() -> &'static PrivatePgBouncer {
    static SHARED: OnceLock<PrivatePgBouncer> = OnceLock::new();
    SHARED.get_or_init(|| PrivatePgBouncer::start(PrivatePostgres::shared(), 10))
}

/// The error and all its causes.
fn explained(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

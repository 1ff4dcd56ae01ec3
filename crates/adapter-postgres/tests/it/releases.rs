//! Two releases on one database: during a rollout the previous one still runs when the schema is already that of the next.
//!
//! `migrations/postgres/queries.sql` holds every statement that the adapter sends, with the types of its parameters, and the
//! columns that it knows. One test keeps the file true; another prepares what the file held in the previous release, the
//! newest tag, on the schema that the migrations make now; before there is a tag, the first revision of the file stands for
//! it. `docs/operations.md` says how to work with it.

mod recorder;
mod workload;

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use testkit::PrivatePostgres;

use self::recorder::Recorder;
use super::{open, private_database};

const FILE: &str = "migrations/postgres/queries.sql";
const HEAD: &str = "\
-- Every statement that this version sends to Postgres, and the columns that it knows. A test keeps this file true:
--   UPDATE_QUERIES=1 cargo test -p adapter-postgres releases
-- writes it anew. Another test prepares what the previous release has here on the present schema.
";
const COLUMNS: &str = "SELECT table_name || '.' || column_name FROM information_schema.columns \
     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' ORDER BY 1";
/// What an insert that does not know the column would fail at.
const REQUIRED: &str = "SELECT table_name || '.' || column_name FROM information_schema.columns \
     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' \
       AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' ORDER BY 1";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The file as it should be now.
async fn recorded() -> String {
    let server = PrivatePostgres::shared();
    let name = private_database().await;
    let recorder = Recorder::start(server.port());
    let port = format!(":{}/", server.port());
    let url = server
        .url(&name)
        .replace(&port, &format!(":{}/", recorder.port()));
    workload::run(&open(&url)).await;
    let mut text = HEAD.to_owned();
    for column in server.psql(&name, COLUMNS).lines() {
        writeln!(text, "-- column {column}").expect("a text");
    }
    let names = server.psql(&name, "SELECT oid, oid::regtype FROM pg_type");
    let names: HashMap<u32, String> = names
        .lines()
        .filter_map(|line| line.split_once('|'))
        .filter_map(|(oid, name)| Some((oid.parse().ok()?, name.to_owned())))
        .collect();
    for (at, (statement, types)) in (1..).zip(recorder.statements()) {
        let types: Vec<&str> = types
            .iter()
            .map(|oid| names.get(oid).map_or("unknown", String::as_str))
            .collect();
        let types = if types.is_empty() {
            String::new()
        } else {
            format!(" ({})", types.join(", "))
        };
        writeln!(text, "\nPREPARE q{at}{types} AS\n{statement};").expect("a text");
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recorded_queries_are_those_that_are_sent() {
    let path = root().join(FILE);
    let now = recorded().await;
    assert!(now.matches("PREPARE").count() > 30, "{now}");
    if std::env::var_os("UPDATE_QUERIES").is_some() {
        std::fs::write(&path, &now).expect("is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (new, old) = (lines(&now), lines(&kept));
    assert!(
        now == kept,
        "{FILE} is not true any more; write it anew with UPDATE_QUERIES=1 and look at the difference:\nnew: {:#?}\ngone: {:#?}",
        new.difference(&old).collect::<Vec<_>>(),
        old.difference(&new).collect::<Vec<_>>()
    );
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(root())
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

/// What the previous release recorded: at the newest tag, before there is one at the first revision that has the file, and
/// without a history the present file. And which of these it is.
fn of_previous_release() -> (String, String) {
    let tag = git(&["describe", "--tags", "--abbrev=0", "HEAD"]);
    let first = git(&["log", "--diff-filter=A", "--format=%h", "--", FILE]);
    let first = first.and_then(|revisions| revisions.lines().last().map(str::to_owned));
    let revisions = [tag, first].into_iter().flatten();
    let recorded = |revision: &str| git(&["show", &format!("{revision}:{FILE}")]);
    let found = revisions
        .map(|revision| revision.trim().to_owned())
        .find_map(|revision| Some((recorded(&revision)?, revision)));
    found.unwrap_or_else(|| {
        let present = std::fs::read_to_string(root().join(FILE)).expect("is read");
        (present, "this version, as there is no history".to_owned())
    })
}

/// Why the schema of a database does not do for a release that recorded this.
fn complaints(name: &str, queries: &str) -> Vec<String> {
    let server = PrivatePostgres::shared();
    let url = server.url(name);
    let url = url.split('?').next().expect("a URL");
    let known: BTreeSet<&str> = queries
        .lines()
        .filter_map(|line| line.strip_prefix("-- column "))
        .collect();
    let known_tables: BTreeSet<&str> = known
        .iter()
        .filter_map(|column| column.split('.').next())
        .collect();
    let required = server.psql(name, REQUIRED);
    let mut complaints: Vec<String> = required
        .lines()
        .filter(|column| !known.contains(column))
        .filter(|column| known_tables.contains(column.split('.').next().unwrap_or_default()))
        .map(|column| format!("{column} must be given, and that release does not know it"))
        .collect();
    let mut psql = Command::new("psql")
        .args(["-X", "-q", "-f", "-", url])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql starts");
    let mut input = psql.stdin.take().expect("is piped");
    input.write_all(queries.as_bytes()).expect("is read");
    drop(input);
    let said = psql.wait_with_output().expect("ends").stderr;
    let said = String::from_utf8(said).expect("UTF-8");
    let errors = said.lines().filter(|line| line.contains("ERROR:"));
    complaints.extend(errors.map(str::to_owned));
    complaints
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_previous_release_runs_on_the_present_schema() {
    let (queries, release) = of_previous_release();
    println!("the previous release is {release}");
    assert!(queries.matches("\nPREPARE ").count() > 30);
    let complaints = complaints(&private_database().await, &queries);
    assert!(
        complaints.is_empty(),
        "{release} fails on the schema of now; expand first, and contract a release later:\n{}",
        complaints.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_that_break_the_previous_release_are_found() {
    let queries = std::fs::read_to_string(root().join(FILE)).expect("is read");
    for step in [
        "ALTER TABLE interactions RENAME COLUMN kind TO deed",
        "ALTER TABLE scholarships DROP COLUMN digest",
        "ALTER TABLE spend_days ALTER COLUMN day TYPE text",
        "DROP TABLE used_tokens",
        "ALTER TABLE interactions ADD COLUMN channel text NOT NULL",
    ] {
        let name = private_database().await;
        PrivatePostgres::shared().psql(&name, step);
        assert!(!complaints(&name, &queries).is_empty(), "{step}");
    }
    let name = private_database().await;
    let expand = "ALTER TABLE interactions ADD COLUMN channel text NOT NULL DEFAULT 'web'; CREATE TABLE more (id int NOT NULL)";
    PrivatePostgres::shared().psql(&name, expand);
    assert_eq!(complaints(&name, &queries), [""; 0]);
}

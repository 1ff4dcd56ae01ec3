//! `cargo xtask retention`.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use testkit::DatabaseServer;

use crate::{Ran, command, database, run};

const OLD: usize = 30_000;
const NEW: usize = 50;

fn fill(name: &str) {
    DatabaseServer::shared().psql(
        name,
        &format!(
            "INSERT INTO interactions (pseudonym, id, kind, scholarship_id, occurred_at, recorded_at) \
               SELECT 'p' || n % 7, 'old' || n, 'view', 's1', now() - interval '401 days' - n % 5000 * interval '1 minute', now() \
               FROM generate_series(1, {OLD}) AS n \
             UNION ALL SELECT 'p', 'new' || n, 'save', 's1', now() - interval '399 days', now() FROM generate_series(1, {NEW}) AS n; \
             INSERT INTO store_secrets VALUES ('pseudonym_key', decode(repeat('17', 32), 'hex'))"
        ),
    );
}

/// The ids in all whole files, each once.
fn exported(folder: &Path) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("is read") {
        let path = entry.expect("is read").path();
        if path.extension().is_none_or(|ending| ending != "gz") {
            continue;
        }
        let mut text = String::new();
        let file = std::fs::File::open(&path).expect("opens");
        GzDecoder::new(file)
            .read_to_string(&mut text)
            .expect("is whole");
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            if let Some(id) = line["id"].as_str() {
                assert!(ids.insert(id.to_owned()), "{id} is exported twice");
            }
        }
    }
    ids
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("is read");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry
            .expect("is read")
            .file_name()
            .to_string_lossy()
            .into_owned()
    };
    entries.map(name).filter(|name| name != "lock").collect()
}

#[test]
fn old_interactions_move_into_a_file_and_new_ones_stay() {
    let server = DatabaseServer::shared();
    let (name, folder) = (database(), tempfile::tempdir().expect("a folder"));
    fill(&name);
    let url = server.url(&name);
    let path = folder.path().to_str().expect("UTF-8");
    let arguments = ["retention", "--folder", path];
    let said = run(&url, &[&arguments[..], &["--dry-run"]].concat()).ended(0);
    assert!(said.starts_with(&format!("{OLD} interactions")), "{said}");
    assert_eq!(files(folder.path()), [""; 0]);

    let said = run(&url, &arguments).ended(0);
    assert!(said.contains(&format!("{OLD} were removed")), "{said}");
    let ids = exported(folder.path());
    assert_eq!(ids.len(), OLD);
    assert!(ids.iter().all(|id| id.starts_with("old")));
    assert_eq!(
        server.psql(&name, "SELECT count(*) FROM interactions"),
        NEW.to_string()
    );
    let said = run(&url, &arguments).ended(0);
    assert!(said.starts_with("no interaction"), "{said}");
    assert_eq!(files(folder.path()).len(), 1);

    let fewer = run(&url, &[&arguments[..], &["--days", "200"]].concat()).ended(0);
    assert!(
        fewer.contains("analytics can be asked for 400 days"),
        "{fewer}"
    );
    assert_eq!(exported(folder.path()).len(), OLD + NEW);
    run(&url, &[&arguments[..], &["--days", "30"]].concat()).ended(1);
}

/// The words of the answer to `--dry-run` with a configuration folder and variables.
fn dry_run(url: &str, folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut dry_run = command(url, &["retention", "--dry-run"]);
    dry_run
        .args(arguments)
        .env("CONFIG_DIR", folder)
        .envs(variables.iter().copied());
    Ran::of(dry_run.output().expect("starts"))
}

#[test]
fn how_long_they_are_kept_is_read_where_the_server_reads_it() {
    let (name, folder) = (database(), tempfile::tempdir().expect("a folder"));
    let folder = folder.path();
    let url = DatabaseServer::shared().url(&name);
    DatabaseServer::shared().psql(
        &name,
        "INSERT INTO interactions (pseudonym, id, kind, scholarship_id, occurred_at, recorded_at) \
         SELECT 'p', n::text, 'view', 's1', now() - (n - 0.5) * interval '100 days', now() FROM generate_series(1, 6) AS n",
    );
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).expect("is written");
    };
    let old = |variables: &[(&str, &str)], arguments: &[&str]| {
        let said = dry_run(&url, folder, variables, arguments).ended(0);
        let line = said.lines().find(|line| line.contains("occurred before"));
        let count = line.and_then(|line| line.split(' ').next());
        count
            .and_then(|count| count.parse::<u32>().ok())
            .expect("a number")
    };
    assert_eq!(old(&[], &[]), 2, "400 days are built in");
    write("default.toml", "interactions_retention_days = 500\n");
    assert_eq!(old(&[], &[]), 1);
    write("staging.toml", "interactions_retention_days = 300\n");
    assert_eq!(old(&[("APP_ENV", "staging")], &[]), 3);
    assert_eq!(old(&[("INTERACTIONS_RETENTION_DAYS", "200")], &[]), 4);
    let variables = [("INTERACTIONS_RETENTION_DAYS", "200")];
    assert_eq!(old(&variables, &["--days", "100"]), 5);

    let said = dry_run(&url, folder, &[], &["--days", "89"]).ended(1);
    assert!(
        said.contains("INTERACTIONS_RETENTION_DAYS: must be a whole number from 90"),
        "{said}"
    );
    write("default.toml", "interactions_retention_dais = 500\n");
    let said = dry_run(&url, folder, &[], &[]).ended(1);
    assert!(said.contains("is not a known setting"), "{said}");
}

/// Whether the store has lost some of its old rows.
fn is_removing(name: &str) -> bool {
    let left = "SELECT count(*) FROM interactions WHERE id LIKE 'old%'";
    DatabaseServer::shared().psql(name, left) != OLD.to_string()
}

/// Starts the command, and kills it when it has a file with this ending and is in the middle of what comes then.
fn killed_at(url: &str, folder: &Path, ending: &str, is_in_the_middle: impl Fn() -> bool) {
    let path = folder.to_str().expect("UTF-8");
    let mut running = command(url, &["retention", "--folder", path])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let begun = Instant::now();
    while !files(folder).iter().any(|name| name.ends_with(ending)) || !is_in_the_middle() {
        if running.try_wait().expect("is asked").is_some() {
            let ran = Ran::of(running.wait_with_output().expect("ends"));
            panic!("ended before it had a file {ending}: {}", ran.output);
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
        pause(1);
    }
    running.kill().expect("is killed");
    running.wait().expect("ends");
}

#[expect(clippy::disallowed_methods, reason = "waits for another process")]
fn pause(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

#[test]
fn a_run_that_is_killed_is_finished_by_the_next_one() {
    let server = DatabaseServer::shared();
    for ending in [".unfinished", ".pending"] {
        let (name, folder) = (database(), tempfile::tempdir().expect("a folder"));
        fill(&name);
        let url = server.url(&name);
        let path = folder.path().to_str().expect("UTF-8");
        killed_at(&url, folder.path(), ending, || {
            ending == ".unfinished" || is_removing(&name)
        });
        let count = "SELECT count(*) FROM interactions WHERE id LIKE 'old%'";
        let left: usize = server.psql(&name, count).parse().expect("a number");
        if ending == ".unfinished" {
            assert_eq!(left, OLD, "nothing is removed before all is on the disk");
        } else {
            assert!(left > 0 && left < OLD, "in the middle: {left}");
            // Somebody else's folder is not touched.
            let other = database();
            fill(&other);
            server.psql(
                &other,
                "UPDATE store_secrets SET value = decode(repeat('18', 32), 'hex')",
            );
            let said = run(&server.url(&other), &["retention", "--folder", path]).ended(1);
            assert!(said.contains("of another store"), "{said}");
        }
        run(&url, &["retention", "--folder", path]).ended(0);
        assert_eq!(server.psql(&name, count), "0");
        assert_eq!(exported(folder.path()).len(), OLD);
        assert_eq!(files(folder.path()).len(), 1, "{:?}", files(folder.path()));
    }
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let (name, folder) = (database(), tempfile::tempdir().expect("a folder"));
    let url = DatabaseServer::shared().url(&name);
    let lock = std::fs::File::create(folder.path().join("lock")).expect("is made");
    lock.lock().expect("is free");
    let path = folder.path().to_str().expect("UTF-8");
    let said = run(&url, &["retention", "--folder", path]).ended(1);
    assert!(said.contains("another run works"), "{said}");
    drop(lock);
    run(&url, &["retention", "--folder", path]).ended(0);
}

#[test]
fn two_runs_at_once_into_different_folders_export_nothing_twice() {
    let server = DatabaseServer::shared();
    let name = database();
    fill(&name);
    let url = server.url(&name);
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let both = folders.each_ref().map(|folder| {
        let path = folder.path().to_str().expect("UTF-8");
        command(&url, &["retention", "--folder", path])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts")
    });
    let ran = both.map(|running| Ran::of(running.wait_with_output().expect("ends")));
    for ran in &ran {
        // The second one may have waited long enough, or not.
        assert!(
            ran.code == 0 || ran.output.contains("another run works on this store"),
            "{}",
            ran.output
        );
    }
    assert!(ran.iter().any(|ran| ran.code == 0));
    let ids = folders.each_ref().map(|folder| exported(folder.path()));
    assert!(ids[0].is_disjoint(&ids[1]));
    assert_eq!(ids[0].len() + ids[1].len(), OLD);
    assert!(is_removing(&name));
}

#[test]
fn a_whole_file_that_was_damaged_since_removes_nothing() {
    let server = DatabaseServer::shared();
    let (name, folder) = (database(), tempfile::tempdir().expect("a folder"));
    fill(&name);
    let url = server.url(&name);
    let path = folder.path().to_str().expect("UTF-8");
    killed_at(&url, folder.path(), ".pending", || is_removing(&name));
    let file = folder.path().join(&files(folder.path())[0]);
    let whole = std::fs::read(&file).expect("is read");
    std::fs::write(&file, &whole[..whole.len() - 100]).expect("is written");
    let left = server.psql(&name, "SELECT count(*) FROM interactions");
    let said = run(&url, &["retention", "--folder", path]).ended(1);
    assert!(said.contains("cannot be read back"), "{said}");
    assert_eq!(
        server.psql(&name, "SELECT count(*) FROM interactions"),
        left
    );
}

#[test]
fn the_embedded_store_has_it_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("store.db").display());
    let archive = folder.path().join("old");
    let path = archive.to_str().expect("UTF-8");
    run(&url, &["retention", "--folder", path]).ended(1);
    let sample = run("", &["sample", "--count", "3"]).ended(0);
    let catalogue = folder.path().join("c.ndjson");
    std::fs::write(&catalogue, sample).expect("is written");
    run(&url, &["import", catalogue.to_str().expect("UTF-8")]).ended(0);
    let said = run(&url, &["retention", "--folder", path]).ended(0);
    assert!(said.starts_with("no interaction"), "{said}");
}

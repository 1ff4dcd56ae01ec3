//! `cargo xtask audit`.

use serde_json::Value;
use testkit::DatabaseServer;

use crate::{Ran, command, database, run};

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(serde_json::from_str);
    lines.map(|line| line.expect("JSON")).collect()
}

fn audited(url: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("records.ndjson");
    let import = |amount: u32, user: &str| {
        let record = |id: &str, amount: u32| {
            format!(
                "{{\"id\":\"{id}\",\"name\":\"{id}\",\"organization\":\"O\",\"amount\":{amount}}}\n"
            )
        };
        std::fs::write(&file, record("a", 100) + &record("b", amount)).expect("is written");
        let mut import = command(url, &["import", file.to_str().expect("UTF-8")]);
        import.env("LOGNAME", user).env_remove("USER");
        Ran::of(import.output().expect("starts")).ended(0);
    };
    import(100, "ann");
    import(200, "");
    import(200, "ann");

    let all = lines(&run(url, &["audit"]).ended(0));
    let said = |line: &Value| {
        let texts = ["scholarship_id", "actor", "role", "action"].map(|key| line[key].clone());
        (texts, line["digest_before"].is_null())
    };
    let expected = |id: &str, actor: Option<&str>, is_new| {
        let texts = [Some(id), actor, Some("operator"), Some("imported")].map(Value::from);
        (texts, is_new)
    };
    assert_eq!(
        all.iter().map(said).collect::<Vec<_>>(),
        [
            expected("b", None, false),
            expected("b", Some("ann"), true),
            expected("a", Some("ann"), true),
        ]
    );
    assert_eq!(all[0]["digest_before"], all[1]["digest_after"]);
    assert_eq!(all[0]["digest_after"].as_str().map(str::len), Some(64));

    let of_a = run(url, &["audit", "--scholarship", "a"]).ended(0);
    assert_eq!(lines(&of_a), all[2..]);
    assert_eq!(
        lines(&run(url, &["audit", "--limit", "1"]).ended(0)),
        all[..1]
    );
    let since = all[0]["at"].as_str().expect("a text");
    assert_eq!(
        lines(&run(url, &["audit", "--since", since]).ended(0)),
        all[..1]
    );
    assert_eq!(run(url, &["audit", "--since", "2999-01-01"]).ended(0), "");
    assert_eq!(run(url, &["audit", "--gaps"]).ended(0), "");
    let said = run(url, &["audit", "--since", "soon"]).ended(2);
    assert!(said.contains("2026-11-26"), "{said}");
}

#[test]
fn writes_to_postgres_are_listed() {
    let (server, name) = (DatabaseServer::shared(), database());
    let url = server.url(&name);
    audited(&url);
    server.psql(&name, "DELETE FROM scholarships WHERE id = 'a'");
    let said = run(&url, &["audit", "--gaps"]).ended(1);
    assert!(said.contains("{\"scholarship_id\":\"a\"}"), "{said}");
}

#[test]
fn writes_to_a_file_are_listed_and_no_file_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let url = format!("sqlite://{}", path.display());
    let said = run(&url, &["audit"]).ended(1);
    assert!(
        said.contains("there is no store") && !path.exists(),
        "{said}"
    );
    audited(&url);
}

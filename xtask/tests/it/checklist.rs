//! The list before a deployment, with commands that are really run.

use std::path::Path;
use std::process::Command;

use super::Ran;

fn checklist(file: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .arg("checklist")
        .args(arguments)
        .arg("--file")
        .arg(file);
    if arguments.first() != Some(&"confirm") {
        // Nobody's release.
        command
            .arg("--directory")
            .arg(file.with_extension("rollout"));
    }
    Ran::of(command.output().expect("starts"))
}

#[test]
fn a_line_is_ready_once_a_person_has_confirmed_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checklist.json");
    let before = checklist(&file, &["--item", "on-call"]).ended(1);
    assert!(before.contains("NOT COMPLETE: on-call"), "{before}");
    checklist(
        &file,
        &[
            "confirm",
            "on-call",
            "--by",
            "Ada",
            "--version",
            "1.3.0",
            "--note",
            "until Monday",
        ],
    )
    .ended(0);
    let after = checklist(&file, &["--item", "on-call", "--format", "markdown"]).ended(0);
    assert!(
        after.contains("| on-call | ready |") && after.contains("for 1.3.0 (until Monday)"),
        "{after}"
    );
    checklist(&file, &["--item", "on-call", "--version", "1.3.0"]).ended(0);
    let other = checklist(&file, &["--item", "on-call", "--version", "1.4.0"]).ended(1);
    assert!(other.contains("not of this release: Ada"), "{other}");
    let json = checklist(
        &file,
        &[
            "--item",
            "on-call",
            "--item",
            "load-test",
            "--format",
            "json",
        ],
    );
    let json: serde_json::Value = serde_json::from_str(&json.ended(1)).expect("JSON");
    assert_eq!(json["items"][0]["item"], "load-test");
    assert_eq!(json["items"][1]["confirmed"]["by"], "Ada");
    let old = std::fs::read_to_string(&file).expect("is there");
    let year = old.find("\"at\": \"").expect("a time") + 7;
    let aged = format!("{}2001{}", &old[..year], &old[year + 4..]);
    std::fs::write(&file, aged).expect("is written");
    let expired = checklist(&file, &["--item", "on-call"]).ended(1);
    assert!(expired.contains("EXPIRED after 24 hours"), "{expired}");
}

#[test]
fn a_command_that_passes_is_half_of_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checklist.json");
    let shown = checklist(&file, &["--item", "dashboards"]).ended(1);
    assert!(shown.contains("`render --check` passed"), "{shown}");
    checklist(&file, &["confirm", "dashboards", "--by", "Ada"]).ended(0);
    checklist(&file, &["--item", "dashboards"]).ended(0);
}

#[test]
fn wrong_usage_and_a_strange_file_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checklist.json");
    checklist(&file, &["confirm", "lunch", "--by", "Ada"]).ended(2);
    checklist(&file, &["confirm", "on-call"]).ended(2);
    checklist(&file, &["confirm", "on-call", "--by", "Ada"]).ended(2);
    checklist(&file, &["confirm", "backups", "--by", ""]).ended(2);
    assert!(!file.exists());
    std::fs::write(&file, "[]").expect("is written");
    let said = checklist(&file, &["--item", "on-call"]).ended(1);
    assert!(said.contains("no file of confirmations"), "{said}");
}

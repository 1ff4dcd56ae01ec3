//! The list before a deployment, with commands that are really run.

use std::path::Path;
use std::process::Command;

use super::Ran;

fn checklist(file: &Path, arguments: &[&str]) -> Ran {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    checklist_in(&root, file, arguments)
}

fn checklist_in(folder: &Path, file: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(folder)
        .arg("checklist")
        .args(arguments)
        .arg("--file")
        .arg(file);
    if !["check", "confirm"].contains(&arguments[0]) {
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
    assert!(
        other.contains("not of this release: confirmed by Ada"),
        "{other}"
    );
    assert!(
        other.contains("confirm on-call --by NAME --version 1.4.0 --file"),
        "{other}"
    );
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
fn what_commands_found_is_kept_until_they_find_something_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checklist.json");
    let shown = |code| checklist(&file, &["--item", "dashboards"]).ended(code);
    let kept = || std::fs::read_to_string(&file).expect("is there");
    let before = shown(1);
    assert!(
        before.contains("neither checked nor confirmed yet")
            && before.contains("next: cargo xtask checklist check --item dashboards --file"),
        "{before}"
    );
    assert!(!file.exists(), "showing it changes nothing");

    let check = ["check", "--item", "dashboards"];
    let said = checklist(&file, &check).ended(0);
    assert!(
        said.contains("passed: dashboards")
            && said.contains("dashboards: `render --check` runs\n")
            && said.contains("dashboards: `render --check` passed after"),
        "{said}"
    );
    let after = shown(0);
    assert!(after.contains("`render --check` passed on"), "{after}");
    assert!(after.contains("; good until"), "{after}");

    // Outside of the repository it cannot be told.
    let said = checklist_in(folder.path(), &file, &check).ended(1);
    assert!(
        said.contains("FAILED: dashboards") && said.contains("inside the repository"),
        "{said}"
    );
    let after = shown(1);
    assert!(
        after.contains("`render --check`: exit status: 1")
            && after.contains("inside the repository"),
        "{after}"
    );
    assert!(kept().contains("\"passed\"") && kept().contains("\"failed\""));
    checklist(&file, &["confirm", "dashboards", "--by", "Ada"]).ended(0);
    assert!(shown(0).contains("confirmed by Ada"));
    checklist(&file, &check).ended(0);
    assert!(!kept().contains("\"failed\""), "{}", kept());
    assert!(shown(0).contains("`render --check` passed on"));
}

#[test]
fn wrong_usage_and_a_strange_file_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checklist.json");
    checklist(&file, &["confirm", "lunch", "--by", "Ada"]).ended(2);
    checklist(&file, &["confirm", "on-call"]).ended(2);
    checklist(&file, &["confirm", "on-call", "--by", "Ada"]).ended(2);
    checklist(&file, &["confirm", "backups", "--by", ""]).ended(2);
    checklist(&file, &["check", "--item", "lunch"]).ended(2);
    let said = checklist(&file, &["check", "--item", "on-call"]).ended(2);
    assert!(said.contains("use `checklist confirm`"), "{said}");
    assert!(!file.exists());
    std::fs::write(&file, "[]").expect("is written");
    for arguments in [["--item", "on-call"].as_slice(), &["check"]] {
        let said = checklist(&file, arguments).ended(1);
        assert!(
            said.contains("is no checklist") && !said.contains("runs"),
            "{said}"
        );
    }
}

//! Runs the commands of an item, and says how they ended.

use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context as _;
use ports::Clock as _;

use super::items::Item;
use super::record::{Check, Failure};
use crate::reporting::cut;
use crate::system_clock::SystemClock;
use crate::tools::this_program;

/// Of what a command said, so many lines are kept, with so many characters each.
const LINES: usize = 20;
const CHARACTERS: usize = 200;

/// Goes on after a failed command, so that one run shows everything that is wrong.
///
/// # Errors
/// When a command cannot be started.
pub(super) fn check(item: &Item) -> anyhow::Result<Check> {
    let name = item.name.text();
    let commit = commit(Path::new("."));
    let mut failures = Vec::new();
    for command in item.commands {
        eprintln!("{name}: `{command}` runs");
        let begun = Instant::now();
        let failure = run(command)?;
        let seconds = begun.elapsed().as_secs();
        match failure {
            None => eprintln!("{name}: `{command}` passed after {seconds} s"),
            Some(failure) => {
                let ended = &failure.ended;
                eprintln!("{name}: `{command}` FAILED after {seconds} s ({ended}):");
                for line in &failure.said {
                    eprintln!("  {line}");
                }
                failures.push(failure);
            }
        }
    }
    let commands = item.commands.iter().copied();
    Ok(Check {
        at: SystemClock.now(),
        commands: commands.map(str::to_owned).collect(),
        commit,
        failures,
    })
}

/// `None` when it passed.
fn run(command: &str) -> anyhow::Result<Option<Failure>> {
    // One file for both streams: some tools tell on one of them what failed, and on the other one where.
    let mut said = tempfile::tempfile()?;
    let status = this_program()?
        .args(command.split_whitespace())
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said.try_clone()?)
        .status()
        .with_context(|| format!("`{command}` does not start"))?;
    if status.success() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    said.rewind()?;
    said.read_to_end(&mut bytes)?;
    Ok(Some(Failure {
        command: command.to_owned(),
        ended: status.to_string(),
        said: last_lines(&String::from_utf8_lossy(&bytes)),
    }))
}

fn last_lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim_end);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    last.iter().map(|line| cut(line, CHARACTERS)).collect()
}

/// The commit of a working tree, as `git describe` would mark it when files of it are changed; the checklist's own do not count.
/// `None` outside of a repository.
fn commit(folder: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder).args(arguments).output().ok()
    };
    // More characters would look like a secret to `secret-scan`.
    let head = git(&["rev-parse", "--short=7", "HEAD"])?;
    let name = String::from_utf8(head.stdout).ok()?;
    let changes = git(&[
        "diff",
        "--quiet",
        "HEAD",
        "--",
        ":(top)",
        ":(top,exclude,glob)**/checklist.json",
    ])?;
    let mark = if changes.status.success() {
        ""
    } else {
        "-dirty"
    };
    let is_known = head.status.success();
    is_known.then(|| format!("{}{mark}", name.trim()))
}

#[cfg(test)]
mod tests {
    use super::super::items::ItemName;
    use super::*;

    /// The program of tests has these.
    const PASSES: &str = "--list";
    const FAILS: &str = "--no-such-option";

    #[test]
    fn every_command_is_run_and_what_failed_is_heard() {
        let checked = |commands: &'static [&'static str]| {
            let item = Item {
                name: ItemName::LoadTest,
                commands,
                asks_for: "",
            };
            check(&item).unwrap()
        };
        let passed = checked(&[PASSES]);
        assert!(passed.passed() && passed.commands == [PASSES], "{passed:?}");
        let failed = checked(&[FAILS, PASSES]);
        assert_eq!(failed.commands, [FAILS, PASSES]);
        let [failure] = &failed.failures[..] else {
            panic!("{failed:?}");
        };
        assert_eq!(failure.command, FAILS);
        assert!(failure.ended.starts_with("exit status: "), "{failure:?}");
        assert!(failure.said.concat().contains("no-such-option"));
    }

    #[test]
    fn of_much_that_was_said_the_end_is_kept() {
        assert_eq!(last_lines(" \none\n\n  two \r\n"), ["one", "  two"]);
        assert!(last_lines("").is_empty());
        let long = "x".repeat(CHARACTERS + 1);
        let text: String = (0..100).map(|number| format!("{number}{long}\n")).collect();
        let lines = last_lines(&text);
        assert_eq!(lines.len(), LINES);
        assert!(lines[0].starts_with("80x") && lines[0].ends_with('…'));
        let last = lines.last().unwrap();
        assert_eq!(last.chars().count(), CHARACTERS + 1);
    }

    #[test]
    fn a_commit_is_marked_when_something_else_than_the_list_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(commit(folder), None);
        let git = |arguments: &[&str]| {
            let output = Command::new("git")
                .current_dir(folder)
                .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
                .args(["-c", "commit.gpgsign=false"])
                .args(arguments)
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
        };
        let write = |file: &str, text: &str| std::fs::write(folder.join(file), text).unwrap();
        write("code", "one");
        write("checklist.json", "one");
        git(&["init", "--quiet"]);
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message", "One"]);
        let clean = commit(folder).unwrap();
        assert!(clean.chars().all(|one| one.is_ascii_hexdigit()), "{clean}");
        write("checklist.json", "another");
        assert_eq!(commit(folder), Some(clean.clone()));
        write("code", "another");
        assert_eq!(commit(folder), Some(format!("{clean}-dirty")));
    }
}

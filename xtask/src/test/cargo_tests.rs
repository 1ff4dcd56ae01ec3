//! `cargo test` for the whole workspace, counted while its output passes through. Tests start private servers of their own, whose
//! programs are installed first.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::Context;

use super::outcome::{Outcome, TestCount, Verdict};
use crate::tools::{SERVER_PACKAGES, ensure_debian_packages};
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace) -> anyhow::Result<Outcome> {
    ensure_debian_packages(SERVER_PACKAGES)?;
    let mut child = workspace
        .cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let output = child.stdout.take().context("standard output is piped")?;
    let mut tests = TestCount::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("cannot read the output of the tests")?;
        // A test may print any bytes.
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(count) = summary(&line) {
            tests += count;
        }
    }
    let status = child.wait()?;
    let verdict = if tests.failed > 0 {
        Verdict::Failed(format!("{} tests failed", tests.failed))
    } else if !status.success() {
        Verdict::Failed(status.to_string())
    } else if tests.run() == 0 {
        Verdict::Failed("no test ran".to_owned())
    } else {
        Verdict::Passed
    };
    Ok(Outcome { verdict, tests })
}

/// Reads the line with which each test binary ends.
fn summary(line: &str) -> Option<TestCount> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut count = TestCount::default();
    for part in counts.split(';') {
        let (number, what) = part.trim().split_once(' ')?;
        match what {
            "passed" => count.passed = number.parse().ok()?,
            "failed" => count.failed = number.parse().ok()?,
            "ignored" => count.ignored = number.parse().ok()?,
            _ => {}
        }
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_test_binary_is_counted() {
        let line = "test result: FAILED. 33 passed; 1 failed; 2 ignored; 0 measured; 5 filtered out; finished in 0.11s";
        let expected = TestCount {
            passed: 33,
            failed: 1,
            ignored: 2,
        };
        assert_eq!(summary(line), Some(expected));
    }

    #[test]
    fn other_lines_are_not_counted() {
        for line in [
            "",
            "test a_test ... ok",
            "running 3 tests",
            "test result: ",
            "the test result: ok. 3 passed; 0 failed",
            "test result: ok. many passed; 0 failed",
        ] {
            assert_eq!(summary(line), None, "{line}");
        }
    }
}

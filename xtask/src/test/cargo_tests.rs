//! `cargo test` for the whole workspace, counted while its output passes through. Tests start private servers of their own, whose
//! programs are installed first.

use std::io::{BufRead, BufReader};
use std::process::{ExitStatus, Stdio};

use anyhow::Context;

use super::cargo_output::CargoOutput;
use super::outcome::{Outcome, TestCount, Verdict};
use crate::tools::{SERVER_PACKAGES, ensure_debian_packages};
use crate::workspace::Workspace;

/// More failures than these are no accident of a busy machine: they are not tried again.
const ALONE_AT_MOST: usize = 5;

/// Some tests hold servers to deadlines, and a machine that others use keeps nobody's. So the few that failed run once more, one after
/// the other; the summary names each test that needed it.
pub(super) fn run(workspace: &Workspace) -> anyhow::Result<Outcome> {
    ensure_debian_packages(SERVER_PACKAGES)?;
    let (mut output, status) = cargo_test(workspace, &[])?;
    let mut remarks = Vec::new();
    let mut is_success = status.success();
    if output.is_complete() && (1..=ALONE_AT_MOST).contains(&output.failures.len()) {
        let names = output.names();
        println!("\n== once more, alone: {}", names.join(", "));
        let (again, status) = cargo_test(workspace, &names)?;
        if status.success() && again.tests.passed >= output.tests.failed {
            is_success = true;
            output.tests.passed += output.tests.failed;
            output.tests.failed = 0;
        }
        let failed_again = again.names();
        remarks.extend(output.failures.iter().map(|failure| {
            let ended = if is_success || !failed_again.contains(&failure.name.as_str()) {
                "passed only when it ran alone"
            } else {
                "failed twice"
            };
            format!(
                "{} {ended}; at first it said:\n{}",
                failure.name, failure.said
            )
        }));
    } else {
        remarks.extend(output.failures.iter().map(ToString::to_string));
    }
    Ok(Outcome {
        verdict: verdict(output.tests, is_success, status),
        tests: output.tests,
        remarks,
    })
}

fn verdict(tests: TestCount, is_success: bool, status: ExitStatus) -> Verdict {
    if tests.failed > 0 {
        Verdict::Failed(format!("{} tests failed", tests.failed))
    } else if !is_success {
        Verdict::Failed(status.to_string())
    } else if tests.run() == 0 {
        Verdict::Failed("no test ran".to_owned())
    } else {
        Verdict::Passed
    }
}

/// All tests, or only those of these names, one after the other.
fn cargo_test(workspace: &Workspace, names: &[&str]) -> anyhow::Result<(CargoOutput, ExitStatus)> {
    let mut command = workspace.cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    if !names.is_empty() {
        command.args(["--", "--test-threads=1", "--exact"]);
        command.args(names);
    }
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let lines = child.stdout.take().context("standard output is piped")?;
    let mut output = CargoOutput::default();
    for line in BufReader::new(lines).split(b'\n') {
        let line = line.context("cannot read the output of the tests")?;
        // A test may print any bytes.
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        output.read(&line);
    }
    Ok((output, child.wait()?))
}

//! `cargo xtask test`: every check and every test in one run, with a summary that a person and a machine can read.

mod cargo_output;
mod cargo_tests;
mod checks;
mod outcome;
mod report;

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use crate::drill::Drill;
use crate::panics::caught;
use crate::workspace::Workspace;
use crate::{
    browser, check_layers, conformance, container, dependency_scan, drill, lint_migrations,
    manifests, monitoring, rehearse, render, secret_scan,
};
use outcome::{Outcome, Verdict};
use report::{Line, Report};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Leave out the steps that take long or need tools beside cargo
    #[arg(long)]
    fast: bool,
}

struct Step {
    name: &'static str,
    /// Left out by `--fast`.
    long: bool,
    run: Run,
}

enum Run {
    /// Passed, or not.
    Check(fn(&Workspace) -> anyhow::Result<()>),
    /// Knows more of how it ended.
    Outcome(fn(&Workspace) -> anyhow::Result<Outcome>),
}

impl Step {
    fn outcome(&self, workspace: &Workspace) -> anyhow::Result<Outcome> {
        match self.run {
            Run::Check(check) => check(workspace).map(|()| Outcome::passed()),
            Run::Outcome(run) => run(workspace),
        }
    }
}

/// In the order of execution, cheap checks first. Acceptance checks follow the tests: add them at the end.
const STEPS: &[Step] = &[
    Step {
        name: "format",
        long: false,
        run: Run::Check(checks::format),
    },
    Step {
        name: "clippy",
        long: false,
        run: Run::Check(checks::clippy),
    },
    Step {
        name: "documentation",
        long: false,
        run: Run::Check(checks::documentation),
    },
    Step {
        name: "layers",
        long: false,
        run: Run::Check(check_layers::check),
    },
    Step {
        name: "rendered files",
        long: false,
        run: Run::Check(render::check),
    },
    Step {
        name: "licences, bans, sources",
        long: true,
        run: Run::Check(dependency_scan::licences_bans_sources),
    },
    Step {
        name: "advisories",
        long: true,
        run: Run::Outcome(checks::advisories),
    },
    Step {
        name: "unused dependencies",
        long: true,
        run: Run::Check(checks::unused_dependencies),
    },
    Step {
        name: "secrets",
        long: true,
        run: Run::Check(secret_scan::check),
    },
    Step {
        name: "migrations",
        long: true,
        run: Run::Check(lint_migrations::check),
    },
    Step {
        name: "monitoring",
        long: true,
        run: Run::Check(monitoring::check),
    },
    Step {
        name: "manifests",
        long: true,
        run: Run::Check(manifests::check),
    },
    Step {
        name: "container",
        long: true,
        run: Run::Check(container::lint),
    },
    Step {
        name: "tests",
        long: false,
        run: Run::Outcome(cargo_tests::run),
    },
    Step {
        name: "OpenAPI conformance",
        long: true,
        run: Run::Check(|workspace| {
            conformance::check(workspace, &conformance::Arguments::default())
        }),
    },
    Step {
        name: "rehearsal",
        long: true,
        run: Run::Check(rehearse::check),
    },
    Step {
        name: "rolling restart",
        long: true,
        run: Run::Check(|workspace| drill::check(workspace, Drill::RollingRestart)),
    },
    Step {
        name: "failover",
        long: true,
        run: Run::Check(|workspace| drill::check(workspace, Drill::Failover)),
    },
    Step {
        name: "failover of Redis",
        long: true,
        run: Run::Check(|workspace| drill::check(workspace, Drill::RedisFailover)),
    },
    Step {
        name: "restore",
        long: true,
        run: Run::Check(|workspace| drill::check(workspace, Drill::Restore)),
    },
    Step {
        name: "disaster",
        long: true,
        run: Run::Check(|workspace| drill::check(workspace, Drill::Disaster)),
    },
    Step {
        name: "docs in a browser",
        long: true,
        run: Run::Check(browser::check),
    },
];

/// Goes on after a failed step, so that one run shows everything that is wrong.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?.with_tests();
    let mut report = Report::default();
    for step in STEPS {
        println!("\n== {}", step.name);
        let start = Instant::now();
        let outcome = if arguments.fast && step.long {
            Outcome::skipped("left out by --fast")
        } else {
            outcome(|| step.outcome(&workspace))
        };
        match &outcome.verdict {
            Verdict::Passed => {}
            Verdict::Failed(reason) => println!("{} failed: {reason}", step.name),
            Verdict::Skipped(reason) => println!("{} skipped: {reason}", step.name),
        }
        report.add(Line {
            step: step.name,
            outcome,
            took: start.elapsed(),
        });
    }
    println!("\n{report}");
    Ok(if report.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A step that panics has failed like any other, and ends no run.
fn outcome(run: impl FnOnce() -> anyhow::Result<Outcome>) -> Outcome {
    caught(run).unwrap_or_else(|error| Outcome::failed(format!("{error:#}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_panics_has_failed_with_its_words() {
        let reason = |run: fn() -> anyhow::Result<Outcome>| match outcome(run).verdict {
            Verdict::Failed(reason) => reason,
            Verdict::Passed | Verdict::Skipped(_) => "it did not fail".to_owned(),
        };
        assert_eq!(
            reason(|| panic!("Postgres ended")),
            "it panicked: Postgres ended"
        );
        assert_eq!(reason(|| anyhow::bail!("no")), "no");
        assert_eq!(reason(|| Ok(Outcome::passed())), "it did not fail");
    }
}

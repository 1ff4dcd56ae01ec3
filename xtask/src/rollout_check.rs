//! `cargo xtask rollout-check`: the verdict on a snapshot that was saved, bit for bit the same wherever it is made.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use rollout::verdict::{Rule, Status};
use rollout::{Outcome, Snapshot, Verdict, judge};

use crate::rollout::PolicyArguments;

#[derive(clap::Args)]
#[command(after_help = "Example:
  cargo xtask rollout-check --stage canary --snapshot snapshot.json

Ends with 0 (promote), 10 (hold), 20 (rollback), 30 (broken: this says nothing about the canary) or 2 (wrong usage). Any other code
means that this command failed: take it for 30.")]
pub(crate) struct Arguments {
    /// The stage that the canary is in, by its name in the policy
    #[arg(long)]
    stage: String,
    /// What was measured
    #[arg(long, value_name = "FILE")]
    snapshot: PathBuf,
    #[command(flatten)]
    policy: PolicyArguments,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Whatever fails here says nothing about the canary.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match check(arguments) {
        Ok(verdict) => Ok(ExitCode::from(verdict.outcome.exit_code())),
        Err(error) => {
            eprintln!("error: {error:#}");
            Ok(ExitCode::from(Outcome::Broken.exit_code()))
        }
    }
}

fn check(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let policy = arguments.policy.read()?;
    let stage = policy.stage(&arguments.stage).with_context(|| {
        let names: Vec<&str> = policy
            .stages
            .iter()
            .map(|stage| stage.name.as_str())
            .collect();
        format!(
            "the policy has no stage {}; it has {}",
            arguments.stage,
            names.join(", ")
        )
    })?;
    let shown = arguments.snapshot.display();
    let text = std::fs::read_to_string(&arguments.snapshot)
        .with_context(|| format!("cannot read {shown}"))?;
    let snapshot = Snapshot::from_json(&text).with_context(|| format!("{shown} is no snapshot"))?;
    let verdict = judge(&policy, stage, &snapshot);
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&verdict)?);
    } else {
        print(&verdict);
    }
    Ok(verdict)
}

fn print(verdict: &Verdict) {
    println!("| rule | status | value | n | bound | what would change it |");
    println!("|---|---|---:|---:|---:|---|");
    for rule in &verdict.rules {
        println!("{}", line(rule));
    }
    println!(
        "\n{}{} in stage {}, verdict {}",
        word(verdict.outcome),
        if verdict.at_once { " at once" } else { "" },
        verdict.stage,
        verdict.hash
    );
    if verdict.outcome == Outcome::Promote {
        return;
    }
    for rule in verdict.reasons() {
        println!("- {}", reason(rule));
    }
    if let Some(seconds) = verdict.seconds_to_wait() {
        println!("Enough will probably be there in about {seconds} s.");
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Promote => "PROMOTE",
        Outcome::Hold => "HOLD",
        Outcome::Rollback => "ROLLBACK",
        Outcome::Broken => "BROKEN",
    }
}

fn line(rule: &Rule) -> String {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.5}"));
    let flip = rule.flip.as_ref().map_or_else(String::new, |flip| {
        format!("{} {:?} {:.5}", flip.what, flip.side, flip.value)
    });
    format!(
        "| {} | {} | {} | {} | {} | {flip} |",
        rule.name,
        status(rule.status),
        number(rule.value),
        rule.n.map_or_else(String::new, |n| n.to_string()),
        number(rule.bound.map(|bound| bound.value)),
    )
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Undecided => "undecided",
        Status::Failed => "FAILED",
        Status::Broken => "BROKEN",
        Status::NotApplicable => "not applicable",
    }
}

fn reason(rule: &Rule) -> String {
    match &rule.missing {
        Some(missing) => format!(
            "{}: {} of {} {}",
            rule.name,
            missing
                .have
                .map_or_else(|| "none".to_owned(), |have| have.to_string()),
            missing.need,
            missing.what
        ),
        None => format!("{}: {}", rule.name, status(rule.status)),
    }
}

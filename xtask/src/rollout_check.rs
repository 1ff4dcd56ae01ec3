//! `cargo xtask rollout-check`: the verdict on a canary, from Prometheus or from a snapshot that was saved; bit for bit the same
//! wherever the same snapshot is judged.

pub(crate) mod report;
mod versions;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rollout::policy::Stage;
use rollout::{Outcome, Policy, Snapshot, Verdict, judge};

use crate::pause::pause;
use crate::reporting::{Format, parse_span};
use crate::rollout::PolicyArguments;
use crate::rollout::measuring::{Meter, PrometheusArguments};
use versions::{Subject, VersionArguments};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask rollout-check --stage canary --prometheus http://localhost:9090
  cargo xtask rollout-check --stage canary --prometheus http://localhost:9090 --watch --timeout 2h --save verdicts/canary.json
  cargo xtask rollout-check --stage canary --snapshot verdicts/canary.json --format junit > verdict.xml

Ends with 0 (promote), 10 (hold; also when --watch has waited for its --timeout), 20 (rollback), 30 (broken: this says nothing about
the canary) or 2 (wrong usage). Any other code means that this command failed: take it for 30.")]
pub(crate) struct Arguments {
    /// The stage that the canary is in, by its name in the policy
    #[arg(long)]
    stage: String,
    #[command(flatten)]
    prometheus: PrometheusArguments,
    #[command(flatten)]
    versions: VersionArguments,
    /// Judge what was measured and saved before, instead of asking Prometheus
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "prometheus",
        required_unless_present = "prometheus"
    )]
    snapshot: Option<PathBuf>,
    /// Where to keep what was measured: the last look, with --watch
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    save: Option<PathBuf>,
    /// Look again, as often as the policy says, until the verdict is promote or rollback
    #[arg(long, requires = "prometheus")]
    watch: bool,
    /// How long to watch, as 90s, 30m or 2h; then it is a hold
    #[arg(long, requires = "watch", default_value = "2h", value_parser = parse_span)]
    timeout: Duration,
    #[command(flatten)]
    policy: PolicyArguments,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Whatever fails here says nothing about the canary.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match check(arguments) {
        Ok(verdict) => {
            print!("{}", report::rendered(&verdict, arguments.format));
            Ok(ExitCode::from(verdict.outcome.exit_code()))
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            Ok(ExitCode::from(Outcome::Broken.exit_code()))
        }
    }
}

fn check(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let policy = arguments.policy.read()?;
    let stage = stage(&policy, &arguments.stage)?;
    match &arguments.snapshot {
        Some(path) => Ok(judge(&policy, stage, &read(path)?)),
        None => watched(arguments, &policy, stage),
    }
}

/// # Errors
///
/// When the policy has no such stage, with those that it has.
fn stage<'a>(policy: &'a Policy, name: &str) -> anyhow::Result<&'a Stage> {
    policy.stage(name).with_context(|| {
        let names = policy.stages.iter().map(|stage| stage.name.as_str());
        let names: Vec<&str> = names.collect();
        format!(
            "the policy has no stage {name}; it has {}",
            names.join(", ")
        )
    })
}

fn read(path: &Path) -> anyhow::Result<Snapshot> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    Snapshot::from_json(&text).with_context(|| format!("{shown} is no snapshot"))
}

/// One look, or as many as it takes.
fn watched(arguments: &Arguments, policy: &Policy, stage: &Stage) -> anyhow::Result<Verdict> {
    let meter = arguments.prometheus.meter(policy)?;
    let begun = Instant::now();
    // Found once: a canary that starts again does not begin its stage anew.
    let mut subject = None;
    loop {
        let looked = found(&mut subject, arguments, &meter)
            .and_then(|subject| look(arguments, policy, stage, &meter, subject));
        if !arguments.watch {
            return looked;
        }
        let is_decided = match &looked {
            Ok(verdict) => matches!(verdict.outcome, Outcome::Promote | Outcome::Rollback),
            Err(_) => false,
        };
        let interval = policy.statistics.look_every;
        if is_decided || begun.elapsed() + interval > arguments.timeout {
            return looked;
        }
        match &looked {
            Ok(verdict) => say(&report::headline(verdict)),
            // A Prometheus that starts again is asked again.
            Err(error) => say(&format!("BROKEN: {error:#}")),
        }
        pause(interval);
    }
}

fn found<'a>(
    subject: &'a mut Option<Subject>,
    arguments: &Arguments,
    meter: &Meter,
) -> anyhow::Result<&'a Subject> {
    match subject {
        Some(known) => Ok(known),
        None => Ok(subject.insert(arguments.versions.subject(meter)?)),
    }
}

fn look(
    arguments: &Arguments,
    policy: &Policy,
    stage: &Stage,
    meter: &Meter,
    subject: &Subject,
) -> anyhow::Result<Verdict> {
    let versions = (subject.canary.as_str(), subject.stable.as_str());
    let taken = meter.take(policy, versions, subject.since)?;
    for note in &taken.notes {
        eprintln!("note: {note}");
    }
    if let Some(path) = &arguments.save {
        let text = serde_json::to_string_pretty(&taken.snapshot)?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(judge(policy, stage, &taken.snapshot))
}

/// On a terminal only: what goes into a file or a pipe is the verdict alone.
fn say(line: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("{line}");
    }
}

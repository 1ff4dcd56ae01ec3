//! `cargo xtask rollout plan`: how long each stage must last.

use std::process::ExitCode;

use rollout::power::{Plan, PlanError, plan};
use rollout::span;

use super::PolicyArguments;

#[derive(clap::Args)]
#[command(after_help = "Example:
  cargo xtask rollout plan --rps 200")]
pub(crate) struct Arguments {
    /// Requests a second of both versions together
    #[arg(long, value_name = "N", value_parser = parse_rate)]
    rps: f64,
    #[command(flatten)]
    policy: PolicyArguments,
    /// As JSON
    #[arg(long)]
    json: bool,
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok();
    rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0)
        .ok_or_else(|| "it must be a number above 0".to_owned())
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let policy = arguments.policy.read()?;
    let (plan, code) = match plan(&policy, arguments.rps) {
        Ok(plan) => (plan, ExitCode::SUCCESS),
        Err(PlanError::TooShort(plan)) => (*plan, ExitCode::FAILURE),
        Err(error) => return Err(error.into()),
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&plan)?);
    } else {
        print(&plan);
    }
    Ok(code)
}

fn print(plan: &Plan) {
    println!(
        "To see a canary that fails {} % of its requests, the judge needs {} of them.",
        plan.detectable_rate * 100.0,
        plan.sample
    );
    println!(
        "For orientation: one look with an exact test {}, a proof without any failure {}.\n",
        plan.sample_for_one_look, plan.sample_without_failures
    );
    println!("| stage | weight | requests/s | requests needed | time needed | stage lasts | |");
    println!("|---|---:|---:|---:|---:|---:|---|");
    for stage in &plan.stages {
        println!(
            "| {} | {} % | {} | {} | {} | {} | {} |",
            stage.stage.name,
            stage.stage.weight_percent,
            stage.canary_requests_per_second,
            stage.requests_needed,
            stage
                .time_needed
                .map_or_else(|| "for ever".to_owned(), span::text),
            span::text(stage.stage.at_least),
            if stage.sufficient {
                "enough"
            } else {
                "TOO SHORT"
            },
        );
    }
    for stage in plan
        .stages
        .iter()
        .filter(|stage| !stage.blind_triggers.is_empty())
    {
        println!(
            "\nIn {}, these triggers never see their minimum sample: {}",
            stage.stage.name,
            stage.blind_triggers.join(", ")
        );
    }
}

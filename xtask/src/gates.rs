//! `cargo xtask gates`: whether a running service is good enough for a canary, by probes of its own. Ends with 0 (go), 1 (no go)
//! or 30 (it could not be probed, which says nothing about the service).

mod checks;

use std::process::ExitCode;

use clap::ValueEnum;
use reqwest::Url;

use crate::probing::checks::token_is_accepted;
use crate::probing::report::{Group, Report, Wording, say_progress};
use crate::probing::{self, CannotProbe, ReportArguments, Target, Tokens, service_url};
use crate::reporting::name_of;

const WORDING: Wording = Wording {
    group: "gate",
    groups: "gates",
    passed: ("go", "GO: all gates are passed or waived"),
    failed: ("no_go", "NO GO"),
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  JWT_SECRET=.. cargo xtask gates --target http://localhost:5000 --waive ai
  JWT_SECRET=.. cargo xtask gates --target https://api.example.org --format junit > gates.xml

Ends with 0 when all gates pass, 1 when one does not, 30 when the service could not be probed, 2 on wrong usage.
JWT_ISSUER, JWT_AUDIENCE and JWT_TOKEN_LIFETIME are honoured as by the service.")]
pub(crate) struct Arguments {
    /// The service, as http://host:port or https://host
    #[arg(long, value_name = "URL", value_parser = service_url)]
    target: Url,
    /// A gate that is shown but decides nothing; may be repeated
    #[arg(long, value_name = "GATE")]
    waive: Vec<GateName>,
    #[command(flatten)]
    report: ReportArguments,
}

/// The gates, in the order in which they are probed: the last one uses up what anonymous callers may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateName {
    /// Bad tokens are refused, and every answer has the headers
    Security,
    /// 95 of 100 answers come within 200 ms
    Performance,
    /// It lives and is ready
    Availability,
    /// Less than three quarters of the database's connections are in use
    Database,
    /// The language model can be asked
    Ai,
    /// Callers who ask too much are told to wait
    RateLimits,
}

impl GateName {
    fn name(self) -> String {
        name_of(self)
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    Ok(probing::conclude(probe(arguments), &arguments.report))
}

async fn probe(arguments: &Arguments) -> Result<Report, CannotProbe> {
    let target = Target::at(arguments.target.clone())?;
    let tokens = Tokens::from_environment()?;
    token_is_accepted(&target, &tokens).await?;
    let mut groups = Vec::new();
    for name in GateName::value_variants() {
        say_progress(&name.name());
        let checks = checks::of(*name, &target, &tokens).await?;
        groups.push(Group {
            is_waived: arguments.waive.contains(name),
            ..Group::new(&name.name(), checks)
        });
    }
    Ok(Report {
        wording: WORDING,
        target: target.shown(),
        groups,
    })
}

//! `cargo xtask post-deploy`: whether a service that was just deployed does what it should: functions, speed, security, encryption.
//! Ends with 0 (it does), 1 (it does not) or 30 (it could not be probed, which says nothing about the service).

mod encryption;
mod functions;
mod metrics;
mod ports;

use std::process::ExitCode;

use reqwest::Url;

use crate::probing::checks::{self, Load};
use crate::probing::report::{Check, Group, Report, Wording, say_progress};
use crate::probing::{self, CannotProbe, ReportArguments, Target, Tokens, service_url};

const WORDING: Wording = Wording {
    group: "post-deploy",
    groups: "groups",
    passed: ("passed", "PASSED: the deployed service does what it should"),
    failed: ("failed", "FAILED"),
};

/// As the plan has it.
const LOAD: Load = Load {
    requests: 1_000,
    at_once: 10,
    failed_of_1000: 5,
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  JWT_SECRET=.. cargo xtask post-deploy --target http://localhost:5000 --admin http://localhost:9464
  JWT_SECRET=.. cargo xtask post-deploy --target https://api.example.org --format junit > post-deploy.xml

Ends with 0 when all is well, 1 when something is not, 30 when the service could not be probed, 2 on wrong usage. It changes no
scholarship. JWT_ISSUER, JWT_AUDIENCE and JWT_TOKEN_LIFETIME are honoured as by the service; of certificate authorities this machine's
own are trusted, or those of SSL_CERT_FILE.")]
pub(crate) struct Arguments {
    /// The service, as http://host:port or https://host
    #[arg(long, value_name = "URL", value_parser = service_url)]
    target: Url,
    /// Its private listener, as http://host:9464, to see that it counts
    #[arg(long, value_name = "URL", value_parser = service_url)]
    admin: Option<Url>,
    #[command(flatten)]
    report: ReportArguments,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    Ok(probing::conclude(probe(arguments), &arguments.report))
}

/// Adds what is asked once the service has answered.
async fn rest(
    target: &Target,
    admin: Option<&Target>,
    tokens: &Tokens,
    groups: &mut Vec<Group>,
) -> Result<(), CannotProbe> {
    say_progress("performance");
    let token = tokens.fresh()?;
    let performance = checks::performance(target, &token, LOAD).await?;
    groups.push(Group::new("performance", performance));
    say_progress("security");
    let security = checks::security(target, tokens).await?;
    groups.push(Group::new("security", security));
    let metrics = metrics::checks(target, admin, tokens).await?;
    groups.push(Group::new("metrics", metrics));
    groups.push(Group::new("ports", ports::checks(target, admin).await));
    Ok(())
}

async fn probe(arguments: &Arguments) -> Result<Report, CannotProbe> {
    let target = Target::at(arguments.target.clone())?.without_limits();
    let admin = arguments.admin.clone().map(Target::at).transpose()?;
    let tokens = Tokens::from_environment()?;
    let mut groups = Vec::new();
    say_progress("encryption");
    let encryption = encryption::checks(target.url())?;
    groups.push(Group::new("encryption", encryption.checks));
    // Nobody can ask a service whose certificate is not trusted.
    if encryption.is_usable {
        checks::token_is_accepted(&target, &tokens).await?;
        say_progress("functional");
        groups.push(Group::new(
            "functional",
            functions::checks(&target, &tokens).await?,
        ));
        match rest(&target, admin.as_ref(), &tokens, &mut groups).await {
            Ok(()) => {}
            // What failed before is not forgotten because the service does not answer any more: that makes it worse.
            Err(error) if groups.iter().any(|group| !group.is_passed()) => {
                let check = Check::new("answers", "still answers", error.to_string(), false);
                groups.push(Group::new("the rest", vec![check]));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Report {
        wording: WORDING,
        target: target.shown(),
        groups,
    })
}

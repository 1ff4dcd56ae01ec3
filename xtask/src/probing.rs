//! What probes of a running service share: one request at a time, tokens to ask with, checks that several commands make, and the
//! report of what was found.

pub(crate) mod checks;
pub(crate) mod report;
mod target;
mod tokens;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::reporting::Format;
use report::Report;
pub(crate) use target::{Answer, CannotProbe, Target, service_url};
pub(crate) use tokens::{Tokens, secret_and_settings};

const FAILED: u8 = 1;
const BROKEN: u8 = 30;

/// In which forms a report leaves.
#[derive(clap::Args)]
pub(crate) struct ReportArguments {
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Where to write JUnit's XML besides
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Probes, prints the report, and ends with 0 (good), 1 (not) or 30 (it could not be probed or told, which says nothing about the
/// service).
pub(crate) fn conclude(
    probe: impl Future<Output = Result<Report, CannotProbe>>,
    forms: &ReportArguments,
) -> ExitCode {
    let probed = || -> anyhow::Result<bool> {
        let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
        let report = runtime.block_on(probe)?;
        print!("{}", report.rendered(forms.format));
        if let Some(path) = &forms.junit {
            std::fs::write(path, report.rendered(Format::Junit))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(report.is_good())
    };
    match probed() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(BROKEN)
        }
    }
}

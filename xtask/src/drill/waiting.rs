//! Waiting for what a drill asked for, and never without an end.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tempfile::NamedTempFile;
use tokio::time::timeout;

use crate::pause::pause;
use crate::tools::this_program;

/// For whatever has to come about by itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// For one answer; servers give up long before.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// Waits until something is so.
///
/// # Errors
///
/// When it is not so in time.
pub(super) fn until(
    what: &str,
    mut is_so: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let so = is_so();
        if matches!(so, Ok(true)) {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            so.with_context(|| format!("waited for: {what}"))?;
            bail!("{what}: not within {PATIENCE:?}");
        }
        pause(Duration::from_millis(10));
    }
}

/// Waits for an answer.
///
/// # Errors
///
/// When there is none in time, or another failure.
pub(super) async fn answered<T>(
    asked: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let answer = timeout(ANSWERED_WITHIN, asked).await;
    answer.with_context(|| format!("no answer within {ANSWERED_WITHIN:?}"))?
}

/// Runs a command of this program on a database, as an operator would. Answers what it said.
///
/// # Errors
///
/// When it fails, with what it said, or when it does not end in time: then it is killed.
pub(super) fn xtask(database_url: &str, arguments: &[&str]) -> anyhow::Result<String> {
    // Files, since a pipe that nobody reads holds up whoever writes.
    let (output, errors) = (NamedTempFile::new()?, NamedTempFile::new()?);
    let command = format!("xtask {}", arguments.join(" "));
    let mut child = this_program()?
        .args(arguments)
        .env("DATABASE_URL", database_url)
        .env_remove("POSTGRES_POOL_MODE")
        .stdin(Stdio::null())
        .stdout(output.reopen()?)
        .stderr(errors.reopen()?)
        .spawn()
        .with_context(|| format!("{command} does not start"))?;
    let in_time = until(&format!("{command} ends"), || {
        Ok(child.try_wait()?.is_some())
    });
    // Does nothing to one that has ended.
    let _ = child.kill();
    let status = child.wait()?;
    let said = |file: &NamedTempFile| -> anyhow::Result<String> {
        let bytes = std::fs::read(file.path())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let (said, complained) = (said(&output)?, said(&errors)?);
    in_time.with_context(|| format!("{command} said: {said}{complained}"))?;
    ensure!(
        status.success(),
        "{command} failed ({status}): {said}{complained}"
    );
    Ok(said)
}

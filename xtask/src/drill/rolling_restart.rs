//! Each replica in turn ends and starts again, as with a new configuration or a new version: nobody may notice.

use std::path::Path;
use std::time::{Duration, Instant};

use super::crowd::{Crowd, Rates};
use super::proof::prove;
use super::report::{Findings, Report};
use super::world::{Checks, World};
use crate::pause::pause;

/// Before the first replica ends, and after the last has started.
const AROUND: Duration = Duration::from_secs(3);

/// # Errors
///
/// When the drill cannot be held.
pub(super) fn hold(binary: &Path, checks: Checks, rates: Rates) -> anyhow::Result<Report> {
    let mut world = World::start(binary, checks)?;
    let crowd = Crowd::start(&world, rates)?;
    let mut findings = Findings::default();
    pause(AROUND);
    for index in 0..world.replicas.len() {
        eprintln!("replica {} ends and starts again", index + 1);
        let restarted = restart(&mut world, index, &mut findings);
        findings.kept(restarted);
    }
    pause(AROUND);
    let testimony = crowd.finish();
    findings.all_answered(&testimony.users);
    findings.all_written(&testimony);
    findings.note(format!(
        "HAProxy looks every {}, SHUTDOWN_DELAY is {} s",
        checks.every, checks.shutdown_delay
    ));
    let proof = findings.kept_of(|_| prove(&world, &testimony.ledger));
    Ok(Report::new(
        "rolling-restart",
        &testimony,
        proof.as_ref(),
        findings,
    ))
}

fn restart(world: &mut World, index: usize, findings: &mut Findings) -> anyhow::Result<()> {
    let begun = Instant::now();
    let number = index + 1;
    if let Err(error) = world.replicas[index].stop() {
        findings.problem(format!("replica {number}: {error:#}"));
    }
    let ended = begun.elapsed();
    if world.is_routed(index)? {
        findings.problem(format!(
            "replica {number} has ended, and HAProxy sends requests to it"
        ));
    }
    world.start_again(index)?;
    let answered = begun.elapsed();
    world.until_routed(index)?;
    findings.took(
        format!(
            "replica {number}, of them {:.2} s until it had ended and {:.2} s until it answered again",
            ended.as_secs_f64(),
            (answered - ended).as_secs_f64()
        ),
        begun.elapsed(),
    );
    Ok(())
}

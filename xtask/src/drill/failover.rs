//! The primary is killed under load, and its synchronous standby takes its place.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use testkit::PrivatePostgres;

use super::crowd::{Crowd, Rates};
use super::proof::prove;
use super::report::{Findings, Report};
use super::world::{DURABLE, SHIPPED, World};
use crate::pause::pause;

const STANDBY: &str = "standby";
/// Before the kill, and after all is well again.
const AROUND: Duration = Duration::from_secs(8);
/// Until somebody has noticed, which is what Patroni or an operator takes time for.
const UNNOTICED: Duration = Duration::from_secs(3);

/// # Errors
///
/// When the drill cannot be held.
pub(super) fn hold(binary: &Path, rates: Rates) -> anyhow::Result<Report> {
    let mut world = World::start(binary, SHIPPED)?;
    eprintln!("a standby copies the primary");
    let standby = world.postgres.standby(STANDBY, DURABLE);
    world.postgres.wait_for(Some(STANDBY));
    let crowd = Crowd::start(&world, rates)?;
    let mut findings = Findings::default();
    pause(AROUND);
    let _kept = findings.kept_of(|findings| fail_over(&mut world, standby, &crowd, findings));
    let testimony = crowd.finish();
    findings.all_answered(&testimony.users);
    findings.note(
        "the promoted server has no standby: its next failure would lose what it acknowledged",
    );
    let proof = findings.kept_of(|_| prove(&world, &testimony.ledger));
    Ok(Report::new(
        "failover",
        &testimony,
        proof.as_ref(),
        findings,
    ))
}

/// Answers the killed server: its folder takes a moment to remove, which is no part of a failover.
fn fail_over(
    world: &mut World,
    standby: PrivatePostgres,
    crowd: &Crowd,
    findings: &mut Findings,
) -> anyhow::Result<PrivatePostgres> {
    eprintln!("the primary is killed");
    let killed = Instant::now();
    world.postgres.kill();
    pause(UNNOTICED);
    let noticed = Instant::now();
    standby.promote();
    findings.took(
        "until the failure was noticed (set by the drill)",
        noticed - killed,
    );
    findings.took("until the standby was promoted", noticed.elapsed());
    world.pooler.point_to(&standby);
    let pointed = Instant::now();
    let old = std::mem::replace(&mut world.postgres, standby);
    let written = crowd.written_after(pointed)?;
    findings.took("from then until a write was acknowledged", written);
    findings.took(
        "from the kill until a write was acknowledged",
        pointed + written - killed,
    );
    for index in 0..world.replicas.len() {
        world.until_whole(index)?;
        let what = format!(
            "from the kill until replica {} said that nothing is degraded",
            index + 1
        );
        findings.took(what, killed.elapsed());
    }
    pause(AROUND);

    let ledger = &crowd.ledger;
    let delay = world.feed_delay(ledger.editor())?;
    findings.took(
        "until a change of one replica was seen by both others",
        delay,
    );
    let last = ledger.last_trouble().context("no write met the failure")?;
    findings.took(
        "from the kill until the last write that was not acknowledged",
        last - killed,
    );
    Ok(old)
}

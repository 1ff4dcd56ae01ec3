//! Nothing is left but the file of `cargo xtask backup` and what stands beside it: a service is made from them.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use testkit::PrivatePostgres;

use super::crowd::{Crowd, Rates};
use super::proof::{Proof, split_at};
use super::report::{Findings, Report};
use super::world::{DURABLE, SHIPPED, World, xtask};
use crate::http_connection::get;
use crate::pause::pause;

/// Before the backup, and from it to the disaster.
const AROUND: Duration = Duration::from_secs(8);

/// # Errors
///
/// When the drill cannot be held.
pub(super) fn hold(binary: &Path, rates: Rates) -> anyhow::Result<Report> {
    let mut world = World::start(binary, SHIPPED)?;
    let crowd = Crowd::start(&world, rates)?;
    let mut findings = Findings::default();
    pause(AROUND);
    eprintln!("a backup is made, and writers go on");
    let file = world.path("nightly.dump");
    let path = file.to_str().context("UTF-8")?;
    let backup_begun = Instant::now();
    xtask(&world.direct_url(), &["backup", "--file", path])?;
    findings.took("until the backup was made", backup_begun.elapsed());
    pause(AROUND);
    let testimony = crowd.finish();
    findings.all_answered(&testimony.users);

    eprintln!("everything else is lost");
    let lost = Instant::now();
    world.destroy()?;
    let restored = restore(&mut world, path, lost, &mut findings);
    let is_restored = restored.is_ok();
    findings.kept(restored);

    let since = lost - backup_begun;
    if !is_restored {
        return Ok(Report::new(
            "disaster",
            &testimony,
            &Proof::default(),
            findings,
        ));
    }
    let (before, after) = split_at(&world, &testimony.ledger, backup_begun);
    findings.note(format!(
        "RPO: of the {:.1} s from the begin of the backup to the disaster, {after} acknowledged writes are lost",
        since.as_secs_f64()
    ));
    if after == 0 {
        findings.problem("nothing that was written after the backup is lost: it was no disaster");
    }
    let proof = Proof {
        lost: before,
        ..Proof::default()
    };
    Ok(Report::new("disaster", &testimony, &proof, findings))
}

fn restore(
    world: &mut World,
    file: &str,
    lost: Instant,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    world.postgres = PrivatePostgres::start_with(DURABLE);
    findings.took("until there was an empty Postgres", lost.elapsed());
    let begun = Instant::now();
    // Ends with another exit code when a single row differs.
    let said = xtask(&world.direct_url(), &["restore", file])?;
    let last = said.lines().last().unwrap_or_default();
    findings.note(format!(
        "restore: {}",
        last.split(". Next").next().unwrap_or(last)
    ));
    findings.took(
        "until the backup was restored, and every table compared",
        begun.elapsed(),
    );
    xtask(&world.direct_url(), &["migrate", "status"])?;
    xtask(&world.direct_url(), &["migrate", "verify"])?;
    world.pooler.point_to(&world.postgres);
    // Answers a search before it counts as started.
    world.start_again(0)?;
    findings.took(
        "RTO: from the loss until a search was answered",
        lost.elapsed(),
    );
    for index in 1..world.replicas.len() {
        world.start_again(index)?;
    }
    for index in 0..world.replicas.len() {
        world.until_whole(index)?;
        world.until_routed(index)?;
    }
    let (status, _) = world.ask(world.public(), &get("/api/v1/search?q=engineering", None))?;
    if status != 200 {
        findings.problem(format!(
            "a search through HAProxy was answered with {status}"
        ));
    }
    findings.took(
        "from the loss until three replicas answered through HAProxy",
        lost.elapsed(),
    );
    Ok(())
}

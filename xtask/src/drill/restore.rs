//! The primary and its disk are lost under load, and a server is made from the base backup and the archive of the log.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use testkit::{BaseBackup, PrivatePostgres, WalArchive};

use super::crowd::{Crowd, Rates};
use super::proof::prove;
use super::report::{Findings, Report};
use super::waiting::xtask;
use super::world::{DURABLE, SHIPPED, World};
use crate::pause::pause;

const ARCHIVE: &str = "archive";
const NEXT_ARCHIVE: &str = "next_archive";
/// Before the loss, and after all is well again.
const AROUND: Duration = Duration::from_secs(8);

type Kept = (PrivatePostgres, (BaseBackup, WalArchive));

/// # Errors
///
/// When the drill cannot be held.
pub(super) fn hold(binary: &Path, rates: Rates) -> anyhow::Result<Report> {
    let mut world = World::start(binary, SHIPPED)?;
    eprintln!("a base backup is made, and the log goes to an archive");
    let archive = world.postgres.archive(ARCHIVE);
    let base = world.postgres.base_backup();
    world.postgres.wait_for(Some(ARCHIVE));
    let crowd = Crowd::start(&world, rates)?;
    let mut findings = Findings::default();
    pause(AROUND / 2);
    let file = world.path("logical.dump");
    let logical = Instant::now();
    let path = file.to_str().context("UTF-8")?;
    xtask(&world.direct_url(), &["backup", "--file", path])?;
    pause(AROUND / 2);
    let lost = Instant::now();
    let copies = (&base, &archive);
    let _kept = findings.kept_of(|findings| bring_back(&mut world, copies, &crowd, findings));

    let testimony = crowd.finish();
    findings.all_answered(&testimony.users);
    let proof = findings.kept_of(|_| prove(&world, &testimony.ledger));
    if let Some(proof) = &proof {
        findings.note(format!(
            "RPO: {} acknowledged writes are lost",
            proof.lost.len()
        ));
    }
    let with_dump = testimony.ledger.acknowledged_between(logical, lost);
    findings.note(format!(
        "with the last `xtask backup` alone, the {:.1} s since it began would be lost, with {with_dump} acknowledged writes",
        (lost - logical).as_secs_f64()
    ));
    Ok(Report::new("restore", &testimony, proof.as_ref(), findings))
}

/// Answers what must stay until the end: the lost server, whose folder takes a moment to remove, and what guards the new one.
fn bring_back(
    world: &mut World,
    (base, archive): (&BaseBackup, &WalArchive),
    crowd: &Crowd,
    findings: &mut Findings,
) -> anyhow::Result<Kept> {
    eprintln!("the primary and its data are lost");
    let lost = Instant::now();
    world.postgres.destroy();
    let restored = PrivatePostgres::restored(base, archive, DURABLE);
    findings.took(
        "until a server had come out of base backup and log",
        lost.elapsed(),
    );
    let old = std::mem::replace(&mut world.postgres, restored);
    let said = xtask(&world.direct_url(), &["restore", "--finish"])?;
    findings.note(format!("restore --finish: {}", said.trim()));
    xtask(&world.direct_url(), &["migrate", "status"])?;
    world.pooler.point_to(&world.postgres);
    let written = Instant::now();
    let written = crowd.written_after(written)? + (written - lost);
    findings.took("RTO: from the loss until a write was acknowledged", written);
    for index in 0..world.replicas.len() {
        world.until_whole(index)?;
    }
    findings.took(
        "from the loss until no replica was degraded",
        lost.elapsed(),
    );
    let guard = guard_again(world, findings);
    pause(AROUND);

    let delay = world.feed_delay(crowd.ledger.editor())?;
    findings.took(
        "until a change of one replica was seen by both others",
        delay,
    );
    Ok((old, guard))
}

/// The restored server is as alone as one that was just promoted: it gets what the lost one had.
fn guard_again(world: &World, findings: &mut Findings) -> (BaseBackup, WalArchive) {
    let begun = Instant::now();
    let archive = world.postgres.archive(NEXT_ARCHIVE);
    let base = world.postgres.base_backup();
    world.postgres.wait_for(Some(NEXT_ARCHIVE));
    findings.took(
        "until it had an archive and a base backup of its own",
        begun.elapsed(),
    );
    (base, archive)
}

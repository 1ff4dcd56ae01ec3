//! Nothing is left but the file of `cargo xtask backup` and what stands beside it: a service is made from them.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::Value;
use testkit::PrivatePostgres;

use super::crowd::{Crowd, Rates};
use super::ledger::ORGANIZATION;
use super::proof::prove_until;
use super::report::{Findings, Report};
use super::waiting::xtask;
use super::world::{DURABLE, Replica, SHIPPED, World};
use crate::http_connection::get;
use crate::pause::pause;

/// Before the backup, and from it to the disaster.
const AROUND: Duration = Duration::from_secs(8);
/// Finds what writers wrote.
const WRITTEN: &str = "/api/v1/search?q=Drill%20Award&limit=10";

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
    let proven = findings.kept_of(|findings| {
        restore(&mut world, path, lost, findings)?;
        prove_until(&world, &testimony.ledger, backup_begun)
    });
    let (proof, gone) = proven.unzip();
    if let Some(gone) = gone {
        let since = lost - backup_begun;
        findings.note(format!(
            "RPO: of the {:.1} s from the begin of the backup to the disaster, {gone} acknowledged writes are lost",
            since.as_secs_f64()
        ));
    }
    if gone == Some(0) {
        findings.problem("nothing that was written after the backup is lost: it was no disaster");
    }
    Ok(Report::new(
        "disaster",
        &testimony,
        proof.as_ref(),
        findings,
    ))
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
    findings.took(
        "from the loss until three replicas answered through HAProxy",
        lost.elapsed(),
    );
    let replicas = world.replicas.iter().map(Replica::address);
    for address in replicas.chain([world.public()]) {
        let (status, page) = world.ask(address, &get(WRITTEN, None))?;
        if !is_hit(status, &page) {
            findings.problem(format!(
                "a search for what was restored, at {address}, was answered with {status} and nothing of it"
            ));
        }
    }
    Ok(())
}

/// Whether a page of results has something of the writers.
fn is_hit(status: u16, page: &Value) -> bool {
    let mut found = page["data"].as_array().into_iter().flatten();
    status == 200 && found.any(|scholarship| scholarship["organization"] == ORGANIZATION)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_search_without_anything_of_the_writers_is_no_hit() {
        let page = |organization: &str| json!({"data": [{"organization": organization}]});
        assert!(is_hit(200, &page(ORGANIZATION)));
        assert!(!is_hit(200, &page("Feeds")));
        assert!(!is_hit(200, &json!({"data": []})));
        assert!(!is_hit(503, &page(ORGANIZATION)));
        assert!(!is_hit(200, &json!(null)));
    }
}

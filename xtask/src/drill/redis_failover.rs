//! The primary of Redis is killed under load, and Sentinel puts its replica in its place. Redis holds what may be lost, so nobody may
//! notice: no request may fail, and no write be refused.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use testkit::PrivateRedisGroup;
use tokio::runtime::Runtime;

use super::crowd::{Crowd, Rates};
use super::proof::prove;
use super::report::{Findings, Report};
use super::waiting::until;
use super::world::{SHIPPED, World};
use crate::pause::pause;

/// As `/readyz` calls it.
const REDIS: &str = "redis";
/// Before the kill, and after all is well again.
const AROUND: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// # Errors
///
/// When the drill cannot be held.
pub(super) fn hold(binary: &Path, rates: Rates) -> anyhow::Result<Report> {
    eprintln!("two Redis, three Sentinels and a HAProxy start");
    let runtime = Runtime::new().context("the runtime does not start")?;
    let mut redis = runtime.block_on(PrivateRedisGroup::start());
    let world = World::start_on(binary, SHIPPED, Some(redis.url()))?;
    for index in 0..world.replicas.len() {
        world.until_whole(index)?;
    }
    let crowd = Crowd::start(&world, rates)?;
    let mut findings = Findings::default();
    pause(AROUND);
    findings.kept_of(|findings| fail_over(&world, &mut redis, findings));
    findings.kept_of(|findings| come_back(&runtime, &mut redis, findings));
    let testimony = crowd.finish();
    findings.all_answered(&testimony.users);
    findings.all_written(&testimony);
    findings.note("while there is no Redis, each replica grants its share of every limit");
    let proof = findings.kept_of(|_| prove(&world, &testimony.ledger));
    Ok(Report::new(
        "redis-failover",
        &testimony,
        proof.as_ref(),
        findings,
    ))
}

fn fail_over(
    world: &World,
    redis: &mut PrivateRedisGroup,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    eprintln!("the primary of Redis is killed");
    let killed = Instant::now();
    redis.servers[0].kill();
    for index in 0..world.replicas.len() {
        world.until_without(index, REDIS)?;
    }
    findings.took(
        "from the kill until each replica did without Redis",
        killed.elapsed(),
    );
    until("Sentinel makes the replica the primary", || {
        Ok(redis.servers[1].role().as_deref() == Some("master"))
    })?;
    findings.took(
        "from the kill until Sentinel had made the replica the primary",
        killed.elapsed(),
    );
    until("HAProxy leads to the new primary", || {
        Ok(redis.serving() == Some(1))
    })?;
    findings.took("from the kill until HAProxy led there", killed.elapsed());
    for index in 0..world.replicas.len() {
        world.until_whole(index)?;
    }
    findings.took(
        "from the kill until no replica was degraded",
        killed.elapsed(),
    );
    let before = counted(redis);
    pause(AROUND);
    let after = counted(redis);
    if after == before {
        findings.problem("the new primary is asked for nothing");
    }
    findings.note(format!(
        "{} calls of the new primary in the {} s after that",
        after - before,
        AROUND.as_secs()
    ));
    Ok(())
}

/// The old primary starts again, empty, and takes itself for one until Sentinel tells it otherwise: nobody may be led to it.
fn come_back(
    runtime: &Runtime,
    redis: &mut PrivateRedisGroup,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    eprintln!("the old primary comes back");
    let begun = Instant::now();
    runtime.block_on(redis.servers[0].restart());
    let mut astray = 0_u32;
    until("the old primary copies the new one", || {
        pause(LOOK_EVERY);
        astray += u32::from(redis.serving() != Some(1));
        Ok(redis.servers[0].role().as_deref() == Some("slave"))
    })?;
    findings.took(
        "from its start until the old primary was a replica of the new one",
        begun.elapsed(),
    );
    if astray > 0 {
        findings.problem(format!(
            "{astray} times a client was not led to the new primary"
        ));
    }
    pause(AROUND);
    Ok(())
}

/// Scripts that the new primary has carried out: limits are counted by one.
fn counted(redis: &PrivateRedisGroup) -> u64 {
    let stats = redis.servers[1].command(&["INFO", "commandstats"]);
    let calls = stats
        .lines()
        .filter_map(|line| line.strip_prefix("cmdstat_evalsha:calls="))
        .filter_map(|rest| rest.split(',').next()?.parse().ok())
        .next();
    calls.unwrap_or_default()
}

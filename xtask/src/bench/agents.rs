//! `cargo xtask bench agents`: tasks of agents on a Postgres of this run, from their acceptance to their callbacks.
//!
//! The server, its Postgres, the Command Center and the load share this machine, so the numbers are lower bounds.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use auth::{MintRequest, Minter, Role, ScopeSet, TokenKey, TokenSettings};
use ports::Clock as _;
use serde_json::json;
use testkit::command_center_stub::{Call, CallKind, CommandCenterStub};
use tokio::task::JoinSet;

use super::goals::{self, Goal};
use super::http_load::{self, Requests};
use super::machine;
use super::release::measured_by_release;
use super::stores::rig::{Replica, Rig, SECRET};
use crate::http_connection::{Connection, post};
use crate::system_clock::SystemClock;
use crate::workspace::Workspace;

/// Connections that send tasks at the same time.
const SENDERS: u32 = 64;
/// Scholarships that the tasks search.
const SCHOLARSHIPS: usize = 10_000;
/// More than any machine of today accepts.
const MOST_PER_SECOND: usize = 10_000;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For development: fewer tasks
    #[arg(long)]
    quick: bool,
}

/// Builds the release binaries where this is not one, and measures with them. Fails when a goal is missed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    measured_by_release(&Workspace::load()?, &["server", "xtask"], |release| {
        let begun = Instant::now();
        let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
        let rig = Rig::start(release)?;
        rig.import(SCHOLARSHIPS)?;
        let goals = runtime.block_on(measure(arguments.quick, &rig))?;
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        let head = machine::describe("agents", arguments.quick, minutes)?;
        Ok(goals::print(&head, &goals))
    })
}

async fn measure(quick: bool, rig: &Rig) -> anyhow::Result<Vec<Goal>> {
    let (seconds, many, paced) = if quick {
        (2, 500, 300)
    } else {
        (5, 5_000, 2_000)
    };
    eprintln!("measuring: acceptance");
    let accepted = accepted_per_second(rig, seconds).await?;
    eprintln!("measuring: tasks to their callbacks");
    let completed = completed_per_second(rig, many).await?;
    eprintln!("measuring: a hundred tasks a second");
    let (median, p99) = latency(rig, paced).await?;
    Ok(vec![
        Goal {
            name: "tasks accepted durably, 64 senders",
            bound: "≥ 1000 /s".to_owned(),
            measured: format!("{accepted:.0} /s"),
            is_met: accepted >= 1_000.0,
        },
        Goal {
            name: "tasks done with three callbacks each",
            bound: "≥ 500 /s".to_owned(),
            measured: format!("{completed:.0} /s"),
            is_met: completed >= 500.0,
        },
        Goal {
            name: "from acceptance to the last callback at 100 tasks a second: p99",
            bound: "≤ 250 ms".to_owned(),
            measured: format!("{p99:.1} ms (median {median:.1})"),
            is_met: p99 <= 250.0,
        },
    ])
}

/// A token for each task: it is good for one.
fn tokens(count: usize) -> anyhow::Result<Vec<String>> {
    let minter = Minter::new(TokenSettings::default(), &TokenKey::new(SECRET.into())?);
    let now = SystemClock.now();
    let token = |at: usize| {
        let request = MintRequest {
            subject: "planner".to_owned(),
            role: Role::Agent,
            scopes: ScopeSet::from_claim("agent:tasks"),
            lifetime: Duration::from_secs(1_800),
            token_id: format!("{}-{at}", uuid::Uuid::new_v4().simple()),
        };
        Ok(minter.mint(&request, now)?)
    };
    (0..count).map(token).collect()
}

fn requests(
    name: &str,
    count: usize,
    stub: Option<&CommandCenterStub>,
) -> anyhow::Result<Vec<Vec<u8>>> {
    let words = ["engineering", "nursing", "music", "women in business"];
    let request = |(at, token): (usize, String)| {
        let id = format!("{name}-{at}");
        let mut task = json!({
            "task_id": id,
            "action": "scholarship_api.search",
            "payload": {"query": words[at % words.len()], "pagination": {"page": 1, "size": 5}},
        });
        if let Some(stub) = stub {
            task["reply_to"] = json!(stub.callback_url(&id));
        }
        post("/agent/task", Some(&token), &task.to_string())
    };
    Ok(tokens(count)?
        .into_iter()
        .enumerate()
        .map(request)
        .collect())
}

async fn accepted_per_second(rig: &Rig, seconds: u64) -> anyhow::Result<f64> {
    let replica = rig.direct_with(&[
        // So that the work does not stand in the way of what is measured.
        ("AGENT_WORKERS", "1"),
        // More come in than one worker does, and none is refused for that.
        ("AGENT_TASKS_PER_OWNER", "10000000"),
        ("AGENT_TASKS_IN_ALL", "10000000"),
    ])?;
    let count = MOST_PER_SECOND * usize::try_from(seconds)?;
    let requests = Requests::each_once(requests("accepted", count, None)?, 202);
    let load = http_load::run(replica.server.address(), &requests, SENDERS, seconds).await?;
    replica.server.stop()?;
    // What is left would be done while something else is measured.
    rig.psql("TRUNCATE tasks CASCADE");
    Ok(load.requests_per_second)
}

/// When each task was done, as its sender heard.
#[derive(Default)]
struct Heard(Mutex<HashMap<String, Instant>>);

impl Heard {
    fn note(&self, call: &Call) {
        let body = call.json();
        if call.kind == CallKind::Callback && body["status"] == "succeeded" {
            let id = body["task_id"].as_str().unwrap_or_default().to_owned();
            let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            heard.entry(id).or_insert_with(Instant::now);
        }
    }

    async fn wait_for(&self, count: usize) -> anyhow::Result<HashMap<String, Instant>> {
        let begun = Instant::now();
        loop {
            {
                let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if heard.len() == count {
                    return Ok(heard.clone());
                }
                let so_far = heard.len();
                let is_late = begun.elapsed() > Duration::from_secs(300);
                ensure!(!is_late, "{so_far} of {count} tasks were done in time");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn with_center(rig: &Rig) -> anyhow::Result<(CommandCenterStub, Arc<Heard>, Replica)> {
    let stub = CommandCenterStub::start();
    let heard = Arc::new(Heard::default());
    let noting = Arc::clone(&heard);
    stub.on_call(move |call| noting.note(call));
    let replica = rig.direct_with(&[("COMMAND_CENTER_URL", &stub.url())])?;
    Ok((stub, heard, replica))
}

async fn completed_per_second(rig: &Rig, count: usize) -> anyhow::Result<f64> {
    let (stub, heard, replica) = with_center(rig)?;
    let requests: Arc<[Vec<u8>]> = requests("completed", count, Some(&stub))?.into();
    let address = replica.server.address();
    let begun = Instant::now();
    let mut senders = JoinSet::new();
    for sender in 0..16 {
        let requests = Arc::clone(&requests);
        senders.spawn(async move {
            let mut connection = Connection::open(address).await?;
            for request in requests.iter().skip(sender).step_by(16) {
                let (status, _) = connection.ask(request).await?;
                ensure!(status == 202, "a task was answered with {status}");
            }
            anyhow::Ok(())
        });
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    let done = heard.wait_for(count).await?;
    let last = done.values().max().context("there are tasks")?;
    let seconds = last.duration_since(begun).as_secs_f64();
    replica.server.stop()?;
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    Ok(count as f64 / seconds)
}

/// Milliseconds from the answer 202 to the last callback: median and p99.
async fn latency(rig: &Rig, count: usize) -> anyhow::Result<(f64, f64)> {
    let (stub, heard, replica) = with_center(rig)?;
    let address = replica.server.address();
    let begun = Instant::now();
    let mut senders = JoinSet::new();
    for (at, request) in requests("paced", count, Some(&stub))?
        .into_iter()
        .enumerate()
    {
        // At its time, whether others were answered or not.
        let due =
            begun + Duration::from_millis(200) + Duration::from_millis(10) * u32::try_from(at)?;
        senders.spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            let mut connection = Connection::open(address).await?;
            let (status, _) = connection.ask(&request).await?;
            ensure!(status == 202, "a task was answered with {status}");
            anyhow::Ok((format!("paced-{at}"), Instant::now()))
        });
    }
    let mut accepted = HashMap::new();
    while let Some(sent) = senders.join_next().await {
        let (id, at) = sent??;
        accepted.insert(id, at);
    }
    let done = heard.wait_for(count).await?;
    replica.server.stop()?;
    let mut times: Vec<f64> = accepted
        .iter()
        .filter_map(|(id, at)| {
            Some(done.get(id)?.saturating_duration_since(*at).as_secs_f64() * 1e3)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get(times.len() * share / 100).copied();
    Ok((
        at(50).context("there are tasks")?,
        at(99).context("there are tasks")?,
    ))
}

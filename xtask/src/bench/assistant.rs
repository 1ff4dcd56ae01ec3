//! `cargo xtask bench assistant`: how soon callers are answered when no model is configured, when it hangs, and when it is left
//! alone; and what many equal questions cost.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use testkit::openai_stub::{Behaviour, OpenAiStub};
use tokio::task::JoinSet;

use super::goals::Goal;
use super::release::measured_by_release;
use super::{goals, machine};
use crate::http_connection::Connection;
use crate::running_server::RunningServer;
use crate::workspace::Workspace;

const QUERIES: &str = include_str!("../../../crates/app/tests/data/natural_queries.json");
/// What callers wait at most for a model that hangs, in seconds.
const DEADLINE: &str = "2";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For development: fewer rounds
    #[arg(long)]
    quick: bool,
}

/// Builds the release binaries where this is not one, and measures with them. Fails when a goal is missed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    measured_by_release(&Workspace::load()?, &["server", "xtask"], |release| {
        let begun = Instant::now();
        let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
        let binary = release.join("scholarship-api");
        let rounds = if arguments.quick { 2 } else { 20 };
        let goals = runtime.block_on(async {
            anyhow::Ok([
                rules(&binary, rounds).await?,
                hanging(&binary).await?,
                left_alone(&binary, rounds).await?,
                equal_questions(&binary).await?,
            ])
        })?;
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        let head = machine::describe("assistant", arguments.quick, minutes)?;
        Ok(goals::print(&head, &goals))
    })
}

fn queries() -> anyhow::Result<Vec<String>> {
    let all: Vec<Value> = serde_json::from_str(QUERIES)?;
    let texts = all.iter().filter_map(|one| one["query"].as_str());
    Ok(texts.map(str::to_owned).collect())
}

fn request(query: &str) -> Vec<u8> {
    let body = json!({ "query": query }).to_string();
    format!(
        "POST /ai/enhance-search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Asks and answers the time in milliseconds, and who answered why.
async fn ask(connection: &mut Connection, query: &str) -> anyhow::Result<(f64, String)> {
    let asked = Instant::now();
    let (status, length) = connection.ask(&request(query)).await?;
    let took = asked.elapsed().as_secs_f64() * 1e3;
    ensure!(status == 200, "a question was answered with {status}");
    let answer: Value = serde_json::from_slice(connection.body(length))?;
    let reason = answer.get("fallback_reason").unwrap_or(&answer["source"]);
    Ok((took, reason.as_str().unwrap_or_default().to_owned()))
}

/// Of every query in several rounds: all times in order.
async fn asked(server: &RunningServer, rounds: usize, why: &str) -> anyhow::Result<Vec<f64>> {
    let queries = queries()?;
    let mut connection = Connection::open(server.address()).await?;
    let mut times = Vec::with_capacity(rounds * queries.len());
    for _ in 0..rounds {
        for query in &queries {
            let (took, reason) = ask(&mut connection, query).await?;
            // Some of the queries are refused as what they are.
            ensure!(
                reason == why || reason == "unsafe_input",
                "{query}: {reason}"
            );
            times.push(took);
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

fn at(sorted: &[f64], share: usize) -> f64 {
    let at = (sorted.len() * share / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

fn within(name: &'static str, bound: f64, times: &[f64]) -> Goal {
    let (median, p99) = (at(times, 50), at(times, 99));
    Goal {
        name,
        bound: format!("≤ {bound} ms"),
        measured: format!("{p99:.2} ms (median {median:.2}, of {})", times.len()),
        is_met: p99 <= bound,
    }
}

fn with_model(
    binary: &Path,
    store: &Path,
    stub: &OpenAiStub,
    failures: &str,
    deadline: &str,
) -> anyhow::Result<RunningServer> {
    let base_url = stub.base_url();
    RunningServer::start(
        binary,
        store,
        &[
            ("OPENAI_API_KEY", "a-key-for-measurements"),
            ("OPENAI_BASE_URL", &base_url),
            ("OPENAI_MAX_RETRIES", "0"),
            ("OPENAI_CIRCUIT_BREAKER_FAILURE_THRESHOLD", failures),
            ("OPENAI_CIRCUIT_BREAKER_TIMEOUT", "3600"),
            ("RATE_LIMIT_AI", "10000000/minute"),
            ("MAX_CONNECTIONS_PER_IP", "2000"),
            ("AI_DEADLINE", deadline),
        ],
    )
}

async fn rules(binary: &Path, rounds: usize) -> anyhow::Result<Goal> {
    let folder = tempfile::tempdir()?;
    let server = RunningServer::start(binary, &folder.path().join("store.db"), &[])?;
    let times = asked(&server, rounds, "not_configured").await?;
    server.stop()?;
    Ok(within(
        "rules answer, no model configured: p99",
        5.0,
        &times,
    ))
}

async fn hanging(binary: &Path) -> anyhow::Result<Goal> {
    let stub = OpenAiStub::start();
    stub.always(Behaviour::Silence);
    let folder = tempfile::tempdir()?;
    let server = with_model(
        binary,
        &folder.path().join("store.db"),
        &stub,
        "1000",
        DEADLINE,
    )?;
    let mut callers = JoinSet::new();
    for at in 0..16 {
        let address = server.address();
        callers.spawn(async move {
            let mut connection = Connection::open(address).await?;
            ask(&mut connection, &format!("nursing number {at}")).await
        });
    }
    let mut longest: f64 = 0.0;
    while let Some(answered) = callers.join_next().await {
        let (took, reason) = answered??;
        ensure!(reason == "model_timeout", "{reason}");
        longest = longest.max(took);
    }
    server.stop()?;
    let bound: f64 = DEADLINE.parse::<f64>()? * 1e3 + 250.0;
    Ok(Goal {
        name: "rules answer while the model hangs, 16 at once: longest, with AI_DEADLINE=2",
        bound: format!("≤ {bound} ms"),
        measured: format!("{longest:.0} ms"),
        is_met: longest <= bound,
    })
}

async fn left_alone(binary: &Path, rounds: usize) -> anyhow::Result<Goal> {
    let stub = OpenAiStub::start();
    stub.always(Behaviour::server_error());
    let folder = tempfile::tempdir()?;
    let server = with_model(
        binary,
        &folder.path().join("store.db"),
        &stub,
        "1",
        DEADLINE,
    )?;
    let mut connection = Connection::open(server.address()).await?;
    ask(&mut connection, "nursing").await?;
    let times = asked(&server, rounds, "breaker_open").await?;
    server.stop()?;
    Ok(within(
        "rules answer, circuit breaker open: p99",
        10.0,
        &times,
    ))
}

async fn equal_questions(binary: &Path) -> anyhow::Result<Goal> {
    let stub = OpenAiStub::start();
    stub.always(Behaviour::Slow(Duration::from_millis(1_000)));
    // One that passes all checks: what is refused is not remembered, and whoever comes later asks again.
    stub.answer_with(|_| {
        json!({"query": "nursing", "filters": {
            "fields_of_study": ["medicine"], "scholarship_types": [], "states": [], "grade_levels": [], "citizenship": [],
            "min_amount": null, "max_amount": null, "min_gpa": null, "financial_need": null, "renewable": null,
            "deadline_after": null, "deadline_before": null, "open_on": null,
        }})
    });
    let folder = tempfile::tempdir()?;
    let server = with_model(binary, &folder.path().join("store.db"), &stub, "1000", "8")?;
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        let address = server.address();
        callers.spawn(async move {
            let mut connection = Connection::open(address).await?;
            ask(&mut connection, "nursing").await
        });
    }
    while let Some(answered) = callers.join_next().await {
        let (_, who) = answered??;
        ensure!(who == "model" || who == "cache", "{who}");
    }
    server.stop()?;
    let calls = stub.count();
    if calls > 1 {
        for call in stub.calls() {
            eprintln!(
                "call of the model: {} {} {}",
                call.method, call.path, call.body
            );
        }
    }
    Ok(Goal {
        name: "calls of the model for 1,000 equal questions at once",
        bound: "1".to_owned(),
        measured: calls.to_string(),
        is_met: calls == 1,
    })
}

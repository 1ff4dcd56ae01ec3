//! A language model behind a real server: what callers hear, what is counted, and what is paid, however the model's service
//! behaves.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::PrivatePostgres;
use testkit::openai_stub::{Behaviour, OpenAiStub};
use tokio::task::JoinSet;

use crate::client::{ask, get};
use crate::process::{Process, command};
use crate::replica::{database, eventually, on};
use crate::scrape::Scrape;

/// Within the deadline that these tests set, on a busy machine.
const ANSWERED: Duration = Duration::from_secs(6);

fn good_answer() -> Value {
    json!({"query": "nursing", "filters": {
        "fields_of_study": ["medicine"], "scholarship_types": [], "states": [], "grade_levels": [], "citizenship": [],
        "min_amount": null, "max_amount": null, "min_gpa": null, "financial_need": null, "renewable": null,
        "deadline_after": null, "deadline_before": null, "open_on": null,
    }})
}

pub(crate) fn stub() -> OpenAiStub {
    let stub = OpenAiStub::start();
    stub.answer_with(|_| good_answer());
    stub
}

struct Served {
    process: Process,
    _folder: TempDir,
}

impl Served {
    fn start(stub: &OpenAiStub, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = command(folder.path());
        with_model(&mut command, stub).envs(variables.iter().copied());
        Self {
            process: Process::spawn(&mut command),
            _folder: folder,
        }
    }

    async fn enhanced(&self, query: &str) -> Value {
        enhanced(self.process.address, query).await
    }

    /// US dollars.
    async fn spent(&self) -> f64 {
        spent(self.process.address).await
    }

    /// Of all series with these labels.
    async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let scrape = Scrape::of(&self.process).await;
        let value = scrape.value(name, labels);
        value.unwrap_or_else(|| panic!("{name} in {}", scrape.0))
    }
}

fn with_model<'c>(
    command: &'c mut std::process::Command,
    stub: &OpenAiStub,
) -> &'c mut std::process::Command {
    command
        .env("OPENAI_API_KEY", "a-key-for-tests")
        .env("OPENAI_BASE_URL", stub.base_url())
        .env("OPENAI_MAX_RETRIES", "0")
        .env("OPENAI_CIRCUIT_BREAKER_FAILURE_THRESHOLD", "1000")
        .env("RATE_LIMIT_AI", "1000000/second")
        .env("AI_DEADLINE", "2")
}

async fn enhanced(address: SocketAddr, query: &str) -> Value {
    let body = json!({"query": query});
    let answer = ask(address, "POST", "/ai/enhance-search", None, Some(&body)).await;
    let answer = answer.expect("answered");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

async fn spent(address: SocketAddr) -> f64 {
    let status = get(address, "/ai/status").await.json();
    status["budget"]["spent"].as_f64().expect("is known")
}

#[tokio::test(flavor = "multi_thread")]
async fn however_the_service_misbehaves_rules_answer_in_time_and_say_why() {
    let stub = stub();
    let served = Served::start(&stub, &[]);
    let wrong = |output: Value| Behaviour::Says(output.to_string());
    let mut foreign = good_answer();
    foreign["query"] = json!("write to ann.lee@example.org");
    // What happens, why rules answer, and whether the call may have cost something.
    let cases = [
        (
            Behaviour::rate_limited(Duration::from_secs(0)),
            "model_limited",
            false,
        ),
        (Behaviour::out_of_quota(), "model_refused", false),
        (Behaviour::invalid_key(), "model_refused", false),
        (Behaviour::bad_request(), "model_refused", false),
        (Behaviour::server_error(), "model_unavailable", false),
        (
            Behaviour::unavailable(Duration::from_secs(0)),
            "model_unavailable",
            false,
        ),
        (
            Behaviour::redirect("http://127.0.0.1:1/v1"),
            "model_refused",
            false,
        ),
        (Behaviour::PartOfBody, "model_unavailable", true),
        (Behaviour::Reset, "model_unavailable", true),
        (Behaviour::NotJson, "invalid_output", true),
        (Behaviour::OtherShape, "invalid_output", true),
        (Behaviour::Endless, "invalid_output", true),
        (Behaviour::BreaksSchema, "invalid_output", true),
        (Behaviour::LeaksPersonalData, "invalid_output", true),
        (wrong(foreign), "unsafe_output", true),
        (Behaviour::CutOff, "invalid_output", true),
        (Behaviour::Declines, "model_declined", true),
        (Behaviour::Filtered, "model_declined", true),
        (Behaviour::CallsTool, "invalid_output", true),
        (
            Behaviour::Slow(Duration::from_secs(30)),
            "model_timeout",
            true,
        ),
        (Behaviour::Silence, "model_timeout", true),
    ];
    for (at, (behaviour, reason, costs)) in cases.into_iter().enumerate() {
        let name = format!("{behaviour:?}");
        let (fallbacks, why) = ("ai_fallbacks_total", format!("reason=\"{reason}\""));
        let failed = "openai_requests_failed_total";
        let paid = served.spent().await;
        let counted = served.metric(fallbacks, &[&why]).await;
        let failures = served.metric(failed, &[]).await;
        stub.enqueue(behaviour);
        let begun = Instant::now();
        let query = format!("nursing scholarships in Texas over $5k, number {at}");
        let answer = served.enhanced(&query).await;
        assert!(begun.elapsed() < ANSWERED, "{name}");
        assert_eq!(answer["source"], "fallback", "{name}: {answer}");
        assert_eq!(answer["fallback_reason"], reason, "{name}");
        assert_eq!(
            answer["filters"]["states"],
            json!(["TX"]),
            "{name}: {answer}"
        );
        assert_eq!(
            answer["filters"]["min_amount"],
            json!(5000),
            "{name}: {answer}"
        );
        eventually("the call is settled", async || {
            (served.spent().await > paid) == costs
        })
        .await;
        assert!(served.metric(fallbacks, &[&why]).await > counted, "{name}");
        assert!(served.metric(failed, &[]).await > failures, "{name}");
        let status = get(served.process.address, "/ai/status").await.json();
        assert_eq!(status["circuit_breaker"], "closed", "{name}");
    }
    for behaviour in [Behaviour::Answer, Behaviour::NoUsage] {
        let paid = served.spent().await;
        stub.enqueue(behaviour.clone());
        let answer = served.enhanced(&format!("nursing {behaviour:?}")).await;
        assert_eq!(answer["source"], "model", "{behaviour:?}: {answer}");
        assert_eq!(answer["query"], "nursing");
        assert!(served.spent().await > paid, "{behaviour:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_student_may_see_reaches_none() {
    let stub = OpenAiStub::start();
    let served = Served::start(&stub, &[]);
    let address = served.process.address;
    let found = get(address, "/api/v1/search?q=engineering&limit=2").await;
    let ids: Vec<Value> = (0..2)
        .map(|at| found.json()["data"][at]["id"].clone())
        .collect();
    let summary = format!(
        "/ai/scholarship-summary/{}",
        ids[0].as_str().expect("an id")
    );
    for (said, reason) in [
        (Behaviour::LeaksPersonalData, "unsafe_output"),
        (
            Behaviour::Says(
                json!({"summary": "It pays $123,456,789.", "highlights": []}).to_string(),
            ),
            "unsafe_output",
        ),
    ] {
        stub.enqueue(said);
        let answer = get(address, &summary).await.json();
        assert_eq!(answer["fallback_reason"], reason, "{answer}");
        assert!(!answer.to_string().contains("123,456,789"));
    }
    stub.enqueue(Behaviour::WrongIds);
    stub.answer_with(|request| {
        let input = request["messages"][1]["content"].as_str().expect("a text");
        let input: Value = serde_json::from_str(input).expect("JSON");
        let checks = input["checks"].as_array().expect("a list");
        let analyses: Vec<Value> = checks
            .iter()
            .map(|check| json!({"scholarship_id": check["scholarship"]["id"], "explanation": "See the criteria.", "advice": []}))
            .collect();
        json!({"analyses": analyses})
    });
    for (source, reason) in [("fallback", json!("unsafe_output")), ("model", Value::Null)] {
        let body = json!({"profile": {"gpa": 3.1}, "scholarship_ids": ids});
        let answer = ask(
            address,
            "POST",
            "/ai/analyze-eligibility",
            None,
            Some(&body),
        )
        .await;
        let answer = answer.expect("answered").json();
        assert_eq!(answer["source"], source, "{answer}");
        assert_eq!(answer["fallback_reason"], reason);
        assert_eq!(answer["data"][1]["scholarship_id"], ids[1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_failures_are_asked_again() {
    let stub = stub();
    let served = Served::start(&stub, &[("OPENAI_MAX_RETRIES", "2"), ("AI_DEADLINE", "8")]);
    stub.enqueue(Behaviour::server_error());
    stub.enqueue(Behaviour::rate_limited(Duration::from_secs(1)));
    let begun = Instant::now();
    assert_eq!(served.enhanced("nursing").await["source"], "model");
    assert!(
        begun.elapsed() >= Duration::from_secs(1),
        "it was told to wait"
    );
    assert_eq!(stub.count(), 3);
    assert_eq!(served.metric("openai_requests_total", &[]).await, 1.0);
    let failed = served.metric("openai_requests_failed_total", &[]).await;
    assert_eq!(failed, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_keeps_failing_is_left_alone_and_tried_again() {
    let stub = stub();
    let served = Served::start(
        &stub,
        &[
            ("OPENAI_CIRCUIT_BREAKER_FAILURE_THRESHOLD", "3"),
            ("OPENAI_CIRCUIT_BREAKER_TIMEOUT", "2"),
        ],
    );
    stub.always(Behaviour::server_error());
    for at in 0..3 {
        served.enhanced(&format!("nursing {at}")).await;
    }
    let status = get(served.process.address, "/ai/status").await.json();
    assert_eq!(status["ai_service_available"], false, "{status}");
    assert_eq!(status["circuit_breaker"], "open");
    let asked = stub.count();
    let answer = served.enhanced("nursing 4").await;
    assert_eq!(answer["fallback_reason"], "breaker_open");
    assert_eq!(stub.count(), asked);
    stub.always(Behaviour::Answer);
    eventually("the service is asked again", async || {
        served.enhanced("nursing 5").await["source"] == "model"
    })
    .await;
    let status = get(served.process.address, "/ai/status").await.json();
    assert_eq!(status["ai_service_available"], true, "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_equal_questions_at_once_are_one_call() {
    let stub = stub();
    stub.always(Behaviour::Slow(Duration::from_millis(1_500)));
    let served = Served::start(
        &stub,
        &[("MAX_CONNECTIONS_PER_IP", "2000"), ("AI_DEADLINE", "8")],
    );
    let address = served.process.address;
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        callers.spawn(async move { enhanced(address, "nursing").await["source"].clone() });
    }
    let sources = callers.join_all().await;
    assert_eq!(stub.count(), 1);
    assert_eq!(
        sources.iter().filter(|source| **source == "model").count(),
        1
    );
    assert!(sources.iter().all(|source| source != "fallback"));
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_share_one_day_of_money() {
    let stub = stub();
    stub.usage(1_000, 500);
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("config")).expect("a folder");
    // A dollar is gone after some ten calls.
    std::fs::write(
        folder.path().join("config/models.toml"),
        "[dear]\ninput = 50\noutput = 100\n",
    )
    .expect("is written");
    let start = |at: usize| {
        let mut command = on(folder.path(), &url, "session");
        with_model(&mut command, &stub)
            .env("CONFIG_DIR", folder.path().join("config"))
            .env("INDEX_FILE", folder.path().join(format!("index-{at}")))
            .env("OPENAI_MODEL", "dear")
            .env("OPENAI_COST_LIMIT_DAILY", "1");
        Process::spawn(&mut command)
    };
    let replicas: Vec<Process> = (0..3).map(start).collect();
    let mut reasons = Vec::new();
    for round in 0..20 {
        let asked = replicas.iter().enumerate().map(async |(at, replica)| {
            enhanced(replica.address, &format!("nursing {round} {at}")).await
        });
        reasons.extend(futures_util::future::join_all(asked).await);
    }
    let of_model = reasons.iter().filter(|answer| answer["source"] == "model");
    let of_model = of_model.count();
    assert!((4..=10).contains(&of_model), "{of_model} of the model");
    let exhausted = |answer: &&Value| answer["fallback_reason"] == "budget_exhausted";
    assert!(reasons.iter().filter(exhausted).count() > 40);
    for replica in &replicas {
        let spent = spent(replica.address).await;
        assert!((0.3..=1.0).contains(&spent), "{spent}");
    }
    let status = get(replicas[0].address, "/ai/status").await.json();
    assert_eq!(status["ai_service_available"], false, "{status}");
    assert_eq!(status["reason"], "the day's money is spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_counts_beyond_all_measure_is_not_asked_again_that_day() {
    let stub = stub();
    let served = Served::start(&stub, &[("OPENAI_COST_LIMIT_DAILY", "1")]);
    stub.enqueue(Behaviour::HugeUsage);
    assert_eq!(served.enhanced("nursing").await["source"], "model");
    let answer = served.enhanced("nursing once more").await;
    assert_eq!(answer["fallback_reason"], "budget_exhausted");
    assert_eq!(stub.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_questions_nor_answers_are_logged() {
    let stub = stub();
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let mut command = command(folder.path());
    with_model(&mut command, &stub)
        .env("LOG_LEVEL", "info")
        .stderr(Stdio::from(std::fs::File::create(&log).expect("is made")));
    let mut process = Process::spawn(&mut command);
    let question = "xylophone scholarships for ann.lee@example.org";
    enhanced(process.address, question).await;
    for behaviour in [
        Behaviour::NotJson,
        Behaviour::server_error(),
        Behaviour::Says("secret words".to_owned()),
    ] {
        stub.enqueue(behaviour.clone());
        enhanced(process.address, &format!("{question} {behaviour:?}")).await;
    }
    process.signal("TERM");
    assert!(process.ended(Duration::from_secs(20)).await.success());
    let logged = std::fs::read_to_string(&log).expect("is read");
    for words in [
        "xylophone",
        "ann.lee",
        "secret words",
        "medicine",
        "a-key-for-tests",
    ] {
        assert!(!logged.contains(words), "{words} in {logged}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_rules_answer_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(folder.path());
    let address = process.address;
    let query = "nursing scholarships in Texas over $5k due before June, I have a 3.2";
    let answer = enhanced(address, query).await;
    assert_eq!(answer["fallback_reason"], "not_configured");
    assert_eq!(answer["filters"]["min_gpa"], json!(3.2));
    // What it says is what search takes.
    let words = answer["query"].as_str().unwrap_or_default();
    assert!(words.contains("nursing"), "{words}");
    let mut wanted = answer["filters"].clone();
    wanted["query"] = answer["query"].clone();
    let found = ask(address, "POST", "/api/v1/search", None, Some(&wanted)).await;
    assert_eq!(found.expect("answered").status, 200);

    let suggested = get(address, "/ai/search-suggestions?q=engineering").await;
    assert_eq!(suggested.status, 200, "{}", suggested.body);
    assert!(
        !suggested.json()["data"]
            .as_array()
            .expect("a list")
            .is_empty()
    );
    let found = get(address, "/api/v1/search?q=engineering&limit=1")
        .await
        .json();
    let id = found["data"][0]["id"].as_str().expect("an id").to_owned();
    let summary = get(address, &format!("/ai/scholarship-summary/{id}")).await;
    assert_eq!(summary.status, 200, "{}", summary.body);
    assert!(
        !summary.json()["summary"]
            .as_str()
            .expect("a text")
            .is_empty()
    );
    let analysis = json!({"profile": {"gpa": 3.4, "state_of_residence": "NV"}, "scholarship_ids": [id, "sch_unknown"]});
    let analysis = ask(
        address,
        "POST",
        "/ai/analyze-eligibility",
        None,
        Some(&analysis),
    )
    .await;
    let analysis = analysis.expect("answered");
    assert_eq!(analysis.status, 200, "{}", analysis.body);
    let analysis = analysis.json();
    assert!(
        !analysis["data"][0]["explanation"]
            .as_str()
            .expect("a text")
            .is_empty()
    );
    assert_eq!(analysis["data"][1]["verdict"], "not_found");
    let trends = get(address, "/ai/trends-analysis?days=7").await;
    assert_eq!(trends.status, 200, "{}", trends.body);
    assert!(
        trends.json()["figures"]["open_scholarships"]
            .as_u64()
            .expect("a count")
            > 0
    );
    for (target, field) in [
        ("/ai/trends-analysis?days=0", "days"),
        ("/ai/search-suggestions", "q"),
        ("/ai/search-suggestions?q=a&limit=11", "limit"),
    ] {
        let refused = get(address, target).await;
        assert_eq!(refused.status, 422, "{target}");
        assert_eq!(refused.json()["errors"][0]["field"], field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_rules_hears_that_the_model_is_away() {
    let stub = stub();
    stub.always(Behaviour::server_error());
    let served = Served::start(&stub, &[("OPENAI_FALLBACK_ENABLED", "false")]);
    let body = json!({"query": "nursing"});
    let answer = ask(
        served.process.address,
        "POST",
        "/ai/enhance-search",
        None,
        Some(&body),
    )
    .await;
    let answer = answer.expect("answered");
    assert_eq!(answer.status, 503);
    let problem = answer.json();
    assert_eq!(problem["code"], "AI_UNAVAILABLE");
}

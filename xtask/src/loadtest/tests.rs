//! The generator before servers that stall, refuse, say nothing or are not there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::arrivals::Pattern;
use super::figures::{Figures, Measured};
use super::generator::{self, Bounds, Course, Sent};
use super::interruption::Interruption;
use super::knee::{Knee, Step};
use super::page;
use super::place::Place;
use super::record::Record;
use super::requests::Requests;
use super::scenario::Scenario;
use super::subject::Sample;
use super::table;
use super::verdict::{Thresholds, Verdict};

const THRESHOLDS: Thresholds = Thresholds {
    p95_ms: 200.0,
    errors_percent: 0.5,
};

/// How a stub answers at a time since its start: not before the moment given, and with the status.
type Manners = fn(Duration) -> (Duration, u16);

/// A server that reads requests without bodies, and answers each as it is told.
struct Stub {
    address: SocketAddr,
    _runtime: Runtime,
}

impl Stub {
    fn start(manners: Manners) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let begun = Instant::now();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, begun, manners));
            }
        });
        Self {
            address,
            _runtime: runtime,
        }
    }
}

async fn serve(mut stream: TcpStream, begun: Instant, manners: Manners) {
    let mut buffer = [0; 4_096];
    // A request of these tests fits in one read, and the next one comes after its answer.
    while let Ok(1..) = stream.read(&mut buffer).await {
        let (not_before, status) = manners(begun.elapsed());
        tokio::time::sleep_until((begun + not_before).into()).await;
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn scenario() -> Arc<Scenario> {
    let text = "description = \"one\"\n[[requests]]\nname = \"one\"\npath = \"/one\"";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stub.toml");
    std::fs::write(&file, text).unwrap();
    Arc::new(Scenario::find(file.to_str().unwrap()).unwrap())
}

fn course(rate: f64, seconds: u64, connections: usize, in_flight: usize) -> Course {
    Course {
        pattern: Pattern::Poisson,
        rate,
        seed: 1,
        warm_up: Duration::from_millis(200),
        duration: Duration::from_secs(seconds),
        bounds: Bounds {
            connections,
            in_flight,
            patience: Duration::from_secs(2),
        },
        interval: Duration::from_secs(1),
    }
}

fn run(address: SocketAddr, course: Course) -> Record {
    run_until(address, course, &Interruption::default(), |_| {}).record
}

/// `look` is told how long there is something to measure.
fn run_until(
    address: SocketAddr,
    course: Course,
    interruption: &Interruption,
    mut look: impl FnMut(Option<Duration>),
) -> Sent {
    let scenario = scenario();
    let place = Place::of_address(address);
    let mut requests = Requests::new(Arc::clone(&scenario), place.host.clone(), None);
    let sent = generator::run(
        course,
        &scenario,
        &place,
        &mut requests,
        interruption,
        |since, _| look(since),
    );
    sent.unwrap()
}

fn figures(record: &Record, course: Course, samples: &[Sample], is_soak: bool) -> Figures {
    Figures::of(&Measured {
        samples,
        is_soak,
        ..measured(&scenario(), record, course)
    })
    .unwrap()
}

fn measured<'a>(scenario: &'a Scenario, record: &'a Record, course: Course) -> Measured<'a> {
    Measured {
        scenario,
        target: "a <stub>",
        course,
        thresholds: THRESHOLDS,
        record,
        samples: &[],
        generator_cpu_seconds: 0.1,
        is_soak: false,
        has_died: false,
        interrupted: None,
    }
}

/// Of a soak that was interrupted.
fn figures_until(sent: &Sent) -> Figures {
    Figures::of(&Measured {
        is_soak: true,
        interrupted: sent.interrupted.as_deref(),
        ..measured(&scenario(), &sent.record, sent.course)
    })
    .unwrap()
}

#[test]
fn a_pause_of_the_server_counts_for_everyone_who_would_have_asked_in_it() {
    // Between 1.5 s and 2.5 s it answers nobody. A loop that waits for answers would have asked 8 times in that second.
    let stub = Stub::start(|now| {
        let is_stalled = (1_500..2_500).contains(&now.as_millis());
        let not_before = if is_stalled { 2_500 } else { 0 };
        (Duration::from_millis(not_before), 200)
    });
    let course = course(200.0, 5, 8, 1_000);
    let record = run(stub.address, course);
    let figures = figures(&record, course, &[], false);
    assert!((850..1_150).contains(&figures.answered), "{figures:?}");
    assert_eq!(figures.failed, 0, "{figures:?}");
    // A fifth of all came in that second, and waited half a second in the mean.
    let latency = &figures.latency_ms;
    assert!(latency.p50 < 300.0, "{latency:?}");
    assert!(latency.p95 > 500.0, "{latency:?}");
    assert!((900.0..2_000.0).contains(&latency.p99), "{latency:?}");
    // The server's pause is no lateness of ours.
    assert!(figures.generator.late_p99_ms < 500.0, "{figures:?}");
}

#[test]
fn what_finds_no_room_or_no_answer_is_a_failure_with_a_name() {
    // It never answers: two are asked, three wait for a connection, and the others find no room.
    let stub = Stub::start(|_| (Duration::from_secs(3_600), 200));
    let course = course(20.0, 2, 2, 5);
    let record = run(stub.address, course);
    let named = |what: &str| -> u64 {
        let failures = record.failures.iter();
        failures
            .filter(|((_, name), _)| name.contains(what))
            .map(|(_, failure)| failure.count)
            .sum()
    };
    let counts = record.all.counts;
    assert_eq!((counts.answered, counts.gave_up), (0, counts.failed));
    assert!(
        named("not sent: 5 were under way already") > 10,
        "{:?}",
        record.failures
    );
    assert!(
        named("not answered within 2 s") > 0,
        "{:?}",
        record.failures
    );
    // All of them count as having waited in vain.
    assert!(record.all.milliseconds(0.01) > 1_900.0);
}

#[test]
fn an_interruption_leaves_the_figures_of_what_was_measured_until_then() {
    let stub = Stub::start(|_| (Duration::ZERO, 200));
    let interruption = Interruption::default();
    let sent = run_until(
        stub.address,
        course(200.0, 60, 8, 100),
        &interruption,
        |since| {
            if since.is_some_and(|since| since >= Duration::from_secs(2)) {
                interruption.ask();
            }
        },
    );
    assert!(sent.course.duration < Duration::from_secs(30));
    let figures = figures_until(&sent);
    assert_eq!(figures.verdict, Verdict::NotMeasured);
    let reason = &figures.reasons[0];
    assert!(
        reason.starts_with("interrupted after ") && reason.ends_with(" s of 60 s"),
        "{reason}"
    );
    assert!(figures.load.seconds >= 2.0, "{figures:?}");
    // Of the seconds that there were, not of those that were meant.
    let rate = figures.answered_per_second;
    assert!((100.0..300.0).contains(&rate), "{rate}");
    assert!(figures.intervals.iter().all(|one| one.seconds >= 0.0));
    assert!(figures.soak.is_some());
}

#[test]
fn an_interruption_does_not_excuse_a_server_that_has_died() {
    let stub = Stub::start(|_| (Duration::ZERO, 200));
    let course = course(200.0, 1, 8, 100);
    let record = run(stub.address, course);
    let figures = Figures::of(&Measured {
        has_died: true,
        interrupted: Some("interrupted after 1 s of 60 s"),
        ..measured(&scenario(), &record, course)
    });
    let figures = figures.unwrap();
    assert_eq!(figures.verdict, Verdict::Missed);
    assert!(figures.reasons[0].contains("ended"), "{figures:?}");
}

#[test]
fn an_interruption_of_the_warm_up_leaves_nothing() {
    let stub = Stub::start(|_| (Duration::ZERO, 200));
    let interruption = Interruption::default();
    interruption.ask();
    let course = Course {
        warm_up: Duration::from_secs(10),
        ..course(0.1, 60, 8, 100)
    };
    let figures = figures_until(&run_until(stub.address, course, &interruption, |_| {}));
    assert_eq!((figures.requests, figures.load.seconds), (0, 0.0));
    assert_eq!(figures.verdict, Verdict::NotMeasured);
    assert!(
        figures.reasons[0].contains("nothing was measured"),
        "{figures:?}"
    );
    let shown = table::text(&figures) + &page::page(&figures);
    assert!(!shown.contains("NaN") && !shown.contains("inf"), "{shown}");
}

#[test]
fn refusals_by_limits_are_counted_apart_and_allow_no_verdict() {
    let stub = Stub::start(|_| (Duration::ZERO, 429));
    let course = course(100.0, 2, 8, 100);
    let record = run(stub.address, course);
    let figures = figures(&record, course, &[], false);
    assert_eq!((figures.answered, figures.failed), (0, 0));
    assert!(figures.refused > 100, "{figures:?}");
    assert_eq!(figures.verdict, Verdict::NotMeasured);
    let text = table::text(&figures);
    assert!(
        text.contains("429") && text.contains("RATE_LIMIT_PUBLIC"),
        "{text}"
    );
}

#[test]
fn a_server_that_is_gone_fails_every_request() {
    let address = Stub::start(|_| (Duration::ZERO, 200)).address;
    let course = course(200.0, 1, 8, 100);
    let record = run(address, course);
    let figures = figures(&record, course, &[], false);
    assert_eq!(figures.answered, 0);
    assert!(
        figures.failures[0].what.contains("connected to"),
        "{:?}",
        figures.failures
    );
}

#[test]
fn the_page_and_the_table_show_what_was_measured() {
    let stub = Stub::start(|now| {
        let status = if now.as_millis() % 10 == 0 { 503 } else { 200 };
        (Duration::ZERO, status)
    });
    let course = course(200.0, 3, 8, 100);
    let record = run(stub.address, course);
    let samples = [0.0, 1.0, 2.0].map(|at| Sample {
        at: Duration::from_secs_f64(at),
        cpu_seconds: at * 0.2,
        megabytes: 100.0 + at,
    });
    let mut figures = figures(&record, course, &samples, true);
    let server = figures.server.clone().unwrap();
    // Two tenths of a second of CPU for some 200 requests.
    assert!(
        (0.7..1.4).contains(&server.cpu_ms_per_request),
        "{server:?}"
    );
    assert!((server.megabytes_at_most - 102.0).abs() < 1e-9);
    // Whether its latency is flat follows from how busy this machine is.
    let soak = figures.soak.as_ref().unwrap();
    assert_eq!(soak.megabytes, Some([100.0, 102.0]));
    assert!(
        (soak.reasons.iter()).all(|reason| !reason.contains("memory")),
        "{soak:?}"
    );
    let step = Step {
        rate: 200.0,
        verdict: Verdict::Met,
        answered_per_second: 180.0,
        p50_ms: 1.0,
        p95_ms: 2.0,
        p99_ms: 3.0,
        failed_percent: 0.0,
        reason: None,
    };
    figures = figures.with_knee(Knee {
        steps: vec![step],
        good: Some(200.0),
        bad: Some(210.0),
    });
    let page = page::page(&figures);
    for part in [
        "<span class=\"verdict met\">LIMIT FOUND</span>",
        "Latency over time",
        "Requests over time",
        "Failures over time",
        "Latency by percentile",
        "CPU per request",
        "Memory",
        "Answered at each rate",
        "Minute by minute",
        "Pods that a rate needs",
        "a &lt;stub&gt;",
        "the knee is between 200 and 210 requests/s",
        "<td>503</td>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(!page.contains("NaN") && !page.contains("<script"), "{page}");
    let text = table::text(&figures);
    for part in ["one: 503", "minute", "2000 requests/s", "LIMIT FOUND"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let json = serde_json::to_value(&figures).unwrap();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["verdict"], "met");
    assert_eq!(json["load"]["pattern"], "poisson");
}

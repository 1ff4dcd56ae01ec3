//! `cargo xtask review`: what a week, or a month, was like: the plan's success metrics, the error budget, trends, the most that was
//! needed, alerts, and what is to be done each month. It judges nothing that runs.

mod figures;
mod html;
mod questions;
mod releases;
mod report;
mod routine;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use ports::Clock as _;
use rollout::{Policy, history, span};

use self::figures::{Budget, Goal, Incident, Measure, Peak, Review};
use self::html::Trend;
use self::questions::Questions;
use self::releases::Releases;
use crate::reporting::{Shape, parse_span, write_page};
use crate::rollout::measuring::{Meter, PrometheusArguments};
use crate::rollout::{DirectoryArguments, PolicyArguments};
use crate::system_clock::SystemClock;

/// From here on, what is to be done each month is shown, too.
const MONTH: Duration = Duration::from_secs(30 * 86_400);
/// Points of a plot.
const POINTS: u32 = 200;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask review --prometheus http://localhost:9090 --html review.html
  cargo xtask review --prometheus http://localhost:9090 --since 30d --format json

Counts are those of Prometheus, which must keep them for as long; releases are those of --directory. Ends with 0 when the review was
made, whatever it says, with 1 when it could not be (no --prometheus, and a --since out of range, are that, too), and with 2 on options
that cannot be read.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    prometheus: PrometheusArguments,
    /// What is looked back at, as 7d or 30d; from 30d on, what is to be done each month is listed as well
    #[arg(long, default_value = "7d", value_parser = parse_span)]
    since: Duration,
    #[command(flatten)]
    directory: DirectoryArguments,
    #[command(flatten)]
    policy: PolicyArguments,
    /// The checks and confirmations of `cargo xtask checklist`
    #[arg(long, value_name = "FILE", default_value = "checklist.json")]
    confirmations: PathBuf,
    /// Where to write a page with plots
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    format: Shape,
}

/// # Errors
///
/// When something that must be asked does not answer.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    ensure!(
        (Duration::from_secs(60)..=Duration::from_secs(366 * 86_400)).contains(&arguments.since),
        "--since {} must be between 1m and 366d",
        span::text(arguments.since)
    );
    let policy = arguments.policy.read()?;
    let meter = arguments.prometheus.meter(&policy)?;
    let to = SystemClock.now();
    let from = to - TimeDelta::from_std(arguments.since)?;
    let job = arguments.prometheus.job(&policy);
    let asker = Asker {
        questions: Questions::new(job, &policy.monitoring, arguments.since),
        meter: &meter,
        from,
        to,
    };
    let text = arguments.directory.open().history()?;
    let records = history::read(&text)
        .context("the history cannot be read")?
        .records;
    let mut review = Review::between(from, to);
    review.measures = of_releases(&Releases::of(&records, (from, to)));
    if asker
        .number("processes", &asker.questions.processes())?
        .is_none()
    {
        eprintln!(
            "note: Prometheus knows no process of job {job} now: see whether --job and its targets are right"
        );
    }
    let requests = asker.count("requests", &asker.questions.requests())?;
    let failed = asker.count("failed requests", &asker.questions.failed_requests())?;
    review
        .measures
        .extend(of_traffic(&asker, &policy, (requests, failed))?);
    review.budget = (requests >= 0.5).then(|| Budget {
        allowed: requests * policy.budget(),
        failed,
    });
    review.capacity = asker.capacity()?;
    review.incidents = asker.incidents()?;
    if arguments.since >= MONTH {
        review.monthly = routine::duties(&arguments.confirmations, to)?;
    }
    if let Some(path) = &arguments.html {
        let page = html::page(&review, &asker.trends()?);
        write_page(path, &page)?;
    }
    match arguments.format {
        Shape::Table => print!("{}", report::table(&review)),
        Shape::Json => println!("{}", serde_json::to_string_pretty(&review)?),
    }
    Ok(ExitCode::SUCCESS)
}

/// The plan's figures of deployments.
fn of_releases(releases: &Releases) -> Vec<Measure> {
    #[expect(clippy::cast_precision_loss, reason = "counts of releases")]
    let share = |part: u64| (part as f64, releases.ended() as f64);
    let (finished, ended) = share(releases.finished);
    let (rolled_back, _) = share(releases.rolled_back);
    vec![
        Measure::share(
            "Releases that went through",
            finished,
            ended,
            Some(Goal::Above(0.95)),
        ),
        Measure::share(
            "Releases that were rolled back",
            rolled_back,
            ended,
            Some(Goal::Below(0.05)),
        ),
        Measure::seconds(
            "From the decision to roll back to all on the old",
            releases.seconds_to_restore(),
            releases.restored_in.len(),
            Some(Goal::Below(15.0 * 60.0)),
        ),
    ]
}

fn of_traffic(
    asker: &Asker<'_>,
    policy: &Policy,
    (requests, failed): (f64, f64),
) -> anyhow::Result<Vec<Measure>> {
    let questions = &asker.questions;
    let kept = |objective: &str| {
        let objective = policy.objectives.get(objective);
        objective.map(|objective| Goal::AtLeast(1.0 - objective.limit.bad_at_most))
    };
    let at_most = |objective: &str| {
        let objective = policy.objectives.get(objective);
        objective.map(|objective| Goal::AtMost(objective.limit.bad_at_most))
    };
    let searches = asker.count("searches", &questions.searches())?;
    let failed_searches = asker.count("failed searches", &questions.failed_searches())?;
    let tasks = asker.count("tasks", &questions.ended_tasks())?;
    let failed_tasks = asker.count("failed tasks", &questions.failed_tasks())?;
    let found = asker.count("answered searches", &questions.found_searches())?;
    let empty = asker.count("searches that found nothing", &questions.empty_searches())?;
    let impressions = asker.count("impressions", &questions.impressions())?;
    let clicks = asker.count("clicks", &questions.clicks())?;
    Ok(vec![
        Measure::share(
            "Searches answered within a second",
            searches - failed_searches,
            searches,
            kept("search"),
        ),
        Measure::share(
            "Tasks of agents that succeeded",
            tasks - failed_tasks,
            tasks,
            kept("agent_tasks"),
        ),
        Measure::share(
            "Requests that failed",
            failed,
            requests,
            at_most("error_rate"),
        ),
        Measure::share("Searches that found nothing", empty, found, None),
        Measure::share(
            "Recommendations that were clicked",
            clicks,
            impressions,
            None,
        ),
    ])
}

/// Asks about one stretch of time.
struct Asker<'a> {
    questions: Questions<'a>,
    meter: &'a Meter,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Asker<'_> {
    fn number(&self, what: &'static str, query: &str) -> anyhow::Result<Option<f64>> {
        self.meter
            .ask(async |prometheus| prometheus.number(what, query, self.to).await)
    }

    /// 0 where nobody knows one.
    fn count(&self, what: &'static str, query: &str) -> anyhow::Result<f64> {
        Ok(self.number(what, query)?.unwrap_or(0.0))
    }

    fn capacity(&self) -> anyhow::Result<Vec<Peak>> {
        let questions = &self.questions;
        let peaks = [
            ("requests a second", questions.busiest(), "/s"),
            ("CPU of one process", questions.cores(), "cores"),
            (
                "memory of one process, of its limit",
                questions.memory(),
                "share",
            ),
            (
                "connections to Postgres of one process, of its pool",
                questions.pool(),
                "share",
            ),
        ];
        let peak = |(name, query, unit): (&'static str, String, &'static str)| {
            let value = self.number(name, &query)?;
            Ok(Peak { name, value, unit })
        };
        peaks.into_iter().map(peak).collect()
    }

    /// The longest first.
    fn incidents(&self) -> anyhow::Result<Vec<Incident>> {
        let query = self.questions.alerts();
        let ask = async |prometheus: &adapter_prometheus::Prometheus| {
            let by = (query.as_str(), "alertname");
            prometheus.numbers_by("alerts", by, self.to).await
        };
        let found = self.meter.ask(ask)?;
        let mut incidents: Vec<Incident> = found
            .into_iter()
            .map(|(alert, minutes)| Incident {
                severity: self.questions.severity(&alert),
                alert,
                minutes,
            })
            .collect();
        incidents.sort_by(|one, other| other.minutes.total_cmp(&one.minutes));
        Ok(incidents)
    }

    fn trends(&self) -> anyhow::Result<Vec<Trend>> {
        // A rate needs some scrapes, which are seldom further apart than a minute.
        let step = ((self.to - self.from).to_std()? / POINTS).max(Duration::from_secs(15));
        let window = span::text(step.max(Duration::from_secs(60)));
        let questions = &self.questions;
        let trends = [
            ("Requests a second", questions.rate(&window), "/s", 1.0),
            (
                "Requests that failed",
                questions.failing(&window),
                "%",
                100.0,
            ),
            (
                "Requests that took longer than 200 ms",
                questions.slow(&window),
                "%",
                100.0,
            ),
        ];
        let trend = |(title, query, unit, times): (&'static str, String, &'static str, f64)| {
            let span = (self.from, self.to);
            let points = self
                .meter
                .ask(async |prometheus| prometheus.curve(title, &query, span, step).await)?;
            let points = points.into_iter().map(|(at, value)| (at, value * times));
            Ok(Trend {
                title,
                unit,
                points: points.collect(),
            })
        };
        trends.into_iter().map(trend).collect()
    }
}

//! What the page says, before it is put into words.

use std::time::Duration;

use domain::circuit_breaker::BreakerState;
use telemetry::{LOOK_EVERY, Look, Stretch};

use crate::state::ApiState;

const FIVE_MINUTES: Duration = Duration::from_secs(300);
const HOUR: Duration = Duration::from_secs(3_600);

pub(super) struct Facts {
    pub(super) version: String,
    pub(super) is_ready: bool,
    /// `None` where metrics are off.
    pub(super) up_for: Option<Duration>,
    pub(super) checks: Vec<Dependency>,
    pub(super) five_minutes: Option<Stretch>,
    pub(super) hour: Option<Stretch>,
    /// Of the last hour, the oldest first.
    pub(super) stretches: Vec<Stretch>,
    pub(super) scholarships: u64,
    pub(super) segments: u64,
    pub(super) lag: Duration,
    pub(super) workers: usize,
    pub(super) busy: usize,
    pub(super) is_center_up: Option<bool>,
    /// `None` where no language model is configured.
    pub(super) model: Option<Model>,
}

pub(super) struct Dependency {
    pub(super) name: &'static str,
    pub(super) problem: Option<String>,
}

pub(super) struct Model {
    pub(super) name: String,
    pub(super) breaker: BreakerState,
    /// In US dollars.
    pub(super) limit: f64,
    /// `None` when nobody can say.
    pub(super) spent: Option<f64>,
}

pub(super) async fn of(state: &ApiState) -> Facts {
    let application = &state.application;
    let report = application.readiness.report().await;
    let index = application.readiness.index();
    let looks = state.metrics.looks();
    let workload = application.tasks.workload();
    let checks = report.checks.into_iter().map(|check| Dependency {
        name: check.name,
        problem: check.problem,
    });
    Facts {
        version: state.settings.version.clone(),
        is_ready: report.ready && !state.is_draining(),
        up_for: looks.last().map(|look: &Look| look.after),
        checks: checks.collect(),
        five_minutes: Stretch::of_the_last(FIVE_MINUTES, &looks),
        hour: Stretch::of_the_last(HOUR, &looks),
        // The last one ends now, and may have lasted for a moment: a rate of too little time is none.
        stretches: Stretch::each(&looks)
            .into_iter()
            .filter(|stretch| stretch.lasted >= LOOK_EVERY / 2)
            .collect(),
        scholarships: index.scholarships,
        segments: index.segments,
        lag: application.follower.lag(),
        workers: workload.workers,
        busy: workload.busy,
        is_center_up: application.tasks.is_center_up(),
        model: application.assistant.status().await.map(|model| Model {
            name: model.name,
            breaker: model.breaker,
            limit: dollars(model.daily_limit.0),
            spent: model.spent_today.map(|spent| dollars(spent.0)),
        }),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a day's money is less than 2^52 millionths of a dollar"
)]
fn dollars(micro_usd: u64) -> f64 {
    micro_usd as f64 / 1e6
}

//! What all rules look at.

use std::time::Duration;

use crate::{
    policy::{Limit, Measure, Policy, Stage},
    snapshot::{Component, Counts, Snapshot, VersionSnapshot, Window, fields, query_name},
    statistics::Tally,
    verdict::{Bound, Flip, Interval, Missing, Rule, Side, Status},
};

/// The present traffic is that of the shortest window that is at least this long.
const PRESENT: Duration = Duration::from_secs(300);

pub(super) struct Case<'a> {
    pub(super) policy: &'a Policy,
    pub(super) stage: &'a Stage,
    pub(super) snapshot: &'a Snapshot,
    /// The part of the whole risk that each rule has.
    alpha: f64,
    /// The same for each of its looks in the stage.
    alpha_of_a_look: f64,
}

impl<'a> Case<'a> {
    pub(super) fn new(policy: &'a Policy, stage: &'a Stage, snapshot: &'a Snapshot) -> Self {
        let alpha = policy.alpha_of_each();
        let longest = stage.at_most.unwrap_or(stage.at_least).max(stage.at_least);
        let looks = longest.div_duration_f64(policy.statistics.look_every);
        Self {
            policy,
            stage,
            snapshot,
            alpha,
            alpha_of_a_look: alpha / looks.max(1.0),
        }
    }

    /// The risk of one look at this window. Bounds for all looks together need counts that only grow, as those of the whole
    /// stage; a window that slides along has its risk shared out among the looks.
    pub(super) fn alpha(&self, window: Window) -> f64 {
        match window {
            Window::Stage => self.alpha,
            Window::Last(_) => self.alpha_of_a_look,
        }
    }

    /// At 100 % there is nothing to compare with.
    pub(super) fn has_stable(&self) -> bool {
        self.stage.weight_percent < 100
    }

    pub(super) fn canary(&self, window: Window, measure: Measure) -> Component<Tally> {
        tally(&self.snapshot.canary, window, measure)
    }

    pub(super) fn stable(&self, window: Window, measure: Measure) -> Component<Tally> {
        tally(&self.snapshot.stable, window, measure)
    }

    pub(super) fn level(&self, window: Window, measure: Measure) -> Component<f64> {
        self.snapshot
            .canary
            .counts(window)
            .map_or(Component::Missing, |counts| counts.level(measure))
    }

    /// The texts of the queries behind a measure of a version.
    pub(super) fn queries(&self, version: &str, window: Window, measure: Measure) -> Vec<String> {
        let text = |field: &&str| {
            let name = query_name(version, window, field);
            self.snapshot.queries.get(&name).cloned()
        };
        fields(measure).iter().filter_map(text).collect()
    }

    /// What a rule waits for that has seen `have` of `need`, and how long at the present traffic.
    pub(super) fn missing(&self, measure: Measure, have: Option<u64>, need: u64) -> Missing {
        let left = need.saturating_sub(have.unwrap_or(0)) as f64;
        let per_second = self.per_second(|counts| {
            let tally = counts.tally(measure).present()?;
            Some(tally.n)
        });
        Missing {
            what: format!("canary {}", sample_of(measure)),
            have,
            need,
            about_seconds: per_second.map(|rate| (left / rate).ceil() as u64),
        }
    }

    /// How many things the canary does in a second at present. None when it does none.
    fn per_second(&self, count: impl Fn(&Counts) -> Option<u64>) -> Option<f64> {
        let elapsed = self.snapshot.seconds_in_stage().max(1);
        let windows = &self.snapshot.canary.windows;
        let (window, counts) = windows.iter().find(|(window, _)| match window {
            Window::Last(span) => *span >= PRESENT,
            Window::Stage => true,
        })?;
        let seconds = match window {
            Window::Last(span) => span.as_secs().min(elapsed),
            Window::Stage => elapsed,
        };
        count(counts)
            .filter(|count| *count > 0)
            .map(|count| count as f64 / seconds as f64)
    }
}

fn tally(version: &VersionSnapshot, window: Window, measure: Measure) -> Component<Tally> {
    version
        .counts(window)
        .map_or(Component::Missing, |counts| counts.tally(measure))
}

/// What the sample of a measure consists of.
fn sample_of(measure: Measure) -> &'static str {
    match measure {
        Measure::SearchErrors => "searches",
        Measure::RecommendationErrors => "recommendations",
        Measure::AiFailures => "model calls",
        Measure::AiFallbacks => "questions to the model",
        Measure::AgentTaskFailures => "agent tasks",
        Measure::CacheMisses => "cache lookups",
        Measure::Unavailable | Measure::ServerErrors | Measure::SlowRequests { .. } => "requests",
        Measure::PoolUse | Measure::Memory | Measure::SecurityViolations | Measure::Restarts => {
            "measurements"
        }
    }
}

impl Rule {
    pub(super) fn counted(mut self, tally: Tally, value: Option<f64>) -> Self {
        self.count = Some(tally.failures);
        self.n = Some(tally.n);
        self.value = value;
        self
    }

    pub(super) fn within(
        mut self,
        lower: f64,
        upper: f64,
        alpha: f64,
        for_all_looks: bool,
    ) -> Self {
        self.interval = Some(Interval {
            lower,
            upper: Some(upper).filter(|upper| upper.is_finite()),
            alpha,
            for_all_looks,
        });
        self
    }

    pub(super) fn bounded(mut self, side: Side, value: f64) -> Self {
        self.bound = Some(Bound { side, value });
        self
    }

    /// Waits for data that are not there at all.
    pub(super) fn waiting(mut self, missing: Missing) -> Self {
        self.status = Status::Undecided;
        self.missing = Some(missing);
        self
    }

    pub(super) fn flipped_by(mut self, what: &str, side: Side, value: f64, to: Status) -> Self {
        self.flip = Some(Flip {
            what: what.to_owned(),
            side,
            value,
            to,
        });
        self
    }

    /// `fewest` failures are the fewest with which this rule fails.
    pub(super) fn flipped_by_failures(self, fewest: Option<u64>, otherwise: Status) -> Self {
        match fewest {
            Some(fewest) if self.status == Status::Failed => {
                let most = fewest.saturating_sub(1) as f64;
                self.flipped_by("failures", Side::AtMost, most, otherwise)
            }
            Some(fewest) => {
                self.flipped_by("failures", Side::AtLeast, fewest as f64, Status::Failed)
            }
            None => self,
        }
    }

    /// Says shares as people say them: of the good ones where the limit does.
    pub(super) fn said_as(mut self, limit: Limit) -> Self {
        if limit.side == Side::AtMost {
            return self;
        }
        self.value = self.value.map(|bad| 1.0 - bad);
        if let Some(interval) = &mut self.interval {
            let upper = interval.upper.unwrap_or(1.0);
            interval.upper = Some(1.0 - interval.lower);
            interval.lower = 1.0 - upper;
        }
        if let Some(bound) = &mut self.bound {
            bound.side = Side::AtLeast;
            bound.value = 1.0 - bound.value;
        }
        self
    }

    /// To nine digits: the last bits of a logarithm differ between machines, and a hash must not.
    pub(super) fn round(&mut self) {
        let interval = self.interval.iter_mut();
        let ends = interval.flat_map(|interval| {
            [
                Some(&mut interval.lower),
                interval.upper.as_mut(),
                Some(&mut interval.alpha),
            ]
        });
        let bound = self.bound.as_mut().map(|bound| &mut bound.value);
        let flip = self.flip.as_mut().map(|flip| &mut flip.value);
        let values = ends
            .flatten()
            .chain(self.value.as_mut())
            .chain(bound)
            .chain(flip);
        for value in values {
            *value = to_nine_digits(*value);
        }
    }
}

fn to_nine_digits(value: f64) -> f64 {
    format!("{value:.8e}").parse().unwrap_or(value)
}

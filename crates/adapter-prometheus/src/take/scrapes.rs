//! Whether the counts come in at all.

use chrono::DateTime;
use rollout::snapshot::Scrape;

use crate::{
    answer::Series,
    lifetimes::Lifetime,
    promql::{Millis, one_of},
    subject::Subject,
};

pub(super) fn query(subject: &Subject, job: &str) -> String {
    let (scope, job) = (subject.scope(None), one_of("job", [job]));
    let parts = [
        ("targets", format!("count by (version) (up{{{scope}}})")),
        ("up", format!("sum by (version) (up{{{scope}}})")),
        (
            "seen",
            format!("max by (version) (timestamp(process_start_time_seconds{{{scope}}}))"),
        ),
        ("known", format!("count by (version) (up{{{job}}})")),
    ];
    let parts = parts
        .map(|(name, text)| format!("label_replace({text}, \"count\", \"{name}\", \"\", \"\")"));
    parts.join("\nor ")
}

pub(super) fn of_version(found: &[Series], version: &str, lives: &[Lifetime]) -> Scrape {
    let value = |count: &str| {
        let mut found = found.iter();
        let series = found
            .find(|series| series.label("version") == version && series.label("count") == count)?;
        series.last().map(|(_, value)| value)
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "casting saturates"
    )]
    let whole = |count| value(count).unwrap_or(0.0) as u32;
    #[expect(clippy::cast_possible_truncation, reason = "casting saturates")]
    let seen = value("seen").map(|seconds| (seconds * 1_000.0).round() as Millis);
    let ended = lives
        .iter()
        .filter(|life| life.place.group == version)
        .map(|life| life.end);
    let targets = whole("targets");
    Scrape {
        targets,
        up: whole("up").min(targets),
        last_seen_at: seen
            .or(ended.max())
            .and_then(DateTime::from_timestamp_millis),
    }
}

/// The versions that targets have, in order.
pub(super) fn known_versions(found: &[Series]) -> Vec<String> {
    let known = found
        .iter()
        .filter(|series| series.label("count") == "known");
    let mut known: Vec<String> = known
        .map(|series| series.label("version").to_owned())
        .collect();
    known.sort();
    known
}

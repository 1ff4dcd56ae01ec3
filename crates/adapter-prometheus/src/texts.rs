//! The text behind each count: put to Prometheus again, it gives the same number.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    counters::Counter,
    counts::Part,
    promql::{Millis, seconds_text},
    stretches::Stretch,
    subject::Subject,
};

/// What a counter grew by: its last values, less those that the window began with.
fn grown(subject: &Subject, part: &Part<'_>, counter: Counter) -> String {
    let term = |(at, instances): (Millis, Option<Vec<&str>>)| {
        subject.term(counter, part.group, instances.as_deref(), at)
    };
    let plus: Vec<String> = moments(part, |stretch| Some(stretch.end))
        .map(term)
        .collect();
    let minus = moments(part, |stretch| stretch.begin).map(term);
    let minus: String = minus.map(|term| format!(" - {term}")).collect();
    if plus.is_empty() {
        return format!("vector(0){minus}");
    }
    format!("{}{minus}", plus.join(" + "))
}

/// The same for each bucket. A bucket that was not there at a moment held nothing.
fn within(subject: &Subject, part: &Part<'_>) -> String {
    let term = |(at, instances): (Millis, Option<Vec<&str>>)| {
        subject.buckets(part.group, instances.as_deref(), at)
    };
    let mut plus = moments(part, |stretch| Some(stretch.end)).map(term);
    let Some(first) = plus.next() else {
        return "vector(0)".to_owned();
    };
    let or_nothing = |term: String| format!("({term} or {first} * 0)");
    let plus: String = plus
        .map(|term| format!(" + {}", or_nothing(term)))
        .collect();
    let minus = moments(part, |stretch| stretch.begin).map(term);
    let minus: String = minus
        .map(|term| format!(" - {}", or_nothing(term)))
        .collect();
    format!("{first}{plus}{minus}")
}

/// Each moment with the instances of which it counts, or none where it is all.
fn moments<'a>(
    part: &'a Part<'_>,
    moment: impl Fn(&Stretch) -> Option<Millis>,
) -> impl Iterator<Item = (Millis, Option<Vec<&'a str>>)> {
    let mut moments: BTreeMap<Millis, BTreeSet<&str>> = BTreeMap::new();
    for stretch in &part.stretches {
        if let Some(at) = moment(stretch) {
            moments.entry(at).or_default().insert(&stretch.instance);
        }
    }
    moments.into_iter().map(|(at, instances)| {
        let all = part
            .moments
            .get(&at)
            .map(|moment| moment.instances(part.group));
        let are_all = all.is_none_or(|all| all.is_subset(&instances));
        (at, (!are_all).then(|| instances.into_iter().collect()))
    })
}

/// By the name of the count. Counts of several numbers have a query for each, under a comment with its name.
pub(crate) fn of_service(subject: &Subject, part: &Part<'_>) -> Vec<(&'static str, String)> {
    use Counter as C;
    let one = |counter| grown(subject, part, counter);
    let less = |all, good| format!("{} - ({})", one(all), one(good));
    let named = |parts: &[(&str, String)]| {
        let parts: Vec<String> = parts
            .iter()
            .map(|(name, text)| format!("# {name}\n{text}"))
            .collect();
        parts.join("\n")
    };
    let late = |all, errors, timed, in_time| {
        let failed = format!("{} + {}", one(errors), less(timed, in_time));
        named(&[("all", one(all)), ("failed", failed)])
    };
    vec![
        ("requests", one(C::Requests)),
        ("server_errors", one(C::ServerErrors)),
        (
            "slower_than_ms",
            named(&[
                ("all", one(C::Timed)),
                ("within each edge", within(subject, part)),
            ]),
        ),
        (
            "search",
            late(
                C::Searches,
                C::SearchErrors,
                C::SearchesTimed,
                C::SearchesInTime,
            ),
        ),
        (
            "recommendations",
            late(
                C::Recommendations,
                C::RecommendationErrors,
                C::RecommendationsTimed,
                C::RecommendationsInTime,
            ),
        ),
        (
            "ai",
            named(&[
                ("questions", one(C::AiAnswers)),
                ("fallbacks", one(C::AiFallbacks)),
                ("calls", one(C::AiCalls)),
                ("failed", one(C::AiFailures)),
            ]),
        ),
        (
            "agent_tasks",
            named(&[
                ("all", one(C::AgentTasks)),
                ("failed", one(C::AgentTaskFailures)),
            ]),
        ),
        (
            "cache",
            named(&[
                ("all", one(C::CacheLookups)),
                ("failed", less(C::CacheLookups, C::CacheHits)),
            ]),
        ),
        ("security_violations", one(C::SecurityViolations)),
    ]
}

pub(crate) fn of_router(subject: &Subject, part: &Part<'_>) -> [(&'static str, String); 2] {
    let one = |counter| grown(subject, part, counter);
    let unanswered = format!(
        "{} + {}",
        one(Counter::ConnectionErrors),
        one(Counter::ResponseErrors)
    );
    [("sent", one(Counter::Sent)), ("unanswered", unanswered)]
}

/// Processes to ask, those that answered, and when the last one did.
pub(crate) fn of_scrape(subject: &Subject, version: &str, at: Millis) -> String {
    let (scope, at) = (subject.scope(Some(version)), seconds_text(at));
    format!(
        "# targets\ncount(up{{{scope}}} @ {at})\n# up\nsum(up{{{scope}}} @ {at})\n# last seen\nmax(timestamp(process_start_time_seconds{{{scope}}} @ {at}))"
    )
}

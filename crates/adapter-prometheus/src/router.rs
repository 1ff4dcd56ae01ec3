//! What only the router knows: how many backends of each version it would send requests to.

use std::time::Duration;

use rollout::snapshot::Component;

use crate::{
    answer::Series,
    promql::{Millis, millis_of, seconds_text},
    subject::Subject,
};

/// Servers that are up and not weighed with 0, by backend; where there are several routers, what the one with the fewest sees.
fn ready(scope: &str, at: &str) -> String {
    format!(
        "min by (proxy) (sum by (instance, proxy) (haproxy_server_status{{{scope},state=\"UP\"}}{at} * on (instance, proxy, server) (haproxy_server_weight{{{scope}}}{at} > bool 0)))"
    )
}

/// With the moment of the oldest of those counts.
pub(crate) fn query(subject: &Subject) -> String {
    let scope = subject.scope(None);
    let count = ready(&scope, "");
    format!(
        "label_replace({count}, \"count\", \"ready\", \"\", \"\")\nor label_replace(min by (proxy) (timestamp(haproxy_server_status{{{scope},state=\"UP\"}})), \"count\", \"seen\", \"\", \"\")"
    )
}

pub(crate) fn text(subject: &Subject, backend: &str, at: Millis) -> String {
    ready(
        &subject.scope(Some(backend)),
        &format!(" @ {}", seconds_text(at)),
    )
}

/// Missing when nobody says it, or for too long nobody did.
pub(crate) fn ready_backends(
    found: &[Series],
    backend: &str,
    at: Millis,
    stale_after: Duration,
) -> Component<u32> {
    let value = |count: &str| {
        let mut found = found.iter();
        let series = found
            .find(|series| series.label("proxy") == backend && series.label("count") == count)?;
        series.last().map(|(_, value)| value)
    };
    let fresh = || {
        let seen = value("seen")? * 1_000.0;
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds since 1970 are exact for long"
        )]
        let oldest = (at - millis_of(stale_after)) as f64;
        let count = value("ready").filter(|count| (0.0..1e6).contains(count))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is in range"
        )]
        let count = (seen >= oldest).then_some(count as u32);
        count
    };
    fresh().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ready: f64, seen: f64) -> Vec<Series> {
        [("ready", ready), ("seen", seen)]
            .map(|(count, value)| Series {
                labels: [("proxy", "canary"), ("count", count)]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
                samples: vec![(0, value)],
            })
            .to_vec()
    }

    #[test]
    fn old_and_foreign_answers_are_missing() {
        let ask =
            |found: &[Series]| ready_backends(found, "canary", 100_000, Duration::from_secs(20));
        assert_eq!(ask(&found(2.0, 90.0)), Component::Present(2));
        assert_eq!(ask(&found(0.0, 80.0)), Component::Present(0));
        assert_eq!(ask(&found(2.0, 79.0)), Component::Missing);
        assert_eq!(ask(&found(f64::NAN, 90.0)), Component::Missing);
        assert_eq!(ask(&[]), Component::Missing);
    }
}

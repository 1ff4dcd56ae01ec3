//! What Prometheus answers, and what does not come from it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{QueryError, promql::Millis};

/// How much of a foreign answer is shown.
const BEGINNING: usize = 60;

/// How much of a message is shown.
const MESSAGE: usize = 300;

/// Samples in the order of their times. Values may be no numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) samples: Vec<(Millis, f64)>,
}

impl Series {
    /// Empty where there is none, as in Prometheus.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// The youngest sample.
    pub(crate) fn last(&self) -> Option<(Millis, f64)> {
        self.samples.last().copied()
    }
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    data: Option<Data>,
    #[serde(default, rename = "errorType")]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Vector(Vec<Found<Point>>),
    Matrix(Vec<Found<Point>>),
}

#[derive(Deserialize)]
struct Found<P> {
    metric: BTreeMap<String, String>,
    value: Option<P>,
    #[serde(default = "Vec::new")]
    values: Vec<P>,
}

/// Seconds, and a number as a text: JSON has neither NaN nor infinity.
#[derive(Deserialize)]
struct Point(f64, String);

/// # Errors
/// Whatever makes the answer one that no count may be taken from.
pub(crate) fn series(status: u16, body: &[u8]) -> Result<Vec<Series>, QueryError> {
    let answer: Option<Answer> = serde_json::from_slice(body).ok();
    match (status, answer) {
        (401, _) => Err(QueryError::Unauthorized),
        (403, _) => Err(QueryError::Forbidden),
        (_, Some(answer)) if answer.status == "error" => Err(refused(status, answer)),
        (404, _) => Err(QueryError::NotFound),
        (408 | 429 | 500..=599, _) => Err(QueryError::Unavailable { status }),
        (200, Some(answer)) if answer.status == "success" => found(answer, body),
        (200, _) => Err(foreign(body)),
        _ => Err(QueryError::Status { status }),
    }
}

fn refused(status: u16, answer: Answer) -> QueryError {
    QueryError::Refused {
        status,
        kind: answer.error_type.chars().take(BEGINNING).collect(),
        message: answer.error.chars().take(MESSAGE).collect(),
    }
}

fn found(answer: Answer, body: &[u8]) -> Result<Vec<Series>, QueryError> {
    if !answer.warnings.is_empty() {
        let warnings = answer.warnings.join("; ");
        return Err(QueryError::Partial(
            warnings.chars().take(MESSAGE).collect(),
        ));
    }
    let Some(Data::Vector(found) | Data::Matrix(found)) = answer.data else {
        return Err(foreign(body));
    };
    let series = found.into_iter().map(|found| {
        let samples = found.value.into_iter().chain(found.values).map(sample);
        Some(Series {
            labels: found.metric,
            samples: samples.collect::<Option<_>>()?,
        })
    });
    series.collect::<Option<_>>().ok_or_else(|| foreign(body))
}

fn sample(Point(seconds, value): Point) -> Option<(Millis, f64)> {
    #[expect(clippy::cast_possible_truncation, reason = "casting saturates")]
    let at = (seconds * 1_000.0).round() as Millis;
    let value = match value.as_str() {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        other => other.parse().ok()?,
    };
    Some((at, value))
}

fn foreign(body: &[u8]) -> QueryError {
    let beginning = String::from_utf8_lossy(&body[..body.len().min(BEGINNING)]);
    QueryError::NotPrometheus {
        beginning: beginning.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VECTOR: &str = r#"{"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"version":"1"},"value":[1700000000.25,"3"]}, {"metric":{},"value":[1,"NaN"]}]}}"#;

    #[test]
    fn vectors_and_matrices_are_read() {
        let found = series(200, VECTOR.as_bytes()).unwrap();
        assert_eq!(found[0].label("version"), "1");
        assert_eq!(found[0].last(), Some((1_700_000_000_250, 3.0)));
        assert!(found[1].last().unwrap().1.is_nan());
        let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{},"values":[[1,"1"],[2,"+Inf"]]}]}}"#;
        let found = series(200, matrix.as_bytes()).unwrap();
        assert_eq!(found[0].samples, [(1_000, 1.0), (2_000, f64::INFINITY)]);
    }

    #[test]
    fn what_cannot_be_believed_is_an_error() {
        let with_warning = VECTOR.replacen('{', r#"{"warnings":["a store is away"],"#, 1);
        for (status, body, expected) in [
            (200, with_warning.as_str(), "a store is away"),
            (200, "<html>Sign in</html>", "Sign in"),
            (200, &VECTOR[..VECTOR.len() - 9], "no JSON of Prometheus"),
            (200, r#"{"status":"success"}"#, "no JSON of Prometheus"),
            (200, r#"{"status":"ok","data":[]}"#, "no JSON of Prometheus"),
            (
                200,
                r#"{"status":"error","errorType":"timeout","error":"slow"}"#,
                "timeout",
            ),
            (
                422,
                r#"{"status":"error","errorType":"execution","error":"too many"}"#,
                "too many",
            ),
            (401, "", "bearer token"),
            (403, "", "may not ask"),
            (404, "page not found", "a path missing"),
            (503, "", "try again"),
            (204, "", "never answers"),
        ] {
            let error = series(status, body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_a_panic(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = series(status, &body);
        }

        #[test]
        fn an_answer_that_breaks_off_is_never_believed(length in 1..VECTOR.len()) {
            prop_assert!(series(200, &VECTOR.as_bytes()[..length]).is_err());
        }
    }
}

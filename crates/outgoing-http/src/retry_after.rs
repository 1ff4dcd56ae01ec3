//! How long a service asks to be left alone.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Longer waits are taken for this one, so that no clock overflows with them.
const LONGEST: Duration = Duration::from_secs(86_400);

/// From `retry-after-ms`, which is OpenAI's own, or else from `retry-after`, in seconds or as a date. A date counts from the
/// answer's own `date`, so that the clocks of two machines need not agree; without one it tells nothing. A day at most.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let milliseconds = text_of(headers, "retry-after-ms").and_then(|text| parts(text, 1_000.0));
    let wait = milliseconds.or_else(|| {
        let text = text_of(headers, RETRY_AFTER.as_str())?;
        parts(text, 1.0).or_else(|| until(text, text_of(headers, DATE.as_str())?))
    });
    wait.map(|wait| wait.min(LONGEST))
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// A number of which so many are a second.
fn parts(text: &str, in_a_second: f64) -> Option<Duration> {
    let number: f64 = text.parse().ok()?;
    let seconds = number / in_a_second;
    // Neither below zero nor no number at all; what is too much for a duration is too much anyway.
    (seconds >= 0.0)
        .then(|| Duration::try_from_secs_f64(seconds.min(LONGEST.as_secs_f64())).ok())
        .flatten()
}

/// Zero when the date is over.
fn until(date: &str, now: &str) -> Option<Duration> {
    let date = DateTime::parse_from_rfc2822(date).ok()?;
    let now = DateTime::parse_from_rfc2822(now).ok()?;
    Some((date - now).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn wait(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).expect("is a value");
            (HeaderName::from_static(name), value)
        });
        retry_after(&headers.collect())
    }

    const NOW: (&str, &str) = ("date", "Thu, 26 Nov 2026 12:00:00 GMT");

    #[test]
    fn seconds_milliseconds_and_dates_are_understood() {
        let seconds = Duration::from_secs;
        for (headers, expected) in [
            (vec![("retry-after", "7")], Some(seconds(7))),
            (
                vec![("retry-after", "0.5")],
                Some(Duration::from_millis(500)),
            ),
            (
                vec![("retry-after-ms", "20"), ("retry-after", "7")],
                Some(Duration::from_millis(20)),
            ),
            (
                vec![("retry-after-ms", "soon"), ("retry-after", "7")],
                Some(seconds(7)),
            ),
            (
                vec![("retry-after", "Thu, 26 Nov 2026 12:01:30 GMT"), NOW],
                Some(seconds(90)),
            ),
            (
                vec![("retry-after", "Thu, 26 Nov 2026 11:00:00 GMT"), NOW],
                Some(Duration::ZERO),
            ),
            (
                vec![("retry-after", "Thu, 26 Nov 2099 11:00:00 GMT"), NOW],
                Some(LONGEST),
            ),
            (vec![("retry-after", "1e300")], Some(LONGEST)),
            (vec![("retry-after", "inf")], Some(LONGEST)),
        ] {
            assert_eq!(wait(&headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn what_tells_nothing_is_ignored() {
        for headers in [
            vec![],
            vec![NOW],
            vec![("retry-after", "")],
            vec![("retry-after", "-1")],
            vec![("retry-after", "NaN")],
            vec![("retry-after", "soon"), NOW],
            vec![("retry-after", "Thu, 26 Nov 2026 12:01:30 GMT")],
            vec![
                ("retry-after", "Thu, 26 Nov 2026 12:01:30 GMT"),
                ("date", "now"),
            ],
        ] {
            assert_eq!(wait(&headers), None, "{headers:?}");
        }
    }

    proptest! {
        #[test]
        fn any_headers_are_read_without_a_panic(value in "[ -~]{0,40}", date in "[ -~]{0,40}") {
            let headers = [("retry-after-ms", value.as_str()), ("retry-after", &value), ("date", &date)];
            prop_assert!(wait(&headers).is_none_or(|wait| wait <= LONGEST));
            let _ = until(&value, &date);
        }
    }
}

//! Settings of traces, by the names that OpenTelemetry gave them.

use std::time::Duration;

use configuration::Reader;
use secrecy::SecretString;
use telemetry::{CollectorHeaders, Sampling, TraceSettings};

use super::Environment;

/// `None` without an endpoint; everything else is checked all the same.
pub(super) fn traces(reader: &mut Reader<'_>, environment: Environment) -> Option<TraceSettings> {
    let samplers = [("parentbased_traceidratio", true), ("traceidratio", false)];
    let sampling = Sampling {
        follows_parent: reader.choice("OTEL_TRACES_SAMPLER", &samplers, true),
        ratio: ratio(reader),
    };
    let timeout = milliseconds(reader, "OTEL_EXPORTER_OTLP_TIMEOUT", 60_000);
    let delay = milliseconds(reader, "OTEL_BSP_SCHEDULE_DELAY", 60_000);
    let queue = reader.number("OTEL_BSP_MAX_QUEUE_SIZE", 16, 65_536);
    let service_name = reader.text("OTEL_SERVICE_NAME");
    // The only one that is spoken.
    reader.choice("OTEL_EXPORTER_OTLP_PROTOCOL", &[("http/protobuf", ())], ());
    let headers = reader.optional("OTEL_EXPORTER_OTLP_HEADERS");
    let headers = headers.map(|text| CollectorHeaders::parse(&SecretString::from(text)));
    let headers = headers.transpose().unwrap_or_else(|error| {
        reader.refuse("OTEL_EXPORTER_OTLP_HEADERS", error.to_string());
        None
    });
    let endpoint = TraceSettings::endpoint_of(&reader.optional("OTEL_EXPORTER_OTLP_ENDPOINT")?);
    match endpoint {
        Ok(endpoint) => Some(TraceSettings {
            endpoint,
            headers: headers.unwrap_or_default(),
            timeout,
            service_name,
            environment: environment.as_str().to_owned(),
            sampling,
            queue: usize::try_from(queue).unwrap_or(usize::MAX),
            delay,
        }),
        Err(error) => {
            reader.refuse("OTEL_EXPORTER_OTLP_ENDPOINT", error.to_string());
            None
        }
    }
}

/// OpenTelemetry counts in milliseconds.
fn milliseconds(reader: &mut Reader<'_>, name: &str, most: u64) -> Duration {
    Duration::from_millis(reader.number(name, 10, most))
}

fn ratio(reader: &mut Reader<'_>) -> f64 {
    let text = reader.text("OTEL_TRACES_SAMPLER_ARG");
    let ratio = text
        .parse()
        .ok()
        .filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.unwrap_or_else(|| {
        reader.refuse(
            "OTEL_TRACES_SAMPLER_ARG",
            format!("must be a share from 0 to 1, such as 0.1, not `{text}`"),
        );
        0.0
    })
}

/// The settings in effect, by name.
pub(super) fn shown(traces: Option<&TraceSettings>) -> Vec<(&'static str, String)> {
    let Some(traces) = traces else {
        let off = "(none: no traces)".to_owned();
        return vec![("OTEL_EXPORTER_OTLP_ENDPOINT", off)];
    };
    let sampler = if traces.sampling.follows_parent {
        "parentbased_traceidratio"
    } else {
        "traceidratio"
    };
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", traces.endpoint.to_string()),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            format!("{:?}", traces.headers),
        ),
        (
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            traces.timeout.as_millis().to_string(),
        ),
        ("OTEL_SERVICE_NAME", traces.service_name.clone()),
        ("OTEL_TRACES_SAMPLER", sampler.to_owned()),
        ("OTEL_TRACES_SAMPLER_ARG", traces.sampling.ratio.to_string()),
        ("OTEL_BSP_MAX_QUEUE_SIZE", traces.queue.to_string()),
        (
            "OTEL_BSP_SCHEDULE_DELAY",
            traces.delay.as_millis().to_string(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use crate::settings::{Settings, SettingsError};

    fn load(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let map: HashMap<String, String> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Settings::from_variables(move |name| map.get(name).cloned())
    }

    #[test]
    fn traces_are_off_until_a_collector_is_named() {
        let settings = load(&[]).expect("valid");
        assert!(settings.traces.is_none());
        let shown = settings.redacted();
        assert!(
            shown.contains("OTEL_EXPORTER_OTLP_ENDPOINT=(none"),
            "{shown}"
        );
    }

    #[test]
    fn everything_of_a_collector_is_read_and_its_headers_are_not_shown() {
        let settings = load(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hidden"),
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
            ("OTEL_BSP_SCHEDULE_DELAY", "250"),
        ]);
        let settings = settings.expect("valid");
        let traces = settings.traces.as_ref().expect("on");
        assert!(!traces.sampling.follows_parent);
        assert_eq!(traces.sampling.ratio, 0.25);
        assert_eq!(traces.delay.as_millis(), 250);
        assert_eq!(traces.headers.len(), 1);
        let shown = settings.redacted();
        assert!(shown.contains("OTEL_TRACES_SAMPLER_ARG=0.25\n"), "{shown}");
        assert!(!format!("{shown}{settings:?}").contains("hidden"));
    }

    #[test]
    fn what_cannot_work_is_refused_by_name_and_secrets_are_not_repeated() {
        let wrong = [
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://user:hidden@collector",
            ),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hidden"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_TRACES_SAMPLER", "always_on"),
            ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ];
        let text = load(&wrong).expect_err("refused").to_string();
        for (name, _) in wrong {
            assert!(text.contains(name), "{name}: {text}");
        }
        assert!(!text.contains("hidden"), "{text}");
        for ratio in ["NaN", "-0.1", "half"] {
            assert!(
                load(&[("OTEL_TRACES_SAMPLER_ARG", ratio)]).is_err(),
                "{ratio}"
            );
        }
    }
}

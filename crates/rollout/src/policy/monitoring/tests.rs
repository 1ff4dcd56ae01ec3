//! The shipped section is whole, and each way to break it is named.

use super::*;

const SHIPPED: &str = include_str!("../../../../../config/rollout.toml");

fn problems(from: &str, to: &str) -> String {
    assert!(SHIPPED.contains(from), "{from}");
    let error = Policy::parse(&SHIPPED.replacen(from, to, 1)).unwrap_err();
    error.to_string()
}

#[test]
fn the_shipped_alerts_are_those_of_the_plan_and_more() {
    let policy = Policy::parse(SHIPPED).unwrap();
    let alerts = &policy.monitoring.alerts;
    for (name, severity) in [
        ("HighLatency", Severity::Critical),
        ("HighErrorRate", Severity::Critical),
        ("DatabaseConnectionHigh", Severity::Warning),
        ("OpenAIFailureRate", Severity::Warning),
    ] {
        assert_eq!(alerts[name].severity, severity, "{name}");
    }
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    assert_eq!(
        alerts["HighLatency"].condition,
        Condition::Trigger {
            name: "latency".to_owned(),
            window: Some(minutes(5))
        }
    );
    assert_eq!(policy.triggers["latency"].window, minutes(10));
    assert_eq!(policy.monitoring.windows.len(), 8);
}

#[test]
fn a_few_failures_are_chance() {
    let policy = Policy::parse(SHIPPED).unwrap();
    let fewest = |name: &str| policy.failures_beyond_chance(&policy.triggers[name]);
    // P(3 or more of 50 at 0.1 %) is 0.00002, P(2 or more) 0.0012; the rule's part of the risk is 0.00067.
    assert_eq!(fewest("availability"), 3);
    assert_eq!(fewest("error_rate"), 5);
    assert!(fewest("latency") > policy.triggers["latency"].minimum_sample / 20);
}

#[test]
fn the_hash_of_the_policy_is_that_of_what_verdicts_depend_on() {
    let hash = |text: &str| Policy::parse(text).unwrap().hash();
    let elsewhere = SHIPPED.replacen("grafana.example.org", "boards.example.org", 1);
    assert_eq!(hash(&elsewhere), hash(SHIPPED));
}

#[test]
fn a_trigger_without_an_alert_or_with_two_is_refused() {
    let found = problems("trigger = \"memory\"", "trigger = \"restarts\"");
    assert!(
        found.contains("`triggers.memory` must have one alert, and has 0"),
        "{found}"
    );
    assert!(
        found.contains("`triggers.restarts` must have one alert, and has 2"),
        "{found}"
    );
}

#[test]
fn a_burn_rate_without_an_alert_is_refused() {
    let found = problems("burn_rate = 3\n", "burn_rate = 4\n");
    assert!(
        found.contains("`burn_rates[2]` must have one alert"),
        "{found}"
    );
    assert!(
        found.contains("`alerts.ErrorBudgetBurnSlow.burn_rate` is not in this policy"),
        "{found}"
    );
}

#[test]
fn what_is_taken_back_at_once_wakes_somebody() {
    let found = problems(
        "severity = \"critical\"\ntrigger = \"availability\"\n",
        "severity = \"warning\"\ntrigger = \"availability\"\n",
    );
    assert!(
        found.contains(
            "`alerts.AvailabilityCritical.severity` contradicts `triggers.availability.action`"
        ),
        "{found}"
    );
}

#[test]
fn unknown_alerts_and_keys_and_missing_ones_are_refused() {
    let found = problems("[alerts.RedisDown]", "[alerts.RedisSad]");
    assert_eq!(
        found,
        "`alerts.RedisSad` is no known alert, and names no trigger, criterion or burn rate"
    );
    let found = problems(
        "[alerts.RedisDown]\nseverity = \"warning\"\nfor = \"2m\"\n",
        "",
    );
    assert_eq!(found, "`alerts.RedisDown` is missing");
    let found = problems("age = \"90d\"", "age = \"90d\"\nabove = 3");
    assert_eq!(found, "`alerts.TokenKeyOld.above` is not a known key");
    let found = problems(
        "severity = \"warning\"\ntrigger = \"memory\"",
        "severity = \"loud\"\ntrigger = \"memory\"",
    );
    assert_eq!(
        found,
        "`alerts.MemoryNearLimit.severity` must be `critical`, `warning` or `none`"
    );
}

#[test]
fn urls_routes_and_windows_are_looked_at() {
    let found = problems("https://grafana.example.org/d", "grafana.example.org/d/");
    assert_eq!(
        found,
        "`monitoring.dashboards` must be a URL without a slash at its end"
    );
    let found = problems("https://heartbeat.example.org/", "heartbeat.example.org/");
    assert_eq!(
        found,
        "`monitoring.heartbeat` must be a URL without a slash at its end"
    );
    let found = problems("\"/healthz\", ", "\"/.*\", ");
    assert!(
        found.starts_with("`monitoring.probe_routes` must be a list of routes"),
        "{found}"
    );
    let found = problems("\"GET /api/v1/search\"", "\"/api/v1/search\"");
    assert!(
        found.starts_with("`monitoring.searches` must be a list of operations"),
        "{found}"
    );
    let found = problems("windows = [\"5m\", \"30m\"", "windows = [\"30m\", \"5m\"");
    assert!(
        found.starts_with("`monitoring.windows` must be a list of ascending"),
        "{found}"
    );
}

#[test]
fn a_window_of_a_few_scrapes_is_refused() {
    let found = problems("scrape_every = \"15s\"", "scrape_every = \"1m\"");
    assert!(
        found.contains("`monitoring.windows` contradicts `monitoring.scrape_every`"),
        "{found}"
    );
    let found = problems("scrape_every = \"15s\"", "scrape_every = \"90s\"");
    assert!(
        found.contains("`monitoring.scrape_every` contradicts `telemetry.stale_after`"),
        "{found}"
    );
    let found = problems(
        "window = \"15m\"\nfor = \"5m\"",
        "window = \"30s\"\nfor = \"5m\"",
    );
    assert!(
        found.contains("`alerts.CallbacksFailing.window` contradicts `monitoring.scrape_every`"),
        "{found}"
    );
}

#[test]
fn evaluations_so_rare_that_a_late_one_leaves_a_gap_are_refused() {
    let longest = SHIPPED.replacen(
        "evaluate_long_windows_every = \"2m\"",
        "evaluate_long_windows_every = \"150s\"",
        1,
    );
    assert_ne!(longest, SHIPPED);
    assert!(Policy::parse(&longest).is_ok());
    let why = "must be 150s at most: Prometheus forgets what is 5m old, so what is recorded would be gone whenever an evaluation is late";
    let found = problems(
        "evaluate_long_windows_every = \"2m\"",
        "evaluate_long_windows_every = \"151s\"",
    );
    assert_eq!(
        found,
        format!("`monitoring.evaluate_long_windows_every` {why}")
    );
    let found = problems("evaluate_every = \"30s\"", "evaluate_every = \"3m\"");
    assert_eq!(found, format!("`monitoring.evaluate_every` {why}"));
}

#[test]
fn only_the_watchdog_is_told_to_nobody_and_always() {
    let found = problems("severity = \"none\"", "severity = \"warning\"");
    assert_eq!(
        found,
        "`alerts.Watchdog.severity` must be `none` of `Watchdog` and of no other alert"
    );
    let found = problems(
        "severity = \"warning\"\ntrigger = \"memory\"",
        "severity = \"none\"\ntrigger = \"memory\"",
    );
    assert_eq!(
        found,
        "`alerts.MemoryNearLimit.severity` must be `none` of `Watchdog` and of no other alert"
    );
}

#[test]
fn the_last_warning_comes_last() {
    let found = problems("age = \"3d\"", "age = \"30d\"");
    assert!(
        found.contains(
            "`alerts.CertificateAlmostExpired.age` contradicts `alerts.CertificateExpiring.age`"
        ),
        "{found}"
    );
}

//! What is read is what was written, and what cannot be is refused.

use super::*;

const EXAMPLE: &str = r#"{
  "schema": 1,
  "taken_at": "2026-01-01T02:00:00Z",
  "stage_started_at": "2026-01-01T00:00:00Z",
  "canary": {
    "version": "2.0.0",
    "scrape": { "targets": 1, "up": 1, "last_seen_at": "2026-01-01T01:59:50Z" },
    "ready_backends": 1,
    "windows": {
      "5m": { "requests": 100, "server_errors": 1, "slower_than_ms": { "200": 5, "220": 4 }, "sent": 100 },
      "stage": { "requests": 1000, "search": { "all": 10, "failed": 0 }, "ai": "not_configured", "pool_peak": 0.1 }
    }
  },
  "stable": {
    "version": "1.9.0",
    "scrape": { "targets": 0, "up": 0, "last_seen_at": null },
    "ready_backends": "not_configured",
    "windows": {}
  },
  "queries": {}
}"#;

fn five_minutes() -> Window {
    Window::Last(std::time::Duration::from_secs(300))
}

fn refused(change: impl FnOnce(&mut Snapshot)) -> Vec<String> {
    let mut snapshot = Snapshot::from_json(EXAMPLE).unwrap();
    change(&mut snapshot);
    let error = snapshot.validate().unwrap_err();
    error
        .problems
        .iter()
        .map(|problem| problem.place.clone())
        .collect()
}

#[test]
fn nothing_zero_and_not_configured_differ() {
    let snapshot = Snapshot::from_json(EXAMPLE).unwrap();
    let counts = snapshot.canary.counts(five_minutes()).unwrap();
    assert_eq!(counts.security_violations, None);
    assert_eq!(counts.ai, Component::Missing);
    let stage = snapshot.canary.counts(Window::Stage).unwrap();
    assert_eq!(stage.ai, Component::NotConfigured);
    assert_eq!(
        stage.search,
        Component::Present(Events { all: 10, failed: 0 })
    );
    assert_eq!(snapshot.stable.ready_backends, Component::NotConfigured);
    assert_eq!(snapshot.seconds_in_stage(), 7_200);
}

#[test]
fn the_hash_is_that_of_the_content() {
    let snapshot = Snapshot::from_json(EXAMPLE).unwrap();
    let dense: String = EXAMPLE.split_whitespace().collect();
    assert_eq!(Snapshot::from_json(&dense).unwrap().hash(), snapshot.hash());
    assert_eq!(snapshot.hash().len(), 64);
    let mut other = snapshot.clone();
    other
        .queries
        .insert("canary/5m/requests".to_owned(), "a query".to_owned());
    assert_ne!(other.hash(), snapshot.hash());
}

#[test]
fn another_form_is_refused() {
    for (from, to) in [
        ("\"schema\": 1", "\"schema\": 2"),
        ("\"requests\": 100", "\"requests\": -1"),
        ("\"requests\": 100", "\"requests\": 100, \"mood\": 1"),
        ("\"5m\"", "\"5 minutes\""),
        ("not_configured\", \"pool", "unknown\", \"pool"),
        ("\"queries\": {}\n}", "\"queries\": {}\n} {}"),
    ] {
        assert!(EXAMPLE.contains(from), "{from}");
        assert!(
            Snapshot::from_json(&EXAMPLE.replacen(from, to, 1)).is_err(),
            "{to}"
        );
    }
}

#[test]
fn counts_that_cannot_be_are_refused_all_at_once() {
    let places = refused(|snapshot| {
        snapshot.stage_started_at = snapshot.taken_at + chrono::TimeDelta::seconds(1);
        snapshot.stable.version = snapshot.canary.version.clone();
        snapshot.canary.scrape.up = 2;
        let counts = snapshot.canary.windows.get_mut(&five_minutes()).unwrap();
        counts.server_errors = Some(101);
        counts.slower_than_ms.insert(250, 5);
        counts.unanswered = Component::Present(101);
        counts.search = Component::Present(Events { all: 1, failed: 2 });
        counts.ai = Component::Present(AiCounts {
            questions: 1,
            fallbacks: 2,
            calls: 0,
            failed: 0,
        });
        counts.pool_peak = Component::Present(1.1);
        counts.memory_peak = Component::Present(f64::NAN);
    });
    assert_eq!(
        places,
        [
            "stage_started_at",
            "canary.version",
            "canary.scrape.up",
            "canary.windows.5m.server_errors",
            "canary.windows.5m.unanswered",
            "canary.windows.5m.slower_than_ms.250",
            "canary.windows.5m.search",
            "canary.windows.5m.ai",
            "canary.windows.5m.pool_peak",
            "canary.windows.5m.memory_peak",
        ]
    );
}

use super::*;
use crate::admin::status::facts::Dependency;

fn stretch(requests: u64, failed: u64) -> Stretch {
    Stretch {
        lasted: Duration::from_secs(10),
        requests,
        failed,
        slow: requests / 100,
    }
}

fn facts() -> Facts {
    Facts {
        version: "1.2.3".to_owned(),
        is_ready: true,
        up_for: Some(Duration::from_secs(3 * 3_600 + 60)),
        checks: vec![Dependency {
            name: "store",
            problem: None,
        }],
        five_minutes: Some(stretch(1_000, 0)),
        hour: Some(stretch(20_000, 50)),
        stretches: vec![stretch(10, 0), stretch(20, 5), stretch(0, 0)],
        scholarships: 120,
        segments: 1,
        lag: Duration::ZERO,
        workers: 4,
        busy: 1,
        is_center_up: None,
        model: None,
    }
}

#[test]
fn all_is_well_in_one_glance() {
    let page = rendered(&facts());
    for part in [
        "<title>OK · Scholarship API</title>",
        "All is well",
        "Up for 3 h 1 min",
        "99.75 %",
        "50 (0.25 %)",
        "100.0",
        "120 scholarships in 1 segments, in step with the store",
        "None is configured",
        "1 of 4 workers",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    // A red bar for the one stretch with failures, and none for the one without requests.
    assert_eq!(page.matches("class=\"failed\"").count(), 1);
    assert_eq!(page.matches("class=\"answered\"").count(), 2);
}

#[test]
fn what_is_wrong_is_said_and_stays_text() {
    let page = rendered(&Facts {
        checks: vec![Dependency {
            name: "redis",
            problem: Some("<script>alert(1)</script>".to_owned()),
        }],
        is_center_up: Some(false),
        model: Some(Model {
            name: "gpt & co".to_owned(),
            breaker: BreakerState::Open,
            limit: 5.0,
            spent: Some(4.0),
        }),
        lag: Duration::from_secs(90),
        ..facts()
    });
    assert!(page.contains("It works, but not all is well"));
    assert!(page.contains("down: &lt;script&gt;") && !page.contains("<script"));
    assert!(page.contains("open: it is left alone"));
    assert!(page.contains("gpt &amp; co") && page.contains("4.00 USD spent, 80 %"));
    assert!(page.contains("last in step with the store 90 s ago"));
    assert!(page.contains("<td>Command Center</td><td class=\"bad\">down</td>"));
}

#[test]
fn what_is_down_beside_the_stores_is_no_good_news() {
    let of = |facts: Facts| rendered(&facts).contains("All is well");
    let model = |breaker| {
        Some(Model {
            name: "gpt".to_owned(),
            breaker,
            limit: 5.0,
            spent: None,
        })
    };
    assert!(of(Facts {
        is_center_up: Some(true),
        model: model(BreakerState::Closed),
        ..facts()
    }));
    assert!(!of(Facts {
        is_center_up: Some(false),
        ..facts()
    }));
    assert!(!of(Facts {
        model: model(BreakerState::Open),
        ..facts()
    }));
}

/// The numbers stand in the policy; the page is for people who cannot look there now.
#[test]
fn objectives_are_those_of_the_policy() {
    let policy = include_str!("../../../../../../config/rollout.toml");
    let policy: toml::Table = policy.parse().unwrap();
    let objective = |name: &str| &policy["objectives"][name];
    let number = |name: &str, key: &str| objective(name)[key].as_float().unwrap();
    let window = objective("availability")["window"].as_str().unwrap();
    assert_eq!(
        objective("latency")["slower_than_ms"].as_integer(),
        Some(200)
    );
    let page = rendered(&facts());
    for part in [
        format!(
            "{:.1} % over {} days",
            100.0 * number("availability", "at_least"),
            window.trim_end_matches('d')
        ),
        format!("at most {:.1} %", 100.0 * number("error_rate", "at_most")),
        format!(
            "at least {:.0} %",
            100.0 * (1.0 - number("latency", "at_most"))
        ),
        "answered within 200 ms".to_owned(),
    ] {
        assert!(page.contains(&part), "{part} is not in\n{page}");
    }
}

#[test]
fn without_requests_and_without_metrics_it_says_so() {
    let quiet = rendered(&Facts {
        five_minutes: Some(stretch(0, 0)),
        stretches: Vec::new(),
        ..facts()
    });
    assert!(quiet.contains("<td class=\"number\">–</td>") && quiet.contains("begins after"));
    let off = rendered(&Facts {
        up_for: None,
        five_minutes: None,
        hour: None,
        is_ready: false,
        ..facts()
    });
    assert!(off.contains("Metrics are off") && off.contains("Not ready"));
}

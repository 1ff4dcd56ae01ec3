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
            breaker: "open: it is left alone",
            limit: 5.0,
            spent: Some(4.0),
        }),
        lag: Duration::from_secs(90),
        ..facts()
    });
    assert!(page.contains("It works, but not all is well"));
    assert!(page.contains("down: &lt;script&gt;") && !page.contains("<script"));
    assert!(page.contains("gpt &amp; co") && page.contains("4.00 USD spent, 80 %"));
    assert!(page.contains("last in step with the store 90 s ago"));
    assert!(page.contains("<td>Command Center</td><td class=\"bad\">down</td>"));
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

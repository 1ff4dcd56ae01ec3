//! Verdicts in each form.

use rollout::verdict::{Action, Bound, Missing, RuleKind, SCHEMA};

use super::*;

fn rule(name: &str, status: Status) -> Rule {
    Rule {
        name: name.to_owned(),
        kind: RuleKind::Trigger,
        status,
        action: Action::Rollback,
        window: Some("5m".to_owned()),
        value: Some(0.02),
        count: Some(2),
        n: Some(100),
        interval: None,
        bound: Some(Bound {
            side: Side::AtMost,
            value: 0.01,
        }),
        queries: Vec::new(),
        flip: None,
        missing: None,
    }
}

fn verdict(outcome: Outcome, rules: Vec<Rule>) -> Verdict {
    Verdict {
        schema: SCHEMA,
        stage: "canary".to_owned(),
        outcome,
        at_once: false,
        policy_hash: "p".to_owned(),
        snapshot_hash: "s".to_owned(),
        rules,
        hash: "h".to_owned(),
    }
}

fn rolled_back() -> Verdict {
    verdict(
        Outcome::Rollback,
        vec![
            rule("trigger.a", Status::Failed),
            rule("trigger.b", Status::Passed),
            rule("trigger.c", Status::NotApplicable),
            rule("trigger.d", Status::Broken),
        ],
    )
}

#[test]
fn a_rollback_says_which_rule_and_how_much() {
    for format in [Format::Table, Format::Markdown, Format::Github] {
        let text = rendered(&rolled_back(), format);
        assert!(text.contains("ROLLBACK in stage canary"), "{text}");
        assert!(
            text.contains("trigger.a: FAILED, 0.02000 (2 of 100) where at most 0.01000 is allowed"),
            "{text}"
        );
        assert!(!text.contains("- trigger.b"), "{text}");
    }
}

#[test]
fn a_hold_says_what_is_missing_and_when_it_will_be_there() {
    let missing = Missing {
        what: "requests".to_owned(),
        have: Some(10),
        need: 667,
        about_seconds: Some(600),
    };
    let waiting = Rule {
        missing: Some(missing),
        ..rule("sample", Status::Undecided)
    };
    let text = rendered(&verdict(Outcome::Hold, vec![waiting]), Format::Table);
    assert!(text.contains("- sample: 10 of 667 requests"), "{text}");
    assert!(text.contains("in about 10 min"), "{text}");
}

#[test]
fn pipelines_read_their_own_forms() {
    let junit = rendered(&rolled_back(), Format::Junit);
    assert!(
        junit.contains("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\""),
        "{junit}"
    );
    assert_eq!(junit.matches("<failure").count(), 1);
    assert_eq!(junit.matches("<error ").count(), 1);
    let json = rendered(&rolled_back(), Format::Json);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["outcome"], "rollback");
    let github = rendered(&rolled_back(), Format::Github);
    assert_eq!(github.matches("::error ").count(), 2, "{github}");
    assert!(reasons(&verdict(Outcome::Promote, Vec::new())).is_empty());
}

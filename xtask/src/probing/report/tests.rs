//! Reports of each form.

use super::*;

const GATES: Wording = Wording {
    group: "gate",
    groups: "gates",
    passed: ("go", "GO: all gates are passed or waived"),
    failed: ("no_go", "NO GO"),
};

fn check(name: &str, is_passed: bool) -> Check {
    Check::new(name, "a <b> & \"c\" | d", "100 %\nand more", is_passed)
}

fn gate(name: &str, is_waived: bool, checks: &[bool]) -> Group {
    let checks = checks.iter().map(|passed| check("it", *passed));
    Group {
        is_waived,
        ..Group::new(name, checks.collect())
    }
}

fn report(groups: Vec<Group>) -> Report {
    Report {
        wording: GATES,
        target: "http://localhost:5000/".to_owned(),
        groups,
    }
}

#[test]
fn one_failed_check_is_no_go_unless_its_gate_is_waived() {
    assert!(report(vec![gate("a", false, &[true, true])]).is_good());
    assert!(!report(vec![gate("a", false, &[true, false])]).is_good());
    assert!(report(vec![gate("a", true, &[false])]).is_good());
    let mixed = report(vec![gate("a", true, &[false]), gate("b", false, &[false])]);
    assert!(!mixed.is_good());
    assert_eq!(mixed.summary(), "NO GO: b");
}

#[test]
fn no_form_is_broken_by_what_was_found() {
    let report = report(vec![gate("a", false, &[false]), gate("b", true, &[false])]);
    let junit = report.rendered(Format::Junit);
    assert!(
        junit.contains("a &lt;b&gt; &amp; &quot;c&quot; | d"),
        "{junit}"
    );
    assert!(junit.contains("failures=\"1\"") && junit.contains("failures=\"0\""));
    assert_eq!(junit.matches("<skipped").count(), 1);
    let github = report.rendered(Format::Github);
    assert_eq!(github.lines().count(), 3, "{github}");
    assert!(github.contains("::error title=gate a::") && github.contains("100 %25%0Aand more"));
    let markdown = report.rendered(Format::Markdown);
    assert!(markdown.contains("a <b> & \"c\" \\| d"), "{markdown}");
    assert!(markdown.contains("100 % and more"), "{markdown}");
    let json: serde_json::Value =
        serde_json::from_str(&report.rendered(Format::Json)).expect("JSON");
    assert_eq!(json["outcome"], "no_go");
    assert_eq!(json["gates"][1]["state"], "waived");
    assert!(report.rendered(Format::Table).ends_with("NO GO: a\n"));
}

#[test]
fn what_cannot_be_asked_is_shown_and_decides_nothing() {
    let plain = Check::not_applicable("the certificate", "14 days at least", "http");
    let report = report(vec![Group::new("tls", vec![plain])]);
    assert!(report.is_good());
    let json: serde_json::Value =
        serde_json::from_str(&report.rendered(Format::Json)).expect("JSON");
    assert_eq!(
        json["gates"][0]["checks"][0]["passed"],
        serde_json::Value::Null
    );
    assert!(report.rendered(Format::Junit).contains("<skipped"));
    assert!(
        report
            .rendered(Format::Table)
            .contains("  --  the certificate: not applicable")
    );
    assert_eq!(report.rendered(Format::Github).lines().count(), 1);
}

//! Reports of each form.

use super::*;

fn check(name: &str, is_passed: bool) -> Check {
    Check {
        name: name.to_owned(),
        expected: "a <b> & \"c\" | d".to_owned(),
        found: "100 %\nand more".to_owned(),
        is_passed,
    }
}

fn gate(name: &str, is_waived: bool, checks: &[bool]) -> Gate {
    Gate {
        name: name.to_owned(),
        is_waived,
        checks: checks.iter().map(|passed| check("it", *passed)).collect(),
    }
}

fn report(gates: Vec<Gate>) -> Report {
    Report {
        target: "http://localhost:5000/".to_owned(),
        gates,
    }
}

#[test]
fn one_failed_check_is_no_go_unless_its_gate_is_waived() {
    assert!(report(vec![gate("a", false, &[true, true])]).is_go());
    assert!(!report(vec![gate("a", false, &[true, false])]).is_go());
    assert!(report(vec![gate("a", true, &[false])]).is_go());
    let mixed = report(vec![gate("a", true, &[false]), gate("b", false, &[false])]);
    assert!(!mixed.is_go());
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

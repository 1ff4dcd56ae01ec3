//! The rules themselves: whether they are evaluated, and whether alerts arrive at all.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    let failures = |group: &str| {
        format!(
            "prometheus_rule_evaluation_failures_total{{job=\"prometheus\", rule_group=\"/etc/prometheus/rules/{group}\"}}"
        )
    };
    let ours = failures("alerts.yml;JOB alerts");
    vec![
        Case::new("a group of rules fails again and again")
            .up("1")
            .of_another(&ours, "0x20 0+1x60")
            .at("30m")
            .silent(&["RulesFailing"])
            .at("50m")
            .fires_for_all("RulesFailing"),
        Case::new("one evaluation fails")
            .up("1")
            .of_another(&ours, "0x20 1x60")
            .at("30m")
            .silent(&["RulesFailing"])
            .at("50m")
            .silent(&["RulesFailing"]),
        Case::new("rules of somebody else fail, and a group was mended")
            .up("1")
            .of_another(&failures("node.yml;node-exporter"), "0+1x80")
            .of_another(&ours, "0+1x10 10x70")
            .at("50m")
            .silent(&["RulesFailing"]),
        Case::new("there is nothing at all")
            .of_another("unrelated", "1x60")
            .at("1m")
            .fires_for_all("Watchdog")
            .at("30m")
            .fires_for_all("Watchdog"),
    ]
}

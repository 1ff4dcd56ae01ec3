//! Tasks of agents and what is told of them.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    let tasks = |case: Case, outcome: &str, values: &str| {
        case.series(
            "1",
            "agent_tasks_total",
            &format!("outcome=\"{outcome}\""),
            values,
        )
    };
    let deliveries = |case: Case, outcome: &str, values: &str| {
        let outcome = format!("outcome=\"{outcome}\"");
        case.series("1", "agent_notice_deliveries_total", &outcome, values)
    };
    let new = |name| Case::new(name).up("1");
    vec![
        tasks(
            tasks(
                tasks(new("5 % of the tasks fail"), "succeeded", "0+57x120"),
                "failed",
                "0+2x120",
            ),
            "dead",
            "0+1x120",
        )
        .at("5m")
        .silent(&["AgentTaskSuccessLow"])
        .at("30m")
        .fires("AgentTaskSuccessLow", "1"),
        tasks(
            tasks(
                tasks(
                    new("attempts that are made again are not the end of a task"),
                    "succeeded",
                    "0+60x120",
                ),
                "retry",
                "0+30x120",
            ),
            "released",
            "0+30x120",
        )
        .at("60m")
        .silent(&["AgentTaskSuccessLow"]),
        tasks(
            tasks(new("two of four tasks"), "succeeded", "0+0x30 0+1x2 2x90"),
            "failed",
            "0+0x30 0+1x2 2x90",
        )
        .at("50m")
        .silent(&["AgentTaskSuccessLow"]),
        deliveries(
            deliveries(new("every second callback fails"), "success", "0+3x60"),
            "failure",
            "0+3x60",
        )
        .at("30m")
        .fires("CallbacksFailing", "1"),
        deliveries(
            deliveries(new("one callback of three fails"), "success", "0+0x20 2x40"),
            "failure",
            "0+0x20 1x40",
        )
        .at("27m")
        .silent(&["CallbacksFailing"]),
        new("notices are given up")
            .series("1", "agent_notices_buried_total", "", "0x20 3x80")
            .at("25m")
            .fires("NoticesBuried", "1")
            .at("95m")
            .silent(&["NoticesBuried"]),
        new("a process that gave some up begins anew")
            .series("1", "agent_notices_buried_total", "", "5x20 0x60")
            .at("30m")
            .silent(&["NoticesBuried"]),
    ]
}

//! Budgets over hours and days.

use super::Case;

const BURNS: [&str; 4] = [
    "ErrorBudgetBurnFastest",
    "ErrorBudgetBurnFast",
    "ErrorBudgetBurnSlow",
    "ErrorBudgetBurnSlowest",
];

pub(super) fn cases() -> Vec<Case> {
    let route = "/api/v1/scholarships/{id}";
    // Ten minutes apart: the short window of the fastest pace has no two values then.
    let new = |name| Case::new(name).every("10m").up("1");
    let requests = |case: Case, good: &str, failed: &str| {
        case.requests("1", route, "GET", "200", good)
            .requests("1", route, "GET", "500", failed)
    };
    vec![
        requests(
            new("0.8 % fail for a day: eight times the pace"),
            "0+9920x432",
            "0+80x432",
        )
        .at("8h")
        .fires("ErrorBudgetBurnFast", "1")
        .fires_for_all("ErrorBudgetBurnFast")
        .at("30h")
        .fires_for_all("ErrorBudgetBurnSlow")
        .fires_for_all("ErrorBudgetNearlySpent"),
        requests(
            new("0.4 % fail for a day: four times the pace"),
            "0+9960x432",
            "0+40x432",
        )
        .at("30h")
        .fires_for_all("ErrorBudgetBurnSlow")
        .fires_for_all("ErrorBudgetBurnSlowest")
        .silent(&["ErrorBudgetBurnFast"]),
        requests(new("0.15 % fail for three days"), "0+9985x440", "0+15x440")
            .at("72h")
            .fires_for_all("ErrorBudgetBurnSlowest")
            .silent(&["ErrorBudgetBurnSlow", "ErrorBudgetBurnFast"]),
        requests(new("0.05 % fail: half the budget"), "0+9995x440", "0+5x440")
            .at("72h")
            .silent(&BURNS)
            .silent(&["ErrorBudgetNearlySpent"]),
        requests(
            new("a bad day that is over: the long window still sees it, the short one does not"),
            "0+9900x144 1425600+10000x72",
            "0+100x144 14400+0x72",
        )
        .at("33h")
        .silent(&["ErrorBudgetBurnFast", "ErrorBudgetBurnSlow"]),
        requests(
            new("two requests of a hundred a day fail"),
            "0+1x440",
            "0+0x60 2+0x380",
        )
        .at("24h")
        .silent(&BURNS)
        .silent(&["ErrorBudgetNearlySpent"]),
    ]
}

//! Failed requests, by version and status.

use super::Case;

const BURNS: [&str; 4] = [
    "ErrorBudgetBurnFastest",
    "ErrorBudgetBurnFast",
    "ErrorBudgetBurnSlow",
    "ErrorBudgetBurnSlowest",
];
const OF_ERRORS: [&str; 3] = ["HighErrorRate", "AvailabilityCritical", "AvailabilityLow"];

pub(super) fn cases() -> Vec<Case> {
    let search = "/api/v1/scholarships/{id}";
    let healthy = |name| {
        Case::new(name)
            .up("1")
            .requests("1", search, "GET", "200", "0+1200x120")
    };
    vec![
        healthy("a canary at 5 % that fails 5 % of its requests, which is 0.24 % of all")
            .up("2")
            .requests("2", search, "GET", "200", "0+57x120")
            .requests("2", search, "GET", "500", "0+3x120")
            .at("4m")
            .fires("AvailabilityCritical", "2")
            .silent(&["HighErrorRate"])
            .at("20m")
            .fires("HighErrorRate", "2")
            .fires("AvailabilityCritical", "2")
            .fires("AvailabilityLow", "2")
            .fires("ErrorBudgetBurnFastest", "2")
            .fires("ErrorBudgetBurnFast", "2"),
        healthy("a canary that fails a little more than it may for an hour")
            .up("2")
            .requests("2", search, "GET", "200", "0+992x120")
            .requests("2", search, "GET", "503", "0+8x120")
            .at("100m")
            .fires("AvailabilityLow", "2")
            .silent(&["HighErrorRate", "AvailabilityCritical"]),
        healthy("0.3 % is within every limit but the budget's")
            .requests("1", search, "GET", "500", "0+4x120")
            .at("100m")
            .silent(&OF_ERRORS)
            .silent(&["ErrorBudgetBurnFastest", "ErrorBudgetBurnFast"]),
        Case::new("one failed request in a quiet hour")
            .up("1")
            .requests("1", search, "GET", "200", "0+1x120")
            .requests("1", search, "GET", "500", "0x30 1x90")
            .at("31m")
            .silent(&OF_ERRORS)
            .silent(&BURNS)
            .at("36m")
            .silent(&OF_ERRORS)
            .silent(&BURNS),
        Case::new("a few failed requests of a few: every second one of 40")
            .up("1")
            .requests("1", search, "GET", "200", "0+0x60 0+2x5 10+0x60")
            .requests("1", search, "GET", "500", "0+0x60 0+2x5 10+0x60")
            .at("68m")
            .silent(&OF_ERRORS)
            .silent(&BURNS),
        healthy("series that only ever count failures are no 100 %")
            .requests("1", search, "GET", "500", "0+1x120")
            .requests("1", search, "PUT", "503", "0+1x120")
            .requests("1", "/api/v1/recommendations", "POST", "504", "0+1x120")
            .requests("1", "/agent/task", "POST", "500", "0+1x120")
            .at("60m")
            .silent(&OF_ERRORS)
            .silent(&["ErrorBudgetBurnFastest", "ErrorBudgetBurnFast"]),
        Case::new("failures spread over statuses, methods and routes are added up")
            .up("1")
            .requests("1", search, "GET", "200", "0+94x60")
            .requests("1", search, "GET", "500", "0+2x60")
            .requests("1", search, "PUT", "503", "0+2x60")
            .requests("1", "/agent/task", "POST", "504", "0+2x60")
            .at("20m")
            .fires("HighErrorRate", "1"),
        healthy("probes that fail at a start are nobody's requests")
            .requests("1", "/readyz", "GET", "503", "0+60x120")
            .at("60m")
            .silent(&OF_ERRORS)
            .silent(&BURNS),
        healthy("refused callers are no failures")
            .requests("1", search, "GET", "401", "0+600x120")
            .requests("1", search, "GET", "429", "0+600x120")
            .at("60m")
            .silent(&OF_ERRORS)
            .silent(&BURNS),
        Case::new("counters that begin anew with a restart")
            .up("1")
            .requests("1", search, "GET", "200", "0+600x30 0+600x60")
            .requests("1", search, "GET", "500", "100+0x30 0+0x60")
            .at("32m")
            .silent(&OF_ERRORS)
            .at("60m")
            .silent(&OF_ERRORS)
            .silent(&BURNS),
        Case::new("a deployment: one version goes, another comes, none fails")
            .series("1", "up", "", "1x30 _x60")
            .requests("1", search, "GET", "200", "0+600x30 _x60")
            .series("2", "up", "", "_x25 1x90")
            .requests("2", search, "GET", "200", "_x25 0+600x90")
            .at("40m")
            .silent(&OF_ERRORS)
            .silent(&BURNS)
            .silent(&["ServiceDown", "VersionDown", "TargetDown", "NoTraffic"])
            .at("80m")
            .silent(&OF_ERRORS)
            .silent(&["ServiceDown", "VersionDown", "NoTraffic"]),
        Case::new("everything fails, and it is over after ten minutes")
            .up("1")
            .requests(
                "1",
                search,
                "GET",
                "200",
                "0+600x60 36000+0x10 36000+600x60",
            )
            .requests("1", search, "GET", "503", "0+0x60 0+600x10 6000+0x60")
            .at("69m")
            .fires("HighErrorRate", "1")
            .fires("AvailabilityCritical", "1")
            .fires("AvailabilityLow", "1")
            .fires("ErrorBudgetBurnFastest", "1")
            .fires_for_all("ErrorBudgetBurnFastest")
            .at("80m")
            .fires("AvailabilityLow", "1")
            .silent(&[
                "HighErrorRate",
                "AvailabilityCritical",
                "ErrorBudgetBurnFastest",
            ]),
    ]
}

//! Searches and recommendations that fail.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    let search = "/api/v1/search";
    let list = "/api/v1/scholarships";
    let slow = |case: Case, route: &str, method: &str, values: &str| {
        let labels = format!("route=\"{route}\", method=\"{method}\"");
        case.series("1", "http_slow_answers_total", &labels, values)
    };
    let recommendations = "/api/v1/recommendations";
    vec![
        slow(
            Case::new("3 % of the searches take longer than a second")
                .up("1")
                .requests("1", search, "GET", "200", "0+100x60")
                .requests("1", list, "GET", "200", "0+100x60"),
            search,
            "GET",
            "0+6x60",
        )
        .at("20m")
        .fires("SearchErrorRateHigh", "1"),
        slow(
            Case::new("3 % of the searches fail at once")
                .up("1")
                .requests("1", search, "POST", "200", "0+194x60")
                .requests("1", search, "POST", "503", "0+6x60"),
            search,
            "POST",
            "0x60",
        )
        .at("20m")
        .fires("SearchErrorRateHigh", "1"),
        slow(
            Case::new("1.5 % of the searches are given up after ten seconds: each counts once")
                .up("1")
                .requests("1", search, "GET", "200", "0+197x60")
                .requests("1", search, "GET", "504", "0+3x60"),
            search,
            "GET",
            "0x60",
        )
        .at("30m")
        .silent(&["SearchErrorRateHigh"]),
        slow(
            Case::new("changes of scholarships and exports are no searches")
                .up("1")
                .requests("1", search, "GET", "200", "0+100x60")
                .requests("1", list, "POST", "503", "0+20x60"),
            "/api/v1/scholarships/export",
            "GET",
            "0+50x60",
        )
        .at("30m")
        .silent(&["SearchErrorRateHigh"]),
        Case::new("searches without a result are no failures, nor are bad ones of callers")
            .up("1")
            .requests("1", search, "GET", "200", "0+100x60")
            .requests("1", search, "GET", "422", "0+100x60")
            .series("1", "search_zero_results_total", "", "0+100x60")
            .at("30m")
            .silent(&["SearchErrorRateHigh"]),
        Case::new("two of ten searches")
            .up("1")
            .requests("1", search, "GET", "200", "0+0x30 0+2x5 10+0x30")
            .requests("1", search, "GET", "500", "0+0x31 2x35")
            .at("36m")
            .silent(&["SearchErrorRateHigh"]),
        Case::new("5 % of the recommendations fail")
            .up("1")
            .requests("1", recommendations, "GET", "200", "0+57x60")
            .requests("1", recommendations, "POST", "500", "0+3x60")
            .at("20m")
            .fires("RecommendationErrorRateHigh", "1"),
        Case::new("1 % of the recommendations fail, and one of ten in a quiet hour")
            .up("1")
            .up("2")
            .requests("1", recommendations, "GET", "200", "0+99x60")
            .requests("1", recommendations, "POST", "500", "0+1x60")
            .requests("2", recommendations, "GET", "200", "0+0x20 0+1x9 9+0x30")
            .requests("2", recommendations, "GET", "500", "0+0x21 1x40")
            .at("28m")
            .silent(&["RecommendationErrorRateHigh"]),
    ]
}

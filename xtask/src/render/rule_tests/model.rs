//! The language model: failing questions, answers by rules, money.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    let answers = |case: Case, source: &str, values: &str| {
        let source = format!("source=\"{source}\"");
        case.series("1", "ai_answers_total", &source, values)
    };
    let fallbacks = |case: Case, reason: &str, values: &str| {
        let reason = format!("reason=\"{reason}\"");
        case.series("1", "ai_fallbacks_total", &reason, values)
    };
    let breaker =
        |case: Case, values: &str| case.series("1", "openai_circuit_breaker_open", "", values);
    let configured = |name, value: &str| {
        Case::new(name)
            .up("1")
            .series("1", "openai_configured", "", value)
    };
    let busy = |case| answers(answers(case, "model", "0+20x60"), "cache", "0+10x60");
    vec![
        fallbacks(
            busy(configured(
                "a quarter of the answers come from rules",
                "1x60",
            )),
            "breaker_open",
            "0+10x60",
        )
        .at("15m")
        .silent(&["OpenAIFallbackRateHigh"])
        .at("30m")
        .fires("OpenAIFallbackRateHigh", "1"),
        fallbacks(
            answers(
                configured("no model is configured", "0x60"),
                "fallback",
                "0+30x60",
            ),
            "not_configured",
            "0+30x60",
        )
        .at("40m")
        .silent(&["OpenAIFallbackRateHigh", "OpenAIFailureRate"]),
        fallbacks(
            fallbacks(
                busy(configured("callers are the reason", "1x60")),
                "unsafe_input",
                "0+20x60",
            ),
            "caller_limited",
            "0+20x60",
        )
        .at("40m")
        .silent(&["OpenAIFallbackRateHigh"]),
        fallbacks(
            answers(
                configured("two of four answers", "1x60"),
                "model",
                "0+0x30 0+1x2 2+0x60",
            ),
            "model_timeout",
            "0+0x30 0+1x2 2+0x60",
        )
        .at("35m")
        .silent(&["OpenAIFallbackRateHigh"]),
        Case::new("one of six questions fails")
            .up("1")
            .series("1", "openai_requests_total", "", "0+30x60")
            .series("1", "openai_requests_failed_total", "", "0+5x60")
            .at("20m")
            .fires("OpenAIFailureRate", "1"),
        breaker(
            fallbacks(
                answers(
                    Case::new("every call fails, and the breaker keeps most questions away")
                        .up("1")
                        .series("1", "openai_requests_total", "", "0+30x20 603+1x40")
                        .series("1", "openai_requests_failed_total", "", "0x20 3+1x40"),
                    "model",
                    "0+30x20 600x40",
                ),
                "breaker_open",
                "0x20 27+30x40",
            ),
            "0x20 1x40",
        )
        .at("24m")
        .silent(&["OpenAIFailureRate"])
        .at("30m")
        .fires("OpenAIFailureRate", "1")
        .at("50m")
        .fires("OpenAIFailureRate", "1"),
        breaker(
            fallbacks(
                answers(
                    Case::new("the breaker opened, and nobody has asked since")
                        .up("1")
                        .series("1", "openai_requests_total", "", "0+1x20 20x40")
                        .series("1", "openai_requests_failed_total", "", "0x20 3x40"),
                    "model",
                    "0+1x20 20x40",
                ),
                "model_unavailable",
                "0x20 3x40",
            ),
            "0x20 1x40",
        )
        .at("27m")
        .silent(&["OpenAIFailureRate"])
        .at("50m")
        .silent(&["OpenAIFailureRate"]),
        breaker(
            fallbacks(
                answers(
                    Case::new("one server of three keeps questions away, the others ask")
                        .up("1")
                        .series("1", "openai_requests_total", "", "0+40x60")
                        .series("1", "openai_requests_failed_total", "", "0x20 3x40")
                        .of_instance("b", "1", "openai_circuit_breaker_open", "", "0x60")
                        .of_instance("c", "1", "openai_circuit_breaker_open", "", "0x60"),
                    "model",
                    "0+40x60",
                ),
                "breaker_open",
                "0x20 0+20x40",
            ),
            "0x20 1x40",
        )
        .at("30m")
        .silent(&["OpenAIFailureRate"])
        .at("50m")
        .silent(&["OpenAIFailureRate"]),
        Case::new("one question of a few fails, and 2 % of many")
            .up("1")
            .up("2")
            .series("1", "openai_requests_total", "", "0+0x20 0+1x3 3+0x60")
            .series("1", "openai_requests_failed_total", "", "0+0x21 1x60")
            .series("2", "openai_requests_total", "", "0+100x60")
            .series("2", "openai_requests_failed_total", "", "0+2x60")
            .at("24m")
            .silent(&["OpenAIFailureRate"])
            .at("40m")
            .silent(&["OpenAIFailureRate"]),
        Case::new("90 dollars of 100 are spent")
            .up("1")
            .series("1", "openai_budget_usd", "", "100x60")
            .series("1", "openai_budget_spent_usd", "", "10x20 90x40")
            .at("15m")
            .silent(&["OpenAIBudgetNearlySpent"])
            .at("30m")
            .fires_for_all("OpenAIBudgetNearlySpent"),
    ]
}

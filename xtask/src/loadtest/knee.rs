//! The rate up to which a service keeps its thresholds: doubled until it does not, and then narrowed down.

use serde::Serialize;

use super::verdict::Verdict;

/// A second. No service of one machine gets here.
const HIGHEST: f64 = 100_000.0;
const LOWEST: f64 = 1.0;
/// Good and bad this close together are the knee.
const CLOSE: f64 = 1.1;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Step {
    /// A second, as all here.
    pub(super) rate: f64,
    pub(super) verdict: Verdict,
    pub(super) answered_per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) failed_percent: f64,
    /// What is missed, or why nothing could be said.
    pub(super) reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Knee {
    /// In the order in which they were tried.
    pub(super) steps: Vec<Step>,
    /// The highest one that kept the thresholds.
    pub(super) good: Option<f64>,
    /// The lowest one that did not.
    pub(super) bad: Option<f64>,
}

impl Knee {
    /// Tries rates, beginning with `from`.
    ///
    /// # Errors
    ///
    /// When a step fails.
    pub(super) fn find(
        from: f64,
        mut step: impl FnMut(f64) -> anyhow::Result<Step>,
    ) -> anyhow::Result<Self> {
        let mut knee = Self {
            steps: Vec::new(),
            good: None,
            bad: None,
        };
        let mut next = Some(from);
        while let Some(rate) = next {
            let tried = step(rate)?;
            match tried.verdict {
                Verdict::Met => knee.good = Some(rate),
                Verdict::Missed => knee.bad = Some(rate),
                Verdict::NotMeasured => {}
            }
            let is_measured = tried.verdict != Verdict::NotMeasured;
            knee.steps.push(tried);
            next = is_measured.then(|| knee.next()).flatten();
        }
        Ok(knee)
    }

    fn next(&self) -> Option<f64> {
        let next = match (self.good, self.bad) {
            (Some(good), Some(bad)) => {
                (bad / good > CLOSE).then(|| f64::midpoint(good, bad).round())?
            }
            (Some(good), None) => good * 2.0,
            (None, Some(bad)) => (bad / 2.0).round(),
            (None, None) => return None,
        };
        let is_new = self.steps.iter().all(|step| step.rate != next);
        (is_new && (LOWEST..=HIGHEST).contains(&next)).then_some(next)
    }

    /// Found: met. Not even the lowest rate is good: missed. When the search had to end before it knew: not measured.
    pub(super) fn verdict(&self) -> Verdict {
        match (self.good, self.bad) {
            _ if self.broke_off().is_some() => Verdict::NotMeasured,
            (Some(_), Some(_)) => Verdict::Met,
            (None, Some(_)) => Verdict::Missed,
            (_, None) => Verdict::NotMeasured,
        }
    }

    /// The rate that could not be measured, with which a search ends: the generator, not the service, was at its end.
    fn broke_off(&self) -> Option<&Step> {
        let last = self.steps.last();
        last.filter(|step| step.verdict == Verdict::NotMeasured)
    }

    pub(super) fn sentence(&self) -> String {
        let why = || {
            let last = self.steps.last();
            let reason = last.and_then(|step| step.reason.clone());
            reason.unwrap_or_default()
        };
        let broke_off = self.broke_off().map(|step| step.rate);
        match (self.good, self.bad, broke_off) {
            (Some(good), Some(bad), None) => {
                format!("the knee is between {good:.0} and {bad:.0} requests/s")
            }
            (Some(good), Some(bad), Some(rate)) => {
                format!(
                    "the knee is between {good:.0} and {bad:.0} requests/s, and {rate:.0} could not be measured: {}",
                    why()
                )
            }
            (Some(good), None, _) => {
                format!(
                    "{good:.0} requests/s are no problem; more could not be measured: {}",
                    why()
                )
            }
            (None, Some(bad), None) => format!(
                "not even {bad:.0} requests/s keep the thresholds: {}",
                why()
            ),
            (None, Some(bad), Some(_)) => format!(
                "{bad:.0} requests/s are too many; fewer could not be measured: {}",
                why()
            ),
            (None, None, _) => format!("no rate could be measured: {}", why()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(from: f64, limit: f64, measurable: f64) -> Knee {
        find_with(from, limit, |rate| rate <= measurable)
    }

    fn find_with(from: f64, limit: f64, is_measurable: impl Fn(f64) -> bool) -> Knee {
        Knee::find(from, |rate| {
            let verdict = if !is_measurable(rate) {
                Verdict::NotMeasured
            } else if rate > limit {
                Verdict::Missed
            } else {
                Verdict::Met
            };
            Ok(Step {
                rate,
                verdict,
                answered_per_second: rate.min(limit),
                p50_ms: 1.0,
                p95_ms: 1.0,
                p99_ms: 1.0,
                failed_percent: 0.0,
                reason: Some("why".to_owned()),
            })
        })
        .unwrap()
    }

    #[test]
    fn the_limit_lies_between_good_and_bad_from_wherever_one_begins() {
        for from in [10.0, 100.0, 700.0, 5_000.0] {
            let knee = find(from, 730.0, f64::MAX);
            let (good, bad) = (knee.good.unwrap(), knee.bad.unwrap());
            assert!(
                good <= 730.0 && bad > 730.0 && bad / good <= CLOSE,
                "{knee:?}"
            );
            assert!(knee.steps.len() <= 14, "{}", knee.steps.len());
            assert_eq!(knee.verdict(), Verdict::Met);
        }
    }

    #[test]
    fn a_service_that_keeps_nothing_and_a_generator_at_its_end_are_told_apart() {
        let hopeless = find(100.0, 0.0, f64::MAX);
        assert_eq!((hopeless.verdict(), hopeless.good), (Verdict::Missed, None));
        let weak = find(100.0, 5_000.0, 1_000.0);
        assert_eq!(
            (weak.verdict(), weak.good),
            (Verdict::NotMeasured, Some(800.0))
        );
        assert!(weak.sentence().contains("could not be measured: why"));
    }

    #[test]
    fn a_search_that_had_to_end_in_the_middle_has_found_nothing() {
        let halfway = find_with(100.0, 1_000.0, |rate| rate != 1_200.0);
        assert_eq!(
            (halfway.good, halfway.bad, halfway.verdict()),
            (Some(800.0), Some(1_600.0), Verdict::NotMeasured)
        );
        let sentence = halfway.sentence();
        assert!(
            sentence.contains("1200 could not be measured"),
            "{sentence}"
        );
        let downwards = find_with(1_000.0, 700.0, |rate| rate == 1_000.0);
        assert_eq!(
            (downwards.good, downwards.bad, downwards.verdict()),
            (None, Some(1_000.0), Verdict::NotMeasured)
        );
        let sentence = downwards.sentence();
        assert!(sentence.contains("fewer could not"), "{sentence}");
    }
}

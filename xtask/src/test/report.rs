//! The summary of a run: a table of steps, the number of tests, and one closing line for machines.

use std::fmt;
use std::time::Duration;

use super::outcome::{Outcome, TestCount, Verdict};

#[derive(Default)]
pub(super) struct Report {
    lines: Vec<Line>,
}

pub(super) struct Line {
    pub(super) step: &'static str,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

impl Report {
    pub(super) fn add(&mut self, line: Line) {
        self.lines.push(line);
    }

    pub(super) fn is_success(&self) -> bool {
        self.total().failed == 0
    }

    fn tests(&self) -> TestCount {
        let mut tests = TestCount::default();
        for line in &self.lines {
            tests += line.outcome.tests;
        }
        tests
    }

    /// Every test counts one, and so does every step that is a check as a whole or that failed outside its tests.
    fn total(&self) -> TestCount {
        let mut total = self.tests();
        for line in &self.lines {
            let tests = line.outcome.tests;
            match line.outcome.verdict {
                Verdict::Passed if tests.run() == 0 => total.passed += 1,
                Verdict::Failed(_) if tests.failed == 0 => total.failed += 1,
                Verdict::Passed | Verdict::Failed(_) | Verdict::Skipped(_) => {}
            }
        }
        total
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:<28}{:<10}{:>8}", "step", "result", "seconds")?;
        for line in &self.lines {
            let result = match line.outcome.verdict {
                Verdict::Passed => "passed",
                Verdict::Failed(_) => "FAILED",
                Verdict::Skipped(_) => "skipped",
            };
            let seconds = line.took.as_secs_f64();
            writeln!(formatter, "{:<28}{result:<10}{seconds:>8.1}", line.step)?;
        }
        for remark in self.lines.iter().flat_map(|line| &line.outcome.remarks) {
            writeln!(formatter, "\n{remark}")?;
        }
        let tests = self.tests();
        writeln!(
            formatter,
            "\n{} tests run, {} ignored; with the other checks:",
            tests.run(),
            tests.ignored
        )?;
        let total = self.total();
        write!(
            formatter,
            "{} passed, {} failed",
            total.passed, total.failed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcomes: Vec<Outcome>) -> Report {
        let lines = outcomes.into_iter().map(|outcome| Line {
            step: "step",
            outcome,
            took: Duration::from_millis(1250),
        });
        Report {
            lines: lines.collect(),
        }
    }

    fn tests(passed: u64, failed: u64, verdict: Verdict) -> Outcome {
        let tests = TestCount {
            passed,
            failed,
            ignored: 2,
        };
        Outcome {
            verdict,
            tests,
            remarks: vec!["a test failed".to_owned()],
        }
    }

    #[test]
    fn the_last_line_counts_tests_and_checks() {
        let report = report(vec![
            Outcome::passed(),
            Outcome::skipped("no database"),
            tests(40, 0, Verdict::Passed),
        ]);
        let text = report.to_string();
        assert!(report.is_success());
        assert_eq!(text.lines().last(), Some("41 passed, 0 failed"));
        assert!(text.contains("40 tests run, 2 ignored"), "{text}");
        assert!(text.contains("skipped        1.2"), "{text}");
        assert!(text.contains("\na test failed\n"), "{text}");
    }

    #[test]
    fn a_failed_check_makes_the_run_fail_though_every_test_passed() {
        let report = report(vec![
            Outcome::failed("unformatted".to_owned()),
            tests(40, 0, Verdict::Passed),
        ]);
        assert!(!report.is_success());
        assert_eq!(
            report.to_string().lines().last(),
            Some("40 passed, 1 failed")
        );
    }

    #[test]
    fn failed_tests_count_one_each_and_a_crash_counts_one() {
        let failed = report(vec![tests(
            38,
            2,
            Verdict::Failed("2 tests failed".to_owned()),
        )]);
        assert_eq!(
            failed.to_string().lines().last(),
            Some("38 passed, 2 failed")
        );
        let crashed = report(vec![tests(38, 0, Verdict::Failed("signal 6".to_owned()))]);
        assert_eq!(
            crashed.to_string().lines().last(),
            Some("38 passed, 1 failed")
        );
    }
}

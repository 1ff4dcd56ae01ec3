//! How far a rollback came, and how long it took.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use rollout::machine::{Command, Release};
use rollout::span;
use serde::Serialize;

use crate::reporting::Shape;

/// The version of the JSON form.
const SCHEMA: u32 = 1;
/// The step after which all traffic is known to be the old version's.
pub(super) const VERIFIED: &str = "verified";
/// From the decision until users are served again, as the plan has it.
const TARGET: Duration = Duration::from_secs(900);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Done,
    /// Somebody must do it by hand.
    ToDo,
    Failed,
}

#[derive(Debug, Serialize)]
struct Step {
    name: &'static str,
    state: State,
    what: String,
    seconds: f64,
}

#[derive(Debug)]
pub(super) struct Report {
    release: Release,
    operator: String,
    reason: String,
    begun: Instant,
    /// The step that is under way.
    current: Option<(&'static str, Instant)>,
    steps: Vec<Step>,
    warnings: Vec<String>,
}

impl Report {
    pub(super) fn new(release: &Release, command: &Command) -> Self {
        Self {
            release: release.clone(),
            operator: command.operator.clone(),
            reason: command.reason.clone(),
            begun: Instant::now(),
            current: None,
            steps: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(super) fn begin(&mut self, step: &'static str) {
        self.current = Some((step, Instant::now()));
    }

    pub(super) fn end(&mut self, state: State, what: &str) {
        if let Some((name, begun)) = self.current.take() {
            self.steps.push(Step {
                name,
                state,
                what: what.to_owned(),
                seconds: tenths(begun.elapsed()),
            });
        }
    }

    /// What could not be found out, and keeps nobody from going on.
    pub(super) fn warn(&mut self, warnings: Vec<String>) {
        self.warnings.extend(warnings);
    }

    /// The step that is under way failed, and none follows.
    pub(super) fn fail(&mut self, why: &str) {
        self.end(State::Failed, why);
    }

    pub(super) fn is_done(&self) -> bool {
        let is_failed = self.steps.iter().any(|step| step.state == State::Failed);
        !is_failed && self.current.is_none()
    }

    /// Whether all traffic is the old version's, whatever else failed.
    fn is_back(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| step.name == VERIFIED && step.state == State::Done)
    }

    fn outcome(&self) -> &'static str {
        if self.is_done() {
            "done"
        } else if self.is_back() {
            "unfinished"
        } else {
            "failed"
        }
    }

    pub(super) fn rendered(&self, shape: Shape) -> String {
        self.rendered_after(shape, self.begun.elapsed())
    }

    fn rendered_after(&self, shape: Shape, took: Duration) -> String {
        match shape {
            Shape::Table => self.table(took),
            Shape::Json => {
                let document = serde_json::json!({
                    "schema": SCHEMA,
                    "outcome": self.outcome(),
                    "from": self.release.canary,
                    "to": self.release.stable,
                    "operator": self.operator,
                    "reason": self.reason,
                    "seconds": tenths(took),
                    "target_seconds": TARGET.as_secs(),
                    "steps": self.steps,
                    "warnings": self.warnings,
                });
                format!("{document:#}\n")
            }
        }
    }

    fn table(&self, took: Duration) -> String {
        let mut text = String::new();
        for step in &self.steps {
            let state = match step.state {
                State::Done => "done  ",
                State::ToDo => "TO DO ",
                State::Failed => "FAILED",
            };
            let _ = writeln!(text, "{state}  {}: {}", step.name, step.what);
        }
        for warning in &self.warnings {
            let _ = writeln!(text, "WARNING {warning}");
        }
        let Release { canary, stable } = &self.release;
        let (seconds, target) = (tenths(took), span::text(TARGET));
        let _ = if self.is_done() {
            writeln!(
                text,
                "\nROLLED BACK from {canary} to {stable} in {seconds} s (target: {target})"
            )
        } else if self.is_back() {
            writeln!(
                text,
                "\nROLLED BACK from {canary} to {stable}, but the new version may still run; {seconds} s (target: {target})"
            )
        } else {
            writeln!(
                text,
                "\nNOT ROLLED BACK from {canary} to {stable}, {seconds} s after the start (target: {target})"
            )
        };
        text
    }
}

fn tenths(span: Duration) -> f64 {
    (span.as_secs_f64() * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use rollout::machine::Request;

    use super::*;

    fn report() -> Report {
        let release = Release {
            canary: "1.3.0".to_owned(),
            stable: "1.2.0".to_owned(),
        };
        let command = Command {
            request: Request::Abort,
            operator: "ada".to_owned(),
            reason: "errors".to_owned(),
        };
        let mut report = Report::new(&release, &command);
        report.begin("old version ready");
        report.end(State::Done, "1 of 1 ready");
        report.begin("new version down");
        report
    }

    #[test]
    fn what_is_left_to_do_is_said_and_is_no_failure() {
        let mut report = report();
        report.end(State::ToDo, "end the servers of 1.3.0");
        report.warn(vec!["whether stable-1 is 1.2.0 is unknown".to_owned()]);
        assert!(report.is_done());
        assert_eq!(
            report.rendered_after(Shape::Table, Duration::from_millis(4_240)),
            "done    old version ready: 1 of 1 ready\n\
             TO DO   new version down: end the servers of 1.3.0\n\
             WARNING whether stable-1 is 1.2.0 is unknown\n\n\
             ROLLED BACK from 1.3.0 to 1.2.0 in 4.2 s (target: 15m)\n"
        );
    }

    #[test]
    fn the_step_that_failed_says_why() {
        let mut report = report();
        report.fail("--stop-new ended with exit status: 3");
        assert!(!report.is_done());
        let json = report.rendered_after(Shape::Json, Duration::from_secs(1_000));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["outcome"], "failed");
        assert_eq!(json["seconds"], 1_000.0);
        assert_eq!(json["target_seconds"], 900);
        assert_eq!(json["operator"], "ada");
        assert_eq!(json["steps"][1]["state"], "failed");
        let table = report.rendered_after(Shape::Table, Duration::from_secs(1));
        assert!(
            table.contains("FAILED  new version down: --stop-new ended"),
            "{table}"
        );
    }

    #[test]
    fn traffic_that_is_back_is_said_to_be_so_whatever_fails_then() {
        let mut report = report();
        report.begin(VERIFIED);
        report.end(
            State::Done,
            "the router sends everything to the old version",
        );
        report.begin("new version down");
        report.fail("--stop-new ended with exit status: 3");
        assert!(!report.is_done());
        let table = report.rendered_after(Shape::Table, Duration::from_secs(1));
        assert!(
            table.contains("\nROLLED BACK from 1.3.0 to 1.2.0, but"),
            "{table}"
        );
        let json = report.rendered_after(Shape::Json, Duration::from_secs(1));
        assert!(json.contains("\"unfinished\""), "{json}");
    }
}

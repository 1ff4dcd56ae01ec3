//! What fires while the servers are healthy, and from the beginning of a fault until all is silent again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::alert::Alert;
use super::fault::Fault;
use super::world::World;
use crate::pause::pause;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Exactly what is expected must fire for so long, and then nothing.
const STEADY: Duration = Duration::from_secs(10);
/// A fault that has not fired everything by then never will.
const FIRES_WITHIN: Duration = Duration::from_secs(120);
/// The longest window is left by then, and the longest `for` has passed.
const SILENT_WITHIN: Duration = Duration::from_secs(300);

/// One fault, or the time of health.
pub(super) struct Course {
    name: String,
    expected: BTreeSet<Alert>,
    seen: BTreeMap<Alert, Seen>,
    /// Whether exactly what was expected has fired, steadily.
    was_exact: bool,
    /// Whether nothing fired in the end, steadily.
    is_silent: bool,
}

/// When an alert was first seen to fire after the fault began, and last after it ended.
#[derive(Default)]
struct Seen {
    fired_after: Duration,
    silent_after: Option<Duration>,
}

/// Nothing may fire for so long.
///
/// # Errors
///
/// When Prometheus does not answer, or a server has ended.
pub(super) fn healthy(world: &mut World, lasts: Duration) -> anyhow::Result<Course> {
    let mut course = Course::new("healthy".to_owned(), BTreeSet::new());
    let begun = Instant::now();
    let mut is_silent = true;
    while begun.elapsed() < lasts {
        let firing = world.firing()?;
        is_silent &= firing.is_empty();
        course.note(&firing, begun, None);
        pause(LOOK_EVERY);
    }
    course.was_exact = is_silent;
    course.is_silent = is_silent;
    Ok(course)
}

/// Begins a fault, waits for its alerts, ends it, and waits until nothing fires.
///
/// # Errors
///
/// When Prometheus does not answer, a server has ended, or the fault cannot be made.
pub(super) fn follow(world: &mut World, fault: Fault) -> anyhow::Result<Course> {
    let mut course = Course::new(fault.name(), fault.expected());
    let begun = Instant::now();
    fault.begin(world)?;
    let expected = course.expected.clone();
    course.was_exact = course.wait_until(world, &expected, FIRES_WITHIN, (begun, None))?;
    fault.end(world)?;
    let nothing = BTreeSet::new();
    let ended = Some(Instant::now());
    course.is_silent = course.wait_until(world, &nothing, SILENT_WITHIN, (begun, ended))?;
    Ok(course)
}

impl Course {
    fn new(name: String, expected: BTreeSet<Alert>) -> Self {
        Self {
            name,
            expected,
            seen: BTreeMap::new(),
            was_exact: false,
            is_silent: false,
        }
    }

    /// Whether exactly these fire steadily before too long.
    fn wait_until(
        &mut self,
        world: &mut World,
        wanted: &BTreeSet<Alert>,
        within: Duration,
        (begun, ended): (Instant, Option<Instant>),
    ) -> anyhow::Result<bool> {
        let waiting = Instant::now();
        let mut exact_since = None;
        while waiting.elapsed() < within {
            let firing = world.firing()?;
            self.note(&firing, begun, ended);
            if firing != *wanted {
                exact_since = None;
            } else if exact_since.get_or_insert_with(Instant::now).elapsed() >= STEADY {
                return Ok(true);
            }
            pause(LOOK_EVERY);
        }
        Ok(false)
    }

    fn note(&mut self, firing: &BTreeSet<Alert>, begun: Instant, ended: Option<Instant>) {
        for alert in firing {
            let seen = self.seen.entry(alert.clone()).or_insert_with(|| Seen {
                fired_after: begun.elapsed(),
                silent_after: None,
            });
            seen.silent_after = ended.map(|ended| ended.elapsed());
        }
    }

    pub(super) fn is_as_expected(&self) -> bool {
        self.was_exact
            && self.is_silent
            && self.seen.keys().all(|alert| self.expected.contains(alert))
    }

    pub(super) fn header() -> String {
        format!(
            "{:<9} {:<28} {:<8} {:>8} {:>11} {:>13}  as expected",
            "fault", "alert", "of", "expected", "fires after", "silent after"
        )
    }

    /// A line for each alert that fired or should have, and one for the whole.
    pub(super) fn table(&self) -> String {
        let mut table = String::new();
        let fired: BTreeSet<Alert> = self.seen.keys().cloned().collect();
        for alert in fired.union(&self.expected) {
            let is_expected = self.expected.contains(alert);
            let seen = self.seen.get(alert);
            let seconds = |span: Duration| format!("{} s", span.as_secs());
            let fires = seen.map_or("never".to_owned(), |seen| seconds(seen.fired_after));
            let silent = seen.and_then(|seen| seen.silent_after);
            let _ = writeln!(
                table,
                "{:<9} {:<28} {:<8} {:>8} {:>11} {:>13}  {}",
                self.name,
                alert.name,
                alert.version.as_deref().unwrap_or("service"),
                yes(is_expected),
                fires,
                silent.map_or("-".to_owned(), seconds),
                yes(is_expected && seen.is_some()),
            );
        }
        let whole = match (self.was_exact, self.is_silent) {
            _ if self.is_as_expected() && self.expected.is_empty() => "nothing fires",
            _ if self.is_as_expected() => "exactly these, then none",
            (false, _) => "never exactly these",
            (true, false) => "not silent in the end",
            (true, true) => "others as well",
        };
        let _ = writeln!(
            table,
            "{:<9} {:<73}  {}",
            self.name,
            whole,
            yes(self.is_as_expected())
        );
        table
    }
}

fn yes(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

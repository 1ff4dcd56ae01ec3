//! What `cargo test` prints, read line by line: the counts of each test binary, and what failed tests said.

use std::fmt;

use super::outcome::TestCount;

/// Of what a failed test said, the summary repeats this many lines.
const REPEATED: usize = 20;

#[derive(Default)]
pub(super) struct CargoOutput {
    pub(super) tests: TestCount,
    pub(super) failures: Vec<Failure>,
    /// Test binaries that began and did not end.
    unended: u64,
    /// The lines that follow belong to the last failure.
    inside: bool,
}

pub(super) struct Failure {
    pub(super) name: String,
    pub(super) said: String,
}

impl CargoOutput {
    pub(super) fn read(&mut self, line: &str) {
        if let Some(name) = heading(line) {
            self.failures.push(Failure {
                name: name.to_owned(),
                said: String::new(),
            });
            self.inside = true;
        } else if line == "failures:" {
            self.inside = false;
        } else if let Some(count) = summary(line) {
            self.tests += count;
            self.unended = self.unended.saturating_sub(1);
            self.inside = false;
        } else if is_beginning(line) {
            self.unended += 1;
            self.inside = false;
        } else if self.inside
            && let Some(failure) = self.failures.last_mut()
        {
            failure.add(line);
        }
    }

    /// Whether every binary came to its end, and said something of each test that failed: one that was killed says nothing.
    pub(super) fn is_complete(&self) -> bool {
        self.unended == 0 && self.failures.len() as u64 == self.tests.failed
    }

    pub(super) fn names(&self) -> Vec<&str> {
        let names = self.failures.iter().map(|failure| failure.name.as_str());
        names.collect()
    }
}

impl Failure {
    fn add(&mut self, line: &str) {
        if !line.trim().is_empty() && self.said.lines().count() < REPEATED {
            self.said.push_str("    ");
            self.said.push_str(line);
            self.said.push('\n');
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} failed:\n{}", self.name, self.said)
    }
}

/// The name in the line above what a failed test printed.
fn heading(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

/// Whether a test binary begins with this line.
fn is_beginning(line: &str) -> bool {
    let count = line
        .strip_prefix("running ")
        .and_then(|rest| rest.strip_suffix(" tests").or(rest.strip_suffix(" test")));
    count.is_some_and(|count| count.parse::<u64>().is_ok())
}

/// Reads the line with which each test binary ends.
fn summary(line: &str) -> Option<TestCount> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut count = TestCount::default();
    for part in counts.split(';') {
        let (number, what) = part.trim().split_once(' ')?;
        match what {
            "passed" => count.passed = number.parse().ok()?,
            "failed" => count.failed = number.parse().ok()?,
            "ignored" => count.ignored = number.parse().ok()?,
            _ => {}
        }
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_test_binary_is_counted() {
        let line = "test result: FAILED. 33 passed; 1 failed; 2 ignored; 0 measured; 5 filtered out; finished in 0.11s";
        let expected = TestCount {
            passed: 33,
            failed: 1,
            ignored: 2,
        };
        assert_eq!(summary(line), Some(expected));
    }

    #[test]
    fn other_lines_are_not_counted() {
        for line in [
            "",
            "test a_test ... ok",
            "running 3 tests",
            "test result: ",
            "the test result: ok. 3 passed; 0 failed",
            "test result: ok. many passed; 0 failed",
        ] {
            assert_eq!(summary(line), None, "{line}");
        }
    }

    #[test]
    fn failed_tests_are_kept_with_what_they_said() {
        let mut output = CargoOutput::default();
        let printed = "\
running 3 tests
test faults::slow ... FAILED
test faults::late ... FAILED
test faults::fine ... ok

failures:

---- faults::slow stdout ----

thread 'faults::slow' panicked at here.rs:1:1:
took 3 s

---- faults::late stdout ----
never came

failures:
    faults::slow
    faults::late

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.11s
after the end";
        for line in printed.lines() {
            output.read(line);
        }
        assert_eq!(output.names(), ["faults::slow", "faults::late"]);
        assert_eq!(
            output.failures[0].said,
            "    thread 'faults::slow' panicked at here.rs:1:1:\n    took 3 s\n"
        );
        assert_eq!(output.failures[1].said, "    never came\n");
        assert_eq!(output.tests.failed, 2);
        assert!(output.is_complete());
        output.read("running 1 test");
        output.read("thread 'main' has overflowed its stack");
        assert!(!output.is_complete());
    }
}

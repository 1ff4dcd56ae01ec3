//! How a step ended.

pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    /// The single tests that ran; all zero for a step that is one check as a whole.
    pub(crate) tests: TestCount,
    /// What the summary says below its table: which tests failed and how.
    pub(crate) remarks: Vec<String>,
}

pub(crate) enum Verdict {
    Passed,
    Failed(String),
    Skipped(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TestCount {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Outcome {
    pub(crate) fn passed() -> Self {
        Self::check(Verdict::Passed)
    }

    pub(crate) fn failed(reason: String) -> Self {
        Self::check(Verdict::Failed(reason))
    }

    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self::check(Verdict::Skipped(reason.into()))
    }

    fn check(verdict: Verdict) -> Self {
        Self {
            verdict,
            tests: TestCount::default(),
            remarks: Vec::new(),
        }
    }
}

impl TestCount {
    /// How many tests ran to an end.
    pub(crate) fn run(self) -> u64 {
        self.passed + self.failed
    }
}

impl std::ops::AddAssign for TestCount {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

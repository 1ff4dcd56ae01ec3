//! For how long a stage was really watched, at most.

use chrono::{DateTime, Utc};

use crate::{
    machine::State,
    simulation::{script::GAP, truth::Made},
    verdict::Outcome,
};

#[derive(Debug, Clone, Copy, Default)]
pub(in crate::simulation) struct Attendance {
    /// Its place, and when it began.
    stage: Option<(usize, DateTime<Utc>)>,
    last: Option<Look>,
    seconds: i64,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    really_at: i64,
    ahead: i64,
}

impl Attendance {
    pub(super) fn seconds(&self) -> u64 {
        u64::try_from(self.seconds).unwrap_or(0)
    }

    /// A look counts when it was judged, in a stage that is not paused or is resumed by it.
    pub(in crate::simulation) fn look(&mut self, state: &State, made: &Made, resumes: bool) {
        let Some(running) = state.judged() else {
            self.last = None;
            return;
        };
        let stage = Some((running.stage, running.started_at));
        if self.stage != stage {
            *self = Self {
                stage,
                ..Self::default()
            };
        }
        let evidence = made.evidence.as_ref();
        let outcome = evidence.map(|evidence| evidence.verdict.outcome);
        let is_judged = matches!(outcome, Some(Outcome::Promote | Outcome::Hold));
        if !is_judged || (state.pause.is_some() && !resumes) {
            self.last = None;
            return;
        }
        let look = Look {
            really_at: made.really_at,
            ahead: made.ahead,
        };
        let is_late = self
            .last
            .is_some_and(|last| look.really_at < last.really_at);
        if is_late {
            return;
        }
        if let Some(last) = self.last.replace(look) {
            self.seconds += most_that_counts(last, look);
        }
    }
}

/// A clock that was set ahead a little may add as much: nobody can tell.
fn most_that_counts(last: Look, look: Look) -> i64 {
    let passed = look.really_at - last.really_at;
    let jumped = look.ahead - last.ahead;
    if passed > GAP && jumped == 0 {
        return 0;
    }
    passed.clamp(0, GAP) + jumped.clamp(0, GAP)
}

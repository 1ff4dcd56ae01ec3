//! Whether somebody writes past the audit log while this process runs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ScholarshipId;
use ports::{AuditLog, StoreError};

/// How many are told apart; beyond them a gap is not found before another one is closed.
const MOST: usize = 1_000;

/// Compares the catalogue with the log, again and again.
pub struct AuditGaps {
    log: Arc<dyn AuditLog>,
    /// As last seen; `None` before the first look.
    known: Mutex<Option<BTreeSet<ScholarshipId>>>,
}

impl AuditGaps {
    pub fn new(log: Arc<dyn AuditLog>) -> Self {
        Self {
            log,
            known: Mutex::default(),
        }
    }

    /// How many scholarships were changed past the log since the last look. The first look only tells the log of what was
    /// there before: it is not this process's time in which that came about.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; the next look finds the same.
    pub async fn look(&self) -> Result<u64, StoreError> {
        let gaps: BTreeSet<ScholarshipId> = self.log.gaps(MOST).await?.into_iter().collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.replace(gaps.clone());
        let is_first = before.is_none();
        let new: Vec<&str> = gaps
            .iter()
            .filter(|id| before.as_ref().is_none_or(|before| !before.contains(*id)))
            .map(ScholarshipId::as_str)
            .collect();
        if let Some(example) = new.first() {
            tracing::error!(
                event = "audit_gap",
                scholarships = new.len(),
                example,
                is_first,
                "scholarships were changed past the audit log"
            );
        }
        Ok(if is_first { 0 } else { new.len() as u64 })
    }
}

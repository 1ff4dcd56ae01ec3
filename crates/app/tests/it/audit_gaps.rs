//! Writes past the audit log are found once each.

use std::sync::{Arc, Mutex};

use app::audit_gaps::AuditGaps;
use async_trait::async_trait;
use domain::{ScholarshipId, Timestamp};
use ports::{AuditEntry, AuditLog, StoreError};

#[derive(Default)]
struct Log(Mutex<Option<Vec<&'static str>>>);

#[async_trait]
impl AuditLog for Log {
    async fn audit(
        &self,
        _: Timestamp,
        _: Option<&ScholarshipId>,
        _: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(Vec::new())
    }

    async fn gaps(&self, limit: usize) -> Result<Vec<ScholarshipId>, StoreError> {
        let gaps = self.0.lock().expect("sound").clone();
        let gaps = gaps.ok_or_else(|| StoreError::Unavailable {
            operation: "gaps",
            source: "away".into(),
        })?;
        let ids = gaps.into_iter().take(limit);
        Ok(ids
            .map(|id| ScholarshipId::parse(id).expect("an id"))
            .collect())
    }
}

#[tokio::test]
async fn each_gap_counts_once_and_older_ones_not_at_all() {
    let log = Arc::new(Log::default());
    let gaps = AuditGaps::new(Arc::clone(&log) as Arc<dyn AuditLog>);
    let show = |ids: Option<Vec<&'static str>>| *log.0.lock().expect("sound") = ids;
    assert!(gaps.look().await.is_err());
    for (found, new) in [
        (vec!["old"], 0),
        (vec!["old"], 0),
        (vec!["old", "a", "b"], 2),
        (vec!["a", "b", "old"], 0),
        (vec!["b"], 0),
        (vec!["a", "b"], 1),
    ] {
        show(Some(found.clone()));
        assert_eq!(gaps.look().await.expect("is read"), new, "{found:?}");
    }
    // An absence forgets nothing.
    show(None);
    assert!(gaps.look().await.is_err());
    show(Some(vec!["a", "b", "c"]));
    assert_eq!(gaps.look().await.expect("is read"), 1);
}

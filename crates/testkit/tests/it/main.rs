//! The fakes pass the contracts of what they stand for, so that they cannot drift from it; the servers and the proxy do what
//! tests ask of them.

mod command_center_stub;
mod openai_stub;
mod private_redis;
mod proxy;

use std::future::{Ready, ready};
use std::sync::Arc;

use ports::{InteractionStore, RevocationStore, ScholarshipStore as _};
use testkit::{
    AuditedStore, Interruptible, Interruption, MemoryInteractionStore, MemoryRevocationStore,
    MemoryScholarshipStore, MemoryTaskStore, TaskBoard, scholarship,
};

mod scholarships {
    use super::*;

    fn open() -> Ready<(Arc<dyn AuditedStore>, ())> {
        ready((Arc::new(MemoryScholarshipStore::default()), ()))
    }

    testkit::scholarship_store_contract!(open);
}

mod interactions {
    use super::*;

    fn open() -> Ready<(Arc<dyn InteractionStore>, ())> {
        ready((Arc::new(MemoryInteractionStore::default()), ()))
    }

    testkit::interaction_store_contract!(open);
}

mod revocations {
    use super::*;

    fn open() -> Ready<(Arc<dyn RevocationStore>, ())> {
        ready((Arc::new(MemoryRevocationStore::default()), ()))
    }

    testkit::revocation_store_contract!(open);
}

mod tasks {
    use super::*;

    fn open() -> Ready<(Arc<dyn TaskBoard>, ())> {
        ready((Arc::new(MemoryTaskStore::default()), ()))
    }

    testkit::task_store_contract!(open);
}

mod interruptible_scholarships {
    use super::*;

    fn open() -> Ready<(Arc<dyn AuditedStore>, ())> {
        let store = MemoryScholarshipStore::default();
        let store = Interruptible::new(store, &Interruption::default());
        ready((Arc::new(store), ()))
    }

    testkit::scholarship_store_contract!(open);
}

mod interruptible_interactions {
    use super::*;

    fn open() -> Ready<(Arc<dyn InteractionStore>, ())> {
        let store = MemoryInteractionStore::default();
        let store = Interruptible::new(store, &Interruption::default());
        ready((Arc::new(store), ()))
    }

    testkit::interaction_store_contract!(open);
}

#[tokio::test]
async fn an_interrupted_store_answers_nothing_and_recovers() {
    let interruption = Interruption::default();
    let store = Interruptible::new(MemoryScholarshipStore::default(), &interruption);
    let now = testkit::instant("2026-11-23T12:00:00Z");
    let record = scholarship("A").stored("a", now);
    interruption.begin();
    let created = store
        .create(
            record.id.clone(),
            record.content.clone(),
            None,
            testkit::write_at(now),
        )
        .await;
    assert!(created.is_err());
    assert!(store.get(&record.id).await.is_err());
    interruption.end();
    assert_eq!(store.get(&record.id).await.expect("answers"), None);
}

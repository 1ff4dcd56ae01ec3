//! The store passes the contracts of its ports, directly and through PgBouncer.

use std::sync::Arc;

use ports::{InteractionArchive, InteractionStore, ReplayGuard, RevocationStore, SpendMeter};
use testkit::{AuditedStore, DatabaseServer, TaskBoard};

use super::settled::Settled;
use super::{bouncer, database, now, open, open_pooled, private_database};

mod scholarships_directly {
    use super::*;

    async fn fresh() -> (Arc<dyn AuditedStore>, ()) {
        let url = DatabaseServer::shared().url(&database().await);
        (Arc::new(Settled(open(&url))), ())
    }

    testkit::scholarship_store_contract!(fresh);
}

mod scholarships_through_pgbouncer {
    use super::*;

    async fn fresh() -> (Arc<dyn AuditedStore>, ()) {
        let url = bouncer().url(&private_database().await);
        (Arc::new(Settled(open_pooled(&url))), ())
    }

    testkit::scholarship_store_contract!(fresh);
}

mod interactions_directly {
    use super::*;

    async fn fresh() -> (Arc<dyn InteractionStore>, ()) {
        let url = DatabaseServer::shared().url(&database().await);
        (Arc::new(open(&url)), ())
    }

    testkit::interaction_store_contract!(fresh);
}

mod interactions_through_pgbouncer {
    use super::*;

    async fn fresh() -> (Arc<dyn InteractionStore>, ()) {
        let url = bouncer().url(&private_database().await);
        (Arc::new(open_pooled(&url)), ())
    }

    testkit::interaction_store_contract!(fresh);
}

mod used_tokens_directly {
    use super::*;

    async fn fresh() -> (Arc<dyn ReplayGuard>, ()) {
        let url = DatabaseServer::shared().url(&database().await);
        (Arc::new(open(&url)), ())
    }

    testkit::replay_guard_contract!(fresh);
}

mod used_tokens_through_pgbouncer {
    use super::*;

    async fn fresh() -> (Arc<dyn ReplayGuard>, ()) {
        let url = bouncer().url(&private_database().await);
        (Arc::new(open_pooled(&url)), ())
    }

    testkit::replay_guard_contract!(fresh);
}

mod revocations_directly {
    use super::*;

    async fn fresh() -> (Arc<dyn RevocationStore>, ()) {
        let url = DatabaseServer::shared().url(&database().await);
        (Arc::new(open(&url)), ())
    }

    testkit::revocation_store_contract!(fresh);
}

mod revocations_through_pgbouncer {
    use super::*;

    async fn fresh() -> (Arc<dyn RevocationStore>, ()) {
        let url = bouncer().url(&private_database().await);
        (Arc::new(open_pooled(&url)), ())
    }

    testkit::revocation_store_contract!(fresh);
}

mod spending_directly {
    use super::*;

    async fn fresh() -> (Arc<dyn SpendMeter>, ()) {
        let url = DatabaseServer::shared().url(&database().await);
        (Arc::new(open(&url)), ())
    }

    testkit::spend_meter_contract!(fresh);
}

mod spending_through_pgbouncer {
    use super::*;

    async fn fresh() -> (Arc<dyn SpendMeter>, ()) {
        let url = bouncer().url(&private_database().await);
        (Arc::new(open_pooled(&url)), ())
    }

    testkit::spend_meter_contract!(fresh);
}

mod tasks_directly {
    use super::*;

    async fn fresh() -> (Arc<dyn TaskBoard>, ()) {
        let url = DatabaseServer::shared().url(&database().await);
        (Arc::new(open(&url)), ())
    }

    testkit::task_store_contract!(fresh);

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn tasks_that_cannot_be_read_keep_nobody_from_theirs() {
        let name = database().await;
        let server = DatabaseServer::shared();
        let store = Arc::new(open(&server.url(&name)));
        let damage = async |sql: &str| drop(server.psql(&name, sql));
        let check = testkit::task_store_contract::tasks_that_cannot_be_read_keep_nobody_from_theirs;
        check(store, damage).await;
    }

    /// As an earlier version left them in a long outage: all have their time, all but the newest wait for another one.
    const LEFT_BEHIND: &str = "INSERT INTO tasks (id, digest, action, payload, reply_to, owner, requested_by, priority, timeout_ms, \
           retry, turn, state, attempts, created_at, not_before, told) \
         SELECT 't' || n, sha256(''), 'scholarship_api.search', '{}', 'https://center.example/', 'o', 'r', 5, 1000, 0, 0, 'queued', 0, \
           timestamptz '2026-11-23T12:00:00Z', timestamptz '2026-11-23T12:00:00Z', 'accepted' FROM generate_series(1, 50000) AS t (n); \
         INSERT INTO task_notices (task, kind, created_at, due_at) \
         SELECT sequence, kind, timestamptz '2026-11-23T12:00:00Z' - interval '1 day', timestamptz '2026-11-23T12:00:00Z' + due \
         FROM tasks, (VALUES ('accepted', interval '1 day'), ('in_progress', interval '-1 day')) AS kinds (kind, due)";
    const DUE: &str = "SELECT count(*) FROM task_notices WHERE buried_at IS NULL AND due_at <= timestamptz '2026-11-23T12:00:00Z'";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn notices_that_wait_for_others_do_not_hold_up_those_that_wait_for_none() {
        let name = database().await;
        let server = DatabaseServer::shared();
        let store: Arc<dyn TaskBoard> = Arc::new(open(&server.url(&name)));
        server.psql(&name, LEFT_BEHIND);
        let fresh = |id: &str| testkit::task_store_contract::spec(id, "x");
        let now = now();
        store
            .enqueue(fresh("a"), [1; 32], now)
            .await
            .expect("is taken in");
        let lease = domain::task::Lease {
            worker: domain::task::PlainText::lossy("bob"),
            until: now + chrono::TimeDelta::minutes(1),
        };
        let mut claims = 0;
        let lent = loop {
            claims += 1;
            assert!(claims <= 27, "claims get nowhere");
            let lent = store.claim_deliveries(lease.clone(), 32, now).await;
            let lent = lent.expect("are lent");
            if !lent.is_empty() {
                break lent;
            }
        };
        assert_eq!(lent[0].key.task.as_str(), "a");
        // Whoever comes after them does not walk over them again.
        assert_eq!(server.psql(&name, DUE), "0");
        store
            .enqueue(fresh("b"), [2; 32], now)
            .await
            .expect("is taken in");
        let lent = store.claim_deliveries(lease, 1, now).await;
        assert_eq!(lent.expect("are lent")[0].key.task.as_str(), "b");
    }
}

mod tasks_through_pgbouncer {
    use super::*;

    async fn fresh() -> (Arc<dyn TaskBoard>, ()) {
        let url = bouncer().url(&private_database().await);
        (Arc::new(open_pooled(&url)), ())
    }

    testkit::task_store_contract!(fresh);
}

mod archive_directly {
    use super::*;

    async fn fresh() -> ((Arc<dyn InteractionStore>, Arc<dyn InteractionArchive>), ()) {
        let store = open(&DatabaseServer::shared().url(&database().await));
        ((Arc::new(store.clone()), Arc::new(store)), ())
    }

    testkit::interaction_archive_contract!(fresh);
}

mod archive_through_pgbouncer {
    use super::*;

    async fn fresh() -> ((Arc<dyn InteractionStore>, Arc<dyn InteractionArchive>), ()) {
        let store = open_pooled(&bouncer().url(&private_database().await));
        ((Arc::new(store.clone()), Arc::new(store)), ())
    }

    testkit::interaction_archive_contract!(fresh);
}

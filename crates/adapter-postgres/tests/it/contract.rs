//! The store passes the contracts of its ports, directly and through PgBouncer.

use std::sync::Arc;

use ports::{InteractionArchive, InteractionStore, ReplayGuard, RevocationStore, SpendMeter};
use testkit::{AuditedStore, DatabaseServer, TaskBoard};

use super::settled::Settled;
use super::{bouncer, database, open, open_pooled, private_database};

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

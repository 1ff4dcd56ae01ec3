//! Every method of every port at least once, on each of its ways: add new ones here.

use std::time::Duration;

use adapter_postgres::{PostgresStore, SettlingProbe};
use chrono::TimeDelta;
use domain::task::{
    Lease, Outcome, PlainText, TaskAction, TaskError, TaskId, TaskPayload, TaskResources,
    TaskResult, TaskSpec, TaskState,
};
use domain::{Interaction, InteractionKind};
use ports::{
    AuditLog as _, FeedPosition, Health, HealthProbe as _, IdempotencyRecord,
    InteractionArchive as _, InteractionStore as _, MicroUsd, ReplayGuard, Reserve, Revocation,
    RevocationStore as _, RevokedKind, ScholarshipStore, SearchCount, SpendMeter as _, TaskFilter,
    TaskOutbox as _, TaskStore, UpsertItem,
};

use super::super::{id, named, now};

pub(super) async fn run(store: &PostgresStore) {
    store.verify().await.expect("is usable");
    let settling = SettlingProbe::new(store.clone(), Duration::from_secs(1));
    assert_eq!(settling.check().await, Health::Up);
    catalogue(store).await;
    interactions(store).await;
    coordination(store).await;
    tasks(store).await;
    notices(store).await;
}

async fn catalogue(store: &PostgresStore) {
    let record = IdempotencyRecord {
        key: "key".to_owned(),
        fingerprint: "f".to_owned(),
        scholarship_id: id("a"),
        expires_at: now() + TimeDelta::hours(1),
    };
    let later = now() + TimeDelta::seconds(1);
    store
        .create(
            id("a"),
            named("A"),
            Some(record.clone()),
            testkit::write_at(now()),
        )
        .await
        .expect("is created");
    store
        .create(id("a"), named("A"), None, testkit::write_at(now()))
        .await
        .expect_err("is there");
    store
        .create(id("x"), named("X"), Some(record), testkit::write_at(later))
        .await
        .expect_err("the key is taken");
    let of_origin = testkit::scholarship("O").origin("source", "1").content();
    store
        .create(id("o"), of_origin.clone(), None, testkit::write_at(now()))
        .await
        .expect("is created");
    store
        .create(id("p"), of_origin.clone(), None, testkit::write_at(now()))
        .await
        .expect_err("the origin is taken");
    store
        .replace(&id("a"), of_origin.clone(), None, testkit::write_at(later))
        .await
        .expect_err("the origin is taken");
    store
        .replace(&id("a"), named("B"), Some(1), testkit::write_at(later))
        .await
        .expect("is replaced");
    store
        .replace(&id("a"), named("C"), Some(1), testkit::write_at(later))
        .await
        .expect_err("another version");
    store
        .replace(&id("none"), named("C"), None, testkit::write_at(later))
        .await
        .expect_err("is not there");
    let item = |own_id: &str, content| UpsertItem {
        id: id(own_id),
        content,
    };
    for name in ["U", "U", "V"] {
        let items = vec![
            item("u", named(name)),
            item(
                "w",
                testkit::scholarship(name).origin("source", "1").content(),
            ),
        ];
        store
            .upsert_many(items, testkit::write_at(later))
            .await
            .expect("are written");
    }
    store
        .delete(&id("u"), Some(7), testkit::write_at(later))
        .await
        .expect_err("another version");
    store
        .delete(&id("u"), Some(2), testkit::write_at(later))
        .await
        .expect("is deleted");
    store
        .delete(&id("o"), None, testkit::write_at(later))
        .await
        .expect("is deleted");
    store
        .delete(&id("o"), None, testkit::write_at(later))
        .await
        .expect_err("is gone");
    store.audit(now(), None, 10).await.expect("is read");
    store.gaps(10).await.expect("is read");
    store
        .audit(now(), Some(&id("a")), 10)
        .await
        .expect("is read");
    ScholarshipStore::get(store, &id("a"))
        .await
        .expect("is read");
    store.page(None, 10).await.expect("is read");
    store.page(Some(&id("a")), 10).await.expect("is read");
    store.count().await.expect("is read");
    store
        .changes_since(FeedPosition::default(), 10)
        .await
        .expect("is read");
    store.head().await.expect("is read");
    store.fingerprint().await.expect("is read");
    store.changed_since(now(), None, 10).await.expect("is read");
    store
        .changed_since(now(), Some(&id("a")), 10)
        .await
        .expect("is read");
    store
        .idempotency_record("key", now())
        .await
        .expect("is read");
    store.health().await.expect("is read");
}

async fn interactions(store: &PostgresStore) {
    let view = Interaction {
        id: "i".to_owned(),
        kind: InteractionKind::View,
        scholarship_id: id("a"),
        occurred_at: now(),
        pseudonym: "ann".to_owned(),
    };
    let later = now() + TimeDelta::seconds(1);
    store.append(vec![view], now()).await.expect("is appended");
    store.of_pseudonym("ann", 10).await.expect("is read");
    store
        .count_by_scholarship(now(), later)
        .await
        .expect("is read");
    store.recent(now(), later, 10).await.expect("is read");
    let count = SearchCount {
        query: "q".to_owned(),
        count: 1,
        without_results: 0,
    };
    let day = now().date_naive();
    store
        .add_searches(day, vec![count])
        .await
        .expect("is written");
    store.searches(day, day, 10).await.expect("is read");
    store.pseudonym_key().await.expect("is made");
    store.take_turn().await.expect("is asked");
    let old = store.older_than(later, None, 10).await.expect("is read");
    let place = old.first().map(ports::KeptInteraction::place);
    store.older_than(later, place, 10).await.expect("is read");
    store.remove(&old).await.expect("is removed");
    store.forget("ann").await.expect("is forgotten");
}

async fn coordination(store: &PostgresStore) {
    let expires = now() + TimeDelta::days(365);
    for purpose in [[1; 32], [1; 32], [2; 32]] {
        ReplayGuard::claim(store, "token", &purpose, expires)
            .await
            .expect("is claimed");
    }
    let revocation = Revocation {
        kind: RevokedKind::Token,
        digest: [1; 32],
        revoked_at: now(),
        expires_at: expires,
    };
    store.revoke(revocation).await.expect("is revoked");
    store.revocations(now()).await.expect("is read");
    let day = now().date_naive();
    let reserved = store
        .reserve(day, MicroUsd(5), MicroUsd(10))
        .await
        .expect("is asked");
    let Reserve::Granted(reservation) = reserved else {
        panic!("there is money");
    };
    store
        .reserve(day, MicroUsd(50), MicroUsd(10))
        .await
        .expect("is asked");
    for _ in 0..2 {
        store
            .settle(&reservation, MicroUsd(3))
            .await
            .expect("is settled");
    }
    store.spent(day).await.expect("is read");
}

fn task(text: &str) -> TaskId {
    TaskId::parse(text).expect("an id")
}

fn lease() -> Lease {
    Lease {
        worker: PlainText::lossy("ann"),
        until: now() + TimeDelta::minutes(1),
    }
}

async fn tasks(store: &PostgresStore) {
    let error = TaskError::new("BROKEN", "it broke");
    for (text, digest) in [("t", 1), ("t", 1), ("t", 2), ("u", 1)] {
        let spec = TaskSpec {
            id: task(text),
            action: TaskAction::Search,
            payload: TaskPayload::parse("{}").expect("is JSON"),
            reply_to: Some(PlainText::lossy("https://center.example")),
            trace_id: None,
            owner: PlainText::lossy("x"),
            requested_by: PlainText::lossy("x"),
            resources: TaskResources::new(5, 1_000, 0).expect("fits"),
        };
        let enqueued = store.enqueue(spec, [digest; 32], now()).await;
        enqueued.expect("is answered");
    }
    // The leases of the first claim have run out at the second.
    for minutes in [0, 5] {
        let at = now() + TimeDelta::minutes(minutes);
        let claimed = TaskStore::claim(store, lease(), 10, at)
            .await
            .expect("are lent");
        assert_eq!(claimed.len(), 2);
    }
    store.renew(&task("t"), lease()).await.expect("is answered");
    let result = TaskResult::parse("{}").expect("is JSON");
    let outcomes = [
        ("t", Outcome::Succeeded(result)),
        ("u", Outcome::Failed(error)),
    ];
    for (text, outcome) in outcomes {
        let finished = store.finish(&task(text), "ann", outcome, now()).await;
        finished.expect("is answered").expect("is held");
    }
    let requeued = store.requeue(&task("u"), now()).await;
    requeued.expect("is answered");
    store.cancel(&task("u"), now()).await.expect("is answered");
    TaskStore::get(store, &task("t")).await.expect("is read");
    let all = TaskFilter {
        state: Some(TaskState::Succeeded),
        action: Some(TaskAction::Search),
        requested_by: Some(PlainText::lossy("x")),
    };
    let dead = TaskFilter {
        state: Some(TaskState::Dead),
        ..TaskFilter::default()
    };
    for (filter, before) in [(TaskFilter::default(), None), (all, Some(9)), (dead, None)] {
        store.list(filter, before, 10).await.expect("is read");
    }
}

async fn notices(store: &PostgresStore) {
    let reason = || PlainText::lossy("503");
    let lent = store.claim_deliveries(lease(), 10, now()).await;
    let lent = lent.expect("are lent");
    let [first, second] = &lent[..] else {
        panic!("there are two tasks: {lent:?}");
    };
    // The next ones have their time, and wait for those.
    let soon = now() + TimeDelta::seconds(10);
    let blocked = store.claim_deliveries(lease(), 10, soon).await;
    assert!(blocked.expect("are lent").is_empty());
    let next = store.delivered_and_next(std::slice::from_ref(&first.key), lease());
    let next = next.await.expect("is answered");
    let held = store.held_deliveries(lease()).await;
    assert!(!held.expect("are read").is_empty());
    assert_eq!(next.len(), 1);
    let delivered = store.delivered(std::slice::from_ref(&next[0].key)).await;
    assert_eq!(delivered.expect("is answered"), 1);
    let postponed = store.retry_delivery(&second.key, "ann", now(), reason());
    assert!(postponed.await.expect("is answered"));
    let again = store.claim_deliveries(lease(), 10, soon).await;
    again.expect("are lent");
    let buried = store.bury(&second.key, "ann", reason(), now()).await;
    assert!(buried.expect("is answered"));
    let buried = store.buried(None, 10).await.expect("is read");
    assert_eq!(buried.notices.len(), 1);
    let redelivered = store.redeliver(&buried.notices[0].key, now()).await;
    assert!(redelivered.expect("is answered"));
    let forgotten = store.forget_finished(now(), 10).await;
    forgotten.expect("are removed");
}

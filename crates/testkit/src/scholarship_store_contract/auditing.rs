//! The audit log: one entry beside each write, and none without one.

use domain::ScholarshipContent;
use ports::{
    Actor, ActorRole, AuditAction, AuditEntry, IdempotencyRecord, StoreError, WriteContext,
};
use tokio::task::JoinSet;

use super::{Store, create, id, item, kept, minutes_later, named, noon};
use crate::{content_digest, scholarship, write_at};

/// Everything, oldest first.
async fn entries(store: &Store) -> Vec<AuditEntry> {
    let since = minutes_later(-1);
    let mut entries = store.audit(since, None, 1_000).await.expect("is read");
    entries.reverse();
    entries
}

fn digest(content: ScholarshipContent) -> Option<[u8; 32]> {
    Some(content_digest(&content))
}

/// What an entry says, but for who and when.
type Said = (AuditAction, String, Option<[u8; 32]>, Option<[u8; 32]>);

fn said(entries: &[AuditEntry]) -> Vec<Said> {
    let said = |entry: &AuditEntry| {
        let id = entry.scholarship_id.as_str().to_owned();
        (entry.action, id, entry.digest_before, entry.digest_after)
    };
    entries.iter().map(said).collect()
}

pub async fn every_write_is_audited_with_its_digests(store: Store) {
    create(&store, "a", named("A")).await;
    let replaced = store
        .replace(&id("a"), named("B"), Some(1), write_at(minutes_later(1)))
        .await;
    replaced.expect("is replaced");
    // The same content once more is a write too: the version grows.
    let again = store
        .replace(&id("a"), named("B"), None, write_at(minutes_later(2)))
        .await;
    again.expect("is replaced");
    let of_origin = |name: &str| scholarship(name).origin("s", "1").content();
    for (minute, name) in [(3, "O"), (4, "P")] {
        let items = vec![item("o", of_origin(name)), item("i", named(name))];
        let written = store.upsert_many(items, write_at(minutes_later(minute)));
        written.await.expect("is written");
    }
    let deleted = store
        .delete(&id("o"), None, write_at(minutes_later(5)))
        .await;
    deleted.expect("is deleted");

    use AuditAction::{Created, Deleted, Imported, Replaced};
    let entry = |action, id: &str, before, after| (action, id.to_owned(), before, after);
    let entries = entries(&store).await;
    assert_eq!(
        said(&entries),
        [
            entry(Created, "a", None, digest(named("A"))),
            entry(Replaced, "a", digest(named("A")), digest(named("B"))),
            entry(Replaced, "a", digest(named("B")), digest(named("B"))),
            entry(Imported, "o", None, digest(of_origin("O"))),
            entry(Imported, "i", None, digest(named("O"))),
            entry(
                Imported,
                "o",
                digest(of_origin("O")),
                digest(of_origin("P"))
            ),
            entry(Imported, "i", digest(named("O")), digest(named("P"))),
            entry(Deleted, "o", digest(of_origin("P")), None),
        ]
    );
    let instants: Vec<_> = entries.iter().map(|entry| entry.at).collect();
    let expected = [0, 1, 2, 3, 3, 4, 4, 5].map(|minute| kept(minutes_later(minute)));
    assert_eq!(instants, expected);
    assert!(
        entries
            .iter()
            .all(|entry| entry.actor == write_at(noon()).actor)
    );
    assert!(entries.is_sorted_by(|one, next| one.sequence < next.sequence));
}

pub async fn the_audit_log_says_who_wrote(store: Store) {
    let mut actors: Vec<Actor> = ActorRole::ALL
        .into_iter()
        .map(|role| Actor::named("Ann \u{1F393} O'Neil", role))
        .collect();
    actors.push(Actor::SYSTEM);
    for (at, actor) in actors.iter().enumerate() {
        let context = WriteContext {
            actor: actor.clone(),
            now: noon(),
        };
        let items = vec![item(&format!("r{at}"), named("A"))];
        store.upsert_many(items, context).await.expect("is written");
    }
    let found: Vec<Actor> = entries(&store)
        .await
        .into_iter()
        .map(|entry| entry.actor)
        .collect();
    assert_eq!(found, actors);
}

pub async fn what_writes_nothing_is_not_audited(store: Store) {
    let record = |own_id: &str| IdempotencyRecord {
        key: "key".to_owned(),
        fingerprint: "f".to_owned(),
        scholarship_id: id(own_id),
        expires_at: minutes_later(60),
    };
    let of_origin = |name: &str| scholarship(name).origin("s", "1").content();
    let written = store.create(id("a"), of_origin("A"), Some(record("a")), write_at(noon()));
    written.await.expect("is created");
    create(&store, "b", named("B")).await;
    let before = entries(&store).await;
    assert_eq!(before.len(), 2);

    let context = || write_at(minutes_later(1));
    let taken = store.create(id("b"), named("C"), None, context()).await;
    assert!(matches!(taken, Err(StoreError::AlreadyExists { .. })));
    let taken = store.create(id("c"), of_origin("C"), None, context()).await;
    assert!(matches!(taken, Err(StoreError::AlreadyExists { .. })));
    let taken = store.create(id("c"), named("C"), Some(record("c")), context());
    assert!(matches!(taken.await, Err(StoreError::IdempotencyKeyTaken)));
    let taken = store
        .replace(&id("b"), of_origin("C"), None, context())
        .await;
    assert!(matches!(taken, Err(StoreError::AlreadyExists { .. })));
    let late = store
        .replace(&id("a"), named("C"), Some(7), context())
        .await;
    assert!(matches!(late, Err(StoreError::VersionMismatch { .. })));
    let gone = store.replace(&id("x"), named("C"), None, context()).await;
    assert!(matches!(gone, Err(StoreError::NotFound)));
    let late = store.delete(&id("a"), Some(7), context()).await;
    assert!(matches!(late, Err(StoreError::VersionMismatch { .. })));
    let gone = store.delete(&id("x"), None, context()).await;
    assert!(matches!(gone, Err(StoreError::NotFound)));
    let unchanged = vec![
        item("a", of_origin("A")),
        item("b", named("B")),
        // The id of a record of another origin.
        item("b", scholarship("D").origin("s", "2").content()),
    ];
    store
        .upsert_many(unchanged, context())
        .await
        .expect("is read");
    let nothing = store.upsert_many(Vec::new(), context()).await;
    nothing.expect("is read");
    assert_eq!(entries(&store).await, before);
}

pub async fn items_that_change_one_record_are_audited_one_by_one(store: Store) {
    let names = ["A", "B", "B", "A"];
    let items = names.map(|name| item("a", named(name))).to_vec();
    let written = store.upsert_many(items, write_at(noon())).await;
    written.expect("is written");
    let entry = |before, after| (AuditAction::Imported, "a".to_owned(), before, after);
    let (a, b) = (digest(named("A")), digest(named("B")));
    assert_eq!(
        said(&entries(&store).await),
        [entry(None, a), entry(a, b), entry(b, a)]
    );
}

pub async fn the_audit_log_is_asked_by_instant_scholarship_and_limit(store: Store) {
    for minute in 0..4 {
        for own_id in ["a", "b"] {
            let content = named(&format!("{own_id} {minute}"));
            let items = vec![item(own_id, content)];
            let written = store.upsert_many(items, write_at(minutes_later(minute)));
            written.await.expect("is written");
        }
    }
    let minutes = async |since, own_id: Option<&str>, limit| {
        let own_id = own_id.map(id);
        let found = store
            .audit(minutes_later(since), own_id.as_ref(), limit)
            .await;
        let minute = |entry: &AuditEntry| (entry.at - kept(noon())).num_minutes();
        let found = found.expect("is read");
        found.iter().map(minute).collect::<Vec<_>>()
    };
    assert_eq!(minutes(0, None, 100).await, [3, 3, 2, 2, 1, 1, 0, 0]);
    assert_eq!(minutes(0, None, usize::MAX).await.len(), 8);
    assert_eq!(minutes(2, None, 100).await, [3, 3, 2, 2]);
    assert_eq!(minutes(0, None, 3).await, [3, 3, 2]);
    assert_eq!(minutes(0, Some("b"), 100).await, [3, 2, 1, 0]);
    assert_eq!(minutes(1, Some("b"), 2).await, [3, 2]);
    assert_eq!(minutes(0, Some("c"), 100).await, [0; 0]);
    assert_eq!(minutes(4, None, 100).await, [0; 0]);
}

pub async fn of_writers_at_once_those_who_won_are_audited(store: Store) {
    create(&store, "a", named("A")).await;
    let mut writers = JoinSet::new();
    for at in 0..16 {
        let store = std::sync::Arc::clone(&store);
        writers.spawn(async move {
            let expected = (at % 2 == 0).then_some(1);
            let content = named(&format!("by {at}"));
            let replaced = store
                .replace(&id("a"), content, expected, write_at(noon()))
                .await;
            replaced.is_ok()
        });
    }
    let won = writers
        .join_all()
        .await
        .into_iter()
        .filter(|won| *won)
        .count();
    let found = entries(&store).await;
    assert_eq!(found.len(), 1 + won);
    // Each begins with what the one before it left.
    for pair in found.windows(2) {
        assert_eq!(pair[1].digest_before, pair[0].digest_after);
    }
    let present = store.get(&id("a")).await.expect("is read");
    let present = present.expect("is there");
    assert_eq!(present.version, found.len() as u64);
    assert_eq!(
        found.last().and_then(|last| last.digest_after),
        digest(present.content)
    );
}

//! An index that does not hold what the store holds is found and made equal, whatever the log says.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use adapter_search::{InProcessIndex, SearchSettings};
use app::follower::{Drift, FollowPeriods, IndexFollower, Reconciled};
use chrono::TimeDelta;
use domain::{ScholarshipContent, Timestamp};
use ports::{Change, ScholarshipStore as _, SearchIndex as _, UpsertItem};
use testkit::{Interruptible, Interruption, MemoryScholarshipStore, instant, scholarship};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::following::PERIODS;
use crate::world::id;

const CATALOGUE: &str = "the store of the test";
/// More than two pages of a walk.
const MANY: usize = 4_500;

fn noon() -> Timestamp {
    instant("2026-11-23T12:00:00Z")
}

fn named(name: &str) -> ScholarshipContent {
    scholarship(name).content()
}

fn numbered(number: usize) -> UpsertItem {
    UpsertItem {
        id: id(&format!("s{number:05}")),
        content: named(&format!("Award {number}")),
    }
}

async fn write(store: &MemoryScholarshipStore, items: Vec<UpsertItem>, now: Timestamp) {
    store
        .upsert_many(items, testkit::write_at(now))
        .await
        .expect("is written");
}

async fn put(store: &MemoryScholarshipStore, own_id: &str, name: &str, minute: i64) {
    let item = UpsertItem {
        id: id(own_id),
        content: named(name),
    };
    write(store, vec![item], noon() + TimeDelta::minutes(minute)).await;
}

fn empty_index() -> Arc<InProcessIndex> {
    Arc::new(InProcessIndex::new(SearchSettings::default()))
}

fn follower_of(store: &MemoryScholarshipStore, index: &Arc<InProcessIndex>) -> IndexFollower {
    IndexFollower::new(Arc::new(store.clone()), Arc::clone(index) as _)
}

/// Record by record, and that there are no others.
async fn assert_equal(index: &InProcessIndex, store: &MemoryScholarshipStore) {
    let (fingerprint, _) = store.fingerprint().await.expect("is read").expect("quiet");
    let records = store.page(None, usize::MAX).await.expect("is read");
    for record in &records {
        assert_eq!(index.scholarship(&record.id).as_ref(), Some(record));
    }
    assert_eq!(index.fingerprint(), fingerprint);
    assert_eq!(index.revisions(None, usize::MAX).len(), records.len());
}

/// What the index would hold had it missed some changes and seen others that never were.
async fn plant_drift(index: &InProcessIndex, store: &MemoryScholarshipStore) -> Drift {
    let position = index.position();
    let at = noon();
    let lost = |number: usize| Change::Deleted {
        id: numbered(number).id,
        at,
    };
    let mut changes: Vec<Change> = [0, 1_999, 2_000, 2_001, MANY - 1].map(lost).to_vec();
    for number in [7, 1_998, 3_000] {
        let mut old = store.get(&numbered(number).id).await.expect("is read");
        let mut old = old.take().expect("is there");
        old.updated_at -= TimeDelta::microseconds(1);
        old.content.name = "What it was before".to_owned();
        changes.push(Change::Upserted(Box::new(old)));
    }
    let taken_over = changes.len() as u64;
    let beyond = (0..2_500).map(|number| format!("t{number:05}"));
    let between = ["a".to_owned(), "s02000x".to_owned()];
    let foreign: Vec<String> = beyond.chain(between).collect();
    for own_id in &foreign {
        let record = scholarship("Never was").stored(own_id, at);
        changes.push(Change::Upserted(Box::new(record)));
    }
    index.apply(changes, position);
    Drift {
        taken_over,
        removed: foreign.len() as u64,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_found_and_healed() {
    let store = MemoryScholarshipStore::default();
    write(&store, (0..MANY).map(numbered).collect(), noon()).await;
    let index = empty_index();
    let follower = follower_of(&store, &index);
    follower.load().await.expect("loads");
    assert_eq!(
        follower.reconcile().await.expect("compares"),
        Reconciled::InStep
    );

    let planted = plant_drift(&index, &store).await;
    let healed = follower.reconcile().await.expect("compares");
    assert_eq!(healed, Reconciled::Healed(planted));
    assert_equal(&index, &store).await;
    assert_eq!(follower.healed(), planted.taken_over + planted.removed);
    assert_eq!(follower.lag(), Duration::ZERO);
    assert_eq!(
        follower.reconcile().await.expect("compares"),
        Reconciled::InStep
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_follower_compares_by_itself() {
    let store = MemoryScholarshipStore::default();
    put(&store, "a", "Zebra Grant", 0).await;
    let index = empty_index();
    let follower = Arc::new(follower_of(&store, &index));
    follower.load().await.expect("loads");
    let never_was = scholarship("Never was").stored("b", noon());
    index.apply(
        vec![Change::Upserted(Box::new(never_was))],
        index.position(),
    );
    let periods = FollowPeriods {
        reconcile: Duration::from_millis(20),
        ..PERIODS
    };
    let (_stop, stopped) = watch::channel(false);
    let task = tokio::spawn(Arc::clone(&follower).follow(periods, None, stopped));
    until(|| follower.healed() == 1).await;
    assert_equal(&index, &store).await;
    task.abort();
}

async fn until(mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(30), waiting)
        .await
        .expect("holds soon");
}

/// The same ids in the same versions, at the same place of the log, with other contents: what a store is that was put back to
/// a backup and written again.
async fn two_histories() -> (MemoryScholarshipStore, MemoryScholarshipStore) {
    let (before, after) = (
        MemoryScholarshipStore::default(),
        MemoryScholarshipStore::default(),
    );
    for store in [&before, &after] {
        put(store, "a", "Zebra Grant", 0).await;
        put(store, "b", "Quokka Prize", 0).await;
    }
    // Here the backup was made.
    put(&before, "a", "Lost Grant", 1).await;
    put(&before, "c", "Lost Prize", 1).await;
    put(&after, "a", "Found Grant", 2).await;
    put(&after, "c", "Found Prize", 2).await;
    (before, after)
}

async fn saved_index_of(store: &MemoryScholarshipStore, file: &Path) {
    let index = empty_index();
    follower_of(store, &index).load().await.expect("loads");
    index.save(file, CATALOGUE).expect("is saved");
}

fn restored(file: &Path) -> Arc<InProcessIndex> {
    let index = InProcessIndex::restored(SearchSettings::default(), file, CATALOGUE);
    Arc::new(index.expect("is restored"))
}

/// What whoever resumes knows of the store.
#[derive(Clone, Copy)]
enum Known {
    Nothing,
    Outdated,
    Current,
}

impl Known {
    const ALL: [Self; 3] = [Self::Nothing, Self::Outdated, Self::Current];
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_file_from_before_a_backup_was_restored_never_serves_old_contents() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("index");
    for (later_writes, known) in (0..3).flat_map(|writes| Known::ALL.map(|known| (writes, known))) {
        let (before, after) = two_histories().await;
        saved_index_of(&before, &file).await;
        let outdated = after.fingerprint().await.expect("is read");
        for write in 0..later_writes {
            put(&after, "d", &format!("Later {write}"), 3).await;
        }
        let known = match known {
            Known::Nothing => None,
            Known::Outdated => outdated,
            Known::Current => after.fingerprint().await.expect("is read"),
        };
        let index = restored(&file);
        let follower = follower_of(&after, &index);
        let resumed = follower.resume(index.position(), known).await;
        resumed.expect("resumes");
        assert_equal(&index, &after).await;
        assert_eq!(index.position(), after.head().await.expect("is read"));
    }
}

/// What the store is said to come to is believed, so that it is not read again: shown by what is not true.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_the_store_is_not_asked_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("index");
    let (before, after) = two_histories().await;
    saved_index_of(&before, &file).await;
    let index = restored(&file);
    let said = (index.fingerprint(), index.position());
    let at = after.head().await.expect("is read");
    assert_eq!(said.1, at, "both histories have the same length");
    let resumed = follower_of(&after, &index).resume(at, Some(said)).await;
    resumed.expect("resumes");
    assert_eq!(index.fingerprint(), said.0, "nothing was compared");
    follower_of(&after, &index)
        .resume(at, None)
        .await
        .expect("resumes");
    assert_equal(&index, &after).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_file_that_is_ahead_of_the_store_is_put_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("index");
    let (before, after) = two_histories().await;
    put(&before, "e", "Lost as well", 1).await;
    saved_index_of(&before, &file).await;
    for known in [None, after.fingerprint().await.expect("is read")] {
        let index = restored(&file);
        let follower = follower_of(&after, &index);
        let resumed = follower.resume(index.position(), known).await;
        resumed.expect("resumes");
        assert_equal(&index, &after).await;
        assert_eq!(index.position(), after.head().await.expect("is read"));
        put(&after, "f", "New", 4).await;
        follower.catch_up().await.expect("catches up");
        assert_equal(&index, &after).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_replica_notices_that_the_store_was_put_back() {
    let (store, backup) = two_histories().await;
    for minute in 0..5 {
        put(&store, "e", &format!("Lost {minute}"), minute).await;
    }
    let index = empty_index();
    let follower = Arc::new(follower_of(&store, &index));
    follower.load().await.expect("loads");
    let (_stop, stopped) = watch::channel(false);
    let task = tokio::spawn(Arc::clone(&follower).follow(PERIODS, None, stopped));
    store.restore(&backup);
    until(|| follower.healed() == 3 && follower.lag().is_zero()).await;
    assert_equal(&index, &store).await;
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_the_store_can_be_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("index");
    let (before, after) = two_histories().await;
    saved_index_of(&before, &file).await;
    for from_file in [true, false] {
        let outage = Interruption::default();
        let index = if from_file {
            restored(&file)
        } else {
            empty_index()
        };
        let store = Interruptible::new(after.clone(), &outage);
        let follower = IndexFollower::new(Arc::new(store), Arc::clone(&index) as _);
        let begin = async || {
            if from_file {
                follower.resume(index.position(), None).await
            } else {
                follower.load().await
            }
        };
        outage.begin();
        assert!(begin().await.is_err());
        assert!(!follower.is_loaded() && !follower.is_in_step());
        outage.end();
        begin().await.expect("tried again");
        assert!(follower.is_loaded() && follower.is_in_step());
        assert_equal(&index, &after).await;
    }
}

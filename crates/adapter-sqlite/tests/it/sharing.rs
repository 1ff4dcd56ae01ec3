//! Several processes with one file, here as several stores.

use std::thread;

use ports::{FeedPosition, ScholarshipStore as _, UpsertItem};

use super::{folder, id, named, now, open};

#[test]
fn a_new_file_opened_by_many_at_once_is_set_up_once() {
    let (_folder, path) = folder();
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            thread::spawn(move || open(&path).map(|_| ()))
        })
        .collect();
    for opener in openers {
        opener.join().expect("no panic").expect("opens");
    }
}

#[tokio::test]
async fn what_one_process_imports_the_other_follows() {
    let (_folder, path) = folder();
    let server = open(&path).expect("opens");
    let import = open(&path).expect("opens");
    let mut position = FeedPosition::default();
    for round in 0..5 {
        let items = (0..20).map(|at| UpsertItem {
            id: id(&format!("r{round}-{at}")),
            content: named("Imported"),
        });
        import
            .upsert_many(items.collect(), testkit::write_at(now()))
            .await
            .expect("is written");
        let own = format!("own-{round}");
        let created = server
            .create(id(&own), named(&own), None, testkit::write_at(now()))
            .await;
        created.expect("is created");
        let batch = server.changes_since(position, 100).await.expect("is read");
        assert_eq!(batch.changes.len(), 21);
        position = batch.position;
        assert_eq!(import.head().await.expect("is read"), position);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_two_processes_never_overwrite_each_other() {
    let (_folder, path) = folder();
    let stores = [open(&path).expect("opens"), open(&path).expect("opens")];
    let created = stores[0]
        .create(id("a"), named("A"), None, testkit::write_at(now()))
        .await;
    created.expect("is created");
    for version in 1..=20 {
        let own = id("a");
        let [one, other] = [0, 1].map(|at| {
            stores[at].replace(
                &own,
                named(&format!("by {at}")),
                Some(version),
                testkit::write_at(now()),
            )
        });
        let (one, other) = tokio::join!(one, other);
        assert!(
            one.is_ok() != other.is_ok(),
            "version {version}: {one:?}, {other:?}"
        );
    }
}

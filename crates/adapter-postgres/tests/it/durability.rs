//! Postgres killed under load: what was acknowledged is there, and the store goes on by itself.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Interaction, InteractionKind};
use ports::{CatalogueFingerprint, InteractionStore as _, ScholarshipStore as _, UpsertItem};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{id, named, now, open, own_server};

const CALLERS: usize = 16;
const BATCH: usize = 10;

fn interaction(caller: usize, at: usize) -> Interaction {
    Interaction {
        id: at.to_string(),
        kind: InteractionKind::View,
        scholarship_id: id("a"),
        occurred_at: now(),
        pseudonym: format!("caller-{caller}"),
    }
}

#[derive(Default)]
struct Acknowledged {
    interactions: HashSet<(usize, usize)>,
    imports: HashSet<usize>,
    refused: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_kills_and_the_store_heals_by_itself() {
    // With the disk: a kill does not need it, but takes place in the middle of what production does.
    let (server, url) = own_server(&[]).await;
    let store = open(&url);
    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let count = |of: fn(&mut Acknowledged) -> usize| {
        of(&mut acknowledged.lock().unwrap_or_else(PoisonError::into_inner))
    };
    let (stop, stopped) = watch::channel(false);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (store, acknowledged) = (store.clone(), Arc::clone(&acknowledged));
        let stopped = stopped.clone();
        callers.spawn(async move {
            for at in 0.. {
                if *stopped.borrow() {
                    return;
                }
                let appended = store.append(vec![interaction(caller, at)], now()).await;
                let mut heard = acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                match appended {
                    Ok(_) => drop(heard.interactions.insert((caller, at))),
                    Err(_) => heard.refused += 1,
                }
            }
        });
    }
    for importer in 0..2 {
        let (store, acknowledged) = (store.clone(), Arc::clone(&acknowledged));
        let stopped = stopped.clone();
        callers.spawn(async move {
            for round in (importer..).step_by(2) {
                if *stopped.borrow() {
                    return;
                }
                let items = (0..BATCH).map(|at| UpsertItem {
                    id: id(&format!("{round}-{at}")),
                    content: named("Imported"),
                });
                let written = store
                    .upsert_many(items.collect(), testkit::write_at(now()))
                    .await;
                let mut heard = acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                match written {
                    Ok(_) => drop(heard.imports.insert(round)),
                    Err(_) => heard.refused += 1,
                }
            }
        });
    }
    for _ in 0..3 {
        let goal = count(|heard| heard.interactions.len()) + 300;
        let begun = Instant::now();
        while count(|heard| heard.interactions.len()) < goal {
            assert!(begun.elapsed() < Duration::from_secs(20), "does not go on");
            sleep(Duration::from_millis(5)).await;
        }
        server.kill();
        // Somebody notices, or nothing was in flight; both are fine.
        sleep(Duration::from_millis(100)).await;
        server.restart();
    }
    let goal = count(|heard| heard.interactions.len()) + 100;
    let begun = Instant::now();
    while count(|heard| heard.interactions.len()) < goal {
        assert!(begun.elapsed() < Duration::from_secs(20), "does not heal");
        sleep(Duration::from_millis(5)).await;
    }
    stop.send(true).expect("somebody listens");
    callers.join_all().await;

    let heard = std::mem::take(&mut *acknowledged.lock().unwrap_or_else(PoisonError::into_inner));
    for caller in 0..CALLERS {
        let kept = store
            .of_pseudonym(&format!("caller-{caller}"), 1_000_000)
            .await;
        let kept: HashSet<String> = kept
            .expect("is read")
            .into_iter()
            .map(|one| one.id)
            .collect();
        for (_, at) in heard.interactions.iter().filter(|(of, _)| *of == caller) {
            assert!(
                kept.contains(&at.to_string()),
                "interaction {at} of caller {caller}"
            );
        }
    }
    let records = store.page(None, 1_000_000).await.expect("is read");
    assert_eq!(
        records.len() % BATCH,
        0,
        "imports are there as a whole or not at all"
    );
    let there: HashSet<&str> = records.iter().map(|record| record.id.as_str()).collect();
    for round in &heard.imports {
        assert!(
            there.contains(format!("{round}-0").as_str()),
            "import {round}"
        );
    }
    // The log tells the same story as the records.
    let mut computed = CatalogueFingerprint::default();
    for record in &records {
        computed.add(&record.id, record.version, record.updated_at);
    }
    let (told, position) = store
        .fingerprint()
        .await
        .expect("is read")
        .expect("all is settled");
    assert_eq!(told, computed);
    assert_eq!(position, store.head().await.expect("is read"));
}

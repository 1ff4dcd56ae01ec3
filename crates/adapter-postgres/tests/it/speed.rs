//! How fast the store is on this machine. The tests hold it to little, since others work here, too; run them alone and
//! optimised with `--nocapture` for figures.

use std::time::{Duration, Instant};

use domain::{Interaction, InteractionKind};
use ports::{InteractionStore as _, ScholarshipStore as _, UpsertItem};
use tokio::task::JoinSet;

use super::{id, now, open, own_server};

fn rows(of: impl Iterator<Item = usize>) -> Vec<UpsertItem> {
    let content = |at: usize| {
        testkit::scholarship(&format!("Scholarship {at}"))
            .description(&"Some words about what it is for. ".repeat(20))
            .origin("speed", &at.to_string())
            .content()
    };
    of.map(|at| UpsertItem {
        id: id(&format!("r{at:06}")),
        content: content(at),
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_records_are_imported_read_and_compared_quickly() {
    let total = if cfg!(debug_assertions) {
        20_000
    } else {
        100_000
    };
    let (_server, url) = own_server(&[]).await;
    let store = open(&url);
    let begun = Instant::now();
    for start in (0..total).step_by(1_000) {
        let items = rows(start..start + 1_000);
        store
            .upsert_many(items, testkit::write_at(now()))
            .await
            .expect("is imported");
    }
    let imported = begun.elapsed();
    let begun = Instant::now();
    for start in (0..total).step_by(1_000) {
        let items = rows(start..start + 1_000);
        store
            .upsert_many(items, testkit::write_at(now()))
            .await
            .expect("is imported");
    }
    let repeated = begun.elapsed();
    let begun = Instant::now();
    let (mut after, mut read) = (None, 0);
    loop {
        let page = store.page(after.as_ref(), 10_000).await.expect("is read");
        let Some(last) = page.last() else { break };
        read += page.len();
        after = Some(last.id.clone());
    }
    let paged = begun.elapsed();
    assert_eq!(read, total);
    let begun = Instant::now();
    let told = store.fingerprint().await.expect("is read");
    let compared = begun.elapsed();
    assert_eq!(told.expect("all is settled").0.count, total as u64);
    println!(
        "{total} records: imported in {imported:?}, again in {repeated:?}, read in {paged:?}, compared in {compared:?}"
    );
    assert!(imported < Duration::from_secs(60));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_share_their_commits() {
    const CALLERS: usize = 64;
    let each = if cfg!(debug_assertions) { 30 } else { 1_000 };
    let (_server, url) = own_server(&[]).await;
    let store = open(&url);
    store.append(Vec::new(), now()).await.expect("answers");
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let store = store.clone();
        callers.spawn(async move {
            let mut times = Vec::with_capacity(each);
            for at in 0..each {
                let row = Interaction {
                    id: at.to_string(),
                    kind: InteractionKind::View,
                    scholarship_id: id("a"),
                    occurred_at: now(),
                    pseudonym: format!("caller-{caller}"),
                };
                let begun = Instant::now();
                let appended = store.append(vec![row], now()).await;
                assert_eq!(appended.expect("is appended"), [true]);
                times.push(begun.elapsed());
            }
            times
        });
    }
    let mut times: Vec<Duration> = callers.join_all().await.concat();
    let took = begun.elapsed();
    times.sort_unstable();
    let per_second = times.len() as f64 / took.as_secs_f64();
    let percentile = |percent: usize| times[times.len() * percent / 100];
    println!(
        "{} durable appends by {CALLERS} callers: {per_second:.0} a second, median {:?}, p99 {:?}",
        times.len(),
        percentile(50),
        percentile(99)
    );
    assert!(per_second > 300.0, "{per_second:.0} a second");
}

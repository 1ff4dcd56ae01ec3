//! A full disk under a running server on SQLite: reads go on, writes are refused, and nothing acknowledged is lost.

use std::collections::HashSet;

use adapter_sqlite::{SqliteSettings, SqliteStore};
use chrono::TimeDelta;
use ports::InteractionStore as _;
use testkit::SmallDisk;

use crate::load::Load;
use crate::replica::{Replica, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_until_there_is_room_and_loses_nothing_acknowledged() {
    let disk = SmallDisk::mount(32);
    let folder = tempfile::tempdir_in(disk.folder()).expect("a folder");
    let mut replica = Replica::start_on_file(folder);
    let id = replica.created("Xylophone Award").await;
    let load = Load::start(&replica, &id);
    for _ in 0..2 {
        load.goes_on(100).await;
        load.fault_begins();
        disk.fill();
        load.is_refused(24).await;
        load.fault_ends();
        disk.free();
        let healed = load.goes_on(50).await;
        println!("50 writes {healed:?} after there was room");
    }
    eventually("all is well", async || replica.degraded().await.is_empty()).await;
    let views = load.settle("full disk", &replica).await;

    replica.process.kill();
    let path = replica.folder.path().join("var/scholarship-api.db");
    let store = SqliteStore::open(SqliteSettings::at(path)).expect("opens");
    let (long_ago, never) = (TimeDelta::days(-365), TimeDelta::days(36_500));
    let now = testkit::instant("2026-11-23T12:00:00Z");
    let kept = store.recent(now + long_ago, now + never, 1_000_000).await;
    let kept: HashSet<String> = kept
        .expect("is read")
        .into_iter()
        .map(|one| one.id)
        .collect();
    let lost = views.acknowledged.iter().find(|id| !kept.contains(*id));
    assert_eq!(lost, None, "was acknowledged, and is lost");
    let written = views.refused.iter().find(|id| kept.contains(*id));
    assert_eq!(written, None, "was refused, and is there");
}

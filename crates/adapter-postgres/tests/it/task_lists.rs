//! Lists of tasks that failed are read by their index, whatever Postgres believes about the table.

use std::time::{Duration, Instant};

use domain::task::TaskState;
use ports::{TaskFilter, TaskStore as _};
use testkit::DatabaseServer;

use super::{database, open};

/// Five of them were given up.
const MANY: &str = "INSERT INTO tasks (id, digest, action, payload, owner, requested_by, priority, timeout_ms, retry, turn, state, \
       attempts, created_at, not_before, finished_at, told) \
     SELECT 't' || n, sha256(''), 'scholarship_api.search', '{}', 'o', 'r', 5, 1000, 0, 0, \
       CASE n % 10000 WHEN 1 THEN 'dead' ELSE 'succeeded' END, 1, now(), now(), now(), 'failed' FROM generate_series(1, 50000) AS t (n)";
/// What was read so far by others is counted when they are gone.
const END_OTHERS: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
const SCANS: &str = "SELECT \
     (SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'tasks_that_failed'), \
     (SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'tasks_pkey'), \
     (SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'tasks')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_tasks_are_found_by_their_index() {
    let name = database().await;
    let server = DatabaseServer::shared();
    server.psql(&name, MANY);
    let before: Vec<u64> = scans(server, &name);
    let store = open(&server.url(&name));
    let dead = TaskFilter {
        state: Some(TaskState::Dead),
        ..TaskFilter::default()
    };
    // More often than a statement is planned anew for its values.
    for _ in 0..10 {
        let (mut ids, mut from) = (Vec::new(), None);
        loop {
            let page = store.list(dead.clone(), from, 2).await.expect("is read");
            ids.extend(page.tasks.into_iter().map(|task| task.id.to_string()));
            from = page.next_before;
            if from.is_none() {
                break;
            }
        }
        assert_eq!(ids, ["t40001", "t30001", "t20001", "t10001", "t1"]);
    }
    server.psql(&name, END_OTHERS);
    let expected = [before[0] + 30, before[1], before[2]];
    let begun = Instant::now();
    loop {
        let now = scans(server, &name);
        if now == expected {
            return;
        }
        let is_late = begun.elapsed() > Duration::from_secs(20);
        assert!(
            !is_late,
            "scans of index, key and table are {now:?}, not {expected:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn scans(server: &DatabaseServer, name: &str) -> Vec<u64> {
    let counted = server.psql(name, SCANS);
    let counts = counted.split('|').map(|count| count.trim().parse());
    counts.collect::<Result<_, _>>().expect("three numbers")
}

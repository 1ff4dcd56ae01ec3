//! A process killed in the middle of its writes: everything that it acknowledged is there.
//!
//! The killed process is this test program itself, started again for one test that does nothing but write.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::{Interaction, InteractionKind};
use ports::{InteractionStore as _, ScholarshipStore as _, UpsertItem};

use super::{bare, folder, id, named, now, open};

const STORE_PATH: &str = "KILLED_STORE_PATH";
const BATCH: usize = 25;

fn interaction(caller: usize, at: usize) -> Interaction {
    Interaction {
        id: at.to_string(),
        kind: InteractionKind::View,
        scholarship_id: id("a"),
        occurred_at: now(),
        pseudonym: format!("caller-{caller}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes until it is killed; another test starts it"]
async fn writes_until_it_is_killed() {
    let path = std::env::var_os(STORE_PATH).expect("is started by the test that kills it");
    let store = open(Path::new(&path)).expect("opens");
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..16 {
        let store = store.clone();
        callers.spawn(async move {
            for at in 0.. {
                let appended = store.append(vec![interaction(caller, at)], now()).await;
                assert_eq!(appended.expect("is appended"), [true]);
                acknowledge(&format!("interaction {caller} {at}"));
            }
        });
    }
    callers.spawn(async move {
        for round in 0.. {
            let items = (0..BATCH).map(|at| UpsertItem {
                id: id(&format!("{round}-{at}")),
                content: named("Imported"),
            });
            let written = store
                .upsert_many(items.collect(), testkit::write_at(now()))
                .await;
            written.expect("is written");
            acknowledge(&format!("import {round} 0"));
        }
    });
    callers.join_all().await;
}

/// One write of the whole line, so that a kill cannot leave half of an acknowledgement from another.
fn acknowledge(what: &str) {
    let line = format!("acknowledged {what}\n");
    std::io::stdout()
        .lock()
        .write_all(line.as_bytes())
        .expect("is heard");
}

#[derive(QueryableByName)]
struct Verdict {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

#[tokio::test]
async fn what_a_killed_process_acknowledged_is_there() {
    let (_folder, path) = folder();
    let mut child = Command::new(std::env::current_exe().expect("has a path"))
        .args(["--exact", "durability::writes_until_it_is_killed"])
        .args(["--ignored", "--nocapture", "--test-threads=1"])
        .env(STORE_PATH, &path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
    let mut acknowledged: HashMap<String, HashSet<(String, String)>> = HashMap::new();
    let mut heard = 0;
    while let Some(Ok(line)) = lines.next() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["acknowledged", kind, first, second] = words[..] {
            let of_kind = acknowledged.entry(kind.to_owned()).or_default();
            of_kind.insert((first.to_owned(), second.to_owned()));
            heard += 1;
        }
        if heard == 1_500 {
            // SIGKILL; what the pipe still holds was acknowledged as well.
            child.kill().expect("is killed");
        }
    }
    assert!(!child.wait().expect("ended").success());
    assert!(heard >= 1_500, "{heard} acknowledgements");

    let store = open(&path).expect("opens");
    for caller in 0..16 {
        let kept = store
            .of_pseudonym(&format!("caller-{caller}"), 1_000_000)
            .await;
        let kept: HashSet<String> = kept
            .expect("is read")
            .into_iter()
            .map(|one| one.id)
            .collect();
        for (_, at) in acknowledged["interaction"]
            .iter()
            .filter(|(of, _)| *of == caller.to_string())
        {
            assert!(kept.contains(at), "interaction {at} of caller {caller}");
        }
    }
    let records = store.page(None, 1_000_000).await.expect("is read");
    assert_eq!(
        records.len() % BATCH,
        0,
        "imports are there as a whole or not at all"
    );
    for (round, _) in &acknowledged["import"] {
        for at in 0..BATCH {
            let found = store
                .get(&id(&format!("{round}-{at}")))
                .await
                .expect("is read");
            assert!(found.is_some(), "record {at} of import {round}");
        }
    }
    let verdict: Verdict = diesel::sql_query("PRAGMA integrity_check")
        .get_result(&mut bare(&path))
        .expect("is checked");
    assert_eq!(verdict.integrity_check, "ok");
}

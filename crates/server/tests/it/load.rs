//! Callers who write and search without a pause while something fails, and what they hear.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::{ask, ask_with, get};
use crate::replica::{REFUSAL, Replica, eventually, refused};

/// How long calls wait for the store: a search that takes as long has waited for it, too.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// What writers heard.
#[derive(Default)]
struct Heard {
    /// Ids of what was acknowledged.
    views: Vec<String>,
    scholarships: Vec<String>,
    refused: usize,
    /// What was refused for certain: ids of ours, which are in the names of scholarships.
    refused_views: Vec<String>,
    refused_scholarships: Vec<String>,
    /// Any other status than success and 503, or no answer.
    other: Vec<String>,
    /// Until a refusal: of calls that were under way when a fault began, and of those that met it.
    longest_under_way: Duration,
    longest: Duration,
}

/// What [`Load::settle`] leaves for its caller to compare with the database: ids of views.
pub(crate) struct Views {
    pub(crate) acknowledged: Vec<String>,
    /// Refused with a code that says that nothing was written.
    pub(crate) refused: Vec<String>,
}

/// Callers who write and search without a pause until they are stopped.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    fault: Arc<AtomicBool>,
    heard: Arc<Mutex<Heard>>,
    searches: Arc<Mutex<(usize, Duration)>>,
    callers: JoinSet<()>,
    /// Whether some were to be refused.
    was_refused: AtomicBool,
}

impl Load {
    pub(crate) fn start(replica: &Replica, scholarship: &str) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            fault: Arc::default(),
            heard: Arc::default(),
            searches: Arc::default(),
            callers: JoinSet::new(),
            was_refused: AtomicBool::new(false),
        };
        let address = replica.process.address;
        static LOADS: AtomicUsize = AtomicUsize::new(0);
        let number = LOADS.fetch_add(1, Ordering::Relaxed);
        for caller in 0..12 {
            let is_editor = caller % 3 == 0;
            let token = if is_editor {
                &replica.admin
            } else {
                &replica.student
            };
            let (token, scholarship) = (token.clone(), scholarship.to_owned());
            let (stop, heard) = (Arc::clone(&load.stop), Arc::clone(&load.heard));
            let fault = Arc::clone(&load.fault);
            load.callers.spawn(async move {
                for at in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let own_id = format!("l{number}-c{caller}-{at}");
                    let (path, body) = if is_editor {
                        let body =
                            json!({"name": format!("Award {own_id}"), "organization": "Load"});
                        ("/api/v1/scholarships", body)
                    } else {
                        let body =
                            json!({"id": own_id, "kind": "view", "scholarship_id": scholarship});
                        ("/api/v1/interactions", body)
                    };
                    let (met_fault, begun) = (fault.load(Ordering::SeqCst), Instant::now());
                    let headers = [
                        ("Authorization", format!("Bearer {token}")),
                        ("Idempotency-Key", own_id.clone()),
                    ];
                    let answer = ask_with(address, "POST", path, &headers, Some(&body)).await;
                    let took = begun.elapsed();
                    let mut heard = heard.lock().expect("not poisoned");
                    match answer {
                        Ok(answer) if is_editor && answer.status == 201 => {
                            let id = answer.json()["id"].as_str().expect("an id").to_owned();
                            heard.scholarships.push(id);
                        }
                        Ok(answer) if !is_editor && answer.status == 202 => {
                            heard.views.push(own_id)
                        }
                        Ok(answer) if answer.status == 503 => {
                            heard.refused += 1;
                            if answer.json()["code"] == "STORE_UNAVAILABLE" {
                                let refused = if is_editor {
                                    &mut heard.refused_scholarships
                                } else {
                                    &mut heard.refused_views
                                };
                                refused.push(own_id);
                            }
                            if met_fault {
                                refused(&answer, took);
                                heard.longest = heard.longest.max(took);
                            } else {
                                heard.longest_under_way = heard.longest_under_way.max(took);
                            }
                        }
                        Ok(answer) => heard.other.push(answer.body),
                        Err(error) => heard.other.push(error.to_string()),
                    }
                }
            });
        }
        let (stop, searches) = (Arc::clone(&load.stop), Arc::clone(&load.searches));
        load.callers.spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let begun = Instant::now();
                let found = get(address, "/api/v1/search?q=xylophone").await;
                assert_eq!(found.status, 200, "{}", found.body);
                {
                    let mut searches = searches.lock().expect("not poisoned");
                    *searches = (searches.0 + 1, searches.1.max(begun.elapsed()));
                }
                sleep(Duration::from_millis(5)).await;
            }
        });
        load
    }

    pub(crate) fn fault_begins(&self) {
        self.fault.store(true, Ordering::SeqCst);
    }

    pub(crate) fn fault_ends(&self) {
        self.fault.store(false, Ordering::SeqCst);
    }

    fn acknowledged(&self) -> usize {
        let heard = self.heard.lock().expect("not poisoned");
        heard.views.len() + heard.scholarships.len()
    }

    fn refused(&self) -> usize {
        self.heard.lock().expect("not poisoned").refused
    }

    /// Waits until so many more were acknowledged: the service takes writes.
    pub(crate) async fn goes_on(&self, more: usize) -> Duration {
        let before = self.acknowledged();
        eventually("writes are acknowledged", async || {
            self.acknowledged() >= before + more
        })
        .await
    }

    pub(crate) async fn is_refused(&self, more: usize) {
        self.was_refused.store(true, Ordering::SeqCst);
        let before = self.refused();
        eventually("writes are refused", async || {
            self.refused() >= before + more
        })
        .await;
    }

    /// Stops, and checks with a replica that no scholarship that was acknowledged is lost and none that was refused is there,
    /// that nobody heard anything but yes or 503 in time, and that no search waited for the store.
    #[expect(clippy::print_stdout, reason = "the numbers of docs/reliability.md")]
    pub(crate) async fn settle(mut self, fault: &str, replica: &Replica) -> Views {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.callers.join_next().await {
            ended.expect("no caller panicked");
        }
        let heard = std::mem::take(&mut *self.heard.lock().expect("not poisoned"));
        assert!(heard.other.is_empty(), "{:?}", heard.other);
        let token = Some(replica.admin.as_str());
        let address = replica.process.address;
        let export = "/api/v1/scholarships/export?format=ndjson";
        let export = ask(address, "GET", export, token, None).await;
        let export = export.expect("answered");
        assert_eq!(export.status, 200, "{}", export.body);
        let rows = || {
            let lines = export.body.lines();
            lines.filter_map(|line| serde_json::from_str::<Value>(line).ok())
        };
        let of = |field: &str| -> HashSet<String> {
            rows()
                .filter_map(|row| Some(row[field].as_str()?.to_owned()))
                .collect()
        };
        let (all, names) = (of("id"), of("name"));
        assert!(!heard.scholarships.is_empty() && !heard.views.is_empty());
        let lost = heard.scholarships.iter().filter(|id| !all.contains(*id));
        assert_eq!(lost.count(), 0, "scholarships are lost");
        let refused = [&heard.refused_views, &heard.refused_scholarships];
        let is_certain = refused.iter().all(|refused| !refused.is_empty());
        assert!(is_certain || !self.was_refused.load(Ordering::SeqCst));
        let written = heard
            .refused_scholarships
            .iter()
            .find(|own_id| names.contains(&format!("Award {own_id}")));
        assert_eq!(written, None, "was refused, and is there");
        let (searches, slowest) = *self.searches.lock().expect("not poisoned");
        println!(
            "{fault}: {} scholarships and {} views acknowledged, {} refused within {:?} (under way: {:?}); {searches} searches, the slowest {slowest:?}",
            heard.scholarships.len(),
            heard.views.len(),
            heard.refused,
            heard.longest,
            heard.longest_under_way,
        );
        assert!(
            searches > 0 && slowest < PATIENCE,
            "a search took {slowest:?}"
        );
        assert!(heard.longest_under_way < REFUSAL, "{fault}");
        Views {
            acknowledged: heard.views,
            refused: heard.refused_views,
        }
    }
}

//! Postgres, its pooler and the network in trouble under a running server: searches go on, writes are refused in time,
//! nothing that was acknowledged is lost, and everything heals by itself.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::proxy::{Fault, Proxy};
use testkit::{PrivatePgBouncer, PrivatePostgres};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::{ask, get};
use crate::replica::{Replica, database, eventually, refused, through};

/// How long calls wait for the store: a search that takes as long has waited for it, too.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// What writers heard.
#[derive(Default)]
struct Heard {
    /// Ids of what was acknowledged.
    views: Vec<String>,
    scholarships: Vec<String>,
    refused: usize,
    /// Any other status than success and 503, or no answer.
    other: Vec<String>,
    /// Until a refusal: of calls that were under way when a fault began, and of those that met it.
    longest_under_way: Duration,
    longest: Duration,
}

/// Callers who write and search without a pause until they are stopped.
struct Load {
    stop: Arc<AtomicBool>,
    fault: Arc<AtomicBool>,
    heard: Arc<Mutex<Heard>>,
    searches: Arc<Mutex<(usize, Duration)>>,
    callers: JoinSet<()>,
}

impl Load {
    fn start(replica: &Replica, scholarship: &str) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            fault: Arc::default(),
            heard: Arc::default(),
            searches: Arc::default(),
            callers: JoinSet::new(),
        };
        let address = replica.process.address;
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
                    let own_id = format!("c{caller}-{at}");
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
                    let answer = ask(address, "POST", path, Some(&token), Some(&body)).await;
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

    fn fault_begins(&self) {
        self.fault.store(true, Ordering::SeqCst);
    }

    fn fault_ends(&self) {
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
    async fn goes_on(&self, more: usize) -> Duration {
        let before = self.acknowledged();
        eventually("writes are acknowledged", async || {
            self.acknowledged() >= before + more
        })
        .await
    }

    async fn is_refused(&self, more: usize) {
        let before = self.refused();
        eventually("writes are refused", async || {
            self.refused() >= before + more
        })
        .await;
    }

    /// Stops, and checks with a replica that no scholarship that was acknowledged is lost, that nobody heard anything but yes or
    /// 503, and that no search waited for the store. Answers the views that were acknowledged.
    #[expect(clippy::print_stdout, reason = "the numbers of docs/reliability.md")]
    async fn settle(mut self, fault: &str, replica: &Replica) -> Vec<String> {
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
        let all: std::collections::HashSet<String> = export
            .body
            .lines()
            .filter_map(|line| {
                let row: Value = serde_json::from_str(line).ok()?;
                Some(row["id"].as_str()?.to_owned())
            })
            .collect();
        assert!(!heard.scholarships.is_empty() && !heard.views.is_empty());
        let lost = heard.scholarships.iter().filter(|id| !all.contains(*id));
        assert_eq!(lost.count(), 0, "scholarships are lost");
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
        heard.views
    }
}

/// Views that were acknowledged and are not in the database.
fn lost(server: &PrivatePostgres, url: &str, views: &[String]) -> usize {
    let name = url
        .rsplit('/')
        .next()
        .and_then(|rest| rest.split('?').next());
    let kept = server.psql(name.expect("a name"), "SELECT id FROM interactions");
    let kept: std::collections::HashSet<&str> = kept.lines().collect();
    views
        .iter()
        .filter(|id| !kept.contains(id.as_str()))
        .count()
}

fn proxy_of(port: u16) -> Proxy {
    Proxy::start(SocketAddr::from(([127, 0, 0, 1], port)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_under_load_loses_nothing_acknowledged() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let replica = Replica::start(&url);
    let id = replica.created("Xylophone Award").await;
    let load = Load::start(&replica, &id);
    for _ in 0..2 {
        load.goes_on(100).await;
        load.fault_begins();
        server.kill();
        load.is_refused(24).await;
        let told = eventually("/readyz tells", async || {
            replica.degraded().await.contains(&"store".to_owned())
        })
        .await;
        load.fault_ends();
        server.restart();
        let healed = load.goes_on(50).await;
        let well = eventually("all is well", async || replica.degraded().await.is_empty()).await;
        println!(
            "told after {told:?}, 50 writes {healed:?} after the restart, all well {well:?} later"
        );
    }
    let views = load.settle("killed", &replica).await;
    assert_eq!(lost(&server, &url, &views), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_in_trouble_are_survived() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let proxy = proxy_of(server.port());
    let url_of_proxy = through(&url, server.port(), proxy.port());
    // What is under way when nothing answers any more ends with this.
    let variables = [("POSTGRES_QUERY_TIMEOUT", "2")];
    let replica = Replica::start_with(&url_of_proxy, "session", &variables);
    let id = replica.created("Xylophone Award").await;
    for (name, fault) in [
        ("slow by 2 s", Fault::Delay(Duration::from_secs(2))),
        ("half-open", Fault::Swallow),
        ("reset", Fault::Reset),
        ("refused", Fault::Refuse),
    ] {
        let load = Load::start(&replica, &id);
        load.goes_on(50).await;
        load.fault_begins();
        proxy.set(fault);
        if fault == Fault::Refuse {
            // Open connections go on.
            load.goes_on(20).await;
        } else {
            load.is_refused(24).await;
        }
        load.fault_ends();
        proxy.set(Fault::None);
        let healed = load.goes_on(50).await;
        println!("{name}: 50 writes {healed:?} after its end");
        eventually("all is well", async || replica.degraded().await.is_empty()).await;
        let views = load.settle(name, &replica).await;
        assert_eq!(lost(&server, &url, &views), 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_restarts_is_found_again() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let pooler = PrivatePgBouncer::start(&server, 5);
    let pooled = through(&url, server.port(), pooler.port());
    let replica = Replica::start_with(&pooled, "transaction", &[]);
    let id = replica.created("Xylophone Award").await;
    let load = Load::start(&replica, &id);
    for _ in 0..3 {
        load.goes_on(50).await;
        pooler.restart();
    }
    load.goes_on(50).await;
    let views = load.settle("pooler restarted", &replica).await;
    assert_eq!(lost(&server, &url, &views), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_was_cut_off_catches_up_with_what_others_wrote() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let proxy = proxy_of(server.port());
    let url_of_proxy = through(&url, server.port(), proxy.port());
    let variables = [("POSTGRES_QUERY_TIMEOUT", "2")];
    let cut_off = Replica::start_with(&url_of_proxy, "session", &variables);
    let other = Replica::start(&url);
    let gone = other.created("Xylophone Award").await;
    eventually("it is found", async || {
        cut_off.total("xylophone").await == 1
    })
    .await;
    proxy.set(Fault::Swallow);
    for at in 0..200 {
        other.created(&format!("Oboe Award {at}")).await;
    }
    assert_eq!(other.change("DELETE", &gone, None).await.status, 204);
    eventually("it says so", async || {
        cut_off.degraded().await == ["change_feed", "store"]
    })
    .await;
    assert_eq!(cut_off.total("xylophone").await, 1);
    assert_eq!(cut_off.total("oboe").await, 0);
    let begun = Instant::now();
    refused(&cut_off.create("Never").await, begun.elapsed());
    proxy.set(Fault::None);
    let took = eventually("it has all", async || cut_off.total("oboe").await == 200).await;
    println!("caught up {took:?} after it was healed");
    assert_eq!(cut_off.total("xylophone").await, 0);
    eventually("all is well", async || cut_off.degraded().await.is_empty()).await;
}

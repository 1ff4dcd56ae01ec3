//! A server that is scraped right now, dies, and comes back.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use adapter_prometheus::{Note, Request, Taken};
use chrono::{DateTime, Utc};
use rollout::snapshot::{Counts, Window};
use testkit::supervised::free_port;

use crate::world::{Server, now, policy};

/// Says a text to every scrape while it is alive.
struct Exporter {
    port: u16,
    text: Arc<Mutex<Option<String>>>,
    scrapes: Arc<AtomicI64>,
}

impl Exporter {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
        let exporter = Self {
            port: listener.local_addr().expect("it is bound").port(),
            text: Arc::default(),
            scrapes: Arc::default(),
        };
        let (text, scrapes) = (Arc::clone(&exporter.text), Arc::clone(&exporter.scrapes));
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let _ = client.read(&mut [0; 4_096]);
                let text = text.lock().expect("nobody panics").clone();
                let Some(text) = text else {
                    continue;
                };
                let length = text.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
                );
                if client.write_all((head + &text).as_bytes()).is_ok() {
                    scrapes.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        exporter
    }

    /// Until it was scraped twice, so that the first of both began after this.
    async fn say(&self, text: String) {
        *self.text.lock().expect("nobody panics") = Some(text);
        let before = self.scrapes.load(Ordering::SeqCst);
        while self.scrapes.load(Ordering::SeqCst) < before + 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn die(&self) {
        *self.text.lock().expect("nobody panics") = None;
    }
}

fn exposition(start: DateTime<Utc>, requests: u64, errors: u64) -> String {
    let labels = "version=\"2.0.0\",method=\"GET\",route=\"/api/v1/search\"";
    let mut text = format!(
        "http_requests_total{{{labels},status=\"200\"}} {requests}\nprocess_start_time_seconds{{version=\"2.0.0\"}} {}\n",
        start.timestamp_millis() as f64 / 1_000.0
    );
    if errors > 0 {
        text.push_str(&format!(
            "http_requests_total{{{labels},status=\"500\"}} {errors}\n"
        ));
    }
    text
}

async fn wait(
    server: &Server,
    started: DateTime<Utc>,
    is_so: impl Fn(&Taken, &Counts) -> bool,
) -> Taken {
    let begun = Instant::now();
    loop {
        let request = Request {
            canary: "2.0.0".to_owned(),
            stable: "1.9.0".to_owned(),
            taken_at: now(),
            stage_started_at: started,
            replays: false,
        };
        let taken = server.prometheus(None).take(&policy(), &request).await;
        let taken = taken.unwrap_or_else(|error| panic!("{error:?}"));
        let counts = taken.snapshot.canary.counts(Window::Stage);
        let counts = counts.expect("it was asked for");
        if is_so(&taken, counts) {
            return taken;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "never so: {counts:?} {:?}",
            taken.notes
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_process_counted_before_it_died_is_neither_lost_nor_counted_twice() {
    let exporter = Exporter::start();
    let nobody = free_port();
    let configuration = format!(
        "global: {{scrape_interval: 300ms, scrape_timeout: 250ms}}\nscrape_configs:\n- job_name: scholarship-api\n  honor_labels: true\n  static_configs:\n  - {{targets: ['127.0.0.1:{}'], labels: {{version: 2.0.0}}}}\n  - {{targets: ['127.0.0.1:{nobody}'], labels: {{version: 1.9.0}}}}\n",
        exporter.port
    );
    let started = now();
    exporter.die();
    let server = Server::start(&configuration, &[], |_| {}).await;

    // Fresh, without a request: 0, not missing.
    let first = now();
    exporter.say(exposition(first, 0, 0)).await;
    let taken = wait(&server, started, |_, counts| counts.requests.is_some()).await;
    let counts = taken.snapshot.canary.counts(Window::Stage).unwrap();
    assert_eq!((counts.requests, counts.server_errors), (Some(0), Some(0)));
    assert!(counts.slower_than_ms.values().all(|slow| *slow == 0));
    assert_eq!(counts.security_violations, None);
    assert_eq!(taken.snapshot.stable.scrape.targets, 1);
    assert_eq!(taken.snapshot.stable.scrape.up, 0);

    // The very first errors count.
    exporter.say(exposition(first, 100, 0)).await;
    exporter.say(exposition(first, 150, 7)).await;
    wait(&server, started, |_, counts| {
        counts.requests == Some(157) && counts.server_errors == Some(7)
    })
    .await;

    // Dead: what it did stays, and its telemetry is seen to be gone.
    exporter.die();
    let taken = wait(&server, started, |taken, _| {
        taken.snapshot.canary.scrape.up == 0
    })
    .await;
    let counts = taken.snapshot.canary.counts(Window::Stage).unwrap();
    assert_eq!(
        (counts.requests, counts.server_errors),
        (Some(157), Some(7))
    );
    assert_eq!(counts.restarts, Some(0));
    assert!(taken.snapshot.canary.scrape.last_seen_at.is_some());

    // Another process: it has no errors of its own, and counts from 0.
    tokio::time::sleep(Duration::from_secs(3)).await;
    exporter.say(exposition(now(), 20, 0)).await;
    let taken = wait(&server, started, |_, counts| counts.requests == Some(177)).await;
    let counts = taken.snapshot.canary.counts(Window::Stage).unwrap();
    assert_eq!((counts.server_errors, counts.restarts), (Some(7), Some(1)));
    let minutes = Window::Last(Duration::from_secs(120));
    assert_eq!(
        taken.snapshot.canary.counts(minutes).unwrap().requests,
        Some(177)
    );
    assert!(
        taken
            .notes
            .iter()
            .all(|note| !matches!(note, Note::NotACount { .. })),
        "{:?}",
        taken.notes
    );
}

//! What is not there: unknown, missing, not configured, or there twice.

use adapter_prometheus::{Note, RouterMetrics, Taken};
use rollout::snapshot::{Component, Window};

use crate::past::{BEGIN, lines, request, server};
use crate::service::Process;
use crate::world::{Server, make_blocks, policy};

#[tokio::test]
async fn what_is_unknown_is_missing_and_named() {
    let server = server().await;
    let mut request = request();
    request.canary = "2.0.1".to_owned();
    let Taken { snapshot, notes } = server
        .prometheus(None)
        .take(&policy(), &request)
        .await
        .unwrap();
    let known = vec!["1.9.0".to_owned(), "2.0.0".to_owned()];
    assert_eq!(
        notes,
        [Note::UnknownVersion {
            version: "2.0.1".to_owned(),
            known
        }]
    );
    let counts = snapshot.canary.counts(Window::Stage).unwrap();
    assert_eq!(
        (counts.requests, counts.ai, counts.cache),
        (None, Component::Missing, Component::Missing)
    );
    assert_eq!(snapshot.canary.scrape.targets, 0);
    assert_eq!(counts.sent, Component::NotConfigured);
    assert_eq!(snapshot.canary.ready_backends, Component::NotConfigured);
    let judged = rollout::judge(&policy(), policy().stage("canary").unwrap(), &snapshot);
    assert_eq!(judged.outcome, rollout::Outcome::Hold);
}

#[tokio::test]
async fn what_is_not_configured_is_neither_missing_nor_zero() {
    let bare = |version, instance| {
        let mut process = Process::new(version, instance, BEGIN);
        (process.has_model, process.has_redis) = (false, false);
        process
    };
    let processes = [bare("2.0.0", "c1"), bare("1.9.0", "s1")];
    let text = lines(&processes);
    let text: String = text
        .lines()
        .filter(|line| !line.starts_with("postgres") && !line.starts_with("process_memory_limit"))
        .map(|line| format!("{line}\n"))
        .collect();
    let server = Server::start("", &[], |folder| make_blocks(folder, &text, "6h")).await;
    let taken = server
        .prometheus(Some(RouterMetrics::default()))
        .take(&policy(), &request())
        .await
        .unwrap();
    let counts = taken.snapshot.canary.counts(Window::Stage).unwrap();
    assert_eq!(counts.ai, Component::NotConfigured);
    assert_eq!(counts.cache, Component::NotConfigured);
    assert_eq!(counts.pool_peak, Component::NotConfigured);
    assert_eq!(counts.memory_peak, Component::NotConfigured);
    assert_eq!(counts.sent, Component::Missing);
    assert_eq!(taken.snapshot.canary.ready_backends, Component::Missing);
    assert_eq!(
        taken.notes,
        [Note::NoRouter {
            job: "haproxy".to_owned()
        }]
    );
}

#[tokio::test]
async fn two_processes_behind_one_address_are_refused() {
    let mut text = lines(&[
        Process::new("2.0.0", "c1", BEGIN),
        Process::new("1.9.0", "s1", BEGIN),
    ]);
    let copy =
        lines(&[Process::new("2.0.0", "c1", BEGIN)]).replace("version=", "replica=\"b\",version=");
    text.push_str(&copy);
    let server = Server::start("", &[], |folder| make_blocks(folder, &text, "6h")).await;
    let error = server
        .prometheus(None)
        .take(&policy(), &request())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("more than once"), "{error}");
}

//! Every failure is the error that the port names for it, in its time, and is met once.

use std::time::{Duration, Instant};

use adapter_command_center::CommandCenterSettings;
use ports::{CommandCenter as _, CommandCenterError};
use testkit::command_center_stub::{Behaviour, CommandCenterStub};
use tokio::net::TcpListener;

use crate::world::{
    LONG, center, center_with, delivery, delivery_to, event, heartbeat, registration, settings,
};

/// Of one notice, which was sent once.
async fn outcome_of(behaviour: Behaviour) -> Result<(), CommandCenterError> {
    let stub = CommandCenterStub::start();
    stub.enqueue(behaviour);
    let begun = Instant::now();
    let outcome = center(&stub).deliver(&delivery(&stub)).await;
    assert!(begun.elapsed() < LONG);
    assert_eq!(stub.count(), 1, "sent once");
    outcome
}

#[tokio::test]
async fn every_success_is_one() {
    for status in [200, 201, 202, 204] {
        outcome_of(Behaviour::status(status))
            .await
            .expect("is taken");
    }
}

#[tokio::test]
async fn refusals_are_final() {
    for status in [400, 403, 404, 410, 413, 422, 301, 304] {
        let error = outcome_of(Behaviour::status(status)).await;
        assert!(
            matches!(&error, Err(CommandCenterError::Refused { status: told }) if *told == status),
            "{error:?}"
        );
        assert!(!error.expect_err("fails").is_transient());
    }
}

#[tokio::test]
async fn failures_are_transient_and_tell_how_long_to_wait() {
    let wait = Duration::from_secs(7);
    let date = "Thu, 26 Nov 2026 12:00:40 GMT".to_owned();
    let dated = Behaviour::Status {
        status: 429,
        headers: vec![("retry-after", date)],
    };
    for (behaviour, status, expected) in [
        (Behaviour::rate_limited(wait), 429, Some(wait)),
        (Behaviour::unavailable(wait), 503, Some(wait)),
        (dated, 429, Some(Duration::from_secs(40))),
        (Behaviour::status(500), 500, None),
        (Behaviour::status(401), 401, None),
        (Behaviour::status(408), 408, None),
    ] {
        let error = outcome_of(behaviour).await.expect_err("fails");
        assert!(
            matches!(&error, CommandCenterError::Failed { status: told, .. } if *told == status),
            "{error:?}"
        );
        assert!(error.is_transient());
        assert_eq!(error.retry_after(), expected);
    }
}

#[tokio::test]
async fn everything_that_is_told_fails_alike() {
    let stub = CommandCenterStub::start();
    stub.always(Behaviour::status(503));
    let center = center(&stub);
    for outcome in [
        center.register(&registration()).await,
        center.heartbeat(&heartbeat()).await,
        center.send_events(&[event("a")]).await,
        center.deliver(&delivery(&stub)).await,
    ] {
        assert!(
            matches!(outcome, Err(CommandCenterError::Failed { status: 503, .. })),
            "{outcome:?}"
        );
    }
    assert_eq!(stub.count(), 4);
}

#[tokio::test]
async fn a_success_counts_whatever_becomes_of_its_body() {
    for behaviour in [Behaviour::AcceptThenSilence, Behaviour::Endless] {
        let begun = Instant::now();
        outcome_of(behaviour).await.expect("is taken");
        assert!(begun.elapsed() < Duration::from_secs(8));
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_one_that_could_not_be_had() {
    let error = outcome_of(Behaviour::Reset).await.expect_err("fails");
    assert!(
        matches!(error, CommandCenterError::Unreachable(_)),
        "{error:?}"
    );
}

/// A server that reads and answers nothing, one that answers late, and one that takes no connection off its queue.
#[tokio::test]
async fn silence_ends_with_the_time_that_was_set() {
    let stub = CommandCenterStub::start();
    let within = Duration::from_millis(200);
    let asleep = TcpListener::bind(("127.0.0.1", 0)).await.expect("listens");
    let sleeping = format!("http://{}", asleep.local_addr().expect("is bound"));
    let center = center_with(&CommandCenterSettings {
        timeout: within,
        allowed_origins: vec![sleeping.clone()],
        ..settings(&stub.url())
    });
    stub.enqueue(Behaviour::Silence);
    stub.enqueue(Behaviour::Slow(LONG));
    for delivery in [
        delivery(&stub),
        delivery(&stub),
        delivery_to(&format!("{sleeping}/callback")),
    ] {
        let begun = Instant::now();
        let error = center.deliver(&delivery).await.expect_err("fails");
        assert!(matches!(error, CommandCenterError::TimedOut), "{error:?}");
        assert!((within..LONG / 2).contains(&begun.elapsed()));
    }
}

#[tokio::test]
async fn nobody_who_listens_is_unreachable() {
    let stub = CommandCenterStub::start();
    let (center, delivery) = (center(&stub), delivery(&stub));
    drop(stub);
    let error = center.deliver(&delivery).await.expect_err("fails");
    assert!(
        matches!(error, CommandCenterError::Unreachable(_)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_without_tls_is_told_nothing_over_https() {
    let stub = CommandCenterStub::start();
    let center = center_with(&settings(&stub.url().replace("http", "https")));
    let error = center.heartbeat(&heartbeat()).await.expect_err("fails");
    assert!(
        matches!(error, CommandCenterError::Unreachable(_)),
        "{error:?}"
    );
    assert_eq!(stub.count(), 0, "nothing was said in plain text");
}

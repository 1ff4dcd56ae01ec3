//! Every failure is the error that the port names for it, in its time, and is met once.

use std::time::{Duration, Instant};

use adapter_openai::{AnswerError, OpenAiModel, OpenAiSettings};
use ports::{LanguageModel as _, ModelError};
use testkit::openai_stub::{Behaviour, OpenAiStub, STUB_DATE};
use tokio::net::TcpListener;

use crate::world::{LONG, ask, model, prompt, settings};

/// The error of one question, which was asked once.
async fn error_of(behaviour: Behaviour) -> ModelError {
    let stub = OpenAiStub::start();
    stub.enqueue(behaviour);
    let begun = Instant::now();
    let error = ask(&model(&stub)).await.expect_err("fails");
    assert!(begun.elapsed() < LONG);
    assert_eq!(stub.count(), 1, "asked once");
    error
}

async fn answer_error_of(behaviour: Behaviour) -> AnswerError {
    match error_of(behaviour).await {
        ModelError::Malformed(source) => *source.downcast().expect("is ours"),
        other => panic!("{other:?}"),
    }
}

fn status(status: u16, headers: Vec<(&'static str, String)>) -> Behaviour {
    Behaviour::with_status(status, "some_code", headers)
}

#[tokio::test]
async fn limits_tell_how_long_to_wait() {
    let seconds = Duration::from_secs;
    let date = "Thu, 26 Nov 2026 12:00:40 GMT";
    assert!(STUB_DATE < date, "the date counts from the answer's");
    for (behaviour, expected) in [
        (Behaviour::rate_limited(seconds(7)), Some(seconds(7))),
        (
            status(429, vec![("retry-after", date.to_owned())]),
            Some(seconds(40)),
        ),
        (
            status(429, vec![("retry-after-ms", "250".to_owned())]),
            Some(Duration::from_millis(250)),
        ),
        (status(429, vec![]), None),
    ] {
        let error = error_of(behaviour).await;
        assert!(
            matches!(error, ModelError::Limited { retry_after } if retry_after == expected),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn failures_of_the_service_are_transient() {
    let wait = Duration::from_secs(3);
    for (behaviour, expected, expected_wait) in [
        (Behaviour::server_error(), 500, None),
        (Behaviour::unavailable(wait), 503, Some(wait)),
        (status(408, vec![]), 408, None),
        (status(409, vec![]), 409, None),
        (status(529, vec![]), 529, None),
    ] {
        let error = error_of(behaviour).await;
        assert!(
            matches!(error, ModelError::Failed { status, retry_after }
                if status == expected && retry_after == expected_wait),
            "{error:?}"
        );
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn refusals_are_final_and_carry_the_services_code() {
    for (behaviour, expected, expected_code) in [
        (Behaviour::invalid_key(), 401, "invalid_api_key"),
        (Behaviour::bad_request(), 400, "invalid_request_error"),
        (Behaviour::out_of_quota(), 429, "insufficient_quota"),
        (status(403, vec![]), 403, "some_code"),
        (status(404, vec![]), 404, "some_code"),
        (status(422, vec![]), 422, "some_code"),
    ] {
        let error = error_of(behaviour).await;
        assert!(
            matches!(&error, ModelError::Refused { status, code }
                if *status == expected && code == expected_code),
            "{error:?}"
        );
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn a_status_counts_without_the_body_that_should_follow() {
    let refused = error_of(Behaviour::StatusThenSilence(401)).await;
    assert!(
        matches!(&refused, ModelError::Refused { status: 401, code } if code.is_empty()),
        "{refused:?}"
    );
    let failed = error_of(Behaviour::StatusThenSilence(503)).await;
    assert!(
        matches!(failed, ModelError::Failed { status: 503, .. }),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_redirect_is_refused_and_not_followed() {
    let elsewhere = OpenAiStub::start();
    let location = format!("{}/chat/completions", elsewhere.base_url());
    let error = error_of(Behaviour::redirect(location)).await;
    assert!(
        matches!(error, ModelError::Refused { status: 307, .. }),
        "{error:?}"
    );
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_model_that_declines_or_is_cut_off_has_its_cost() {
    for behaviour in [Behaviour::Declines, Behaviour::Filtered] {
        let error = error_of(behaviour).await;
        assert!(
            matches!(error, ModelError::Declined { usage: Some(_) }),
            "{error:?}"
        );
    }
    let error = error_of(Behaviour::CutOff).await;
    assert!(
        matches!(error, ModelError::CutOff { usage: Some(_) }),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_no_completion_is_malformed() {
    let not_json = answer_error_of(Behaviour::NotJson).await;
    assert!(
        matches!(not_json, AnswerError::NotJson { .. }),
        "{not_json:?}"
    );
    let other = answer_error_of(Behaviour::OtherShape).await;
    assert!(
        matches!(other, AnswerError::NotACompletion { .. }),
        "{other:?}"
    );
    assert_eq!(
        answer_error_of(Behaviour::CallsTool).await,
        AnswerError::ToolCall
    );
    let nothing = Behaviour::Says(String::new());
    assert_eq!(answer_error_of(nothing).await, AnswerError::NoText);
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_read_no_further_than_its_bound() {
    let limit = 1024 * 1024;
    let error = answer_error_of(Behaviour::Endless).await;
    assert_eq!(error, AnswerError::TooLong { limit });
    let long = Behaviour::Says("a".repeat(limit));
    assert_eq!(answer_error_of(long).await, AnswerError::TooLong { limit });
}

#[tokio::test]
async fn an_answer_within_the_bound_is_read() {
    let stub = OpenAiStub::start();
    let words = "a".repeat(1024 * 1024 - 2_000);
    stub.enqueue(Behaviour::Says(words.clone()));
    assert_eq!(ask(&model(&stub)).await.expect("answers").output, words);
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_open_what_the_call_cost() {
    for behaviour in [Behaviour::PartOfBody, Behaviour::Reset] {
        let error = error_of(behaviour).await;
        assert!(matches!(error, ModelError::BrokenOff(_)), "{error:?}");
    }
}

/// A service that reads and answers nothing, and one that takes no connection off its queue.
#[tokio::test]
async fn silence_ends_with_the_time_that_was_given() {
    let stub = OpenAiStub::start();
    let within = Duration::from_millis(200);
    let asleep = TcpListener::bind(("127.0.0.1", 0)).await.expect("listens");
    let address = asleep.local_addr().expect("is bound");
    let sleeping = OpenAiSettings {
        base_url: format!("http://{address}"),
        ..settings(&stub)
    };
    let sleeping = OpenAiModel::new(sleeping).expect("the settings are fine");
    let model = model(&stub);
    for behaviour in [Behaviour::Silence, Behaviour::Slow(LONG)] {
        stub.enqueue(behaviour);
        let begun = Instant::now();
        let error = model.complete(&prompt(), within).await.expect_err("fails");
        assert!(
            matches!(error, ModelError::TimedOut(told) if told == within),
            "{error:?}"
        );
        assert!((within..LONG / 2).contains(&begun.elapsed()));
    }
    let error = sleeping
        .complete(&prompt(), within)
        .await
        .expect_err("fails");
    assert!(matches!(error, ModelError::TimedOut(_)), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_slow_and_in_time_counts() {
    let stub = OpenAiStub::start();
    let delay = Duration::from_millis(100);
    stub.enqueue(Behaviour::Slow(delay));
    let begun = Instant::now();
    ask(&model(&stub)).await.expect("answers");
    assert!(begun.elapsed() >= delay);
}

#[tokio::test]
async fn nobody_who_listens_is_unreachable() {
    let stub = OpenAiStub::start();
    let model = model(&stub);
    drop(stub);
    let error = ask(&model).await.expect_err("fails");
    assert!(matches!(error, ModelError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_service_without_tls_is_unreachable_over_https() {
    let stub = OpenAiStub::start();
    let encrypted = OpenAiSettings {
        base_url: stub.base_url().replace("http", "https"),
        ..settings(&stub)
    };
    let model = OpenAiModel::new(encrypted).expect("the settings are fine");
    stub.always(Behaviour::Answer);
    let error = ask(&model).await.expect_err("fails");
    assert!(matches!(error, ModelError::Unreachable(_)), "{error:?}");
    assert_eq!(stub.count(), 0, "nothing was said in plain text");
}

#[tokio::test]
async fn a_model_that_failed_is_asked_again_as_if_nothing_had_been() {
    let stub = OpenAiStub::start();
    let model = model(&stub);
    for behaviour in [
        Behaviour::Reset,
        Behaviour::PartOfBody,
        Behaviour::Endless,
        Behaviour::server_error(),
        Behaviour::NotJson,
    ] {
        stub.enqueue(behaviour);
        ask(&model).await.expect_err("fails");
        ask(&model).await.expect("answers");
    }
    assert_eq!(stub.count(), 10);
}

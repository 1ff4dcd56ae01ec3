//! What is sent, and what comes back when all is well.

use adapter_openai::{OpenAiModel, OpenAiSettings, TokenLimit};
use ports::TokenUsage;
use serde_json::{Value, json};
use testkit::openai_stub::{Behaviour, OpenAiStub};

use crate::world::{INSTRUCTIONS, KEY, ask, model, prompt, settings};

#[tokio::test]
async fn a_question_is_answered_with_the_models_words_and_their_cost() {
    let stub = OpenAiStub::start();
    stub.answer_with(|_| json!({"summary": "A grant."}));
    stub.usage(120, 34);
    let completion = ask(&model(&stub)).await.expect("answers");
    assert_eq!(completion.output, r#"{"summary":"A grant."}"#);
    let expected = TokenUsage {
        input: 120,
        output: 34,
    };
    assert_eq!(completion.usage, Some(expected));
}

#[tokio::test]
async fn a_request_says_who_asks_what_and_in_which_form() {
    let stub = OpenAiStub::start();
    ask(&model(&stub)).await.expect("answers");
    let call = stub.calls().pop().expect("was asked");
    let header = |name: &str| call.headers.get(name).map(String::as_str);
    assert_eq!(
        (call.method.as_str(), call.path.as_str()),
        ("POST", "/v1/chat/completions")
    );
    assert_eq!(
        header("authorization"),
        Some(format!("Bearer {KEY}").as_str())
    );
    assert_eq!(header("content-type"), Some("application/json"));
    let version = concat!("scholarship-api/", env!("CARGO_PKG_VERSION"));
    assert_eq!(header("user-agent"), Some(version));
    assert_eq!(header("accept-encoding"), None);
    let prompt = prompt();
    assert_eq!(
        call.body["messages"],
        json!([
            {"role": "system", "content": INSTRUCTIONS},
            {"role": "user", "content": prompt.input},
        ])
    );
    let schema: Value = serde_json::from_str(&prompt.schema).expect("is JSON");
    let format = &call.body["response_format"]["json_schema"];
    assert_eq!(format["schema"], schema);
    assert_eq!(call.body["store"], false);
    assert_eq!(call.body.get("temperature"), None);
}

#[tokio::test]
async fn a_base_url_may_have_a_path_of_its_own() {
    let stub = OpenAiStub::start();
    for path in ["", "/", "/openai/deployments/a", "/openai/deployments/a/"] {
        let settings = OpenAiSettings {
            base_url: format!("http://{}{path}", stub.address()),
            ..settings(&stub)
        };
        let model = OpenAiModel::new(settings).expect("the settings are fine");
        ask(&model).await.expect("answers");
        let call = stub.calls().pop().expect("was asked");
        let expected = format!("{}/chat/completions", path.trim_end_matches('/'));
        assert_eq!(call.path, expected);
    }
}

#[tokio::test]
async fn a_service_may_know_only_the_older_limit() {
    let stub = OpenAiStub::start();
    let settings = OpenAiSettings {
        token_limit: TokenLimit::MaxTokens,
        ..settings(&stub)
    };
    let model = OpenAiModel::new(settings).expect("the settings are fine");
    ask(&model).await.expect("answers");
    let call = stub.calls().pop().expect("was asked");
    assert_eq!(call.body["max_tokens"], 200);
    assert_eq!(call.body.get("max_completion_tokens"), None);
}

#[tokio::test]
async fn cost_may_be_unknown_or_huge() {
    let stub = OpenAiStub::start();
    let model = model(&stub);
    stub.enqueue(Behaviour::NoUsage);
    assert_eq!(ask(&model).await.expect("answers").usage, None);
    stub.enqueue(Behaviour::HugeUsage);
    let usage = ask(&model).await.expect("answers").usage;
    assert_eq!(usage.map(|usage| usage.output), Some(u64::MAX));
}

#[tokio::test]
async fn words_pass_as_they_are_whatever_they_say() {
    let stub = OpenAiStub::start();
    let model = model(&stub);
    for words in ["no JSON", "{\"other\": 1}", "\u{0}\u{1F600}"] {
        stub.enqueue(Behaviour::Says(words.to_owned()));
        assert_eq!(ask(&model).await.expect("answers").output, words);
    }
    for altered in [
        Behaviour::BreaksSchema,
        Behaviour::LeaksPersonalData,
        Behaviour::WrongIds,
    ] {
        stub.enqueue(altered);
        ask(&model).await.expect("answers");
    }
}

#[test]
fn settings_that_can_never_work_are_refused() {
    for (base_url, key) in [
        ("https://user:hidden@host", "key"),
        ("host", "key"),
        ("https://host", ""),
        ("https://host", "two words"),
        ("https://host", "line\nbreak"),
        ("https://host", "kéy"),
    ] {
        let settings = OpenAiSettings {
            base_url: base_url.to_owned(),
            ..OpenAiSettings::new(key, "gpt-4o-mini")
        };
        assert!(OpenAiModel::new(settings).is_err(), "{base_url} {key}");
    }
}

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(body: &Value) -> Result<Completion, ModelError> {
    completion_of(body.to_string().as_bytes())
}

fn ended(finish_reason: &Value, message: &Value) -> Value {
    json!({
        "choices": [{"index": 0, "finish_reason": finish_reason, "message": message}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    })
}

const USAGE: Option<TokenUsage> = Some(TokenUsage {
    input: 7,
    output: 5,
});

fn error_of(body: &Value) -> AnswerError {
    match read(body) {
        Err(ModelError::Malformed(source)) => *source.downcast().expect("is ours"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_completion_is_read_with_its_usage() {
    for end in [json!("stop"), Value::Null] {
        let body = ended(
            &end,
            &json!({"role": "assistant", "content": "{}", "refusal": null, "tool_calls": []}),
        );
        let completion = read(&body).expect("is complete");
        assert_eq!(
            (completion.output.as_str(), completion.usage),
            ("{}", USAGE)
        );
    }
}

#[test]
fn usage_that_cannot_be_counted_is_not_known() {
    for usage in [
        Value::Null,
        json!("much"),
        json!({"prompt_tokens": 1}),
        json!({"prompt_tokens": -1, "completion_tokens": 1}),
        json!({"prompt_tokens": 1e300, "completion_tokens": 1}),
    ] {
        let mut body = ended(&json!("stop"), &json!({"content": "{}"}));
        body["usage"] = usage;
        assert_eq!(read(&body).expect("is complete").usage, None);
    }
    let mut body = ended(&json!("stop"), &json!({"content": "{}"}));
    body["usage"] = json!({"prompt_tokens": u64::MAX, "completion_tokens": 0});
    let usage = read(&body).expect("is complete").usage;
    assert_eq!(usage.map(|usage| usage.input), Some(u64::MAX));
}

#[test]
fn a_refusal_and_a_filter_are_a_model_that_declines() {
    for body in [
        ended(&json!("stop"), &json!({"content": null, "refusal": "No."})),
        ended(&json!("length"), &json!({"content": "{", "refusal": "No."})),
        ended(&json!("content_filter"), &json!({"content": "{"})),
    ] {
        let read = read(&body);
        assert!(
            matches!(read, Err(ModelError::Declined { usage: USAGE })),
            "{read:?}"
        );
    }
}

#[test]
fn a_length_that_ran_out_cuts_the_answer_off() {
    let read = read(&ended(&json!("length"), &json!({"content": null})));
    assert!(
        matches!(read, Err(ModelError::CutOff { usage: USAGE })),
        "{read:?}"
    );
}

#[test]
fn what_is_no_completion_is_malformed() {
    let text = json!({"content": "{}"});
    for (body, expected) in [
        (json!({"choices": []}), AnswerError::NoChoice),
        (
            ended(&json!("tool_calls"), &json!({})),
            AnswerError::ToolCall,
        ),
        (
            ended(&json!("stop"), &json!({"tool_calls": [{"id": "a"}]})),
            AnswerError::ToolCall,
        ),
        (
            ended(&json!("stop"), &json!({"function_call": {"name": "a"}})),
            AnswerError::ToolCall,
        ),
        (ended(&json!("tired"), &text), AnswerError::UnknownEnd),
        (
            ended(&json!("stop"), &json!({"content": ""})),
            AnswerError::NoText,
        ),
        (ended(&json!("stop"), &json!({})), AnswerError::NoText),
    ] {
        assert_eq!(error_of(&body), expected, "{body}");
    }
    for body in [
        json!({}),
        json!([]),
        json!({"choices": [{"message": {"content": ["secret"]}}]}),
    ] {
        let error = error_of(&body);
        assert!(
            matches!(error, AnswerError::NotACompletion { .. }),
            "{error:?}"
        );
    }
}

#[test]
fn the_words_of_a_bad_answer_are_not_repeated() {
    for body in [
        r#"{"choices": "secret"}"#,
        r#"secret"#,
        r#"{"choices": [{"message": {"content": {"secret": 1}}}]}"#,
        r#"{"choices": [{"finish_reason": "secret", "message": {"content": "secret"}}]}"#,
    ] {
        let error = completion_of(body.as_bytes()).expect_err("is no completion");
        assert!(
            !format!("{error} {error:?}").contains("secret"),
            "{error:?}"
        );
    }
}

#[test]
fn deep_nesting_is_no_completion() {
    let deep = "[".repeat(1_000_000);
    for body in [deep.clone(), format!(r#"{{"choices": [], "usage": {deep}"#)] {
        assert!(completion_of(body.as_bytes()).is_err());
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "choices",
        "message",
        "content",
        "refusal",
        "tool_calls",
        "finish_reason",
        "usage",
        "prompt_tokens",
        "completion_tokens",
        "error",
        "other",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec!["stop", "length", "content_filter", "tool_calls", ""])
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..6).prop_map(|entries| {
                entries
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(body in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = completion_of(&body);
    }

    #[test]
    fn any_json_is_read_without_a_panic(body in any_json()) {
        let _ = read(&body);
    }

    #[test]
    fn any_choice_is_read_without_a_panic(
        message in any_json(),
        finish_reason in any_json(),
        usage in any_json(),
    ) {
        let body = json!({
            "choices": [{"message": message, "finish_reason": finish_reason}],
            "usage": usage,
        });
        let _ = read(&body);
    }

    #[test]
    fn a_completion_cut_anywhere_is_no_completion(cut in 0_usize..100) {
        let body = ended(&json!("stop"), &json!({"content": "{\"a\": 1}"})).to_string();
        prop_assert!(completion_of(&body.as_bytes()[..cut.min(body.len() - 1)]).is_err());
    }
}

//! Properly signed tokens whose header or claims are not acceptable.

use auth::{MAXIMUM_TOKEN_BYTES, Malformation, TokenError};
use serde_json::{Value, json};

use crate::fixture::{HS256, NOW, SECRET, at, claims, claims_with, sign, verdict, verifier};

#[test]
fn each_required_claim_is_named_when_it_is_missing_or_null() {
    for name in ["iss", "aud", "sub", "role", "exp", "nbf", "iat", "jti"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(name);
        let missing = Err(TokenError::ClaimMissing(name));
        assert_eq!(verdict(&without), missing, "{name}");
        assert_eq!(verdict(&claims_with(name, Value::Null)), missing, "{name}");
    }
}

#[test]
fn times_that_are_not_whole_seconds_are_malformed() {
    let odd = [
        json!((NOW + 600).to_string()),
        json!(1_800_000_600.5),
        json!(1e300),
        json!(u64::MAX),
        json!(true),
        json!([NOW]),
    ];
    for name in ["exp", "nbf", "iat"] {
        for value in &odd {
            assert_eq!(
                verdict(&claims_with(name, value.clone())),
                Err(TokenError::Malformed(Malformation::NotSeconds(name))),
                "{name} = {value}"
            );
        }
    }
}

#[test]
fn extreme_times_are_refused_without_overflow() {
    for value in [i64::MAX, NOW + 1_000_000_000_000] {
        assert_eq!(
            verdict(&claims_with("exp", json!(value))),
            Err(TokenError::LifetimeTooLong)
        );
        assert_eq!(
            verdict(&claims_with("nbf", json!(value))),
            Err(TokenError::NotYetValid)
        );
        assert_eq!(
            verdict(&claims_with("iat", json!(value))),
            Err(TokenError::NotYetValid)
        );
    }
    assert_eq!(
        verdict(&claims_with("exp", json!(i64::MIN))),
        Err(TokenError::Expired)
    );
    assert_eq!(
        verdict(&claims_with("iat", json!(i64::MIN))),
        Err(TokenError::LifetimeTooLong)
    );
}

#[test]
fn another_issuer_is_refused() {
    for issuer in ["evil", "auto-com-center ", "AUTO-COM-CENTER", ""] {
        assert_eq!(
            verdict(&claims_with("iss", json!(issuer))),
            Err(TokenError::IssuerInvalid)
        );
    }
}

#[test]
fn an_audience_that_does_not_name_this_service_is_refused() {
    for audience in [
        json!("other"),
        json!([]),
        json!(["other", "scholar-sync-agents-2"]),
    ] {
        assert_eq!(
            verdict(&claims_with("aud", audience.clone())),
            Err(TokenError::AudienceInvalid),
            "{audience}"
        );
    }
}

#[test]
fn claims_of_the_wrong_type_are_malformed() {
    for name in ["iss", "sub", "role", "scope", "jti"] {
        for value in [json!(7), json!(["text"]), json!({"text": "text"})] {
            assert_eq!(
                verdict(&claims_with(name, value.clone())),
                Err(TokenError::Malformed(Malformation::NotText(name))),
                "{name} = {value}"
            );
        }
    }
    for audience in [json!(7), json!({"a": 1}), json!(["scholar-sync-agents", 7])] {
        assert_eq!(
            verdict(&claims_with("aud", audience)),
            Err(TokenError::Malformed(Malformation::NotTexts("aud")))
        );
    }
}

#[test]
fn unknown_roles_are_refused() {
    for role in ["root", "Admin", "", "anonymous"] {
        assert_eq!(
            verdict(&claims_with("role", json!(role))),
            Err(TokenError::Malformed(Malformation::Role))
        );
    }
}

#[test]
fn subjects_and_token_ids_are_bounded_and_printable() {
    for (name, longest) in [("sub", 256), ("jti", 128)] {
        assert!(verdict(&claims_with(name, json!("x".repeat(longest)))).is_ok());
        for value in [
            String::new(),
            "line\nbreak".to_owned(),
            "x".repeat(longest + 1),
        ] {
            assert_eq!(
                verdict(&claims_with(name, json!(value))),
                Err(TokenError::Malformed(Malformation::Unusable(name)))
            );
        }
    }
}

#[test]
fn payloads_that_are_no_object_or_repeat_a_claim_are_malformed() {
    let twice = claims().to_string().replacen('{', r#"{"role":"admin","#, 1);
    let list = r#"["auto-com-center","scholar-sync-agents","s","admin","",1,1,1,"j"]"#;
    let deep = format!("{{\"sub\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
    for payload in [
        twice.as_str(),
        list,
        &deep,
        "",
        "null",
        "7",
        "{",
        "\u{feff}{}",
    ] {
        assert_eq!(
            verifier().verify(&sign(HS256, payload, SECRET), at(NOW)),
            Err(TokenError::Malformed(Malformation::Payload)),
            "{payload:.60}"
        );
    }
}

#[test]
fn headers_that_cannot_be_read_or_demand_extensions_are_malformed() {
    let with_header =
        |header: &str| verifier().verify(&sign(header, &claims().to_string(), SECRET), at(NOW));
    for header in [
        "",
        "{}",
        "null",
        r#"["HS256"]"#,
        r#"{"alg":256}"#,
        r#"{"alg":"HS256","kid":7}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
    ] {
        assert_eq!(
            with_header(header),
            Err(TokenError::Malformed(Malformation::Header)),
            "{header}"
        );
    }
    assert_eq!(
        with_header(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#),
        Err(TokenError::Malformed(Malformation::CriticalExtension))
    );
}

#[test]
fn a_token_above_the_size_bound_is_refused_even_when_it_is_genuine() {
    let padded = |bytes: usize| {
        let payload = claims_with("padding", json!("x".repeat(bytes))).to_string();
        sign(HS256, &payload, SECRET)
    };
    let fitting = padded(5000);
    assert!(fitting.len() <= MAXIMUM_TOKEN_BYTES);
    assert!(verifier().verify(&fitting, at(NOW)).is_ok());
    let oversize = padded(6500);
    assert!(oversize.len() > MAXIMUM_TOKEN_BYTES);
    assert_eq!(
        verifier().verify(&oversize, at(NOW)),
        Err(TokenError::Malformed(Malformation::TooLong))
    );
}

#[test]
fn every_refusal_has_the_code_of_the_http_api() {
    let codes = [
        (TokenError::Expired, "TOKEN_EXPIRED"),
        (TokenError::NotYetValid, "TOKEN_NOT_YET_VALID"),
        (TokenError::SignatureInvalid, "TOKEN_SIGNATURE_INVALID"),
        (TokenError::AlgorithmRefused, "TOKEN_ALGORITHM_REFUSED"),
        (TokenError::IssuerInvalid, "TOKEN_ISSUER_INVALID"),
        (TokenError::AudienceInvalid, "TOKEN_AUDIENCE_INVALID"),
        (TokenError::ClaimMissing("exp"), "TOKEN_CLAIM_MISSING"),
        (TokenError::LifetimeTooLong, "TOKEN_LIFETIME_TOO_LONG"),
        (TokenError::Malformed(Malformation::Role), "TOKEN_MALFORMED"),
    ];
    for (error, code) in codes {
        assert_eq!(error.code(), code);
    }
}

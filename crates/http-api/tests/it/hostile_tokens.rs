//! Tokens made to get in: each is refused with the code of its reason, and none breaks anything.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};
use testkit::instant;

use crate::api::{Api, NOW, SECRET};

fn now() -> i64 {
    instant(NOW).timestamp()
}

fn encoded(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Signed by HS256 with whatever secret.
fn signed_with(secret: &[u8], header: &str, payload: &str) -> String {
    let message = format!("{}.{}", encoded(header), encoded(payload));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length");
    mac.update(message.as_bytes());
    format!("{message}.{}", encoded(mac.finalize().into_bytes()))
}

/// Signed as our own issuer would, were it to sign such a thing.
fn signed(header: &str, payload: &str) -> String {
    signed_with(SECRET.as_bytes(), header, payload)
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn claims() -> Value {
    json!({
        "iss": "auto-com-center", "aud": "scholar-sync-agents", "sub": "someone", "role": "admin", "scope": "",
        "exp": now() + 600, "nbf": now(), "iat": now(), "jti": "token-1",
    })
}

fn with(claim: &str, value: Value) -> String {
    let mut claims = claims();
    claims[claim] = value;
    signed(HEADER, &claims.to_string())
}

fn without(claim: &str) -> String {
    let mut claims = claims();
    claims.as_object_mut().expect("an object").remove(claim);
    signed(HEADER, &claims.to_string())
}

fn headed(header: &str) -> String {
    signed(header, &claims().to_string())
}

/// The claims as text, with a part put in at the beginning.
fn claims_beginning_with(part: &str) -> String {
    let text = claims().to_string();
    format!("{{{part},{}", &text[1..])
}

fn unsigned(algorithm: &str) -> String {
    let header = encoded(format!(r#"{{"alg":"{algorithm}"}}"#));
    format!("{header}.{}.", encoded(claims().to_string()))
}

fn altered(change: impl Fn(&mut Vec<String>)) -> String {
    let token = signed(HEADER, &claims().to_string());
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    change(&mut parts);
    parts.join(".")
}

fn hs512(secret: &[u8]) -> String {
    let header = encoded(r#"{"alg":"HS512"}"#);
    let message = format!("{header}.{}", encoded(claims().to_string()));
    let mut mac = Hmac::<Sha512>::new_from_slice(secret).expect("any length");
    mac.update(message.as_bytes());
    format!("{message}.{}", encoded(mac.finalize().into_bytes()))
}

fn signatures() -> Vec<(&'static str, String)> {
    let public_key = b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ\n-----END PUBLIC KEY-----\n";
    let claims = claims().to_string();
    let kid = |kid: &str| json!({"alg": "HS256", "kid": kid}).to_string();
    vec![
        (
            "another secret",
            signed_with(b"another secret", HEADER, &claims),
        ),
        ("no secret", signed_with(b"", HEADER, &claims)),
        (
            "the secret cut",
            signed_with(&SECRET.as_bytes()[..31], HEADER, &claims),
        ),
        (
            "the secret in capitals",
            signed_with(SECRET.to_uppercase().as_bytes(), HEADER, &claims),
        ),
        (
            "the secret with a line break",
            signed_with(format!("{SECRET}\n").as_bytes(), HEADER, &claims),
        ),
        (
            "a public key as secret",
            signed_with(public_key, HEADER, &claims),
        ),
        (
            "kid that walks up",
            signed_with(b"", &kid("../../../../dev/null"), &claims),
        ),
        (
            "kid that is a query",
            signed_with(b"x", &kid("' UNION SELECT 'x' --"), &claims),
        ),
        (
            "kid that is a command",
            signed_with(b"x", &kid("key; cat /etc/passwd |"), &claims),
        ),
        (
            "kid that is a URL",
            signed_with(b"x", &kid("https://evil.example/key"), &claims),
        ),
        ("kid with NUL", signed_with(b"x", &kid("key\u{0}"), &claims)),
        (
            "kid of 4,000 letters",
            signed_with(b"x", &kid(&"k".repeat(4_000)), &claims),
        ),
        ("a line break", altered(|parts| parts[1].insert(4, '\t'))),
        (
            "payload is not UTF-8",
            altered(|parts| parts[1] = encoded([0xff, 0xfe])),
        ),
        ("no signature", altered(|parts| parts[2].clear())),
        ("half a signature", altered(|parts| parts[2].truncate(20))),
        (
            "a signature of zeros",
            altered(|parts| parts[2] = encoded([0; 32])),
        ),
        (
            "a signature twice",
            altered(|parts| parts[2] = parts[2].repeat(2)),
        ),
        (
            "payload of another token",
            altered(|parts| parts[1] = encoded(claims_beginning_with(r#""x":1"#))),
        ),
        (
            "other header, same signature",
            altered(|parts| parts[0] = encoded(r#"{"typ":"JWT","alg":"HS256"}"#)),
        ),
    ]
}

fn algorithms() -> Vec<(&'static str, String)> {
    let public_key = b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ\n-----END PUBLIC KEY-----\n";
    let claims = claims().to_string();
    vec![
        ("none", unsigned("none")),
        ("None", unsigned("None")),
        ("NONE", unsigned("NONE")),
        ("nOnE", unsigned("nOnE")),
        ("none with a signature", headed(r#"{"alg":"none"}"#)),
        ("an empty algorithm", unsigned("")),
        ("hs256 in small letters", headed(r#"{"alg":"hs256"}"#)),
        ("HS256 and a space", headed(r#"{"alg":"HS256 "}"#)),
        (
            "HS256 in full-width letters",
            headed("{\"alg\":\"\u{ff28}\u{ff33}256\"}"),
        ),
        ("HS384", headed(r#"{"alg":"HS384"}"#)),
        ("HS512, rightly signed", hs512(SECRET.as_bytes())),
        (
            "RS256 confused",
            signed_with(public_key, r#"{"alg":"RS256"}"#, &claims),
        ),
        (
            "ES256 confused",
            signed_with(public_key, r#"{"alg":"ES256"}"#, &claims),
        ),
        ("EdDSA", headed(r#"{"alg":"EdDSA"}"#)),
        (
            "ES256 with zeros (psychic)",
            altered(|parts| {
                parts[0] = encoded(r#"{"alg":"ES256"}"#);
                parts[2] = encoded([0; 64]);
            }),
        ),
    ]
}

fn shapes() -> Vec<(&'static str, String)> {
    let claims = claims().to_string();
    vec![
        (
            "a letter less",
            altered(|parts| {
                parts[2].pop();
            }),
        ),
        (
            "a longer signature",
            altered(|parts| parts[2].push_str("AA")),
        ),
        (
            "a signature in letters of base64",
            altered(|parts| {
                parts[2] = STANDARD.encode([0xfb; 32]).trim_end_matches('=').to_owned();
            }),
        ),
        ("one word", "invalid".to_owned()),
        ("dots", "...".to_owned()),
        ("four parts", altered(|parts| parts.push("x".to_owned()))),
        (
            "two parts",
            altered(|parts| {
                parts.pop();
            }),
        ),
        (
            "an encrypted token",
            altered(|parts| parts.extend(["a".to_owned(), "b".to_owned()])),
        ),
        ("a padded header", altered(|parts| parts[0].push('='))),
        ("a padded signature", altered(|parts| parts[2].push('='))),
        ("9,000 bytes", "a".repeat(9_000)),
        ("header is a list", headed(r#"["HS256"]"#)),
        ("header is no JSON", headed("HS256")),
        ("header without alg", headed(r#"{"typ":"JWT"}"#)),
        ("alg is a list", headed(r#"{"alg":["HS256"]}"#)),
        ("alg is null", headed(r#"{"alg":null}"#)),
        ("alg twice", headed(r#"{"alg":"HS256","alg":"none"}"#)),
        ("kid is a number", headed(r#"{"alg":"HS256","kid":7}"#)),
        ("crit", headed(r#"{"alg":"HS256","crit":["exp"]}"#)),
        (
            "unencoded payload",
            headed(r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#),
        ),
        (
            "jwk",
            headed(r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#),
        ),
        (
            "jku",
            headed(r#"{"alg":"HS256","jku":"https://evil.example/jwks.json"}"#),
        ),
        (
            "x5u",
            headed(r#"{"alg":"HS256","x5u":"http://169.254.169.254/"}"#),
        ),
        ("x5c", headed(r#"{"alg":"HS256","x5c":["MIIB"]}"#)),
        (
            "typ of something else",
            headed(r#"{"alg":"HS256","typ":"dpop+jwt"}"#),
        ),
        ("payload is a list", signed(HEADER, "[1]")),
        ("payload is no JSON", signed(HEADER, "admin")),
        ("payload is empty", signed(HEADER, "")),
        (
            "sub twice",
            signed(HEADER, &claims_beginning_with(r#""sub":"other""#)),
        ),
        (
            "exp twice",
            signed(HEADER, &claims_beginning_with(r#""exp":9999999999"#)),
        ),
        (
            "role twice, one escaped",
            signed(HEADER, &claims_beginning_with("\"r\\u006fle\":\"student\"")),
        ),
        ("two objects", signed(HEADER, &format!("{claims}{claims}"))),
    ]
}

fn contents() -> Vec<(&'static str, String, &'static str)> {
    let missing = ["iss", "aud", "sub", "role", "exp", "nbf", "iat", "jti"];
    let mut all: Vec<_> = missing
        .iter()
        .map(|claim| (*claim, without(claim), "TOKEN_CLAIM_MISSING"))
        .collect();
    all.extend([
        ("exp null", with("exp", Value::Null), "TOKEN_CLAIM_MISSING"),
        (
            "exp in text",
            with("exp", json!((now() + 600).to_string())),
            "TOKEN_MALFORMED",
        ),
        (
            "exp with a fraction",
            with("exp", json!(now() as f64 + 600.5)),
            "TOKEN_MALFORMED",
        ),
        (
            "exp in a list",
            with("exp", json!([now() + 600])),
            "TOKEN_MALFORMED",
        ),
        ("exp true", with("exp", json!(true)), "TOKEN_MALFORMED"),
        (
            "exp huge",
            with("exp", json!(i64::MAX)),
            "TOKEN_LIFETIME_TOO_LONG",
        ),
        (
            "exp beyond all numbers",
            with("exp", json!(u64::MAX)),
            "TOKEN_MALFORMED",
        ),
        ("exp as 1e300", with("exp", json!(1e300)), "TOKEN_MALFORMED"),
        (
            "exp in milliseconds",
            with("exp", json!((now() + 600) * 1_000)),
            "TOKEN_LIFETIME_TOO_LONG",
        ),
        (
            "exp 10 s ago",
            with("exp", json!(now() - 10)),
            "TOKEN_EXPIRED",
        ),
        ("exp negative", with("exp", json!(-1)), "TOKEN_EXPIRED"),
        (
            "lives 1,801 s",
            with("exp", json!(now() + 1_801)),
            "TOKEN_LIFETIME_TOO_LONG",
        ),
        (
            "iat far back, so a long life",
            with("iat", json!(i64::MIN)),
            "TOKEN_LIFETIME_TOO_LONG",
        ),
        (
            "nbf in 11 s",
            with("nbf", json!(now() + 11)),
            "TOKEN_NOT_YET_VALID",
        ),
        (
            "iat in 11 s",
            with("iat", json!(now() + 11)),
            "TOKEN_NOT_YET_VALID",
        ),
        ("nbf in text", with("nbf", json!("0")), "TOKEN_MALFORMED"),
        (
            "iss of another",
            with("iss", json!("auto-com-center.evil.example")),
            "TOKEN_ISSUER_INVALID",
        ),
        (
            "iss in capitals",
            with("iss", json!("AUTO-COM-CENTER")),
            "TOKEN_ISSUER_INVALID",
        ),
        (
            "iss with a Cyrillic letter",
            with("iss", json!("\u{430}uto-com-center")),
            "TOKEN_ISSUER_INVALID",
        ),
        (
            "iss in a list",
            with("iss", json!(["auto-com-center"])),
            "TOKEN_MALFORMED",
        ),
        (
            "aud of another",
            with("aud", json!("other-agents")),
            "TOKEN_AUDIENCE_INVALID",
        ),
        (
            "aud list of others",
            with("aud", json!(["a", "b"])),
            "TOKEN_AUDIENCE_INVALID",
        ),
        (
            "aud empty list",
            with("aud", json!([])),
            "TOKEN_AUDIENCE_INVALID",
        ),
        (
            "aud list with a number",
            with("aud", json!(["scholar-sync-agents", 1])),
            "TOKEN_MALFORMED",
        ),
        (
            "aud with a space",
            with("aud", json!("scholar-sync-agents ")),
            "TOKEN_AUDIENCE_INVALID",
        ),
        ("sub empty", with("sub", json!("")), "TOKEN_MALFORMED"),
        (
            "sub of 257 bytes",
            with("sub", json!("s".repeat(257))),
            "TOKEN_MALFORMED",
        ),
        (
            "sub with a line break",
            with("sub", json!("a\nb")),
            "TOKEN_MALFORMED",
        ),
        ("sub a number", with("sub", json!(1)), "TOKEN_MALFORMED"),
        (
            "jti with NUL",
            with("jti", json!("a\u{0}")),
            "TOKEN_MALFORMED",
        ),
        (
            "jti of 129 bytes",
            with("jti", json!("j".repeat(129))),
            "TOKEN_MALFORMED",
        ),
        ("role root", with("role", json!("root")), "TOKEN_MALFORMED"),
        (
            "role Admin",
            with("role", json!("Admin")),
            "TOKEN_MALFORMED",
        ),
        (
            "role in a list",
            with("role", json!(["admin"])),
            "TOKEN_MALFORMED",
        ),
        (
            "scope in a list",
            with("scope", json!(["scholarships:write"])),
            "TOKEN_MALFORMED",
        ),
    ]);
    all
}

#[actix_web::test]
async fn every_hostile_token_is_refused_with_its_own_code() {
    let api = Api::start().await;
    let mut battery = contents();
    for (group, code) in [
        (signatures(), "TOKEN_SIGNATURE_INVALID"),
        (algorithms(), "TOKEN_ALGORITHM_REFUSED"),
        (shapes(), "TOKEN_MALFORMED"),
    ] {
        battery.extend(group.into_iter().map(|(name, token)| (name, token, code)));
    }
    assert!(battery.len() >= 100, "{}", battery.len());
    let mut surprises = Vec::new();
    for (name, token, code) in battery {
        let answer = api.get_as(&format!("Bearer {token}"), "/").await;
        let heard = (answer.status, answer.code());
        if heard != (401, code.to_owned()) {
            surprises.push(format!("{name}: {heard:?} instead of {code}"));
            continue;
        }
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{name}");
        assert!(!answer.text().contains(&token), "{name} is repeated");
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}

#[actix_web::test]
async fn what_is_just_inside_the_bounds_passes() {
    let api = Api::start().await;
    for token in [
        with("nbf", json!(now() + 9)),
        with("iat", json!(now() + 9)),
        with("exp", json!(now() + 1_800)),
        with("exp", json!(now() - 9)),
        with("aud", json!(["other", "scholar-sync-agents"])),
        headed(r#"{"alg":"HS256"}"#),
        headed(r#"{"alg":"HS256","typ":"at+JWT","kid":"of the issuer"}"#),
        without("scope"),
    ] {
        assert_eq!(
            api.get_as(&format!("Bearer {token}"), "/").await.status,
            200
        );
    }
}

#[actix_web::test]
async fn a_token_of_100_kilobytes_is_refused_and_costs_nothing() {
    let api = Api::start().await;
    let answer = api
        .get_as(&format!("Bearer {}", "a".repeat(100_000)), "/")
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (401, "TOKEN_MALFORMED")
    );
}

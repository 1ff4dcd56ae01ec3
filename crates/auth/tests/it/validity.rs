//! Tokens that are accepted, and the exact borders of their time.

use auth::{Role, Scope, TokenError, TokenSettings, Verifier};
use serde_json::{Value, json};

use crate::fixture::{HS256, NOW, SECRET, at, claims, claims_with, key, sign, verdict, verdict_at};

#[test]
fn a_valid_token_tells_who_its_bearer_is() {
    let caller = verdict(&claims()).unwrap();
    assert_eq!(caller.subject, "student-1");
    assert_eq!(caller.role, Role::Student);
    assert_eq!(caller.token_id.as_deref(), Some("token-1"));
    assert_eq!(caller.expires_at, at(NOW + 600));
    assert!(caller.may(Scope::ScholarshipsRead));
    assert!(!caller.may(Scope::ScholarshipsWrite));
}

#[test]
fn a_token_without_scopes_is_valid_and_may_nothing_special() {
    let caller = verdict(&claims_with("scope", Value::Null)).unwrap();
    assert!(caller.scopes.is_empty());
}

#[test]
fn the_audience_may_be_one_of_several() {
    let payload = claims_with("aud", json!(["other-service", "scholar-sync-agents"]));
    assert!(verdict(&payload).is_ok());
}

#[test]
fn claims_that_mean_nothing_here_are_passed_over() {
    assert!(verdict(&claims_with("department", json!({"deep": [1, 2]}))).is_ok());
}

#[test]
fn expiry_is_tolerated_for_less_than_the_clock_skew() {
    assert!(verdict_at(&claims(), NOW + 609).is_ok());
    assert_eq!(verdict_at(&claims(), NOW + 610), Err(TokenError::Expired));
}

#[test]
fn a_start_in_the_future_is_tolerated_up_to_the_clock_skew() {
    assert!(verdict_at(&claims(), NOW - 10).is_ok());
    for claim in ["nbf", "iat"] {
        assert!(verdict(&claims_with(claim, json!(NOW + 10))).is_ok());
        let later = claims_with(claim, json!(NOW + 11));
        assert_eq!(verdict(&later), Err(TokenError::NotYetValid), "{claim}");
    }
}

#[test]
fn a_token_may_live_for_the_longest_lifetime_and_not_a_second_longer() {
    assert!(verdict(&claims_with("exp", json!(NOW + 1800))).is_ok());
    let longer = claims_with("exp", json!(NOW + 1801));
    assert_eq!(verdict(&longer), Err(TokenError::LifetimeTooLong));
}

#[test]
fn token_ids_and_starts_are_optional_only_where_the_settings_say_so() {
    let mut payload = claims();
    payload.as_object_mut().unwrap().remove("jti");
    payload.as_object_mut().unwrap().remove("nbf");
    let settings = TokenSettings {
        require_jti: false,
        require_nbf: false,
        ..TokenSettings::default()
    };
    let lenient = Verifier::new(settings, &[key(SECRET)]);
    let token = sign(HS256, &payload.to_string(), SECRET);
    assert_eq!(lenient.verify(&token, at(NOW)).unwrap().token_id, None);

    payload["nbf"] = json!(NOW + 60);
    let token = sign(HS256, &payload.to_string(), SECRET);
    assert_eq!(
        lenient.verify(&token, at(NOW)),
        Err(TokenError::NotYetValid)
    );
}

#[test]
fn every_key_of_the_list_verifies_and_a_known_key_id_selects_its_key() {
    let old = "old-kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg";
    let keys = [key(SECRET), key(old)];
    let verifier = Verifier::new(TokenSettings::default(), &keys);
    let verify = |kid: Option<&str>, secret: &str| {
        let header = match kid {
            Some(kid) => json!({"alg": "HS256", "kid": kid}),
            None => json!({"alg": "HS256", "typ": "JWT"}),
        };
        let token = sign(&header.to_string(), &claims().to_string(), secret);
        verifier.verify(&token, at(NOW))
    };
    for secret in [SECRET, old] {
        assert!(verify(None, secret).is_ok());
        assert!(verify(Some("a name of the issuer's"), secret).is_ok());
    }
    assert!(verify(Some(keys[1].id()), old).is_ok());
    assert_eq!(
        verify(Some(keys[1].id()), SECRET),
        Err(TokenError::SignatureInvalid)
    );
}

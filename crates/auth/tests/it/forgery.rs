//! Tokens that nobody with the key has signed: none may verify, and none may crash the verifier.

use auth::{TokenError, TokenSettings, Verifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use proptest::prelude::*;

use crate::fixture::{HS256, NOW, SECRET, at, claims, minter, request, sign, verifier};

#[test]
fn unsigned_tokens_are_refused_for_their_algorithm() {
    for algorithm in ["none", "None", "NONE", "nOnE", "", "hs256", "HS257"] {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm}"}}"#));
        let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{payload}.{signature}");
            assert_eq!(
                verifier().verify(&token, at(NOW)),
                Err(TokenError::AlgorithmRefused),
                "{algorithm}"
            );
        }
    }
}

#[test]
fn other_algorithms_are_refused_even_with_the_right_secret() {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = encode(&Header::new(algorithm), &claims(), &key).unwrap();
        assert_eq!(
            verifier().verify(&token, at(NOW)),
            Err(TokenError::AlgorithmRefused)
        );
    }
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let token = sign(
            &format!(r#"{{"alg":"{algorithm}"}}"#),
            &claims().to_string(),
            SECRET,
        );
        assert_eq!(
            verifier().verify(&token, at(NOW)),
            Err(TokenError::AlgorithmRefused)
        );
    }
}

#[test]
fn another_secret_an_empty_signature_and_a_cut_one_do_not_match() {
    let payload = claims().to_string();
    let header = HS256;
    let foreign = sign(header, &payload, "another-secret");
    let genuine = sign(header, &payload, SECRET);
    let (signed, signature) = genuine.rsplit_once('.').unwrap();
    let cut = format!("{signed}.{}", &signature[..signature.len() - 3]);
    for token in [foreign, format!("{signed}."), cut] {
        assert_eq!(
            verifier().verify(&token, at(NOW)),
            Err(TokenError::SignatureInvalid)
        );
    }
}

#[test]
fn a_verifier_without_keys_refuses_everything() {
    let token = minter().mint(&request(), at(NOW)).unwrap();
    let keyless = Verifier::new(TokenSettings::default(), &[]);
    assert_eq!(
        keyless.verify(&token, at(NOW)),
        Err(TokenError::SignatureInvalid)
    );
}

#[test]
fn text_that_is_no_token_is_malformed() {
    let genuine = minter().mint(&request(), at(NOW)).unwrap();
    let padded = format!("{genuine}=");
    let prefixed = format!("x.{genuine}");
    for text in [
        "", ".", "..", "...", "invalid", "a.b", "é.ü.ß", &padded, &prefixed,
    ] {
        let refusal = verifier().verify(text, at(NOW)).unwrap_err();
        assert_eq!(refusal.code(), "TOKEN_MALFORMED", "{text}");
    }
}

proptest! {
    #[test]
    fn random_text_never_verifies(text in any::<String>()) {
        prop_assert!(verifier().verify(&text, at(NOW)).is_err());
    }

    #[test]
    fn random_parts_behind_a_good_header_never_verify(payload in any::<Vec<u8>>(), signature in any::<Vec<u8>>()) {
        let parts = [HS256.as_bytes(), &payload, &signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        prop_assert_eq!(verifier().verify(&parts.join("."), at(NOW)), Err(TokenError::SignatureInvalid));
    }

    #[test]
    fn random_headers_and_payloads_never_panic_though_signed(header in any::<Vec<u8>>(), payload in any::<Vec<u8>>()) {
        let header = String::from_utf8_lossy(&header);
        let payload = String::from_utf8_lossy(&payload);
        prop_assert!(verifier().verify(&sign(&header, &payload, SECRET), at(NOW)).is_err());
        prop_assert!(verifier().verify(&sign(HS256, &payload, SECRET), at(NOW)).is_err());
    }

    #[test]
    fn a_token_with_one_byte_changed_never_verifies(position in any::<prop::sample::Index>(), replacement in "[A-Za-z0-9_.-]") {
        let genuine = minter().mint(&request(), at(NOW)).unwrap();
        let position = position.index(genuine.len());
        let mut altered = genuine.clone();
        altered.replace_range(position..=position, &replacement);
        prop_assume!(altered != genuine);
        prop_assert!(verifier().verify(&altered, at(NOW)).is_err());
    }
}

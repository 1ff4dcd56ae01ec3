//! What the minter makes, the verifier takes: exactly for its lifetime.

use std::time::Duration;

use auth::{
    BodyTokenError, MintError, MintRequest, Minter, Role, Scope, ScopeSet, TokenError,
    TokenSettings, Verifier,
};
use proptest::prelude::*;

use crate::fixture::{NOW, SECRET, at, key, minter, request, verifier};

fn any_request() -> impl Strategy<Value = MintRequest> {
    (
        "[a-z0-9:@é-]{1,64}",
        prop::sample::select(Role::ALL.to_vec()),
        prop::sample::subsequence(Scope::ALL.to_vec(), 0..=Scope::ALL.len()),
        1..=1800_u64,
        "[A-Za-z0-9-]{1,64}",
    )
        .prop_map(|(subject, role, scopes, seconds, token_id)| MintRequest {
            subject,
            role,
            scopes: scopes.into_iter().collect(),
            lifetime: Duration::from_secs(seconds),
            token_id,
        })
}

proptest! {
    #[test]
    fn a_minted_token_says_what_was_asked_for_and_holds_exactly_for_its_lifetime(request in any_request(), after in -20..2000_i64) {
        let token = minter().mint(&request, at(NOW)).unwrap();
        let lifetime = i64::try_from(request.lifetime.as_secs()).unwrap();
        match verifier().verify(&token, at(NOW + after)) {
            Ok(caller) => {
                prop_assert!((-10..lifetime + 10).contains(&after));
                prop_assert_eq!(caller.subject, request.subject);
                prop_assert_eq!(caller.role, request.role);
                prop_assert_eq!(caller.scopes, request.scopes);
                prop_assert_eq!(caller.token_id, Some(request.token_id));
                prop_assert_eq!(caller.expires_at, at(NOW + lifetime));
            }
            Err(TokenError::NotYetValid) => prop_assert!(after < -10),
            Err(TokenError::Expired) => prop_assert!(after >= lifetime + 10),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn the_key_id_travels_in_the_header() {
    let key = key(SECRET);
    let token = Minter::new(TokenSettings::default(), &key)
        .mint(&request(), at(NOW))
        .unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.kid.as_deref(), Some(key.id()));
    let verifier = Verifier::new(TokenSettings::default(), &[key]);
    assert!(verifier.verify(&token, at(NOW)).is_ok());
}

#[test]
fn nothing_is_minted_that_would_be_refused() {
    let mint = |request: MintRequest| minter().mint(&request, at(NOW));
    for seconds in [0, 1801, u64::MAX] {
        let lifetime = Duration::from_secs(seconds);
        let refusal = mint(MintRequest {
            lifetime,
            ..request()
        });
        assert!(matches!(
            refusal,
            Err(MintError::Lifetime {
                maximum_seconds: 1800
            })
        ));
    }
    for text in [String::new(), "tab\t".to_owned(), "x".repeat(257)] {
        let subject = mint(MintRequest {
            subject: text.clone(),
            ..request()
        });
        assert!(matches!(subject, Err(MintError::Subject)));
        let token_id = mint(MintRequest {
            token_id: text,
            ..request()
        });
        assert!(matches!(token_id, Err(MintError::TokenId)));
    }
}

#[test]
fn the_settings_shape_the_token() {
    let settings = TokenSettings {
        issuer: "elsewhere".to_owned(),
        ..TokenSettings::default()
    };
    let token = Minter::new(settings.clone(), &key(SECRET))
        .mint(
            &MintRequest {
                scopes: ScopeSet::all(),
                ..request()
            },
            at(NOW),
        )
        .unwrap();
    assert_eq!(
        verifier().verify(&token, at(NOW)),
        Err(TokenError::IssuerInvalid)
    );
    let verifier = Verifier::new(settings, &[key(SECRET)]);
    assert_eq!(
        verifier.verify(&token, at(NOW)).unwrap().scopes,
        ScopeSet::all()
    );
}

#[test]
fn a_token_for_a_body_is_accepted_with_that_body_only() {
    let token = minter().mint_for_body(&request(), b"{}", at(NOW)).unwrap();
    let verify = |body: &[u8]| verifier().verify_with_body(&token, body, at(NOW));
    assert_eq!(verify(b"{}").unwrap().subject, "student-1");
    assert_eq!(verify(b"{ }"), Err(BodyTokenError::OtherBody));
    assert!(verifier().verify(&token, at(NOW)).is_ok());
}

#[test]
fn a_token_for_no_body_is_accepted_with_none() {
    let token = minter().mint(&request(), at(NOW)).unwrap();
    let refusal = verifier().verify_with_body(&token, b"", at(NOW));
    let missing = TokenError::ClaimMissing("body_sha256");
    assert_eq!(refusal, Err(BodyTokenError::Token(missing)));
}

#[test]
fn a_token_for_a_body_is_verified_like_any_other() {
    let token = minter().mint_for_body(&request(), b"{}", at(NOW)).unwrap();
    let late = verifier().verify_with_body(&token, b"{}", at(NOW + 610));
    assert_eq!(late, Err(BodyTokenError::Token(TokenError::Expired)));
}

/// Of the verifier's two keys, the one that whoever hands out tasks signs with.
const AGENTS_SECRET: &str = "wB7xN4qZ9tKe2VmC6yPf5RjU8sLh3DaG";

fn with_agents_key() -> Verifier {
    verifier().with_agents_key(Some(&key(AGENTS_SECRET)))
}

fn by_agents_key(role: Role, scopes: ScopeSet) -> String {
    let minter = Minter::new(TokenSettings::default(), &key(AGENTS_SECRET));
    let request = MintRequest {
        role,
        scopes,
        ..request()
    };
    minter
        .mint(&request, at(NOW))
        .expect("the request is in bounds")
}

#[test]
fn the_agents_key_grants_no_other_role() {
    for role in Role::ALL {
        let token = by_agents_key(role, ScopeSet::all());
        let refusal = with_agents_key().verify(&token, at(NOW)).err();
        let expected = (role != Role::Agent).then_some(TokenError::SignatureInvalid);
        assert_eq!(refusal, expected, "{role:?}");
    }
}

#[test]
fn the_agents_key_grants_no_more_than_agents_need() {
    let token = by_agents_key(Role::Agent, ScopeSet::all());
    let caller = with_agents_key().verify(&token, at(NOW)).unwrap();
    assert_eq!(
        caller.scopes.to_string(),
        "scholarships:read analytics:read agent:tasks"
    );
    let few = by_agents_key(Role::Agent, ScopeSet::from_claim("scholarships:read"));
    let caller = with_agents_key().verify(&few, at(NOW)).unwrap();
    assert_eq!(caller.scopes.to_string(), "scholarships:read");
}

#[test]
fn the_keys_of_all_tokens_grant_what_they_say_beside_an_agents_key() {
    let request = MintRequest {
        role: Role::Agent,
        scopes: ScopeSet::all(),
        ..request()
    };
    let token = minter().mint(&request, at(NOW)).unwrap();
    let caller = with_agents_key().verify(&token, at(NOW)).unwrap();
    assert_eq!(caller.scopes, ScopeSet::all());
}

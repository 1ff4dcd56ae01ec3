//! Tokens that verify and were revoked.

use std::time::Duration;

use app::revocations::Revoked;
use auth::Role;
use chrono::TimeDelta;

use crate::api::Api;

const DAY: Duration = Duration::from_secs(86_400);

async fn revoke(api: &Api, revoked: Revoked<'_>) {
    let revocations = &api.state.application.revocations;
    revocations.revoke(revoked, DAY).await.expect("is revoked");
    revocations.refresh().await.expect("is read");
}

async fn is_refused(api: &Api, token: &str) -> bool {
    let answer = api.get_as(token, "/api/v1/scholarships").await;
    match answer.status {
        200 => false,
        401 => {
            assert_eq!(answer.code(), "TOKEN_REVOKED");
            true
        }
        status => panic!("{status}: {}", answer.text()),
    }
}

#[actix_web::test]
async fn a_revoked_token_is_refused_on_every_path_but_the_probes() {
    let api = Api::start().await;
    let token = |id| api.token_with_id(id, "someone", Role::Admin, "");
    let (one, other) = (token("one"), token("other"));
    revoke(&api, Revoked::Token("one")).await;
    for target in ["/", "/health", "/api/v1/scholarships", "/docs/", "/nowhere"] {
        let answer = api.get_as(&one, target).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "TOKEN_REVOKED"),
            "{target}"
        );
        let challenge = answer.header("www-authenticate").expect("a challenge");
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
    assert_eq!(api.get_as(&one, "/readyz").await.status, 200);
    assert!(!is_refused(&api, &other).await);
}

#[actix_web::test]
async fn a_revoked_subject_needs_a_token_of_a_later_second() {
    let api = Api::start().await;
    let token = |subject| api.token_of(subject, Role::Partner, "scholarships:write");
    let (before, of_another) = (token("lou"), token("ben"));
    api.clock.advance(TimeDelta::milliseconds(5_500));
    revoke(&api, Revoked::Subject("lou")).await;
    assert!(is_refused(&api, &before).await);
    assert!(!is_refused(&api, &of_another).await);
    // Issued after the revocation, but in the same second: `iat` does not tell which came first.
    assert!(is_refused(&api, &token("lou")).await);
    api.clock.advance(TimeDelta::milliseconds(500));
    assert!(!is_refused(&api, &token("lou")).await);
    assert!(is_refused(&api, &before).await);
}

#[actix_web::test]
async fn a_revoked_token_stays_refused_while_the_store_is_away() {
    let api = Api::start().await;
    let token = api.token_with_id("one", "someone", Role::Admin, "");
    revoke(&api, Revoked::Token("one")).await;
    api.interruption.begin();
    let refreshed = api.state.application.revocations.refresh().await;
    assert!(refreshed.is_err());
    assert!(is_refused(&api, &token).await);
}

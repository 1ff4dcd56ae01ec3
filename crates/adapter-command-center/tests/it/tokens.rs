//! Every request has a token of its own, which its receiver can check.

use std::collections::HashSet;

use auth::{BodyTokenError, Role, ScopeSet, TokenError, TokenKey, TokenSettings, Verifier};
use ports::CommandCenter as _;
use testkit::command_center_stub::{Call, CommandCenterStub};
use testkit::instant;

use crate::world::{NOW, center, delivery, event, heartbeat, key, registration};

async fn calls() -> Vec<Call> {
    let stub = CommandCenterStub::start();
    let center = center(&stub);
    center.register(&registration()).await.expect("is taken");
    center.heartbeat(&heartbeat()).await.expect("is taken");
    center.send_events(&[event("a")]).await.expect("is taken");
    for _ in 0..2 {
        center.deliver(&delivery(&stub)).await.expect("is taken");
    }
    stub.calls()
}

/// What the Command Center asks of our tokens.
fn receiver(key: TokenKey) -> Verifier {
    let settings = TokenSettings {
        issuer: "scholar-sync-agents".to_owned(),
        audience: "auto-com-center".to_owned(),
        ..TokenSettings::default()
    };
    Verifier::new(settings, &[key])
}

#[tokio::test]
async fn the_receiver_knows_who_says_what() {
    let mut ids = HashSet::new();
    for call in calls().await {
        let token = call.token().expect("is there");
        let caller = receiver(key())
            .verify_with_body(token, &call.body, instant(NOW))
            .expect("is genuine");
        assert_eq!(
            (caller.subject.as_str(), caller.role),
            ("scholarship_api", Role::Agent)
        );
        assert_eq!(caller.scopes, ScopeSet::EMPTY);
        assert_eq!((caller.expires_at - caller.issued_at).num_seconds(), 60);
        assert!(ids.insert(caller.token_id), "never the same");
    }
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn a_token_is_worth_nothing_with_another_body_key_or_time() {
    let call = calls().await.pop().expect("was sent");
    let token = call.token().expect("is there");
    let mut body = call.body.clone();
    body.pop();
    let now = instant(NOW);
    let verify = |secret: &str, body: &[u8], now| {
        let key = TokenKey::new(secret.into()).expect("is a secret");
        receiver(key).verify_with_body(token, body, now)
    };
    let secret = crate::world::SECRET;
    assert!(verify(secret, &call.body, now).is_ok());
    assert_eq!(verify(secret, &body, now), Err(BodyTokenError::OtherBody));
    assert_eq!(
        verify("another", &call.body, now),
        Err(BodyTokenError::Token(TokenError::SignatureInvalid))
    );
    assert_eq!(
        verify(secret, &call.body, instant("2026-11-26T12:01:11Z")),
        Err(BodyTokenError::Token(TokenError::Expired))
    );
}

#[tokio::test]
async fn a_notice_cannot_be_sent_back_as_an_order() {
    let call = calls().await.pop().expect("was sent");
    let ours = Verifier::new(TokenSettings::default(), &[key()]);
    let refusal = ours.verify(call.token().expect("is there"), instant(NOW));
    assert_eq!(refusal, Err(TokenError::IssuerInvalid));
}

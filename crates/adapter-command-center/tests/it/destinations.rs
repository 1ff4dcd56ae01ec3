//! Nothing is sent but to configured origins.

use adapter_command_center::{CommandCenterSettings, HttpCommandCenter, OpenError};
use ports::{CommandCenter as _, CommandCenterError};
use std::sync::Arc;
use testkit::command_center_stub::{Behaviour, CommandCenterStub};
use testkit::{FixedClock, instant};

use crate::world::{NOW, center, center_with, delivery, delivery_to, settings};

#[tokio::test]
async fn a_notice_for_another_place_is_not_sent() {
    let (stub, elsewhere) = (CommandCenterStub::start(), CommandCenterStub::start());
    let center = center(&stub);
    let (port, other) = (stub.address().port(), elsewhere.address().port());
    for reply_to in [
        elsewhere.callback_url("task-1"),
        format!("http://localhost:{port}/callback"),
        format!("http://127.0.0.1:{port}@127.0.0.1:{other}/callback"),
        format!("http://2130706433:{port}/callback"),
        format!("http://127.0.0.1:{port}\\@127.0.0.1:{other}/callback"),
        format!("https://127.0.0.1:{port}/callback"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
    ] {
        assert!(!center.accepts(&reply_to), "{reply_to}");
        let error = center.deliver(&delivery_to(&reply_to)).await;
        assert!(
            matches!(error, Err(CommandCenterError::NotAllowed)),
            "{error:?}"
        );
    }
    assert_eq!((stub.connections(), elsewhere.connections()), (0, 0));
    assert!(center.accepts(&stub.callback_url("task-1")));
}

#[tokio::test]
async fn a_further_origin_may_be_allowed() {
    let (stub, elsewhere) = (CommandCenterStub::start(), CommandCenterStub::start());
    let center = center_with(&CommandCenterSettings {
        allowed_origins: vec![elsewhere.url()],
        ..settings(&stub.url())
    });
    let delivery = delivery(&elsewhere);
    assert!(center.accepts(delivery.reply_to.as_str()));
    center.deliver(&delivery).await.expect("is taken");
    assert_eq!((stub.count(), elsewhere.count()), (0, 1));
}

#[tokio::test]
async fn a_redirect_is_refused_and_not_followed() {
    let (stub, elsewhere) = (CommandCenterStub::start(), CommandCenterStub::start());
    let center = center(&stub);
    let same = stub.callback_url("task-2");
    for location in [elsewhere.callback_url("task-1"), same] {
        stub.enqueue(Behaviour::redirect(location));
        let error = center.deliver(&delivery(&stub)).await;
        assert!(
            matches!(error, Err(CommandCenterError::Refused { status: 302 })),
            "{error:?}"
        );
    }
    assert_eq!((stub.count(), elsewhere.connections()), (2, 0));
}

#[test]
fn settings_that_can_never_work_are_refused() {
    let fine = settings("http://127.0.0.1:8000");
    let open = |settings: &CommandCenterSettings| {
        HttpCommandCenter::new(settings, Arc::new(FixedClock::at(instant(NOW)))).map(drop)
    };
    assert!(open(&fine).is_ok());
    let base = settings("https://user@hidden.example");
    assert!(matches!(open(&base), Err(OpenError::BaseUrl)));
    let origin = CommandCenterSettings {
        allowed_origins: vec!["https://good.example/path".to_owned()],
        ..fine.clone()
    };
    assert!(matches!(open(&origin), Err(OpenError::Origin)));
    for agent_id in ["", "two\nlines", &"x".repeat(257)] {
        let agent = CommandCenterSettings {
            agent_id: agent_id.to_owned(),
            ..fine.clone()
        };
        assert!(matches!(open(&agent), Err(OpenError::AgentId(_))));
    }
}

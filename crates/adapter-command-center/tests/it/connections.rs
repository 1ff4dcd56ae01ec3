//! Connections are kept.

use ports::CommandCenter as _;
use testkit::command_center_stub::{Behaviour, CommandCenterStub};

use crate::world::{center, delivery};

#[tokio::test]
async fn twenty_notices_share_one_connection() {
    let stub = CommandCenterStub::start();
    let center = center(&stub);
    for at in 0..20 {
        if at % 5 == 4 {
            stub.enqueue(Behaviour::status(500));
            center.deliver(&delivery(&stub)).await.expect_err("fails");
        } else {
            center.deliver(&delivery(&stub)).await.expect("is taken");
        }
    }
    assert_eq!((stub.count(), stub.connections()), (20, 1));
}

#[tokio::test]
async fn whoever_failed_is_told_again_as_if_nothing_had_been() {
    let stub = CommandCenterStub::start();
    let center = center(&stub);
    for behaviour in [Behaviour::Reset, Behaviour::status(503), Behaviour::Endless] {
        stub.enqueue(behaviour);
        let _ = center.deliver(&delivery(&stub)).await;
        center.deliver(&delivery(&stub)).await.expect("is taken");
    }
    assert_eq!(stub.count(), 6);
}

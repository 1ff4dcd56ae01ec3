//! Connections are kept.

use testkit::openai_stub::{Behaviour, OpenAiStub};

use crate::world::{ask, model};

#[tokio::test]
async fn twenty_questions_share_one_connection() {
    let stub = OpenAiStub::start();
    let model = model(&stub);
    for at in 0..20 {
        if at % 5 == 4 {
            stub.enqueue(Behaviour::server_error());
            ask(&model).await.expect_err("fails");
        } else {
            ask(&model).await.expect("answers");
        }
    }
    assert_eq!((stub.count(), stub.connections()), (20, 1));
}

#[tokio::test]
async fn questions_at_once_do_not_wait_for_each_other() {
    let stub = OpenAiStub::start();
    let model = model(&stub);
    stub.enqueue(Behaviour::Silence);
    let silent = ask(&model);
    let spoken = async {
        while stub.count() < 1 {
            tokio::task::yield_now().await;
        }
        ask(&model).await
    };
    tokio::select! {
        answered = silent => panic!("{answered:?}"),
        answered = spoken => assert!(answered.is_ok(), "{answered:?}"),
    }
}

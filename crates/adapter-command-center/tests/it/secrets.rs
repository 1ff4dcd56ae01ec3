//! The secret, the tokens and what was sent stand in no error, no log and no `Debug`.

use std::io;
use std::sync::{Arc, Mutex};

use ports::CommandCenter as _;
use testkit::command_center_stub::{Behaviour, CommandCenterStub};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{center, delivery, delivery_to, settings, told};

/// Everything that is logged in a test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().expect("nobody panicked").clone();
        String::from_utf8(bytes).expect("is text")
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().expect("nobody panicked");
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn nothing_tells_the_secret_a_token_or_a_result() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    // The client runs on the test's own thread, and so do its tasks.
    let _guard = tracing::subscriber::set_default(subscriber);
    let stub = CommandCenterStub::start();
    let center = center(&stub);
    let mut printed = format!("{center:?} {:?}", settings(&stub.url()));
    for behaviour in [
        Behaviour::Accept,
        Behaviour::Reset,
        Behaviour::Endless,
        Behaviour::status(401),
        Behaviour::status(500),
        Behaviour::redirect("http://hidden.example/"),
    ] {
        stub.enqueue(behaviour);
        if let Err(error) = center.deliver(&delivery(&stub)).await {
            printed.push_str(&told(&error));
        }
    }
    let elsewhere = delivery_to("http://hidden.example/hidden");
    printed.push_str(&told(&center.deliver(&elsewhere).await.expect_err("fails")));
    assert!(!printed.contains("hidden"), "{printed}");
    let log = log.text();
    assert!(log.contains("the Command Center answered") && log.contains("status=202"));
    assert!(!log.contains("hidden"), "{log}");
    for call in stub.calls() {
        let token = call.token().expect("is there").to_owned();
        let signature = token.rsplit('.').next().expect("has parts");
        assert!(!log.contains(signature) && !printed.contains(signature));
    }
}

//! The key, the question and the answer stand in no error, no log and no `Debug`.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use testkit::openai_stub::{Behaviour, OpenAiStub};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{ask, model, settings};

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

fn behaviours() -> Vec<Behaviour> {
    let echo = |code| Behaviour::with_status(400, code, vec![]);
    vec![
        Behaviour::Answer,
        Behaviour::Says("hidden answer".to_owned()),
        Behaviour::PartOfBody,
        Behaviour::NotJson,
        Behaviour::OtherShape,
        Behaviour::Endless,
        Behaviour::Reset,
        Behaviour::CutOff,
        Behaviour::Declines,
        Behaviour::CallsTool,
        Behaviour::redirect("http://hidden.example/"),
        Behaviour::invalid_key(),
        Behaviour::server_error(),
        echo("sk-hidden-key"),
        echo("hidden question"),
        echo("key-sk-hidden-key-is-wrong"),
    ]
}

/// The error with all that caused it.
fn told(error: &dyn std::error::Error) -> String {
    let mut told = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        told.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    told
}

#[tokio::test]
async fn nothing_tells_the_key_the_question_or_the_answer() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    // The client runs on the test's own thread, and so do its tasks.
    let _guard = tracing::subscriber::set_default(subscriber);
    let stub = OpenAiStub::start();
    stub.answer_with(|_| json!({"summary": "hidden answer"}));
    let model = model(&stub);
    let mut printed = format!("{model:?} {:?}", settings(&stub));
    for behaviour in behaviours() {
        stub.enqueue(behaviour);
        if let Err(error) = ask(&model).await {
            printed.push_str(&told(&error));
        }
    }
    assert!(!printed.contains("hidden"), "{printed}");
    let log = log.text();
    assert!(log.contains("the model answered") && log.contains("status=200"));
    assert!(!log.contains("hidden"), "{log}");
}

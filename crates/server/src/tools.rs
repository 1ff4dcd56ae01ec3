//! Tools for language models on standard input and output: the same engine as behind the listeners, for one caller.

use std::io::{ErrorKind, Read as _};

use telemetry::LogLevel;
use tokio::io::{AsyncRead, AsyncWriteExt as _, duplex};
use tokio::runtime::Handle;

use crate::engine::{AgentTasks, Engine};
use crate::process::Signals;
use crate::settings::Settings;
use crate::startup::StartError;

/// Bytes of the input that are read ahead.
const AHEAD: usize = 64 * 1024;

/// Nobody can reach the level of the log: there is no listener.
pub(crate) async fn run(
    settings: &Settings,
    _: LogLevel,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut signals = Signals::listen().map_err(StartError::Run)?;
    let engine = tokio::select! {
        engine = Engine::start(settings, AgentTasks::LeftAlone) => engine?,
        signal = signals.next() => {
            tracing::info!("{signal} while starting: ending");
            return Ok(());
        }
    };
    tracing::info!(
        store = %settings.database.url(),
        scholarships = engine.scholarships,
        "tools are served on standard input and output"
    );
    let input = standard_input()?;
    let served = tokio::select! {
        served = http_api::serve_mcp(engine.state.clone(), input, tokio::io::stdout()) => served,
        signal = signals.next() => {
            tracing::info!("{signal}: ending");
            Ok(())
        }
    };
    engine.stop().await;
    Ok(served?)
}

/// Standard input, read by a thread of its own: the runtime waits at its end for reads of its own threads, and one of standard
/// input may never end.
fn standard_input() -> std::io::Result<impl AsyncRead + Send + Unpin + 'static> {
    let (mut ahead, input) = duplex(AHEAD);
    let runtime = Handle::current();
    let read = move || {
        let mut buffer = vec![0; AHEAD];
        let mut source = std::io::stdin().lock();
        loop {
            let length = match source.read(&mut buffer) {
                Ok(length @ 1..) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // Dropping the other end ends the input.
                Ok(0) | Err(_) => return,
            };
            if runtime
                .block_on(ahead.write_all(&buffer[..length]))
                .is_err()
            {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("standard-input".to_owned());
    thread.spawn(read)?;
    Ok(input)
}

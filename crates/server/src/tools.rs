//! Tools for language models on standard input and output: the same engine as behind the listeners, for one caller.

use std::io::{ErrorKind, Read as _};
use std::path::PathBuf;

use telemetry::Telemetry;
use tokio::io::{AsyncRead, AsyncWriteExt as _, duplex};
use tokio::runtime::Handle;

use crate::engine::{Engine, Purpose};
use crate::process::Signals;
use crate::settings::{Database, SampleCatalogue, Settings};
use crate::startup::StartError;

/// Bytes of the input that are read ahead.
const AHEAD: usize = 64 * 1024;

/// The store is not one to serve from. A store that was named by mistake must not be made in passing, nor filled with samples:
/// an assistant would recommend them.
#[derive(Debug, thiserror::Error)]
enum StoreRefused {
    #[error(
        "DATABASE_URL names {}, and there is no store; name the one that the server runs with by its absolute path, or \
         start the server with this DATABASE_URL once, which makes it", .0.display()
    )]
    NotThere(PathBuf),
    #[error("the store that DATABASE_URL names, {url}, cannot be used")]
    NotUsable {
        url: String,
        #[source]
        source: StartError,
    },
}

/// What to serve from, once it is sure that it was meant.
fn chosen(settings: &Settings) -> Result<Settings, StoreRefused> {
    let mut settings = settings.clone();
    if settings.database_is_default {
        tracing::warn!(
            store = %settings.database.url(),
            "DATABASE_URL is not set: tools are served from the default store of this folder, which is made with samples when it is not there"
        );
        return Ok(settings);
    }
    if let Database::Sqlite(sqlite) = &settings.database {
        let is_missing = match std::fs::metadata(&sqlite.path) {
            // An empty file would become one.
            Ok(file) => file.len() == 0,
            // Opening it says what else is wrong.
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        if is_missing {
            return Err(StoreRefused::NotThere(sqlite.path.clone()));
        }
    }
    if settings.sample_catalogue == SampleCatalogue::Auto {
        settings.sample_catalogue = SampleCatalogue::Off;
    }
    Ok(settings)
}

/// There is no listener: nobody can reach the level of the log, and there are no requests of HTTP to be traced.
pub(crate) async fn run(
    settings: &Settings,
    _: &Telemetry,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut signals = Signals::listen().map_err(StartError::Run)?;
    let settings = chosen(settings)?;
    let url = settings.database.url();
    let engine = tokio::select! {
        engine = Engine::start(&settings, Purpose::Tools) => {
            engine.map_err(|error| if_of_store(error, &url))?
        }
        signal = signals.next() => {
            tracing::info!("{signal} while starting: ending");
            return Ok(());
        }
    };
    tracing::info!(
        store = url.as_str(),
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

/// Names the setting where the store is what is wrong.
fn if_of_store(error: StartError, url: &str) -> Box<dyn std::error::Error> {
    if error.is_of_store() {
        let url = url.to_owned();
        StoreRefused::NotUsable { url, source: error }.into()
    } else {
        error.into()
    }
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

//! The process around a server: logs, signals and exit codes.

use std::process::ExitCode;
use std::sync::Arc;

use http_api::Disturbance;
use telemetry::{LogSettings, Telemetry};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::healthcheck;
use crate::settings::Settings;
use crate::startup::{Server, StartError};
use crate::tools;

/// Bad configuration.
const BAD_CONFIGURATION: u8 = 2;

/// Serves until SIGTERM or Ctrl-C. Answers 0 after a clean end, 2 on a bad configuration, 1 on anything else.
pub async fn serve() -> ExitCode {
    with_settings(async |settings, telemetry| run(settings, telemetry, None).await).await
}

/// The same, with requests that go wrong on purpose: for rehearsals of releases.
pub async fn serve_disturbed(disturbance: Arc<dyn Disturbance>) -> ExitCode {
    with_settings(async |settings, telemetry| run(settings, telemetry, Some(disturbance)).await)
        .await
}

/// Serves tools for language models on standard input and output, until the input ends, SIGTERM or Ctrl-C. Answers as
/// [`serve`] does; logs go to standard error.
pub async fn serve_tools() -> ExitCode {
    with_settings(tools::run).await
}

async fn with_settings(
    run: impl AsyncFnOnce(&Settings, &Telemetry) -> Result<(), Box<dyn std::error::Error>>,
) -> ExitCode {
    let settings = match Settings::load() {
        Ok(settings) => settings,
        Err(error) => return complain(&error, BAD_CONFIGURATION),
    };
    let logs = LogSettings {
        level: settings.log_level.clone(),
        format: settings.log_format,
        version: settings.version.clone(),
    };
    let telemetry = match Telemetry::start(&logs, settings.traces.as_ref()) {
        Ok(telemetry) => telemetry,
        Err(error) => return complain(&error, BAD_CONFIGURATION),
    };
    let outcome = run(&settings, &telemetry).await;
    telemetry.stop().await;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(
                error = error.as_ref() as &dyn std::error::Error,
                "the server cannot run"
            );
            complain(error.as_ref(), 1)
        }
    }
}

/// Prints the configuration in effect without its secrets, or everything that is wrong with it.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub fn check_configuration() -> ExitCode {
    match Settings::load() {
        Ok(settings) => {
            print!("{}", settings.redacted());
            ExitCode::SUCCESS
        }
        Err(error) => complain(&error, BAD_CONFIGURATION),
    }
}

/// Asks the server that runs on this machine with the same settings for `/healthz`. Answers 0 when it lives, 1 when not, 2 on a bad
/// configuration.
pub fn check_health() -> ExitCode {
    match Settings::load() {
        Ok(settings) => match healthcheck::ask(&settings.host, settings.port) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&error, 1),
        },
        Err(error) => complain(&error, BAD_CONFIGURATION),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "logs may not be set up, and a person must read this"
)]
fn complain(error: &(dyn std::error::Error + 'static), code: u8) -> ExitCode {
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::from(code)
}

pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "Ctrl-C",
        }
    }
}

async fn run(
    settings: &Settings,
    telemetry: &Telemetry,
    disturbance: Option<Arc<dyn Disturbance>>,
) -> Result<(), Box<dyn std::error::Error>> {
    // From here on a signal ends the process in order, also while it is still starting.
    let mut signals = Signals::listen().map_err(StartError::Run)?;
    if settings.secret_is_random {
        tracing::info!(
            "JWT_SECRET is not set: tokens are signed with a random secret that ends with this process"
        );
    }
    let mut server = tokio::select! {
        server = Server::start(settings, telemetry, disturbance) => server?,
        signal = signals.next() => {
            tracing::info!("{signal} while starting: ending");
            return Ok(());
        }
    };
    announce(settings, &server);
    let signal = tokio::select! {
        signal = signals.next() => signal,
        () = server.ended() => {
            server.stop().await;
            return Err("a listener ended by itself; the log says why".into());
        }
    };
    tracing::info!(
        "{signal}: requests are taken for {} s more, then open ones may end within {} s; a second signal ends at once",
        settings.shutdown_delay.as_secs(),
        settings.shutdown_timeout.as_secs()
    );
    let ending = async {
        server.drain(settings.shutdown_delay).await;
        server.stop().await;
    };
    tokio::select! {
        () = ending => tracing::info!("ended"),
        signal = signals.next() => tracing::warn!("{signal} again: ending at once"),
    }
    Ok(())
}

/// The one line that a start prints, and the same for whoever reads the log.
#[expect(
    clippy::print_stdout,
    reason = "the line that tells a person where to go"
)]
fn announce(settings: &Settings, server: &Server) {
    let store = settings.database.url();
    let seconds = server.start_time.as_secs_f64();
    let state = if server.is_waiting {
        format!(
            "waiting for {store}, {} scholarships from the index file; listening after {seconds:.2} s",
            server.scholarships,
        )
    } else {
        format!(
            "{store} with {} scholarships; ready in {seconds:.2} s",
            server.scholarships,
        )
    };
    tracing::info!(
        address = %server.address,
        admin_address = %server.admin_address,
        scholarships = server.scholarships,
        is_waiting = server.is_waiting,
        "listening after {seconds:.2} s"
    );
    println!(
        "scholarship-api {} ({}) on http://{}, metrics on http://{}/metrics; {state}",
        settings.version,
        settings.environment.as_str(),
        server.address,
        server.admin_address,
    );
}

//! The binary `rehearsal-server`: the server, with requests that go wrong on purpose. `cargo xtask rehearse` starts it in place of
//! a new version that is bad, and `cargo xtask alert-drill` has it fail now and then. It is never shipped.

mod fault;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::fault::{Fault, Switch};

/// As the binary that is shipped has it, so that memory grows alike.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The Scholarship API with faults, for rehearsals. Settings are environment variables, as those of the server; SIGUSR1 begins the
/// faults, and ends them again.
#[derive(Parser)]
#[command(name = "rehearsal-server", version)]
struct CommandLine {
    /// So many of a hundred requests fail
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, value_parser = percent)]
    errors: f64,
    /// So many of a hundred requests are slow
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, value_parser = percent)]
    slow: f64,
    /// How much later a slow request is handled
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 400)]
    delay: u64,
    /// So much memory is never given back, with each request
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    leak: usize,
    /// The faults come and go: they last so long, and stay away as long
    #[arg(long, value_name = "SECONDS")]
    flap: Option<u64>,
    /// No faults until SIGUSR1
    #[arg(long)]
    wait: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    let percent: f64 = text.parse().map_err(|_| "is no number".to_owned())?;
    if (0.0..=100.0).contains(&percent) {
        Ok(percent)
    } else {
        Err("must be from 0 to 100".to_owned())
    }
}

#[actix_web::main]
async fn main() -> ExitCode {
    let line = CommandLine::parse();
    let switch = Switch::new(!line.wait, line.flap.map(Duration::from_secs));
    let fault = Arc::new(Fault {
        errors: line.errors / 100.0,
        slow: line.slow / 100.0,
        delay: Duration::from_millis(line.delay),
        leak: line.leak,
        switch,
        leaked: fault::Leaked::default(),
    });
    let switched = Arc::clone(&fault);
    match signal(SignalKind::user_defined1()) {
        Ok(mut signals) => actix_web::rt::spawn(async move {
            while signals.recv().await.is_some() {
                switched.switch.turn();
            }
        }),
        Err(_) => return ExitCode::FAILURE,
    };
    server::process::serve_disturbed(fault).await
}

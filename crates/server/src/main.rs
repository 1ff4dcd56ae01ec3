//! The binary `scholarship-api`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Loading a catalogue allocates and frees millions of small texts; the system's allocator keeps what is freed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Serves the Scholarship Discovery & Search API. Settings are environment variables; see docs/configuration.md.
#[derive(Parser)]
#[command(name = "scholarship-api", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C (the default)
    Serve,
    /// Serve tools for language models (Model Context Protocol) on standard input and output, until the input ends
    Mcp,
    /// Print the configuration in effect, without secrets; exit code 2 when it is wrong
    CheckConfig,
    /// Ask the server that runs here with the same settings whether it lives: exit code 0 or 1
    Healthcheck,
}

#[actix_web::main]
async fn main() -> ExitCode {
    match CommandLine::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => server::process::serve().await,
        Command::Mcp => server::process::serve_tools().await,
        Command::CheckConfig => server::process::check_configuration(),
        Command::Healthcheck => server::process::check_health(),
    }
}

//! Checks a running server against its own OpenAPI description: generated requests must never meet a 5xx or an answer that
//! the description does not allow.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::ensure;
use auth::{MintRequest, Minter, Role, ScopeSet, TokenKey, TokenSettings};
use clap::Args;

use crate::running_server::RunningServer;
use crate::tools::{self, Tools};
use crate::workspace::Workspace;

/// Teaches the generator a media type that it does not know: one JSON value a line.
const HOOKS: &str = r#"
import json
import schemathesis

@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    values = value if isinstance(value, list) else [value]
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in values).encode("utf-8", "surrogatepass")
"#;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Generated requests for each operation and kind of test
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    examples: u32,
    /// Makes the same requests again
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// As a step of `test`: fewer requests, so that the whole run stays short.
impl Default for Arguments {
    fn default() -> Self {
        Self {
            examples: 15,
            seed: 1,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    check(&Workspace::load()?, arguments)?;
    Ok(ExitCode::SUCCESS)
}

/// Once as an administrator, so that every route is reached, and once without a token.
pub(crate) fn check(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let schemathesis = Tools::of(workspace).ensure_python_tool(&tools::SCHEMATHESIS)?;
    let binary = workspace.built_server()?;
    let folder = tempfile::tempdir()?;
    let secret = uuid::Uuid::new_v4().simple().to_string();
    std::fs::write(folder.path().join("hooks.py"), HOOKS)?;
    let mut server = RunningServer::start(
        &binary,
        &folder.path().join("conformance.db"),
        &[("JWT_SECRET", &secret), ("SAMPLE_CATALOGUE", "on")],
    )?;
    for token in [Some(administrator(&secret)?), None] {
        let mut command = Command::new(&schemathesis);
        command
            .current_dir(folder.path())
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .arg("run")
            .arg(format!("http://{}/openapi.json", server.address()))
            .args(["--max-examples", &arguments.examples.to_string()])
            .args(["--seed", &arguments.seed.to_string()])
            // More than one worker trips over a race in the parser of CPython 3.11 now and then.
            .args(["--request-timeout", "20", "--workers", "1", "--no-color"])
            .args(["--phases", "examples,coverage,fuzzing"])
            .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"]);
        if let Some(token) = token {
            command.args(["--header", &format!("Authorization: Bearer {token}")]);
        }
        let status = command.status()?;
        ensure!(
            server.is_alive()?,
            "the server ended while it was being checked"
        );
        ensure!(
            status.success(),
            "answers contradict the description; see above"
        );
    }
    server.stop()
}

fn administrator(secret: &str) -> anyhow::Result<String> {
    let key = TokenKey::new(secret.to_owned().into())?;
    let request = MintRequest {
        subject: "conformance".to_owned(),
        role: Role::Admin,
        scopes: ScopeSet::all(),
        lifetime: Duration::from_secs(1800),
        token_id: uuid::Uuid::new_v4().to_string(),
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "time enters a command-line tool here"
    )]
    let now = chrono::Utc::now();
    Ok(Minter::new(TokenSettings::default(), &key).mint(&request, now)?)
}

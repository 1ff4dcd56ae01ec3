//! The operators' commands as people run them, on a real Postgres.

mod auditing;
mod backups;
mod checklist;
mod containers;
mod finishing;
mod gates;
mod importing;
mod inhibiting;
mod loadtest;
mod manifests;
mod migrating;
mod pooling;
mod post_deploy;
mod retention;
mod reviewing;
mod revoking;
mod rolling_back;
mod task_notices;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use testkit::{DatabaseServer, PrivatePostgres};

/// What a command did.
struct Ran {
    code: i32,
    output: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self {
            code: output.status.code().expect("was not killed"),
            output: String::from_utf8(text).expect("UTF-8"),
        }
    }

    /// Fails unless it ended like this.
    fn ended(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}", self.output);
        self.output
    }
}

/// `cargo xtask ..` with a `DATABASE_URL`.
fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .env("DATABASE_URL", url)
        .args(arguments);
    command
}

fn run(url: &str, arguments: &[&str]) -> Ran {
    Ran::of(command(url, arguments).output().expect("starts"))
}

/// The name of a new database with the schema, on the server that all tests share.
fn database() -> String {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    copy(DatabaseServer::shared(), &TEMPLATE)
}

/// The same on the private server, for tests that do more with it than to use a database.
fn private_database() -> String {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    copy(PrivatePostgres::shared(), &TEMPLATE)
}

fn copy(server: &DatabaseServer, template: &OnceLock<String>) -> String {
    server.clone_of(template.get_or_init(|| {
        let template = server.database();
        run(&server.url(&template), &["migrate", "up"]).ended(0);
        template
    }))
}

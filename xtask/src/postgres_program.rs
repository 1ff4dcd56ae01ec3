//! Postgres' own programs, told by their environment where to connect: command lines can be read by everybody.

use std::process::{Command, Stdio};

use adapter_postgres::operations::ClientEnvironment;
use secrecy::ExposeSecret as _;

pub(crate) fn postgres_program(name: &str, client: &ClientEnvironment) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null());
    // What is in the shell's environment, e.g. PGSERVICE, would send the program to another server than ours.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    for (name, value) in &client.variables {
        command.env(name, value.expose_secret());
    }
    command
}

//! Postgres' own programs, told by their environment where to connect: command lines can be read by everybody.

use std::process::{Command, Stdio};

use adapter_postgres::operations::ClientEnvironment;
use secrecy::ExposeSecret as _;

pub(crate) fn postgres_program(name: &str, client: &ClientEnvironment) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null());
    for (name, value) in &client.variables {
        command.env(name, value.expose_secret());
    }
    command
}

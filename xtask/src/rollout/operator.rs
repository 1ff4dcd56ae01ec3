//! Who asks for something, and why: both go into the history.

use std::process::Command;

use anyhow::{Context as _, ensure};

#[derive(clap::Args, Debug)]
pub(crate) struct OperatorArguments {
    /// Why, for the history
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) reason: String,
    /// Who, for the history; without it the name of the user who runs this
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
}

impl OperatorArguments {
    /// # Errors
    ///
    /// When nobody knows.
    pub(super) fn operator(&self) -> anyhow::Result<String> {
        let name = self.operator.clone().or_else(|| {
            ["SUDO_USER", "USER", "LOGNAME"]
                .into_iter()
                .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        });
        let name = name.or_else(system_name);
        let name = name.context("nobody knows who you are: name --operator")?;
        ensure!(
            name != rollout::history::MACHINE,
            "{name} is what the history calls the machine itself: name --operator otherwise"
        );
        Ok(name)
    }
}

/// Where no variable is set, as under systemd and as root of a container: a rollback must not wait for that.
fn system_name() -> Option<String> {
    let said = Command::new("id").arg("-un").output().ok()?;
    let name = String::from_utf8(said.stdout).ok()?.trim().to_owned();
    (said.status.success() && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_who_runs_this_where_it_knows() {
        let id = Command::new("id").arg("-un").output().unwrap();
        assert_eq!(system_name().is_some(), id.status.success());
    }
}

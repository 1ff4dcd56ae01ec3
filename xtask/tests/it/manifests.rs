//! The settings that containers get, read by the server itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize as _;
use serde_json::Value;

use super::Ran;
use crate::gates::SECRET;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the server says of settings, with secrets that would do.
fn checked(settings: &[(String, String)]) -> Ran {
    let programs = Path::new(env!("CARGO_BIN_EXE_xtask")).parent();
    let mut command = Command::new(programs.expect("a folder").join("scholarship-api"));
    command
        .arg("check-config")
        .env_clear()
        .env("CONFIG_DIR", root().join("config"))
        .env("JWT_SECRET", SECRET)
        .env("REDIS_URL", "redis://redis:6379")
        .env(
            "DATABASE_URL",
            "postgresql://pgbouncer:6432/scholarships?sslmode=require",
        )
        .envs(settings.iter().cloned());
    Ran::of(command.output().expect("the server was built"))
}

fn texts(members: &Value) -> Vec<(String, String)> {
    let members = members.as_object().expect("a table").iter();
    let texts =
        members.map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()));
    texts.collect()
}

/// Of the ConfigMap that an overlay makes.
fn of_overlay(name: &str) -> Vec<(String, String)> {
    let folder = root().join("deploy/kubernetes/overlays").join(name);
    let output = Command::new("kubectl")
        .arg("kustomize")
        .arg(folder)
        .output();
    let text = Ran::of(output.expect("kubectl starts")).ended(0);
    let mut objects = serde_norway::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).expect("an object"));
    let map = objects.find(|object| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        object["kind"] == "ConfigMap" && name.starts_with("scholarship-api-")
    });
    texts(&map.expect("a ConfigMap")["data"])
}

#[test]
fn every_overlay_has_settings_with_which_a_server_starts() {
    for (name, environment) in [
        ("production", "production"),
        ("small", "production"),
        ("staging", "staging"),
    ] {
        let said = checked(&of_overlay(name)).ended(0);
        assert!(
            said.contains(&format!("APP_ENV={environment}\n")),
            "{name}: {said}"
        );
    }
    let mut wrong = of_overlay("production");
    wrong.push(("SHUTDOWN_TIMEOUT".to_owned(), "soon".to_owned()));
    checked(&wrong).ended(2);
}

#[test]
fn the_stack_of_containers_has_settings_with_which_a_server_starts() {
    let text = std::fs::read_to_string(root().join("deploy/compose.yaml")).expect("is there");
    let compose: Value = serde_norway::from_str(&text).expect("YAML");
    let mut settings = texts(&compose["x-settings"]);
    for (_, value) in &mut settings {
        if let Some(start) = value.find("${") {
            let end = start + value[start..].find('}').expect("is closed");
            // One that must be given, or one that may be empty.
            let given = if value.contains(":?") { SECRET } else { "" };
            value.replace_range(start..=end, given);
        }
    }
    checked(&settings).ended(0);
}

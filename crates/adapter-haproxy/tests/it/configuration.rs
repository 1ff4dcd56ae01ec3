//! The shipped configuration as it stands.

use std::path::Path;
use std::process::Command;

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy/haproxy")
        .join(name);
    std::fs::read_to_string(path).expect("it is shipped")
}

#[test]
fn haproxy_accepts_the_shipped_configuration() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/haproxy/haproxy.cfg");
    let output = Command::new("haproxy")
        .args(["-c", "-f"])
        .arg(path)
        .output()
        .expect("Debian's package haproxy is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("WARNING"), "{said}");
}

#[test]
fn a_haproxy_that_starts_sends_nothing_to_the_canary() {
    let map = shipped("canary.map");
    let lines: Vec<&str> = map.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, ["canary 0"]);
}

/// A request that was sent may have been carried out.
#[test]
fn only_what_was_never_sent_is_tried_again() {
    let text = shipped("haproxy.cfg");
    let retries: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("retry-on"))
        .collect();
    assert_eq!(retries, ["retry-on conn-failure"]);
}

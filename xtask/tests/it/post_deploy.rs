//! Probes of a real server after a deployment, over HTTP and behind TLS.

use std::path::Path;
use std::process::Command;

use chrono::{Datelike as _, TimeDelta, Utc};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use testkit::supervised::{Supervised, free_port};

use super::Ran;
use super::gates::{SECRET, Server};

fn post_deploy(target: &str, authorities: Option<&Path>, further: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .args(["post-deploy", "--target", target])
        .args(further)
        .env("JWT_SECRET", SECRET);
    if let Some(path) = authorities {
        command.env("SSL_CERT_FILE", path);
    }
    Ran::of(command.output().expect("starts"))
}

#[test]
fn a_good_server_passes_and_tls_is_not_applicable_over_http() {
    let server = Server::start();
    let target = format!("http://{}", server.address);
    let admin = format!("http://127.0.0.1:{}", server.admin_port);
    let folder = tempfile::tempdir().expect("a folder");
    let junit = folder.path().join("post-deploy.xml");
    let junit_path = junit.to_str().expect("text");
    let said = post_deploy(
        &target,
        None,
        &["--admin", &admin, "--format", "json", "--junit", junit_path],
    );
    let said = said.ended(0);
    let report: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(report["outcome"], "passed");
    let groups: Vec<_> = report["groups"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    let names: Vec<_> = groups
        .iter()
        .filter_map(|group| group["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "encryption",
            "functional",
            "performance",
            "security",
            "metrics",
            "ports"
        ]
    );
    for check in groups[0]["checks"].as_array().expect("a list") {
        assert!(check["passed"].is_null(), "{check}");
    }
    let load = groups[2]["checks"][0]["name"].as_str().expect("text");
    assert!(
        load.starts_with("1000 times") && load.ends_with("10 at once"),
        "{load}"
    );
    let junit = std::fs::read_to_string(&junit).expect("is written");
    assert!(
        junit.contains("class") && junit.contains("groups.security"),
        "{junit}"
    );
    // Not the private listener: the public one has no metrics.
    let wrong = post_deploy(&target, None, &["--admin", &target]).ended(1);
    assert!(wrong.contains("FAILED: metrics"), "{wrong}");
}

/// A limit says nothing about the service: nobody may roll back because of it.
#[test]
fn a_rate_limit_is_no_failure_and_says_what_to_raise() {
    let server = Server::start_with(&["RATE_LIMIT_ADMIN=300/minute"]);
    let said = post_deploy(&format!("http://{}", server.address), None, &[]).ended(30);
    assert!(
        said.contains("answered with 429")
            && said.contains("Raise RATE_LIMIT_ADMIN above 1000/minute"),
        "{said}"
    );
    let server = Server::start_with(&["RATE_LIMIT_ADMIN=2/minute"]);
    let said = post_deploy(&format!("http://{}", server.address), None, &[]).ended(30);
    assert!(
        said.contains("answered with 429") && said.contains("RATE_LIMIT_ADMIN"),
        "{said}"
    );
}

#[test]
fn a_server_that_is_not_there_cannot_be_probed() {
    let target = format!("http://127.0.0.1:{}", free_port());
    assert!(
        post_deploy(&target, None, &[])
            .ended(30)
            .contains("does not answer")
    );
    let target = format!("https://127.0.0.1:{}", free_port());
    assert!(
        post_deploy(&target, None, &[])
            .ended(30)
            .contains("cannot be connected to")
    );
    post_deploy("localhost:5000", None, &[]).ended(2);
    post_deploy(&target, None, &["--format", "pdf"]).ended(2);
}

/// HAProxy before a server, with a certificate that still holds for so many days.
#[expect(
    clippy::disallowed_methods,
    reason = "the program under test compares with the real clock"
)]
fn encrypted(server: &Server, folder: &Path, days: i64) -> (Supervised, u16) {
    let end = Utc::now() + TimeDelta::days(days + 1);
    let part = |number: u32| u8::try_from(number).expect("is small");
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    parameters.not_after = date_time_ymd(end.year(), part(end.month()), part(end.day()));
    let key = KeyPair::generate().expect("a key");
    let certificate = parameters.self_signed(&key).expect("a certificate");
    let write =
        |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("is written");
    write("authority.pem", &certificate.pem());
    write(
        "server.pem",
        &format!("{}{}", certificate.pem(), key.serialize_pem()),
    );
    let port = free_port();
    write(
        "haproxy.cfg",
        &format!(
            "defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n\
             frontend public\n  bind 127.0.0.1:{port} ssl crt server.pem\n  default_backend servers\n\
             backend servers\n  server one {}\n",
            server.address
        ),
    );
    let process = Supervised::start(None, folder, "haproxy", &["-db", "-f", "haproxy.cfg"]);
    super::gates::wait_until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    (process, port)
}

#[test]
fn a_certificate_must_be_trusted_and_hold_for_two_weeks() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let authority = folder.path().join("authority.pem");
    let (long, port) = encrypted(&server, folder.path(), 30);
    let target = format!("https://localhost:{port}");
    let good = post_deploy(&target, Some(&authority), &[]).ended(0);
    assert!(
        good.contains("TLS 1.1: refused") && good.contains("trusted, TLS 1.3"),
        "{good}"
    );
    drop(long);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (_short, port) = encrypted(&server, elsewhere.path(), 10);
    let target = format!("https://localhost:{port}");
    let soon = post_deploy(&target, Some(&elsewhere.path().join("authority.pem")), &[]).ended(1);
    assert!(
        soon.contains("NO  expiry") && soon.contains("FAILED: encryption"),
        "{soon}"
    );
    let strange = post_deploy(&target, Some(&authority), &[]).ended(1);
    assert!(strange.contains("NO  chain of certificates"), "{strange}");
    assert!(
        !strange.contains("functional"),
        "nobody can ask it: {strange}"
    );
}

//! A token that an operator revokes is refused by every process on the store, soon, and for as long as it would live.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use auth::Role;
use testkit::PrivatePostgres;

use crate::client::ask;
use crate::process::{Process, token, token_with_id};
use crate::replica::{Replica, database, eventually};

/// The bound is a second after the command has ended; the rest is for a busy machine.
const REFUSED_WITHIN: Duration = Duration::from_millis(1_000 + 2_000);

/// The operators' commands, which a build of the workspace puts beside the server.
fn xtask() -> PathBuf {
    let binary = Path::new(env!("CARGO_BIN_EXE_scholarship-api")).with_file_name("xtask");
    assert!(
        binary.exists(),
        "{} is not built; test the whole workspace",
        binary.display()
    );
    binary
}

/// Runs `cargo xtask token revoke`; answers when it ended.
fn revoke(url: &str, what: [&str; 2]) -> Instant {
    let output = Command::new(xtask())
        .env("DATABASE_URL", url)
        .args(["token", "revoke"])
        .args(what)
        .output()
        .expect("starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    Instant::now()
}

async fn is_refused(address: SocketAddr, token: &str) -> bool {
    let path = "/api/v1/scholarships?limit=1";
    let answer = ask(address, "GET", path, Some(token), None).await;
    let answer = answer.expect("answered");
    match answer.status {
        200 => false,
        401 => {
            assert_eq!(answer.json()["code"], "TOKEN_REVOKED");
            true
        }
        status => panic!("{status}: {}", answer.body),
    }
}

async fn refused_in_time(ended: Instant, addresses: &[SocketAddr], token: &str) {
    for address in addresses {
        eventually("it is refused", async || is_refused(*address, token).await).await;
    }
    let took = ended.elapsed();
    assert!(took < REFUSED_WITHIN, "refused after {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_refuse_within_a_second() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let replicas = [Replica::start(&url), Replica::start(&url)];
    let addresses = [&replicas[0], &replicas[1]].map(|replica| replica.process.address);
    let one = token_with_id(Role::Partner, "lou", "one");
    let other = token_with_id(Role::Partner, "lou", "other");
    let of_another = token(Role::Partner, "ben");
    for address in addresses {
        assert!(!is_refused(address, &one).await);
    }
    let ended = revoke(&url, ["--jti", "one"]);
    refused_in_time(ended, &addresses, &one).await;
    for address in addresses {
        assert!(!is_refused(address, &other).await);
    }
    let ended = revoke(&url, ["--subject", "lou"]);
    refused_in_time(ended, &addresses, &other).await;
    for address in addresses {
        assert!(!is_refused(address, &of_another).await);
    }
    // One that starts now knows it before it answers anybody.
    let third = Replica::start(&url);
    assert!(is_refused(third.process.address, &one).await);
    assert!(is_refused(third.process.address, &other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_a_file_refuses_what_another_process_revoked_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(folder.path());
    let one = token_with_id(Role::Partner, "lou", "one");
    let other = token_with_id(Role::Partner, "ben", "other");
    assert!(!is_refused(server.address, &one).await);
    let file = folder.path().join("var/scholarship-api.db");
    let url = format!("sqlite://{}", file.display());
    let ended = revoke(&url, ["--jti", "one"]);
    refused_in_time(ended, &[server.address], &one).await;
    assert!(!is_refused(server.address, &other).await);
    let ended = revoke(&url, ["--subject", "ben"]);
    refused_in_time(ended, &[server.address], &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_stays_refused_while_postgres_is_away() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let replica = Replica::start(&url);
    let address = replica.process.address;
    let one = token_with_id(Role::Partner, "lou", "one");
    let other = token_with_id(Role::Partner, "ben", "other");
    let ended = revoke(&url, ["--jti", "one"]);
    refused_in_time(ended, &[address], &one).await;
    server.kill();
    eventually("the absence shows", async || {
        replica.degraded().await.contains(&"store".to_owned())
    })
    .await;
    // Longer than the list takes to be read in vain.
    let until = Instant::now() + Duration::from_secs(4);
    while Instant::now() < until {
        assert!(is_refused(address, &one).await);
        assert!(!is_refused(address, &other).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.restart();
    let ended = revoke(&url, ["--subject", "ben"]);
    eventually("the list is read again", async || {
        is_refused(address, &other).await
    })
    .await;
    println!("refused {:?} after Postgres was back", ended.elapsed());
    assert!(is_refused(address, &one).await);
}

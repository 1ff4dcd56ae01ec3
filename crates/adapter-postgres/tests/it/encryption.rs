//! TLS towards a real Postgres: what is asked for is what happens, or nothing happens.

use std::path::{Path, PathBuf};
use std::process::Command;

use adapter_postgres::{PostgresSettings, PostgresStore};
use ports::ScholarshipStore as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use testkit::PrivatePostgres;

use super::{explained, migrate};

struct Encrypted {
    server: PrivatePostgres,
    /// Of the authority that vouches for the server as `localhost`, and of one that vouches for nobody.
    authority: PathBuf,
    stranger: PathBuf,
    _folder: TempDir,
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("is signed")
}

async fn encrypted() -> Encrypted {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let issuer = authority("ours");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &issuer).expect("is signed");
    write(&path("authority.pem"), &issuer.pem());
    write(&path("stranger.pem"), &authority("a stranger").pem());
    write(&path("server.pem"), &certificate.pem());
    write(&path("server.key"), &key.serialize_pem());
    // The server wants its key for itself.
    let owned = Command::new("chown")
        .args(["-R", "postgres"])
        .arg(folder.path())
        .status();
    let _ = owned.expect("chown starts");
    let options = [
        "fsync=off".to_owned(),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", path("server.pem").display()),
        format!("ssl_key_file={}", path("server.key").display()),
    ];
    let server = PrivatePostgres::start_with(&options.each_ref().map(String::as_str));
    migrate(&server.url("postgres")).await;
    Encrypted {
        authority: path("authority.pem"),
        stranger: path("stranger.pem"),
        server,
        _folder: folder,
    }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("is written");
    let only_ours = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, only_ours).expect("is ours");
    let parent = path.parent().expect("has a folder");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(parent, open).expect("is ours");
}

/// The answer to a first question, over a connection of that URL.
async fn asked(url: &str) -> Result<u64, String> {
    let store = PostgresStore::open(&PostgresSettings::new(url)).expect("the settings are fine");
    store.count().await.map_err(|error| explained(&error))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_url_asks_for_is_what_happens() {
    let encrypted = encrypted().await;
    let port = encrypted.server.port();
    let url =
        |host: &str, rest: &str| format!("postgresql://postgres@{host}:{port}/postgres?{rest}");
    let verified =
        |authority: &Path| format!("sslmode=verify-full&sslrootcert={}", authority.display());

    // From now on, the server refuses plain text.
    let rules = encrypted.server.folder().join("data/pg_hba.conf");
    std::fs::write(rules, "hostssl all all all trust\n").expect("is written");
    encrypted.server.restart();

    let plain = asked(&url("localhost", "sslmode=disable")).await;
    assert!(plain.is_err_and(|error| error.contains("no encryption")));
    assert_eq!(asked(&url("localhost", "sslmode=require")).await, Ok(0));
    assert_eq!(asked(&url("localhost", "")).await, Ok(0), "is the default");
    let named = url("localhost", &verified(&encrypted.authority));
    assert_eq!(asked(&named).await, Ok(0));

    let other_name = asked(&url("127.0.0.1", &verified(&encrypted.authority))).await;
    assert!(other_name.is_err_and(|error| error.contains("not valid for name")));
    let other_authority = asked(&url("localhost", &verified(&encrypted.stranger))).await;
    assert!(other_authority.is_err_and(|error| error.contains("UnknownIssuer")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn encryption_that_the_server_does_not_offer_is_not_given_up() {
    let plain = PrivatePostgres::shared().url("postgres");
    for mode in ["sslmode=require", "sslmode=verify-full"] {
        let refused = asked(&plain.replace("sslmode=disable", mode)).await;
        let refusal = refused.expect_err("nothing goes in plain text");
        assert!(refusal.contains("does not support TLS"), "{refusal}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_error_and_no_debug_output_shows_the_password() {
    let settings = PostgresSettings::new("postgresql://u:hunter2@127.0.0.1:1/d?sslmode=disable");
    assert!(!format!("{settings:?}").contains("hunter2"));
    let store = PostgresStore::open(&settings).expect("the settings are fine");
    let error = store.count().await.expect_err("nobody is there");
    assert!(!format!("{} {error:?} {store:?}", explained(&error)).contains("hunter2"));
    let wrong = PostgresSettings::new("postgresql://u:hunter2@h/d?sslmode=prefer");
    let error = PostgresStore::open(&wrong).expect_err("is refused");
    assert!(!format!("{} {error:?}", explained(&error)).contains("hunter2"));
}

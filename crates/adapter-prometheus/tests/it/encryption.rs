//! Prometheus behind TLS, with a certificate that only its own authority vouches for.

use adapter_prometheus::{OpenError, Prometheus, Request, Settings};
use rcgen::{CertificateParams, KeyPair};

use crate::world::{Server, now, policy, service_metrics};

#[tokio::test]
async fn only_the_given_authority_is_trusted() {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let (pem, key) = (certificate.pem(), key.serialize_pem());
    let server = Server::start("", &["--web.config.file=web.yml"], |folder| {
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        write("server.pem", &pem);
        write("server.key", &key);
        write(
            "web.yml",
            "tls_server_config: {cert_file: server.pem, key_file: server.key}\n",
        );
    })
    .await;
    let request = Request {
        canary: "2".to_owned(),
        stable: "1".to_owned(),
        taken_at: now(),
        stage_started_at: now() - chrono::TimeDelta::hours(1),
        replays: false,
    };
    let mut settings = Settings::new(format!("https://127.0.0.1:{}", server.port()));
    let take = async |settings: &Settings| {
        let prometheus = Prometheus::new(settings, service_metrics(), None).unwrap();
        prometheus.take(&policy(), &request).await
    };
    settings.authorities = Some(pem.into_bytes());
    // It listens before it has read what it knows.
    let begun = std::time::Instant::now();
    while let Err(error) = take(&settings).await {
        let log = format!("{error:?}");
        assert!(
            log.contains("503") && begun.elapsed().as_secs() < 30,
            "{log}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let other = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let other = other.self_signed(&KeyPair::generate().unwrap()).unwrap();
    settings.authorities = Some(other.pem().into_bytes());
    assert!(take(&settings).await.is_err());
    settings.authorities = Some(b"no certificate".to_vec());
    let error = Prometheus::new(&settings, service_metrics(), None).unwrap_err();
    assert!(matches!(error, OpenError::Tls(_)), "{error}");
}

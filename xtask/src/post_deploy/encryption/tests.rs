//! Servers that only begin to answer.

use std::net::TcpListener;
use std::thread;

use super::*;

/// What is found of a server that says this to a hello, and what it was told.
fn asked(answer: &'static [u8]) -> (String, Vec<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place {
        host: "localhost".to_owned(),
        port: listener.local_addr().unwrap().port(),
    };
    let server = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut told = vec![0; 4_096];
        let length = client.read(&mut told).unwrap();
        told.truncate(length);
        client.write_all(answer).unwrap();
        told
    });
    let check = place.refuses_old_protocols().unwrap();
    let found = serde_json::to_value(&check).unwrap();
    let told = server.join().unwrap();
    assert_eq!(found["passed"], found["found"] == "refused");
    (found["found"].as_str().unwrap().to_owned(), told)
}

#[test]
fn an_old_protocol_is_refused_by_an_alert_or_a_closed_connection_only() {
    let protocol_version = &[21, 3, 2, 0, 2, 2, 70];
    assert_eq!(asked(protocol_version).0, "refused");
    assert_eq!(asked(&[]).0, "refused");
    assert_eq!(asked(&[22, 3, 2, 0, 60, 2, 0, 0, 56, 3, 2]).0, "accepted");
    assert_eq!(
        asked(b"HTTP/1.1 400 Bad Request").0,
        "something else than TLS"
    );
}

#[test]
fn lengths_of_the_hello_agree_with_each_other() {
    let (_, hello) = asked(&[]);
    let number = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
    assert_eq!(hello[..3], [22, 3, 2]);
    assert_eq!(number(3), hello.len() - 5);
    assert_eq!(hello[5..7], [1, 0]);
    assert_eq!(number(7), hello.len() - 9);
    let name = hello.windows(9).any(|part| part == b"localhost");
    assert!(name);
}

#[test]
fn a_certificate_that_ends_soon_is_told_with_its_day() {
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    // Now is the morning of January 15th, 2027.
    let until = |day: u8| {
        let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(2027, 1, day);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        serde_json::to_value(expiry(&[certificate.der().clone()], now)).unwrap()
    };
    let long = until(30);
    assert_eq!(long["found"], "2027-01-30, in 14 days");
    assert_eq!(long["passed"], true);
    assert_eq!(until(29)["passed"], false);
    assert_eq!(until(1)["passed"], false);
    let none = serde_json::to_value(expiry(&[], now)).unwrap();
    assert_eq!(none["passed"], false);
}

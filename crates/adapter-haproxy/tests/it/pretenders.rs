//! What listens where HAProxy should, and is none, or breaks off.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use adapter_haproxy::{Address, HaProxy, HaProxyError, Settings};
use rollout::traffic::{Controller as _, Weights};

/// Says these answers, one to each connection, over TCP.
fn router(answers: &'static [&'static str]) -> HaProxy {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
    let place = listener.local_addr().expect("it is bound").to_string();
    thread::spawn(move || {
        for answer in answers {
            let (mut client, _) = listener.accept().expect("it listens");
            let _ = client.read(&mut [0; 1_024]);
            if *answer == "forever" {
                while client.write_all(&[b'a'; 65_536]).is_ok() {}
                continue;
            }
            if *answer == "nothing" {
                let _ = client.read(&mut [0; 1_024]);
                continue;
            }
            let _ = client.write_all(answer.as_bytes());
        }
    });
    let mut settings = Settings::new(Address::Tcp(place));
    settings.patience = Duration::from_millis(500);
    HaProxy::new(settings).expect("the settings are fine")
}

fn error_of(answers: &'static [&'static str]) -> HaProxyError {
    router(answers).overview().expect_err("they are no answers")
}

#[test]
fn answers_that_cannot_be_believed_are_refused() {
    assert!(matches!(
        error_of(&["Name: HAProxy\nVersion: 2.6"]),
        HaProxyError::BrokenOff { .. }
    ));
    assert!(matches!(error_of(&[""]), HaProxyError::BrokenOff { .. }));
    assert!(matches!(
        error_of(&["nothing"]),
        HaProxyError::TimedOut { .. }
    ));
    assert!(matches!(
        error_of(&["forever"]),
        HaProxyError::TooLong { .. } | HaProxyError::TimedOut { .. }
    ));
    assert!(matches!(
        error_of(&["Permission denied\n\n"]),
        HaProxyError::NotPermitted { .. }
    ));
    assert!(matches!(
        error_of(&["Unknown command, but maybe\n\n"]),
        HaProxyError::UnknownCommand { .. }
    ));
    assert!(matches!(
        error_of(&["HTTP/1.1 400 Bad Request\r\n\n\n", "x\n\n"]),
        HaProxyError::Unexpected { .. }
    ));
}

const STAT: &str = "# pxname,svname,scur,status,weight,econ,eresp,req_tot,check_desc\n\
    canary,canary-1,0,UP,1,0,0,,\ncanary,BACKEND,0,UP,1,0,0,0,\n\
    stable,stable-1,0,UP,1,0,0,,\nstable,BACKEND,0,UP,1,0,0,0,\n\n";

const ZERO: &str = "0x1 canary 0\n\n";

/// Such as a second HAProxy behind one address, or somebody else who sets weights.
#[test]
fn weights_that_are_not_in_effect_afterwards_are_an_error() {
    let router = router(&[STAT, ZERO, "\n", ZERO]);
    let error = router.set(Weights::ALL_CANARY).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("sends 0 %"), "{cause}");
}

#[test]
fn a_refused_command_is_an_error() {
    for router in [
        router(&[STAT, ZERO, "entry not found.\n\n"]),
        router(&[STAT, ZERO, "Out of memory\n\n"]),
    ] {
        assert!(router.set(Weights::ALL_CANARY).is_err());
    }
}

#[test]
fn names_that_would_be_commands_are_refused() {
    for name in ["", "a b", "a;shutdown", "a\nb", "#1", "a\\"] {
        let mut settings = Settings::new(Address::Tcp("127.0.0.1:1".to_owned()));
        settings.map = name.to_owned();
        assert!(HaProxy::new(settings).is_err(), "{name:?}");
    }
    let mut settings = Settings::new(Address::Tcp("127.0.0.1:1".to_owned()));
    settings.stable = settings.canary.clone();
    assert!(HaProxy::new(settings).is_err());
}

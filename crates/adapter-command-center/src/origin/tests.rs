//! Which URLs are accepted, and above all which are not.

use proptest::prelude::*;

use super::*;

fn origins(base: &str, further: &[&str]) -> Origins {
    let further: Vec<String> = further.iter().map(|text| (*text).to_owned()).collect();
    Origins::new(&base_of(base).expect("is fine"), &further).expect("are fine")
}

fn good() -> Origins {
    origins("https://good.example", &["http://10.0.0.7:8000"])
}

#[test]
fn places_of_the_operator_are_accepted() {
    for accepted in [
        "https://good.example",
        "https://good.example/",
        "https://good.example/orchestrator/tasks/a/callback",
        "https://good.example:443/callback",
        "https://GOOD.Example/callback",
        "HTTPS://good.example/callback",
        "https://good.example/callback?task=a&x=@",
        "https://good.example?task=a",
        "https://good.example/a@b:c",
        "https://good.example/a//b/../c",
        "http://10.0.0.7:8000/callback",
    ] {
        assert!(good().accepted(accepted).is_some(), "{accepted}");
    }
}

const NOT_OURS: &[&str] = &[
    // This machine and its network.
    "http://localhost/",
    "http://127.0.0.1/",
    "http://127.0.0.1:8000/",
    "http://127.1/",
    "http://0/",
    "http://0.0.0.0:8000/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://10.0.0.1:8000/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    // Addresses of version 6, and of version 4 in them.
    "http://[::1]/",
    "http://[::]:8000/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:10.0.0.7]:8000/",
    "http://[::ffff:a00:7]:8000/",
    "http://[::10.0.0.7]:8000/",
    "http://[64:ff9b::a00:7]:8000/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    // Numbers for addresses, those of a configured one included.
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://2852039166/",
    "http://167772167:8000/",
    "http://0x0a.0.0.7:8000/",
    "http://012.0.0.7:8000/",
    "http://10.7:8000/",
    "http://10.0.0.7.:8000/",
    // Users that look like hosts.
    "https://good.example@evil.example/",
    "https://good.example:443@evil.example/",
    "https://good.example%40evil.example/",
    "https://user@good.example/",
    "https://user:word@good.example/",
    "https://@good.example/",
    "https://:@good.example/",
    "https://evil.example#@good.example/",
    "https://evil.example?@good.example/",
    // Hosts that look like ours.
    "https://good.example.evil.example/",
    "https://goodXexample/",
    "https://evil-good.example/",
    "https://a.good.example/",
    "https://example/",
    "https://good.example./",
    "https://good%2eexample/",
    "https://%67ood.example/",
    "https://good。example/",
    "https://gооd.example/",
    "https://ｇood.example/",
    "https://good\u{ad}.example/",
    "https://good.example,evil.example/",
    // Other ports and schemes.
    "https://good.example:444/",
    "https://good.example:80/",
    "https://good.example:/",
    "https://good.example:0443/",
    "https://good.example:00000443/",
    "https://good.example:65979/",
    "http://good.example/",
    "http://good.example:443/",
    "https://10.0.0.7:8000/",
    "http://10.0.0.7/",
    "http://10.0.0.7:80/",
    "ftp://good.example/",
    "file:///etc/passwd",
    "file://good.example/etc/passwd",
    "gopher://good.example/",
    "ws://good.example/",
    "data:text/plain,https://good.example/",
    "javascript://good.example/%0aalert(1)",
    "blob:https://good.example/a",
    "view-source:https://good.example/",
    // What parsers disagree about.
    "https:good.example/",
    "https:/good.example/",
    "https:///good.example/",
    "https:////good.example/",
    "//good.example/",
    "good.example/",
    "https:\\\\good.example\\",
    "https://good.example\\@evil.example/",
    "https://evil.example\\@good.example/",
    "https://good.example/a\\b",
    "https://good.example/callback#part",
    "https://good.example/#",
    "https://good.example/a b",
    "https://good.example/é",
    " https://good.example/",
    "https://good.example/ ",
    "https://good.example/\n",
    "\thttps://good.example/",
    "ht\ntps://good.example/",
    "https://good.exa\tmple/",
    "https://good.example\r\nX: y/",
    "https://good.example\0/",
    "https://good.example\u{7f}/",
    "https://good.example\u{2028}/",
    "",
    "/",
    "https://",
    "https://?",
    "https://[good.example]/",
    "https://good.example]/",
];

#[test]
fn nothing_else_is_accepted() {
    for refused in NOT_OURS {
        assert!(good().accepted(refused).is_none(), "{refused:?}");
    }
}

#[test]
fn addresses_of_version_6_can_be_configured() {
    let origins = origins("http://[::1]:8000/base", &[]);
    assert!(origins.accepted("http://[::1]:8000/callback").is_some());
    for refused in [
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]:8000/",
        "http://127.0.0.1:8000/",
        "http://[::ffff:127.0.0.1]:8000/",
    ] {
        assert!(origins.accepted(refused).is_none(), "{refused}");
    }
}

#[test]
fn what_is_no_base_url_is_refused_without_repeating_it() {
    for base_url in [
        "",
        "hidden.example",
        "ftp://hidden.example",
        "https://",
        "https://hidden@host",
        "https://:hidden@host",
        "https://host?hidden",
        "https://host#hidden",
    ] {
        let error = check_base_url(base_url).expect_err(base_url);
        assert!(!format!("{error} {error:?}").contains("hidden"));
    }
    assert!(check_base_url("http://127.0.0.1:8000/center").is_ok());
}

#[test]
fn what_is_more_than_an_origin_is_refused() {
    assert!(check_origin("https://good.example:8443").is_ok());
    assert!(check_origin("https://good.example/").is_ok());
    for origin in [
        "https://good.example/callbacks",
        "https://good.example?a",
        "https://user@good.example",
        "*",
        "https://",
    ] {
        assert!(check_origin(origin).is_err(), "{origin}");
    }
}

#[test]
fn only_plain_text_to_hosts_of_others_is_exposed() {
    for at_home in [
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://center",
        "http://center:8080/path",
        "http://center.agents.svc:8080",
        "http://center.agents.svc.cluster.local",
        "http://CENTER.internal.",
        "http://10.1.2.3",
        "http://172.16.0.1",
        "http://192.168.0.1",
        "http://100.64.0.1",
        "http://169.254.1.1",
        "http://[fd00::1]",
        "http://[fe80::1]",
        "http://[::ffff:10.0.0.1]",
        "https://center.example",
        "https://8.8.8.8",
        "no url",
    ] {
        assert!(!is_exposed(at_home), "{at_home}");
    }
    for exposed in [
        "http://center.example",
        "HTTP://center.example:8080/path",
        "http://8.8.8.8",
        "http://134744072",
        "http://172.32.0.1",
        "http://100.128.0.1",
        "http://[2001:db8::1]",
        "http://[::ffff:8.8.8.8]",
        "http://notinternal.example",
        "http://internal.example",
        "http://xlocal.com",
    ] {
        assert!(is_exposed(exposed), "{exposed}");
    }
}

proptest! {
    #[test]
    fn any_text_is_looked_at_without_a_panic(text in any::<String>()) {
        prop_assert!(good().accepted(&text).is_none());
    }

    /// Whatever stands behind our origin, the request goes there; whatever stands before it, nothing is requested but there.
    #[test]
    fn what_is_accepted_is_on_a_configured_origin(
        before in "[ -~]{0,12}",
        between in "[ -~]{0,6}",
        after in "[ -~]{0,20}",
    ) {
        for text in [
            format!("https://good.example{after}"),
            format!("https://{between}good.example{after}"),
            format!("{before}good.example/{after}"),
            format!("https://good.example/{after}"),
        ] {
            if let Some(url) = good().accepted(&text) {
                prop_assert_eq!(url.host_str(), Some("good.example"));
                prop_assert_eq!((url.scheme(), url.port_or_known_default()), ("https", Some(443)));
                prop_assert!(url.username().is_empty() && url.password().is_none());
            }
        }
    }
}

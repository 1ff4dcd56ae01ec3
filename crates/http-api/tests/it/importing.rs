//! Import and export as streams.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::api::{Api, Setup, id};
use crate::client::{Answer, finish, head};

async fn import(api: &Api, kind: &str, query: &str, body: &[u8]) -> Answer {
    let token = api.editor();
    let mut headers = vec![("Authorization", token.as_str())];
    if !kind.is_empty() {
        headers.push(("Content-Type", kind));
    }
    let target = format!("/api/v1/scholarships/import{query}");
    api.send("POST", &target, &headers, Some(body)).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

#[actix_web::test]
async fn each_record_gets_its_verdict_and_the_good_ones_are_found() {
    let api = Api::start().await;
    let body = "{\"name\":\"Quasar Award\",\"organization\":\"O\",\"provenance\":{\"source\":\"s\",\"source_id\":\"1\"}}\n\
        {\"name\":\"No Organization\"}\nnot json\n\
        {\"name\":\"Pulsar Award\",\"organization\":\"O\",\"provenance\":{\"source\":\"s\",\"source_id\":\"2\"}}";
    let answer = import(&api, "application/x-ndjson", "", body.as_bytes()).await;
    assert_eq!(answer.status, 200);
    let lines = lines(&answer);
    let statuses: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["status"].as_str())
        .collect();
    assert_eq!(statuses, ["created", "rejected", "rejected", "created"]);
    assert_eq!(
        (&lines[1]["line"], &lines[1]["errors"][0]["field"]),
        (&json!(2), &json!("organization"))
    );
    assert_eq!(
        lines[4]["summary"],
        json!({"records": 4, "created": 2, "updated": 0, "unchanged": 0, "rejected": 2, "noted": 0})
    );
    assert_eq!(
        api.get("/api/v1/search?q=quasar").await.json()["page"]["total"],
        1
    );
    let again = import(&api, "application/x-ndjson", "", body.as_bytes()).await;
    assert_eq!(again.text().matches("unchanged\"").count(), 3);
}

#[actix_web::test]
async fn a_dry_run_writes_nothing() {
    let api = Api::start().await;
    let answer = import(
        &api,
        "application/json",
        "?dry_run=true",
        br#"[{"name":"Quasar","organization":"O"}]"#,
    )
    .await;
    assert_eq!(lines(&answer)[1]["summary"]["created"], 1);
    assert_eq!(
        api.get("/api/v1/search?q=quasar").await.json()["page"]["total"],
        0
    );
}

#[actix_web::test]
async fn broken_files_are_answered_with_the_line_and_never_with_a_failure() {
    let api = Api::start().await;
    let cases: &[(&str, &[u8], u64)] = &[
        ("text/csv", b"", 1),
        ("application/x-ndjson", b"", 1),
        ("application/json", b"", 1),
        ("text/csv", b"name,organization\n\"A,O\nB,O\n", 1),
        ("text/csv", b"name,organization\nCaf\xe9,O\n", 1),
        (
            "application/x-ndjson",
            b"{\"name\":\"Caf\xe9\",\"organization\":\"O\"}\n",
            1,
        ),
        (
            "application/x-ndjson",
            b"{\"name\":\"A\",\"name\":\"B\",\"organization\":\"O\"}\n",
            1,
        ),
        ("application/json", b"[{\"name\":", 1),
        ("text/csv", b"\xef\xbb\xbfname,organization\r\nA,O\r\n", 0),
        (
            "application/x-ndjson",
            b"\xef\xbb\xbf{\"name\":\"A\",\"organization\":\"O\"}\r\n",
            0,
        ),
    ];
    for (kind, body, rejected) in cases {
        let answer = import(&api, kind, "", body).await;
        assert_eq!(answer.status, 200);
        let lines = lines(&answer);
        let shown = String::from_utf8_lossy(body);
        assert_eq!(
            lines.last().unwrap()["summary"]["rejected"],
            *rejected,
            "{shown}: {}",
            answer.text()
        );
        for line in lines.iter().filter(|line| line["status"] == "rejected") {
            assert!(
                line["line"].is_u64() && line["errors"][0]["message"].is_string(),
                "{shown}: {line}"
            );
        }
    }
}

#[actix_web::test]
async fn the_format_must_be_named() {
    let api = Api::start().await;
    let answer = import(&api, "", "", b"[]").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (415, "UNSUPPORTED_MEDIA_TYPE")
    );
    let answer = import(&api, "", "?format=xml", b"[]").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (422, "VALIDATION_FAILED")
    );
    let answer = import(&api, "", "?format=csv", b"name,organization\nA,O\n").await;
    assert_eq!(lines(&answer)[1]["summary"]["created"], 1);
}

#[actix_web::test]
async fn an_import_has_a_size_limit_of_its_own() {
    let mut setup = Setup::default();
    setup.settings.max_body = 10;
    setup.settings.max_import_body = 1_000;
    let api = Api::with(setup).await;
    let record = |bytes: usize| {
        format!(
            "{{\"name\":\"A\",\"organization\":\"O\"}}{}\n",
            " ".repeat(bytes - 33)
        )
    };
    assert_eq!(
        import(&api, "application/x-ndjson", "", record(900).as_bytes())
            .await
            .status,
        200
    );
    let announced = import(&api, "application/x-ndjson", "", record(1_100).as_bytes()).await;
    assert_eq!(
        (announced.status, announced.code().as_str()),
        (413, "BODY_TOO_LARGE")
    );
    let token = api.editor();
    let headers = [
        ("Authorization", token.as_str()),
        ("Content-Type", "application/x-ndjson"),
        ("Transfer-Encoding", "chunked"),
    ];
    let mut stream = TcpStream::connect(api.address).await.unwrap();
    stream
        .write_all(head("POST", "/api/v1/scholarships/import", &headers, None).as_bytes())
        .await
        .unwrap();
    stream
        .write_all(format!("{:x}\r\n{}\r\n0\r\n\r\n", 1_100, record(1_100)).as_bytes())
        .await
        .unwrap();
    let answer = finish(stream, "POST").await;
    assert_eq!(
        lines(&answer).last().unwrap()["error"]["code"],
        "BODY_TOO_LARGE"
    );
}

#[actix_web::test]
async fn verdicts_come_while_the_records_still_arrive_and_silence_ends_the_import() {
    let mut setup = Setup::default();
    setup.settings.import_idle_timeout = Duration::from_millis(750);
    let api = Api::with(setup).await;
    let token = api.editor();
    let headers = [
        ("Authorization", token.as_str()),
        ("Content-Type", "application/x-ndjson"),
        ("Transfer-Encoding", "chunked"),
        ("Accept-Encoding", "gzip"),
    ];
    let mut stream = TcpStream::connect(api.address).await.unwrap();
    stream
        .write_all(head("POST", "/api/v1/scholarships/import", &headers, None).as_bytes())
        .await
        .unwrap();
    let record = b"{\"name\":\"A\",\"organization\":\"O\"}\n";
    stream
        .write_all(format!("{:x}\r\n", record.len()).as_bytes())
        .await
        .unwrap();
    stream.write_all(record).await.unwrap();
    stream.write_all(b"\r\n").await.unwrap();
    let mut seen = String::new();
    for expected in ["\"created\"", "BODY_TIMEOUT"] {
        while !seen.contains(expected) {
            let mut buffer = vec![0; 4_096];
            let reading = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer));
            let length = reading
                .await
                .unwrap_or_else(|_| panic!("{expected} does not come: {seen}"))
                .unwrap();
            assert!(length > 0, "the answer ended early: {seen}");
            seen.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
    }
    let mut rest = Vec::new();
    let closing = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest));
    closing
        .await
        .expect("the server closes the connection")
        .unwrap();
}

#[actix_web::test]
async fn a_store_that_fails_ends_an_import_with_a_reason() {
    let api = Api::start().await;
    api.interruption.begin();
    let answer = import(&api, "text/csv", "", b"name,organization\nA,O\n").await;
    assert_eq!(
        lines(&answer),
        [
            json!({"error": {"code": "STORE_UNAVAILABLE", "detail": "Try again after Retry-After; searches go on meanwhile."}})
        ]
    );
}

#[actix_web::test]
async fn an_export_can_be_imported_again() {
    let api = Api::start().await;
    for (format, kind) in [("ndjson", "application/x-ndjson"), ("csv", "text/csv")] {
        let target = format!("/api/v1/scholarships/export?format={format}");
        let public = api.get(&target).await;
        assert_eq!(public.status, 200);
        assert!(!public.text().contains("Unfinished"));
        let all = api.get_as(&api.editor(), &target).await;
        assert!(all.text().contains("Unfinished"));
        let answer = import(&api, kind, "", &all.body).await;
        assert_eq!(
            lines(&answer).last().unwrap()["summary"]["unchanged"],
            5,
            "{format}: {}",
            answer.text()
        );
    }
}

#[actix_web::test]
async fn an_export_of_changes_tells_deletions() {
    let api = Api::start().await;
    api.clock.advance(chrono::TimeDelta::minutes(1));
    let editor = api.editor();
    let headers = [("Authorization", editor.as_str()), ("If-Match", "*")];
    let target = format!("/api/v1/scholarships/{}", id(2));
    assert_eq!(
        api.send("DELETE", &target, &headers, None).await.status,
        204
    );
    let made = api
        .post_as(
            &editor,
            "/api/v1/scholarships",
            &json!({"name": "New", "organization": "O"}),
        )
        .await;
    let answer = api
        .get("/api/v1/scholarships/export?updated_since=2026-11-23T12:00:30Z")
        .await;
    let lines = lines(&answer);
    assert_eq!(lines.len(), 2, "{}", answer.text());
    assert_eq!(
        lines[0],
        json!({"id": id(2), "deleted": true, "deleted_at": "2026-11-23T12:01:00Z"})
    );
    assert_eq!(lines[1], made.json());
}

#[actix_web::test]
async fn an_export_of_more_than_one_page_is_whole() {
    let catalogue = (0..1_203)
        .map(|number| testkit::scholarship(&format!("S {number}")).content())
        .collect();
    let api = Api::with(Setup {
        catalogue,
        ..Setup::default()
    })
    .await;
    let answer = api.get("/api/v1/scholarships/export").await;
    assert_eq!(lines(&answer).len(), 1_203);
}

#[actix_web::test]
async fn compressed_imports_are_refused_whatever_the_format_says() {
    let api = Api::start().await;
    let token = api.editor();
    for target in [
        "/api/v1/scholarships/import",
        "/api/v1/scholarships/import?format=csv",
    ] {
        let headers = [
            ("Authorization", token.as_str()),
            ("Content-Type", "text/csv"),
            ("Content-Encoding", "gzip"),
        ];
        let answer = api.send("POST", target, &headers, Some(b"\x1f\x8b")).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (415, "UNSUPPORTED_MEDIA_TYPE"),
            "{target}"
        );
        assert!(
            answer.text().contains("Content-Encoding"),
            "{}",
            answer.text()
        );
    }
}

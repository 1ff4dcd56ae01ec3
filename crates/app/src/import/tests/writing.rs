//! Batches, verdicts and reports.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{Schedule, ScholarshipDocument};
use ports::Actor;
use testkit::StepClock;

use super::super::{ImportFormat, ImportOptions, ImportSession, Importer, RecordReader};
use super::{content, import, now, store};

fn lines(count: usize) -> String {
    (0..count)
        .map(|at| format!("{{\"name\":\"Award {at}\",\"organization\":\"Org\"}}\n"))
        .collect()
}

#[tokio::test]
async fn a_second_import_changes_nothing_and_a_third_only_what_changed() {
    let store = store();
    let text = lines(2_500);
    let first = import(&store, text.as_bytes(), false).await;
    assert_eq!((first.created, first.records()), (2_500, 2_500));
    assert_eq!(store.count().await.expect("a count"), 2_500);
    let second = import(&store, text.as_bytes(), false).await;
    assert_eq!((second.unchanged, second.records()), (2_500, 2_500));
    let changed = text.replacen(
        "\"organization\":\"Org\"",
        "\"organization\":\"Org\",\"amount\":5",
        1,
    );
    let third = import(&store, changed.as_bytes(), false).await;
    assert_eq!((third.updated, third.unchanged), (1, 2_499));
    assert!(third.position > first.position);
    assert_eq!(
        third.to_string(),
        "2500 records: 0 created, 1 updated, 2499 unchanged, 0 rejected"
    );
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let store = store();
    let text = format!(
        "{}{{\"name\":\"Award 0\",\"organization\":\"Org\"}}\nbroken\n",
        lines(3)
    );
    let dry = import(&store, text.as_bytes(), true).await;
    assert_eq!(store.count().await.expect("a count"), 0);
    let wet = import(&store, text.as_bytes(), false).await;
    assert_eq!(
        (dry.created, dry.unchanged, dry.rejected),
        (wet.created, wet.unchanged, wet.rejected)
    );
    assert_eq!((wet.created, wet.unchanged, wet.rejected), (3, 1, 1));
    let again = import(&store, text.as_bytes(), true).await;
    assert_eq!((again.created, again.unchanged), (0, 4));
}

#[tokio::test]
async fn the_same_record_with_other_content_is_rejected_with_the_first_line() {
    let text = r#"{"name":"N","organization":"O","amount":1}
{"name":"n","organization":"O","amount":2}
{"id":"x","name":"N","organization":"O"}
{"id":"x","name":"M","organization":"O"}
{"id":"y","name":"M","organization":"O","provenance":{"source":"s","source_id":"1"}}
{"id":"y","name":"M","organization":"O","provenance":{"source":"s","source_id":"2"}}
{"name":"L","organization":"O","provenance":{"source":"s","source_id":"1"}}
"#;
    let report = import(&store(), text.as_bytes(), false).await;
    assert_eq!((report.created, report.rejected), (3, 4));
    let shown: Vec<String> = report.rejections.iter().map(ToString::to_string).collect();
    assert!(
        shown[0].starts_with("line 2: name: is, with its organization, the same as on line 1"),
        "{shown:?}"
    );
    assert_eq!(
        shown[1],
        "line 4: id: is the same id (x) as on line 3, with other content"
    );
    assert_eq!(
        shown[2],
        "line 6: id: y belongs to a scholarship of another source"
    );
    assert_eq!(
        shown[3],
        "line 7: provenance.source_id: is the same source and source_id (1) as on line 5, with other content"
    );
}

#[tokio::test]
async fn verdicts_come_in_the_order_of_the_lines() {
    let store = store();
    let mut reader = RecordReader::new(ImportFormat::Ndjson);
    let mut session = ImportSession::new(Arc::clone(&store), Actor::SYSTEM, false);
    let text = format!("nonsense\n{}oops\n", lines(1_500));
    let mut verdicts = Vec::new();
    for chunk in text.as_bytes().chunks(1_000) {
        let records = reader.push(chunk);
        verdicts.append(
            &mut session
                .accept(records, now())
                .await
                .expect("the store answers"),
        );
    }
    assert_eq!(verdicts.len(), 1_000);
    verdicts.append(
        &mut session
            .accept(reader.finish(), now())
            .await
            .expect("the store answers"),
    );
    let (mut rest, report) = session.finish(now()).await.expect("the store answers");
    verdicts.append(&mut rest);
    let given: Vec<u64> = verdicts.iter().map(|verdict| verdict.line).collect();
    assert_eq!(given, (1..=1_502).collect::<Vec<u64>>());
    assert_eq!((report.created, report.rejected), (1_500, 2));
    let json = serde_json::to_string(&verdicts[0]).expect("JSON");
    assert_eq!(
        json,
        r#"{"line":1,"status":"rejected","errors":[{"field":"","message":"is not JSON: expected ident (column 2)"}]}"#
    );
    let created = serde_json::to_value(&verdicts[1]).expect("JSON");
    assert_eq!(created["status"], "created");
    assert!(
        created["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("sch_"))
    );
    assert!(created.get("errors").is_none());
}

#[tokio::test]
async fn each_batch_bears_the_time_at_which_it_was_written() {
    let store = store();
    let clock = StepClock::new(now(), TimeDelta::seconds(1));
    let text = lines(5_000);
    Importer::new(Arc::clone(&store), Actor::SYSTEM)
        .run(text.as_bytes(), ImportOptions::default(), &clock, |_, _| {})
        .await
        .expect("the store answers");
    // Who copied the first batches while the import was running asks for what came after them.
    let later = store
        .changed_since(now() + TimeDelta::seconds(1), None, 10_000)
        .await
        .expect("the store answers");
    assert!(!later.is_empty() && later.len() < 5_000, "{}", later.len());
}

#[test]
fn a_printed_deadline_before_the_opening_stays_text_and_the_record_stays_readable() {
    for (opens, printed) in [("2027-06-01", false), ("2027-01-01", true)] {
        let text = format!("name,organization,deadline,opens\nN,O,\"March 1, 2027\",{opens}\n");
        let content = content(ImportFormat::Csv, &text);
        assert_eq!(
            matches!(content.deadline.schedule, Schedule::Fixed(_)),
            printed
        );
        assert_eq!(content.deadline.text.as_deref(), Some("March 1, 2027"));
        assert!(content.deadline.opens_on.is_some());
        let document = ScholarshipDocument::from(&content);
        assert_eq!(document.into_content(), Ok(content));
    }
}

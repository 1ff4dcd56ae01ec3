use chrono::{DateTime, TimeDelta, Utc};

use super::*;

fn entry(minute: i64) -> Entry {
    Entry {
        at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute),
        operator: "ada".to_owned(),
        reason: format!("for a test in minute {minute}"),
        event: Event::Paused,
        verdict_hash: None,
        weights: Weights::with_canary(5).unwrap(),
    }
}

fn history(length: i64) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for minute in 0..length {
        let head = records.last().map(Record::head).unwrap_or_default();
        records.push(Record::after(&head, entry(minute)));
    }
    records
}

fn text(records: &[Record]) -> String {
    records.iter().map(Record::to_line).collect()
}

fn first_flaw(records: &[Record], known: Option<&Head>) -> (u64, Flaw) {
    match verify(records, known).unwrap_err() {
        FlawedHistory::Record { sequence, flaw } => (sequence, flaw),
        FlawedHistory::Unreadable(error) => panic!("{error}"),
    }
}

#[test]
fn a_history_is_read_as_it_was_written() {
    let records = history(5);
    let text = text(&records);
    let reading = read(&text).unwrap();
    assert_eq!((&reading.records, reading.torn), (&records, None));
    assert_eq!(
        verify_text(&text, Some(&records[4].head())).unwrap(),
        records[4].head()
    );
    assert_eq!(verify_text("", None).unwrap(), Head::default());
}

#[test]
fn an_edited_record_is_named() {
    let mut records = history(5);
    records[2].reason = "another reason".to_owned();
    assert_eq!(first_flaw(&records, None), (3, Flaw::Edited));
}

#[test]
fn an_edited_record_that_was_sealed_anew_betrays_itself_by_the_next() {
    let mut records = history(5);
    records[2] = Record::after(&records[1].head(), entry(99));
    assert_eq!(first_flaw(&records, None), (4, Flaw::Unchained));
}

#[test]
fn removed_records_are_counted() {
    let mut records = history(6);
    records.drain(2..4);
    assert_eq!(
        first_flaw(&records, None),
        (5, Flaw::Removed { missing: 2 })
    );
    assert_eq!(
        first_flaw(&history(3)[1..], None),
        (2, Flaw::Removed { missing: 1 })
    );
}

#[test]
fn reordered_and_doubled_records_are_named() {
    let mut records = history(5);
    records.swap(1, 3);
    assert_eq!(
        first_flaw(&records, None),
        (4, Flaw::Reordered { expected: 2 })
    );
    let mut records = history(3);
    records.push(records[1].clone());
    assert_eq!(
        first_flaw(&records, None),
        (2, Flaw::Reordered { expected: 4 })
    );
}

#[test]
fn a_history_that_was_cut_off_is_told_by_its_known_head() {
    let records = history(5);
    let known = records[4].head();
    assert!(verify(&records[..3], None).is_ok());
    assert_eq!(
        first_flaw(&records[..3], Some(&known)),
        (3, Flaw::CutOff { known: 5 })
    );
    assert_eq!(
        first_flaw(&[], Some(&known)),
        (0, Flaw::CutOff { known: 5 })
    );
}

#[test]
fn a_history_that_was_written_anew_is_told_by_its_known_head() {
    let records = history(5);
    let mut anew = records[..3].to_vec();
    for minute in 10..12 {
        anew.push(Record::after(&anew[anew.len() - 1].head(), entry(minute)));
    }
    assert_eq!(
        first_flaw(&anew, Some(&records[4].head())),
        (5, Flaw::OtherHead)
    );
}

#[test]
fn a_history_may_go_on_after_the_known_head() {
    let records = history(5);
    assert_eq!(
        verify(&records, Some(&records[1].head())).unwrap(),
        records[4].head()
    );
}

#[test]
fn a_torn_last_line_is_no_flaw_wherever_it_was_torn() {
    let records = history(3);
    let whole = text(&records[..2]);
    let line = records[2].to_line();
    for length in 1..line.len() {
        let torn = format!("{whole}{}", &line[..length]);
        let reading = read(&torn).unwrap();
        assert_eq!(reading.records, records[..2]);
        assert_eq!(reading.torn, Some(&line[..length]));
        assert_eq!(reading.intact_bytes(&torn), whole.len());
        assert_eq!(verify_text(&torn, None).unwrap(), records[1].head());
    }
}

#[test]
fn a_whole_line_that_is_no_record_was_tampered_with() {
    let records = history(3);
    let lines: Vec<String> = records.iter().map(Record::to_line).collect();
    let torn_in_the_middle = format!("{}{}\n{}", lines[0], &lines[1][..20], lines[2]);
    assert_eq!(read(&torn_in_the_middle).unwrap_err().line, 2);
    let more = lines[1].replace("\"operator\"", "\"other\":1,\"operator\"");
    assert_eq!(read(&format!("{}{more}", lines[0])).unwrap_err().line, 2);
}

#[test]
fn every_changed_byte_of_a_record_is_found() {
    let records = history(2);
    let text = text(&records);
    for place in 0..records[0].to_line().len() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] = if bytes[place] == b'7' { b'8' } else { b'7' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(verify_text(&changed, None).is_err(), "{changed}");
    }
}

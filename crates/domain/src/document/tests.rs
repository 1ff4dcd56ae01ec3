//! Documents are strict, complete, and survive the round trip.

use super::*;
use crate::json_input::read_json;
use crate::{Schedule, Term};

fn read(json: &str) -> Result<ScholarshipContent, String> {
    let document: ScholarshipDocument =
        read_json(json.as_bytes()).map_err(|error| error.to_string())?;
    document.into_content().map_err(|errors| {
        errors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    })
}

const FULL: &str = r#"{"name":"Full","organization":"Org","description":"Line one\nLine two","award":{"min":500,"max":1500.5,"currency":"USD","text":"$500 - $1,500.50"},
"max_awards":3,"renewable":true,"deadline":{"kind":"fixed","date":"2027-03-01","time":"17:00:00","time_zone":"America/Los_Angeles","opens_on":"2026-12-01","text":"March 1"},
"notification_date":"2027-05-01","scholarship_type":"need_based","eligibility_criteria":{"min_gpa":3.25,"grade_levels":["undergraduate"],"citizenship_required":["US","CA"],
"residency_states":["NV"],"fields_of_study":["engineering"],"fields_of_study_text":["Mining"],"min_age":16,"financial_need":true,"max_household_income":65000,"attributes":{"First-Generation":true,"military":["veteran"]},"text":"Be good."},
"alternative_criteria":[{"min_gpa":3.9}],"tags":["stem"],"application_url":"https://example.org/a?b=c","contact_email":"grants@example.org","last_verified":"2026-06-01",
"provenance":{"source":"test","source_id":"1","source_url":"https://example.org"},"status":"draft"}"#;

#[test]
fn a_full_document_survives_the_round_trip() {
    let content = read(FULL).expect("valid");
    assert_eq!(content.criteria.len(), 2);
    assert_eq!(content.criteria[0].grade_levels.len(), 4);
    assert_eq!(
        content.criteria[0].attributes.keys().collect::<Vec<_>>(),
        ["first_generation", "military"]
    );
    assert_eq!(content.award.maximum, Some(150_050));
    let json = serde_json::to_string(&ScholarshipDocument::from(&content)).expect("JSON");
    assert_eq!(read(&json).expect("its own output is valid"), content);
    assert_eq!(read(&json).expect("valid").digest(), content.digest());
}

#[test]
fn a_stored_scholarship_survives_the_round_trip() {
    let now = "2026-11-23T12:00:00.123456Z".parse().expect("a timestamp");
    let scholarship = Scholarship {
        id: ScholarshipId::derived("a", "b"),
        content: read(FULL).expect("valid"),
        version: 7,
        created_at: now,
        updated_at: now,
    };
    let json = serde_json::to_vec(&ScholarshipDocument::from(&scholarship)).expect("JSON");
    let document: ScholarshipDocument = read_json(&json).expect("valid");
    assert_eq!(document.into_scholarship(), Ok(scholarship));
}

#[test]
fn a_plain_amount_and_date_are_enough() {
    let content = read(
        r#"{"name":"N","organization":"O","amount":1000,"application_deadline":"2027-03-01"}"#,
    )
    .expect("valid");
    assert_eq!(
        (content.award.most(), content.award.least()),
        (Some(100_000), Some(100_000))
    );
    assert_eq!(content.status, EditorialStatus::Active);
    let document = ScholarshipDocument::from(&content);
    assert_eq!(
        document.application_deadline.as_deref(),
        Some("2027-03-01T23:59:59-05:00")
    );
    assert_eq!(document.into_content().expect("valid"), content);
}

#[test]
fn instants_keep_their_meaning_in_any_offset() {
    for (text, zone) in [
        ("2027-03-01T17:00:00-05:00", "America/New_York"),
        ("2027-03-01T17:00:00+09:00", "UTC"),
        ("2027-03-01T22:00:00Z", "UTC"),
    ] {
        let content = read(&format!(
            r#"{{"name":"N","organization":"O","application_deadline":"{text}"}}"#
        ))
        .expect("valid");
        let Schedule::Fixed(fixed) = content.deadline.schedule else {
            panic!("fixed")
        };
        assert_eq!(fixed.zone.name(), zone);
        assert_eq!(Some(fixed.instant()), text.parse::<Timestamp>().ok());
    }
}

#[test]
fn each_wrong_field_is_named() {
    for (json, field) in [
        (r#"{"organization":"O"}"#, "name: is required"),
        (
            r#"{"name":" ","organization":"O"}"#,
            "name: must not be empty",
        ),
        (
            r#"{"name":"N","organization":"O","nmae":"x"}"#,
            "nmae: is not a known key",
        ),
        (
            r#"{"name":"N","name":"N","organization":"O"}"#,
            "name: is given more than once",
        ),
        (
            r#"{"name":"N\u0007","organization":"O"}"#,
            "name: must not contain the control character U+0007",
        ),
        (
            r#"{"name":"N","organization":"O","amount":-1}"#,
            "amount: must be a number of at least 0",
        ),
        (
            r#"{"name":"N","organization":"O","amount":5,"award":{"max":6}}"#,
            "amount: contradicts",
        ),
        (
            r#"{"name":"N","organization":"O","award":{"min":7,"max":6}}"#,
            "award.min: must not be above award.max",
        ),
        (
            r#"{"name":"N","organization":"O","award":{"currency":"XYZ"}}"#,
            "award.currency: must be an ISO 4217",
        ),
        (
            r#"{"name":"N","organization":"O","eligibility_criteria":{"min_gpa":4.1}}"#,
            "eligibility_criteria.min_gpa: must be a number from 0 to 4",
        ),
        (
            r#"{"name":"N","organization":"O","eligibility_criteria":{"min_gpa":3,"max_gpa":2}}"#,
            "eligibility_criteria.min_gpa: must not be above",
        ),
        (
            r#"{"name":"N","organization":"O","eligibility_criteria":{"residency_states":["XX"]}}"#,
            "eligibility_criteria.residency_states: \"XX\" is none of",
        ),
        (
            r#"{"name":"N","organization":"O","eligibility_criteria":{"attributes":{"a":"x","a":"y"}}}"#,
            "eligibility_criteria.attributes: \"a\" is given more than once",
        ),
        (
            r#"{"name":"N","organization":"O","deadline":{"kind":"fixed"}}"#,
            "deadline.date: is required",
        ),
        (
            r#"{"name":"N","organization":"O","deadline":{"kind":"rolling","month":3}}"#,
            "deadline.month: does not go with",
        ),
        (
            r#"{"name":"N","organization":"O","deadline":{"kind":"annual","month":2,"day":30}}"#,
            "deadline.month: must",
        ),
        (
            r#"{"name":"N","organization":"O","application_deadline":"03/04/2027"}"#,
            "application_deadline: must be a date",
        ),
        (
            r#"{"name":"N","organization":"O","application_url":"javascript:alert(1)"}"#,
            "application_url: must be an absolute http",
        ),
        (
            r#"{"name":"N","organization":"O","contact_email":"nobody"}"#,
            "contact_email: must be one mail address",
        ),
        (
            r#"{"name":"N","organization":"O","scholarship_type":"big"}"#,
            "scholarship_type: \"big\" is none of merit_based",
        ),
    ] {
        let error = read(json).expect_err(json);
        assert!(error.starts_with(field), "{json} -> {error}");
    }
}

#[test]
fn all_errors_come_at_once() {
    let error =
        read(r#"{"name":"","organization":"","website_url":"x"}"#).expect_err("three errors");
    assert_eq!(error.split("; ").count(), 3, "{error}");
}

#[test]
fn all_statuses_can_be_written() {
    for status in EditorialStatus::ALL {
        let content = read(&format!(
            r#"{{"name":"N","organization":"O","status":"{}"}}"#,
            status.code()
        ))
        .expect("valid");
        assert_eq!(content.status, *status);
    }
}

#[test]
fn what_is_accepted_can_be_read_back() {
    let many = |from: usize| {
        let values: Vec<String> = (from..from + 30).map(|at| format!("\"v{at}\"")).collect();
        values.join(",")
    };
    let two_spellings = format!(
        r#""eligibility_criteria":{{"attributes":{{"Club":[{}],"club":[{}]}}}}"#,
        many(0),
        many(30)
    );
    for rest in [
        two_spellings.as_str(),
        // Offsets with seconds, until 1937 and 1972.
        r#""deadline":{"kind":"fixed","date":"1930-06-01","time_zone":"Europe/Amsterdam"}"#,
        r#""deadline":{"kind":"fixed","date":"1970-06-01","time_zone":"Africa/Monrovia"}"#,
        r#""application_deadline":"2027-11-07T01:30:00-04:00""#,
        r#""application_deadline":"2027-11-07T01:30:00-05:00""#,
        r#""award":{"max":5000,"currency":"JPY"},"eligibility_criteria":{"max_household_income":65000.5}"#,
    ] {
        // A refusal is fine; a record that nobody can read any more is not.
        let Ok(content) = read(&format!(r#"{{"name":"N","organization":"O",{rest}}}"#)) else {
            continue;
        };
        let json = serde_json::to_string(&ScholarshipDocument::from(&content)).expect("JSON");
        assert_eq!(read(&json), Ok(content), "{rest}");
    }
}

#[test]
fn two_spellings_of_an_attribute_share_its_bound() {
    let values: Vec<String> = (0..60).map(|at| format!("v{at}")).collect();
    let document = serde_json::json!({"name": "N", "organization": "O",
        "eligibility_criteria": {"attributes": {"Club": &values[..30], "club": &values[30..]}}});
    assert_eq!(
        read(&document.to_string()),
        Err("eligibility_criteria.attributes.club: must have 1 to 50 accepted values".to_owned())
    );
}

#[test]
fn both_passages_of_a_repeated_hour_stay_what_they_are() {
    for text in ["2027-11-07T01:30:00-04:00", "2027-11-07T01:30:00-05:00"] {
        let content = read(&format!(
            r#"{{"name":"N","organization":"O","application_deadline":"{text}"}}"#
        ))
        .expect("valid");
        assert_eq!(
            content.deadline.expires_at(),
            text.parse::<Timestamp>().ok(),
            "{text}"
        );
    }
}

//! The Open Scholarships schema: everything finds its place, and what is unknown is kept and noted.

use domain::{EditorialStatus, Schedule, ScholarshipType};

use proptest::prelude::*;
use serde_json::json;

use super::super::{ImportFormat, ImportRecord};
use super::{outcomes, read};

fn record(json: &str) -> ImportRecord {
    let record = read(ImportFormat::OpenScholarships, json.as_bytes()).remove(0);
    *record.result.expect("usable")
}

const FULL: &str = r#"{"id":"xx-example","name":"Example &amp; Award","sponsor":"Example Fund","sponsor_type":"civic","type":"fellowship","summary":"For <b>students</b>.",
"award":{"amount_min":500,"amount_max":2500,"currency":"USD","basis":"merit-need","renewable":true,"notes":"Paid once."},
"deadline":{"type":"annual","date":"2027-02-14","opens":"2026-10-01","notes":"Verify the date."},
"eligibility":{"residency":["NV"],"education_level":["high-school-senior","community-college","graduate"],"fields_of_study":["Nursing"],"gpa_min":3.25,"citizenship":["US","green card"],"other":["Be kind","Write <i>well</i>"],"tags":["nevada"]},
"geo":{"state":"NV","scope":"county","counties":["Clark"]},
"links":{"info_url":"https://example.org/?a=1&amp;b=2","apply_url":"https://example.org/%{path}"},
"provenance":{"source_url":"https://example.org/src","source_name":"S","last_verified":"2026-06-16","added":"2026-05-26"},"status":"active","review_flags":["x"]}"#;

#[test]
fn a_full_record_is_mapped() {
    let ImportRecord { item, notes } = record(&FULL.replace('\n', ""));
    let content = item.content;
    assert_eq!(item.id.as_str(), "xx-example");
    assert_eq!(content.name, "Example & Award");
    assert_eq!(content.description.as_deref(), Some("For students."));
    assert_eq!(
        (content.award.minimum, content.award.maximum),
        (Some(50_000), Some(250_000))
    );
    assert_eq!(content.award.text.as_deref(), Some("Paid once."));
    assert_eq!(content.scholarship_type, ScholarshipType::NeedBased);
    assert!(matches!(
        content.deadline.schedule,
        Schedule::Annual {
            month: Some(2),
            day: Some(14),
            current_cycle: Some(_)
        }
    ));
    assert!(content.deadline.opens_on.is_some());
    let criteria = &content.criteria[0];
    assert_eq!(criteria.residency_states.codes(), "NV");
    assert_eq!(criteria.citizenship_required.len(), 2);
    assert_eq!(
        criteria.grade_levels.codes(),
        "high_school_senior, undergraduate_freshman, undergraduate_sophomore, graduate, doctoral"
    );
    assert_eq!(criteria.financial_need, Some(true));
    assert_eq!(criteria.fields_of_study.codes(), "medicine");
    assert_eq!(criteria.fields_of_study_text, ["Nursing"]);
    assert_eq!(
        criteria.text.as_deref(),
        Some("Be kind\nWrite well\nCounties: Clark")
    );
    assert_eq!(
        content.tags,
        [
            "nevada",
            "civic",
            "fellowship",
            "merit-need",
            "Clark County"
        ]
    );
    assert_eq!(
        content.website_url.as_deref(),
        Some("https://example.org/?a=1&b=2")
    );
    assert_eq!(content.application_url, None);
    assert_eq!(
        content.provenance.source.as_deref(),
        Some("open-scholarships")
    );
    assert_eq!(content.provenance.source_id.as_deref(), Some("xx-example"));
    assert_eq!(content.status, EditorialStatus::Active);
    let fields: Vec<&str> = notes.iter().map(|note| note.field.as_str()).collect();
    assert_eq!(fields, ["links.apply_url"]);
}

#[test]
fn no_verdict_rests_on_a_list_with_an_unknown_alternative() {
    let ImportRecord { item, notes } = record(
        r#"{"id":"a","name":"N","sponsor":"S","eligibility":{"residency":["NV","Clark"],"education_level":["graduate","kindergarten"],"citizenship":["US","martian"],"gpa_min":4.5,"fields_of_study":["Nursing","any"]}}"#,
    );
    let criteria = &item.content.criteria[0];
    assert!(criteria.asks_nothing(), "{criteria:?}");
    assert_eq!(
        criteria.text.as_deref(),
        Some(
            "Residency: NV, Clark\nLevel: graduate, kindergarten\nCitizenship: US, martian\nMinimum GPA: 4.5"
        )
    );
    let fields: Vec<&str> = notes.iter().map(|note| note.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "eligibility.residency",
            "eligibility.education_level",
            "eligibility.citizenship",
            "eligibility.gpa_min"
        ]
    );
}

#[test]
fn little_is_enough_and_unknown_words_never_refuse_a_record() {
    let ImportRecord { item, notes } = record(
        r#"{"id":"not a/good id","name":"N","sponsor":"S","award":{"amount_max":100,"currency":"GALLEON"},"deadline":{"type":"someday","date":"soon"},"status":"haunted"}"#,
    );
    let content = item.content;
    assert!(item.id.as_str().starts_with("sch_"));
    assert_eq!(content.award.most(), None);
    assert_eq!(content.award.text.as_deref(), Some("100 GALLEON"));
    assert_eq!(content.deadline.schedule, Schedule::Unknown);
    assert_eq!(content.deadline.text.as_deref(), Some("soon"));
    assert_eq!(content.status, EditorialStatus::Draft);
    assert_eq!(notes.len(), 4);
}

#[test]
fn complaints_use_the_words_of_the_source() {
    let outcomes = outcomes(
        ImportFormat::OpenScholarships,
        br#"{"id":"a","name":"N","sponsor":" ","award":{"amount_min":5,"amount_max":1}}
{"id":"a","name":"N"}"#,
    );
    assert_eq!(
        outcomes,
        [
            "1: award.amount_min: must not be above award.max; sponsor: must not be empty",
            "2: sponsor: is required"
        ]
    );
}

proptest! {
    #[test]
    fn no_words_of_the_source_bring_a_record_down(words in prop::collection::vec(".{0,30}", 12), points in any::<f64>()) {
        let record = json!({
            "id": words[0], "name": format!("N{}", words[1]), "sponsor": "S", "sponsor_type": words[2], "type": words[3],
            "award": {"amount_max": 5, "currency": words[4], "basis": words[5], "notes": "n"},
            "deadline": {"type": words[6], "date": words[7], "opens": words[8], "notes": "n"},
            "eligibility": {"residency": [words[9]], "education_level": [words[10]], "fields_of_study": ["x"], "gpa_min": points, "citizenship": [words[11]]},
            "links": {"info_url": words[4], "apply_url": words[5]}, "status": words[6],
        });
        let record = read(ImportFormat::OpenScholarships, record.to_string().as_bytes()).remove(0);
        // Control characters are refused by name; everything else goes in.
        if let Err(errors) = record.result {
            prop_assert!(errors.iter().all(|error| error.message.contains("control character") || error.field == "id"), "{errors:?}");
        }
    }
}

//! What was exported comes back unchanged.

use domain::{Scholarship, ScholarshipContent, ScholarshipDocument, ScholarshipId};
use proptest::prelude::*;
use testkit::arbitrary::scholarship_content;

use super::super::{ImportFormat, csv_header, csv_row};
use super::{now, read};

fn stored(content: ScholarshipContent) -> Scholarship {
    Scholarship {
        id: ScholarshipId::derived("test", "1"),
        content,
        version: 3,
        created_at: now(),
        updated_at: now(),
    }
}

/// A string of every character that CSV, spreadsheets or HTML could trip over.
fn awkward() -> impl Strategy<Value = String> {
    "[='+@,;|\"\\[{\\-a<>&\n ]{0,12}[b-z]"
}

proptest! {
    #[test]
    fn exports_come_back_unchanged(content in scholarship_content(), text in awkward(), tags in prop::collection::vec(awkward(), 0..4)) {
        let mut content = content;
        content.description = Some(text.trim().to_owned());
        for tag in tags {
            let tag = tag.replace('\n', "").trim().to_owned();
            if !content.tags.contains(&tag) && content.tags.len() < 50 {
                content.tags.push(tag);
            }
        }
        let scholarship = stored(content);
        let json = serde_json::to_string(&ScholarshipDocument::from(&scholarship)).expect("JSON");
        let csv = csv_header() + &csv_row(&scholarship);
        for (format, text) in [(ImportFormat::Ndjson, json), (ImportFormat::Csv, csv.clone()), (ImportFormat::Auto, csv)] {
            let record = read(format, text.as_bytes()).remove(0);
            let item = record.result.map_err(|errors| TestCaseError::fail(format!("{errors:?} in {text}")))?.item;
            prop_assert_eq!(&item.content, &scholarship.content);
            prop_assert_eq!(&item.id, &scholarship.id);
        }
    }
}

#[test]
fn a_spreadsheet_would_run_nothing_of_an_export() {
    let content = testkit::scholarship("=HYPERLINK(1)").content();
    let row = csv_row(&stored(content));
    assert!(row.contains(",'=HYPERLINK(1),"), "{row}");
}

//! Every kind of broken input names its line, and spoils nothing else.

use super::super::{ImportFormat, MAX_RECORD_BYTES};
use super::{outcomes, read};

const GOOD: &str = r#"{"name":"Good","organization":"Org"}"#;

fn complaint(format: ImportFormat, bytes: &[u8]) -> String {
    let outcomes = outcomes(format, bytes);
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    outcomes[0].clone()
}

#[test]
fn a_line_that_cannot_be_used_is_named_and_the_others_go_in() {
    let text = format!(
        "{GOOD}\nnot json\n{{\"name\":\"\",\"organization\":\"O\"}}\n\n{{\"name\":\"N\",\"organization\":\"O\",\"nmae\":1}}\n{{\"name\":\"N\"}}\n{{\"name\":\"N\",\"name\":\"M\",\"organization\":\"O\"}}\n{GOOD}"
    );
    let outcomes = outcomes(ImportFormat::Ndjson, text.as_bytes());
    let begins = [
        "1: ok",
        "2: is not JSON: expected ident (column 2)",
        "3: name: must not be empty",
        "5: nmae: is not a known key",
        "6: organization: is required",
        "7: name: is given more than once",
        "8: ok",
    ];
    assert_eq!(outcomes.len(), begins.len(), "{outcomes:?}");
    for (outcome, begin) in outcomes.iter().zip(begins) {
        assert!(outcome.starts_with(begin), "{outcome} / {begin}");
    }
}

#[test]
fn an_input_without_records_says_so() {
    for format in [
        ImportFormat::Auto,
        ImportFormat::Ndjson,
        ImportFormat::Json,
        ImportFormat::Csv,
        ImportFormat::OpenScholarships,
    ] {
        for bytes in [&b""[..], b"\n\r\n \n", b"\xef\xbb\xbf"] {
            assert_eq!(complaint(format, bytes), "1: the input holds no records");
        }
    }
    assert_eq!(
        complaint(ImportFormat::Json, b"[]"),
        "1: the input holds no records"
    );
    assert_eq!(
        complaint(ImportFormat::Csv, b"name,organization\n"),
        "1: the input holds no records"
    );
}

#[test]
fn latin_1_is_refused_with_the_line_and_a_way_out() {
    let latin = b"name,organization\nOne,Org\n\"two\nSe\xf1or\",Org\nThree,Org\n";
    let outcomes = outcomes(ImportFormat::Csv, latin);
    assert_eq!(outcomes[0], "2: ok");
    assert!(
        outcomes[1].starts_with("4: is not UTF-8 (byte 0xF1)") && outcomes[1].contains("iconv"),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[2], "5: ok");
    let line = b"{\"name\":\"Se\xf1or\",\"organization\":\"O\"}";
    assert!(complaint(ImportFormat::Ndjson, line).starts_with("1: is not UTF-8"));
}

#[test]
fn other_encodings_and_file_kinds_are_recognised() {
    for (bytes, word) in [
        (&b"\xff\xfen\0a\0"[..], "UTF-16"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"%PDF-1.7", "PDF"),
    ] {
        let complaint = complaint(ImportFormat::Auto, bytes);
        assert!(complaint.contains(word), "{complaint}");
    }
}

#[test]
fn broken_csv_quotes_cost_only_their_own_line() {
    for (row, line) in [
        ("\"Broken,Org", 3),
        ("\"Bro\"ken,Org", 3),
        ("Bro\"ken,Org", 3),
        ("Name,\"Org\"x", 3),
    ] {
        let text = format!("name,organization\nOne,Org\n{row}\nTwo,Org\n\"Thr\"\"ee\",Org\n");
        let outcomes = outcomes(ImportFormat::Csv, text.as_bytes());
        let ok = outcomes.iter().filter(|outcome| outcome.ends_with("ok"));
        assert_eq!(ok.count(), 3, "{row}: {outcomes:?}");
        let complaint = outcomes.iter().find(|outcome| outcome.contains("quote"));
        assert!(
            complaint.is_some_and(|complaint| complaint.starts_with(&format!("{line}: "))),
            "{row}: {outcomes:?}"
        );
    }
}

#[test]
fn a_csv_header_must_name_known_columns() {
    for (header, complaint_of) in [
        (
            "name,organization,shoe size",
            "1: shoe size: is not a known column",
        ),
        (
            "name,title,organization",
            "1: title: is a second column for name",
        ),
        ("name", "1: organization: is required as a column"),
    ] {
        let text = format!("{header}\nA,B,C\nD,E,F\n");
        let complaint = complaint(ImportFormat::Csv, text.as_bytes());
        assert!(complaint.starts_with(complaint_of), "{complaint}");
    }
    assert_eq!(
        complaint(ImportFormat::Csv, b"name,organization,\nA,B,C\n"),
        "2: has a cell in a column without a name"
    );
    let text = b"name,organization,gpa\nA,B,high\nC,D,4.1\nE,F\nG,H,3.5\n";
    let outcomes = outcomes(ImportFormat::Csv, text);
    assert_eq!(
        outcomes[0],
        "2: eligibility_criteria.min_gpa: must be a plain number such as 1500 or 3.5"
    );
    assert!(
        outcomes[1].starts_with("3: eligibility_criteria.min_gpa: must be a number from 0 to 4")
    );
    assert!(outcomes[2].starts_with("4: has 2 cells where the header has 3"));
    assert_eq!(outcomes[3], "5: ok");
}

#[test]
fn a_record_that_is_too_long_is_skipped() {
    let long = "x".repeat(MAX_RECORD_BYTES);
    let object = format!("{{\"name\":\"{long}\",\"organization\":\"O\"}}");
    let lines = format!("{GOOD}\n{object}\n{GOOD}\n");
    let array = format!("[{GOOD},{object},{GOOD}]");
    let table = format!("name,organization\nA,B\n{long},B\n\"{long}\",B\nC,D\n");
    for (format, text, good) in [
        (ImportFormat::Ndjson, lines, 2),
        (ImportFormat::Json, array, 2),
        (ImportFormat::Csv, table, 2),
    ] {
        let outcomes = outcomes(format, text.as_bytes());
        let ok = outcomes.iter().filter(|outcome| outcome.ends_with("ok"));
        assert_eq!(ok.count(), good, "{format:?} {outcomes:?}");
        assert!(outcomes.iter().any(|outcome| outcome.contains("1 MiB")));
    }
}

#[test]
fn json_that_ends_too_early_or_goes_on_too_long_is_reported() {
    let cases = [
        (
            format!("[{GOOD},\n{{\"name\":"),
            "2: the input ends inside this record",
        ),
        (format!("[{GOOD},\n"), "2: the array is not closed"),
        (
            format!("[{GOOD}]\nxyz"),
            "2: something follows the end of the array",
        ),
        (format!("[{GOOD},\n[1]]"), "2: "),
        (
            format!("[{GOOD},\n{{\"a\":\n[}}]"),
            "2: the input ends inside this record",
        ),
    ];
    for (text, complaint) in cases {
        let outcomes = outcomes(ImportFormat::Json, text.as_bytes());
        assert_eq!(outcomes.len(), 2, "{text}: {outcomes:?}");
        assert_eq!(outcomes[0], "1: ok");
        assert!(outcomes[1].starts_with(complaint), "{text}: {outcomes:?}");
    }
}

#[test]
fn nesting_surrogates_and_control_characters_are_refused_without_panic() {
    for line in [
        format!("{{\"name\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000)),
        r#"{"name":"\ud800","organization":"O"}"#.to_owned(),
        r#"{"name":"a\u0007b","organization":"O"}"#.to_owned(),
        "{\"name\":\"a\u{1}b\",\"organization\":\"O\"}".to_owned(),
        "null".to_owned(),
        "[1,2]".to_owned(),
    ] {
        let records = read(ImportFormat::Ndjson, line.as_bytes());
        assert_eq!(records.len(), 1);
        assert!(records[0].result.is_err());
    }
}

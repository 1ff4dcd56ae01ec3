//! The formats, their dialects, and how they are told apart.

use domain::{Schedule, ScholarshipType, Term, UsState};

use super::super::{ImportFormat, RecordReader};
use super::{content, contents, read};

#[test]
fn auto_tells_the_formats_apart() {
    let document = r#"{"name":"N","organization":"O"}"#;
    let other = r#"{"name":"M","organization":"O"}"#;
    for (text, count) in [
        (format!("{document}\n{other}\n"), 2),
        (format!("{document}\r\n\r\n{other}"), 2),
        (format!("\u{feff}{document}"), 1),
        (format!("[{document}, {other}]"), 2),
        (format!(" \n[\n{document}\n,\n{other}\n]\n"), 2),
        (
            format!("{{\"data\":[{document},{other}],\"page\":{{\"total\":2}}}}"),
            2,
        ),
        (
            format!("{{\n  \"page\": {{\"data\": [1]}},\n  \"data\": [\n{document}] }}"),
            1,
        ),
        (
            "{\n  \"name\": \"N\",\n  \"organization\": \"O\"\n}\n".to_owned(),
            1,
        ),
        ("name,organization\nN,O\nM,O\n".to_owned(), 2),
        ("\u{feff}Title;Sponsor\r\nN;O\r\n".to_owned(), 1),
        ("name\torganization\nN\tO".to_owned(), 1),
        ("name,organization,,\nN,O,,\n,,,\n".to_owned(), 1),
        (
            format!(
                "{document}\n{}\n",
                r#"{"id":"x-1","name":"N","sponsor":"S"}"#
            ),
            2,
        ),
    ] {
        assert_eq!(contents(ImportFormat::Auto, &text).len(), count, "{text}");
    }
}

#[test]
fn a_file_name_decides_where_a_broken_first_line_would_mislead() {
    let text = b"{\"name\":\n{\"name\":\"N\",\"organization\":\"O\"}\n";
    let mut reader = RecordReader::new(ImportFormat::Auto).with_file_name("catalogue.ndjson");
    let mut records = reader.push(text);
    records.append(&mut reader.finish());
    let fine: Vec<bool> = records.iter().map(|record| record.result.is_ok()).collect();
    assert_eq!(fine, [false, true]);
}

#[test]
fn a_friendly_table_is_understood() {
    let text = "Title,Sponsor,Amount,Deadline,GPA,State,Major,Level,Renewable,Type,Citizenship,Attributes,Tags,Eligibility\r\n\
        \"Nurses, United\",Example Fund,\"$500 - $2,000\",\"March 1, 2027\",3.25,Nevada; ca,Nursing|Basket weaving,High School,yes,Need Based,U.S. citizen,first generation=yes; gender=female|nonbinary,health;nevada,\"Line one\nLine two\"\r\n";
    let content = content(ImportFormat::Auto, text);
    assert_eq!(content.name, "Nurses, United");
    assert_eq!(content.award.minimum, Some(50_000));
    assert_eq!(content.award.maximum, Some(200_000));
    assert_eq!(content.award.text.as_deref(), Some("$500 - $2,000"));
    assert!(
        matches!(content.deadline.schedule, Schedule::Fixed(fixed) if fixed.date.to_string() == "2027-03-01")
    );
    assert_eq!(content.deadline.text.as_deref(), Some("March 1, 2027"));
    assert_eq!(content.scholarship_type, ScholarshipType::NeedBased);
    assert_eq!(content.renewable, Some(true));
    let criteria = &content.criteria[0];
    assert_eq!(criteria.residency_states.codes(), "CA, NV");
    assert_eq!(criteria.fields_of_study.codes(), "medicine, other");
    assert_eq!(criteria.fields_of_study_text, ["Nursing", "Basket weaving"]);
    assert_eq!(criteria.grade_levels.len(), 4);
    assert_eq!(criteria.citizenship_required[0].code(), "us_citizen");
    assert_eq!(criteria.attributes["gender"], ["female", "nonbinary"]);
    assert_eq!(criteria.text.as_deref(), Some("Line one\nLine two"));
    assert_eq!(content.tags, ["health", "nevada"]);
    assert_eq!(UsState::from_code("NV"), Some(UsState::Nevada));
}

#[test]
fn printed_texts_fill_only_what_is_unknown() {
    let read = content(
        ImportFormat::Ndjson,
        r#"{"name":"N","organization":"O","award":{"text":"up to €5.000"},"deadline":{"kind":"unknown","text":"March 1 every year"}}"#,
    );
    assert_eq!(read.award.maximum, Some(500_000));
    assert_eq!(read.award.currency.as_str(), "EUR");
    assert!(matches!(
        read.deadline.schedule,
        Schedule::Annual {
            month: Some(3),
            day: Some(1),
            ..
        }
    ));
    let stated = content(
        ImportFormat::Ndjson,
        r#"{"name":"N","organization":"O","award":{"max":10,"text":"$999"},"deadline":{"kind":"varies","text":"March 1, 2027"}}"#,
    );
    assert_eq!(stated.award.most(), Some(1_000));
    assert_eq!(stated.deadline.schedule, Schedule::Varies);
}

#[test]
fn html_becomes_text() {
    let content = content(
        ImportFormat::Ndjson,
        r#"{"name":"Women&#39;s Fund","organization":"A &amp; B","description":"<p>One</p><script>x()</script><p>Two</p>","tags":["R&amp;D"]}"#,
    );
    assert_eq!(content.name, "Women's Fund");
    assert_eq!(content.organization, "A & B");
    assert_eq!(content.description.as_deref(), Some("One\nTwo"));
    assert_eq!(content.tags, ["R&D"]);
}

#[test]
fn identity_is_the_given_one_or_follows_from_source_or_name() {
    let id = |text: &str| {
        let record = read(ImportFormat::Ndjson, text.as_bytes()).remove(0);
        record.result.expect("usable").item
    };
    let own = id(r#"{"id":"mine-1","name":"N","organization":"O"}"#);
    assert_eq!(own.id.as_str(), "mine-1");
    assert_eq!(own.content.provenance.source, None);
    let sourced =
        id(r#"{"name":"N","organization":"O","provenance":{"source":"s","source_id":"7"}}"#);
    assert_eq!(sourced.id, domain::ScholarshipId::derived("s", "7"));
    let named = id(r#"{"name":"The  N-Award","organization":"O"}"#);
    assert_eq!(named.content.provenance.source.as_deref(), Some("import"));
    assert_eq!(
        named.id,
        id(r#"{"name":"the n award","organization":"O."}"#).id
    );
    assert_ne!(
        named.id,
        id(r#"{"name":"the n award","organization":"P"}"#).id
    );
}

//! The samples are deterministic, valid, and like real catalogues in their statistics.

use std::collections::HashSet;

use domain::deadline::FixedDeadline;
use domain::{FieldOfStudy, Schedule, ScholarshipDocument, Timestamp};

use super::*;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date")
}

fn noon(date: NaiveDate) -> Timestamp {
    FixedDeadline::on(date).instant() - chrono::TimeDelta::hours(12)
}

fn json(scholarships: impl Iterator<Item = ScholarshipContent>) -> String {
    scholarships
        .map(|content| {
            serde_json::to_string(&ScholarshipDocument::from(&content)).expect("JSON") + "\n"
        })
        .collect()
}

fn share(sample: &[ScholarshipContent], holds: impl Fn(&ScholarshipContent) -> bool) -> usize {
    sample.iter().filter(|content| holds(content)).count() * 100 / sample.len()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let first = json(generate(50, 7, today()));
    assert_eq!(first, json(generate(50, 7, today())));
    assert!(json(generate(60, 7, today())).starts_with(&first));
    assert_ne!(first, json(generate(50, 8, today())));
    assert_eq!(
        json(bundled(today()).into_iter()),
        json(bundled(today()).into_iter())
    );
}

/// Relevance is judged on these very records: whoever changes one changes what the judgements mean.
#[test]
fn the_bundled_catalogue_of_a_day_never_changes() {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(json(bundled(today()).into_iter()));
    assert_eq!(
        domain::hexadecimal(&digest),
        "c9c4be38dcad8814621743e48c314e99d93a62729a608e4ab3e6bd0237b22fe9"
    );
}

#[test]
fn every_sample_is_a_valid_document_in_normal_form() {
    for content in generate(1_000, 1, today()).chain(bundled(today())) {
        let document = ScholarshipDocument::from(&content);
        assert_eq!(document.into_content(), Ok(content));
    }
}

#[test]
fn samples_say_that_they_are_samples() {
    for content in generate(300, 3, today()).chain(bundled(today())) {
        assert_eq!(content.provenance.source.as_deref(), Some("sample"));
        assert!(content.provenance.source_id.is_some());
        let addresses = [
            &content.application_url,
            &content.website_url,
            &content.provenance.source_url,
        ];
        for address in addresses.into_iter().flatten() {
            let host = address.split('/').nth(2).unwrap_or("");
            assert!(
                ["example.org", "example.com", "example.net"].contains(&host),
                "{address}"
            );
        }
        assert!(
            content
                .contact_email
                .is_none_or(|email| email.contains("@example."))
        );
    }
}

#[test]
fn a_name_that_says_a_field_asks_for_it_and_some_names_are_open_to_all() {
    for sample in [generate(2_000, 5, today()).collect(), bundled(today())] {
        let sample: Vec<ScholarshipContent> = sample;
        for content in &sample {
            let said = subjects::SUBJECTS.iter().filter(|subject| {
                content.name.contains(subject.title)
                    || content
                        .name
                        .contains(&format!("Future {} Scholarship", subject.people))
                    || content.name.contains(&format!(" for {}", subject.people))
                    || content
                        .name
                        .starts_with(&format!("{} of Tomorrow", subject.people))
            });
            if said.count() > 0 {
                let asked = content
                    .criteria
                    .iter()
                    .all(|set| !set.fields_of_study.is_empty());
                assert!(asked && !content.criteria.is_empty(), "{}", content.name);
            }
        }
        let open = share(&sample, |content| {
            content
                .criteria
                .iter()
                .all(|set| set.fields_of_study.is_empty())
        });
        assert!((15..=40).contains(&open), "{open} % open to all fields");
        let everybody = share(&sample, |content| content.criteria.is_empty());
        assert!((3..=12).contains(&everybody), "{everybody} % open to all");
    }
}

#[test]
fn samples_have_the_statistics_of_real_catalogues() {
    let sample: Vec<ScholarshipContent> = generate(6_700, 42, today()).collect();
    let now = noon(today());
    assert!(share(&sample, |content| content.is_open(now)) >= 95);
    assert!((30..=40).contains(&share(&sample, |content| content.award.most().is_none())));
    assert!((60..=72).contains(&share(&sample, |content| content.description.is_some())));
    assert!((25..=35).contains(&share(&sample, |content| matches!(
        content.deadline.schedule,
        Schedule::Annual { .. }
    ))));
    assert!(
        (5..=15).contains(&share(&sample, |content| content.deadline.schedule
            == Schedule::Rolling))
    );
    assert!(
        share(&sample, |content| content.award.currency
            != domain::Currency::USD)
            >= 2
    );
    assert!(share(&sample, |content| !content.name.is_ascii()) >= 6);
    assert!(share(&sample, |content| content.criteria.len() > 1) >= 2);
    assert!(
        share(&sample, |content| content
            .criteria
            .iter()
            .any(|set| !set.attributes.is_empty()))
            >= 15
    );
    let mut lengths: Vec<usize> = sample
        .iter()
        .filter_map(|content| content.description.as_ref())
        .map(|description| description.chars().count())
        .collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!((210..=280).contains(&median), "median {median}");
    let words = distinct_words(&sample);
    assert!(
        (15_500..=20_000).contains(&words),
        "{words} different words"
    );
    let half = distinct_words(&sample[..3_350]);
    assert!(
        half < words * 3 / 4,
        "{half} of {words} words in the first half"
    );
}

fn distinct_words(sample: &[ScholarshipContent]) -> usize {
    let mut words = HashSet::new();
    for content in sample {
        let rules = content.criteria.iter().filter_map(|set| set.text.as_ref());
        let texts = [&content.name, &content.organization];
        for text in texts.into_iter().chain(&content.description).chain(rules) {
            let lower = text.to_lowercase();
            let parts = lower.split(|character: char| !character.is_alphanumeric());
            words.extend(parts.filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }
    words.len()
}

#[test]
fn the_bundled_catalogue_is_open_on_the_day_and_covers_everything() {
    for day in [
        today(),
        NaiveDate::from_ymd_opt(2028, 2, 29).expect("a date"),
    ] {
        let sample = bundled(day);
        assert_eq!(sample.len(), BUNDLED);
        let now = noon(day);
        assert!(sample.iter().all(|content| content.is_open(now)));
        let names: HashSet<&str> = sample.iter().map(|content| content.name.as_str()).collect();
        assert_eq!(names.len(), BUNDLED);
        let asks = |holds: &dyn Fn(&domain::Criteria) -> bool| {
            sample
                .iter()
                .any(|content| content.criteria.iter().any(holds))
        };
        for field in FieldOfStudy::ALL {
            assert!(
                asks(&|set| set.fields_of_study.contains(*field)),
                "{field:?}"
            );
        }
        for state in UsState::ALL {
            assert!(
                asks(&|set| set.residency_states.contains(*state)),
                "{state:?}"
            );
        }
    }
}

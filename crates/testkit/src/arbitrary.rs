//! Proptest strategies for valid scholarships and students, every kind of criterion, amount and deadline among them.
//!
//! What they make is in the domain's normal form: a document made of it reads back as the same content.

mod criteria;
mod deadline;
mod profile;
mod words;

use domain::award::MAX_MINOR_UNITS;
use domain::{Award, Currency, EditorialStatus, Provenance, ScholarshipContent, ScholarshipType};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

pub use self::criteria::criteria;
pub use self::deadline::deadline;
pub use self::profile::student_profile;
use self::words::{address, line, prose, term};

/// `count` values of a strategy, the same with each call.
///
/// # Panics
/// When the strategy rejects too many of its own values.
pub fn sample<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count)
        .map(|_| {
            let tree = strategy.new_tree(&mut runner);
            tree.expect("the strategy rejects nothing").current()
        })
        .collect()
}

/// Unknown amounts, one bound or both, with and without cents; currencies with 0, 2 and 3 decimals.
pub fn award() -> impl Strategy<Value = Award> {
    let amount = prop_oneof![
        4 => (1_i64..500).prop_map(|hundreds| hundreds * 10_000),
        1 => 0..=MAX_MINOR_UNITS,
    ];
    let currency = prop_oneof![
        6 => Just("USD"),
        1 => Just("EUR"),
        1 => Just("JPY"),
        1 => Just("KWD"),
    ];
    (
        option::of(amount.clone()),
        option::of(amount),
        currency,
        option::weighted(0.3, line(40)),
    )
        .prop_map(|(one, other, currency, text)| {
            let (minimum, maximum) = match (one, other) {
                (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other))),
                bounds => bounds,
            };
            Award {
                minimum,
                maximum,
                currency: Currency::parse(currency).unwrap_or(Currency::USD),
                text,
            }
        })
}

fn provenance() -> impl Strategy<Value = Provenance> {
    (
        option::of(line(30)),
        option::of("[a-zA-Z0-9:/-]{1,40}"),
        option::of(address()),
        option::of(deadline::date()),
    )
        .prop_map(
            |(source, source_id, source_url, last_verified)| Provenance {
                source,
                source_id,
                source_url,
                last_verified,
            },
        )
}

fn status() -> impl Strategy<Value = EditorialStatus> {
    prop_oneof![
        8 => Just(EditorialStatus::Active),
        1 => Just(EditorialStatus::Draft),
        1 => Just(EditorialStatus::Archived),
    ]
}

/// Whole scholarships. Their origins may collide; set `provenance` where that matters.
pub fn scholarship_content() -> impl Strategy<Value = ScholarshipContent> {
    let texts = (
        line(80),
        line(60),
        option::of(prose(600)),
        vec(line(20), 0..4),
    );
    let addresses = (
        option::of(address()),
        option::of(address()),
        option::weighted(0.3, "[a-z]{1,8}@[a-z]{1,8}\\.example"),
    );
    let facts = (
        option::of(1_u32..1_000),
        option::of(any::<bool>()),
        option::of(deadline::date()),
        term::<ScholarshipType>(),
        status(),
    );
    let sets = vec(criteria(), 0..3);
    (
        texts,
        award(),
        deadline(),
        addresses,
        facts,
        sets,
        provenance(),
    )
        .prop_map(
            |(texts, award, deadline, addresses, facts, criteria, provenance)| {
                let (name, organization, description, tags) = texts;
                let (application_url, website_url, contact_email) = addresses;
                let (max_awards, renewable, notification_date, scholarship_type, status) = facts;
                ScholarshipContent {
                    name,
                    organization,
                    description,
                    award,
                    max_awards,
                    renewable,
                    deadline,
                    notification_date,
                    scholarship_type,
                    criteria,
                    tags: words::distinct(tags),
                    application_url,
                    website_url,
                    contact_email,
                    provenance,
                    status,
                }
            },
        )
}

#[cfg(test)]
mod tests {
    use domain::ScholarshipDocument;

    use super::*;

    proptest! {
        #[test]
        fn contents_survive_the_round_trip_through_their_document(content in scholarship_content()) {
            let json = serde_json::to_vec(&ScholarshipDocument::from(&content)).expect("JSON");
            let document: ScholarshipDocument = serde_json::from_slice(&json).expect("a document");
            prop_assert_eq!(document.into_content(), Ok(content));
        }
    }

    #[test]
    fn samples_are_the_same_each_time_and_differ_among_themselves() {
        let contents = sample(&scholarship_content(), 50);
        assert_eq!(contents, sample(&scholarship_content(), 50));
        let amounts = contents
            .iter()
            .filter(|content| content.award.most().is_none());
        assert!((1..50).contains(&amounts.count()));
        assert!(contents.iter().any(|content| content.criteria.len() > 1));
    }
}

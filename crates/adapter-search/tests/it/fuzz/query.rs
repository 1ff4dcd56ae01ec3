//! Whatever is asked, the answer is sound, and asking for more never finds more.

use std::collections::BTreeMap;

use adapter_search::{DEFAULT_SEARCH, DEFAULT_SYNONYMS, InProcessIndex, SearchSettings};
use domain::{Scholarship, ScholarshipId, Term, TermSet, Verdict};
use ports::search_index::{FacetKind, Filters, ProfileFilter, SearchAnswer, SearchRequest};
use ports::{Change, FeedPosition, SearchIndex};

use super::{check_answer, fuzz, texts};
use crate::catalogue::{Generator, now};

/// Records of the generator, some of them with hard texts.
fn records(count: usize) -> Vec<Scholarship> {
    let mut generator = Generator::of(5);
    let mut records = BTreeMap::new();
    for number in 0..count {
        let mut scholarship = generator.scholarship(10 * count);
        if number % 3 == 0 {
            scholarship.content.name = texts::text(&mut generator, 60);
            scholarship.content.description = Some(texts::text(&mut generator, 2_000));
        }
        records.insert(scholarship.id.clone(), scholarship);
    }
    records.into_values().collect()
}

fn upserted(records: &[Scholarship]) -> impl Iterator<Item = Change> {
    let records = records.iter().cloned();
    records.map(|record| Change::Upserted(Box::new(record)))
}

/// All in one segment.
fn index_of(records: &[Scholarship]) -> InProcessIndex {
    let index = InProcessIndex::new(SearchSettings::default());
    index.apply(upserted(records).collect(), FeedPosition::default());
    index
}

/// The same in several segments, the first of which holds dead documents, some with words that are nowhere else. The segments
/// are so unlike in size that none are merged.
fn worked_on_index(records: &[Scholarship]) -> InProcessIndex {
    let search = DEFAULT_SEARCH.replace("delta = 1000", "delta = 2");
    assert_ne!(search, DEFAULT_SEARCH);
    let settings = SearchSettings::from_toml(&search, DEFAULT_SYNONYMS).expect("valid settings");
    let index = InProcessIndex::new(settings);
    let count = records.len();
    let (large, rest) = records.split_at(count * 3 / 4);
    let (middle, small) = rest.split_at(count / 6);
    let changed = &large[..count / 12];
    let other = |kind: &str, record: &Scholarship| {
        let mut other = record.clone();
        other.content.name = format!("{kind}word {}", other.content.organization);
        other
    };
    let earlier: Vec<Scholarship> = changed
        .iter()
        .map(|record| other("early", record))
        .collect();
    let strangers = (0..).zip(changed).map(|(number, record)| Scholarship {
        id: ScholarshipId::parse(&format!("stranger{number}")).expect("an id"),
        ..other("strange", record)
    });
    let strangers: Vec<Scholarship> = strangers.collect();
    let deleted = strangers.iter().map(|record| Change::Deleted {
        id: record.id.clone(),
        at: now(),
    });
    let first = [&earlier, &large[changed.len()..], &strangers].concat();
    for batch in [
        upserted(&first).collect(),
        upserted(middle).chain(upserted(changed)).collect(),
        upserted(small).chain(deleted).collect::<Vec<Change>>(),
    ] {
        index.apply(batch, FeedPosition::default());
    }
    index
}

/// The index of so many records, worked on.
pub(super) fn worked_on_index_of(count: usize) -> InProcessIndex {
    worked_on_index(&records(count))
}

fn query(generator: &mut Generator) -> String {
    match generator.below(4) {
        0 => generator.query(),
        1 => {
            let (own, hard) = (generator.query(), texts::text(generator, 30));
            format!("{own} {hard}")
        }
        2 => texts::text(generator, 600),
        _ => texts::text(generator, 40_000),
    }
}

/// The filters with those of `others` that they do not have yet.
fn narrowed(filters: &Filters, others: &Filters) -> Filters {
    let mut narrow = filters.clone();
    if narrow.fields_of_study.is_empty() {
        narrow.fields_of_study = others.fields_of_study;
    }
    if narrow.scholarship_types.is_empty() {
        narrow.scholarship_types = others.scholarship_types;
    }
    if narrow.states.is_empty() {
        narrow.states = others.states;
        narrow.states_only = others.states_only;
    }
    if narrow.grade_levels.is_empty() {
        narrow.grade_levels = others.grade_levels;
    }
    if narrow.citizenship.is_empty() {
        narrow.citizenship.clone_from(&others.citizenship);
    }
    narrow.min_amount = narrow.min_amount.or(others.min_amount);
    narrow.max_amount = narrow.max_amount.or(others.max_amount);
    narrow.known_amount |= others.known_amount;
    narrow.min_gpa = narrow.min_gpa.or(others.min_gpa);
    narrow.financial_need = narrow.financial_need.or(others.financial_need);
    narrow.renewable = narrow.renewable.or(others.renewable);
    narrow.deadline_after = narrow.deadline_after.or(others.deadline_after);
    narrow.deadline_before = narrow.deadline_before.or(others.deadline_before);
    narrow.open_on = narrow.open_on.or(others.open_on);
    narrow
}

/// A filter may make it necessary to give up words, and then other records are found, even when the same words seem to be
/// given up: several may have been typed as one.
fn narrows(wide: &SearchAnswer, narrow: &SearchAnswer) {
    assert_eq!(wide.corrected, narrow.corrected);
    if narrow.relaxed.is_empty() && narrow.total > 0 {
        assert!(wide.relaxed.is_empty());
        assert!(narrow.total <= wide.total);
    }
}

/// Every record has one type, one range of amounts and one month, so those counts add up to the total.
fn adds_up(request: &SearchRequest, answer: &SearchAnswer) {
    let filters = &request.filters;
    for facet in &answer.facets {
        let counted: u64 = facet.values.iter().map(|value| value.count).sum();
        let (is_filtered, is_single) = match facet.kind {
            FacetKind::ScholarshipTypes => (!filters.scholarship_types.is_empty(), true),
            FacetKind::Amount => {
                let limits = filters.min_amount.or(filters.max_amount);
                (limits.is_some() || filters.known_amount, true)
            }
            FacetKind::DeadlineMonth => {
                let limits = filters.deadline_after.or(filters.deadline_before);
                (limits.is_some(), true)
            }
            _ => (true, false),
        };
        if is_single && !is_filtered {
            assert_eq!(counted, answer.total, "{:?} of {request:?}", facet.kind);
        } else if is_single {
            assert!(counted >= answer.total, "{:?} of {request:?}", facet.kind);
        }
    }
}

#[test]
fn any_query_is_answered_and_further_filters_never_find_more() {
    let records = records(90);
    let (in_one, index) = (index_of(&records), worked_on_index(&records));
    let found = std::cell::Cell::new(0);
    fuzz("query", 300, |generator| {
        let wide = SearchRequest {
            query: query(generator),
            facets: TermSet::of(FacetKind::ALL),
            highlight: true,
            limit: generator.below(30),
            ..generator.request()
        };
        let answer = index.search(&wide, now()).expect("an answer");
        // Segments and what died in them leave no trace.
        assert_eq!(
            in_one.search(&wide, now()).as_ref(),
            Ok(&answer),
            "{wide:?}"
        );
        check_answer(&wide, &answer);
        adds_up(&wide, &answer);
        found.set(found.get() + answer.total);

        let filters = narrowed(&wide.filters, &generator.filters());
        let filtered = SearchRequest {
            filters,
            ..wide.clone()
        };
        let profiled = SearchRequest {
            profile: wide.profile.clone().or_else(|| {
                Some(ProfileFilter {
                    profile: generator.profile(),
                    verdicts: TermSet::of(&[Verdict::Eligible, Verdict::Possible]),
                })
            }),
            ..wide.clone()
        };
        for narrow in [filtered, profiled] {
            let narrow_answer = index.search(&narrow, now()).expect("an answer");
            check_answer(&narrow, &narrow_answer);
            adds_up(&narrow, &narrow_answer);
            narrows(&answer, &narrow_answer);
        }
        assert!(index.suggest(&wide.query, 10, now()).len() <= 10);
        index.public_words(&wide.query);
    });
    assert!(found.get() > 0);
}

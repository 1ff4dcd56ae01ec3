//! Suggestions against their definition, evaluated record by record without any index.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use adapter_search::InProcessIndex;
use chrono::TimeDelta;
use domain::{EditorialStatus, Scholarship, Timestamp};
use ports::search_index::{Suggestion, SuggestionKind};
use ports::{Change, FeedPosition, SearchIndex};

use crate::agreement::settings;
use crate::catalogue::{Generator, now};
use crate::model::{Catalogue, fields, words};

/// Some words and the beginning of another, of what the catalogue is about.
fn typed(generator: &mut Generator, catalogue: &Catalogue) -> String {
    let mut words: Vec<String> = if generator.chance(0.5) && !catalogue.is_empty() {
        let number = generator.below(catalogue.len());
        let content = &catalogue.values().nth(number).expect("a record").content;
        let text = if generator.chance(0.5) {
            &content.name
        } else {
            &content.organization
        };
        let kept = 1 + generator.below(3);
        words(text).into_iter().take(kept).collect()
    } else {
        (0..=generator.below(2))
            .map(|_| generator.word().to_owned())
            .collect()
    };
    if let Some(last) = words.last_mut() {
        last.truncate(1 + generator.below(last.len()));
    }
    words.join(" ")
}

/// The first one to close writes a title, of equals that with the smallest id.
fn closing(scholarship: &Scholarship) -> (Timestamp, &str) {
    let expires = scholarship.content.deadline.expires_at();
    (
        expires.unwrap_or(Timestamp::MAX_UTC),
        scholarship.id.as_str(),
    )
}

fn expected(
    catalogue: &Catalogue,
    typed: &str,
    limit: usize,
    instant: Timestamp,
) -> Vec<Suggestion> {
    let typed_words = words(typed);
    let (last, before) = typed_words.split_last().expect("words");
    let mut titles: BTreeMap<(SuggestionKind, String), Vec<&Scholarship>> = BTreeMap::new();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for scholarship in catalogue.values() {
        let content = &scholarship.content;
        let is_active = content.status == EditorialStatus::Active;
        if !is_active || content.deadline.is_expired(instant) {
            continue;
        }
        let held: BTreeSet<String> = fields(scholarship).into_iter().flatten().collect();
        if before.iter().all(|word| held.contains(word)) {
            for word in held.iter().filter(|word| word.starts_with(last)) {
                *counts.entry(word.clone()).or_default() += 1;
            }
        }
        for (kind, text) in [
            (SuggestionKind::Scholarship, &content.name),
            (SuggestionKind::Organization, &content.organization),
        ] {
            let held = words(text);
            if before.iter().all(|word| held.contains(word))
                && held.iter().any(|word| word.starts_with(last))
            {
                let bearers = titles.entry((kind, held.join(" "))).or_default();
                bearers.push(scholarship);
            }
        }
    }
    let mut titles: Vec<_> = titles.into_iter().collect();
    titles.sort_by_key(|((kind, text), bearers)| {
        let is_inside = !text.starts_with(&typed_words.join(" "));
        (is_inside, Reverse(bearers.len()), text.clone(), *kind)
    });
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(word, count)| (Reverse(*count), word.clone()));
    counts.truncate(limit.div_ceil(3).max(limit.saturating_sub(titles.len())));
    titles.truncate(limit - counts.len());
    let words = counts.into_iter().map(|(word, count)| Suggestion {
        text: [before, &[word]].concat().join(" "),
        count,
        kind: SuggestionKind::Word,
    });
    let titles = titles.into_iter().map(|((kind, _), bearers)| {
        let writer = bearers
            .iter()
            .min_by_key(|scholarship| closing(scholarship));
        let content = &writer.expect("a bearer").content;
        let text = match kind {
            SuggestionKind::Organization => &content.organization,
            SuggestionKind::Scholarship | SuggestionKind::Word => &content.name,
        };
        Suggestion {
            text: text.clone(),
            count: bearers.len() as u64,
            kind,
        }
    });
    words.chain(titles).collect()
}

/// How many comparisons there were, and in how many of them a title was borne several times, or left no place.
#[derive(Default)]
struct Compared {
    all: usize,
    repeated: usize,
    full: usize,
}

impl Compared {
    /// Batches of these sizes, with so many comparisons behind each.
    fn with_changes(&mut self, seed: u64, ids: usize, sizes: &[usize], comparisons: usize) {
        let mut generator = Generator::of(seed);
        let index = InProcessIndex::new(settings(3));
        let mut catalogue = Catalogue::new();
        for size in sizes {
            let mut changes = Vec::new();
            for _ in 0..*size {
                let scholarship = generator.scholarship(ids);
                if generator.chance(0.2) {
                    let id = scholarship.id;
                    catalogue.remove(&id);
                    changes.push(Change::Deleted { id, at: now() });
                } else {
                    catalogue.insert(scholarship.id.clone(), scholarship.clone());
                    changes.push(Change::Upserted(Box::new(scholarship)));
                }
            }
            index.apply(changes, FeedPosition::default());
            for _ in 0..comparisons {
                self.compare(&mut generator, &index, &catalogue);
            }
        }
    }

    fn compare(
        &mut self,
        generator: &mut Generator,
        index: &InProcessIndex,
        catalogue: &Catalogue,
    ) {
        let typed = typed(generator, catalogue);
        let limit = 1 + generator.below(12);
        let days = [0, 0, 30, 200][generator.below(4)];
        let instant = now() + TimeDelta::days(days);
        let expected = expected(catalogue, &typed, limit, instant);
        if expected.is_empty() {
            // What was typed may be corrected then.
            return;
        }
        let found = index.suggest(&typed, limit, instant);
        assert_eq!(found, expected, "{typed:?}, {limit} at {instant}");
        let is_title = |one: &&Suggestion| one.kind != SuggestionKind::Word;
        let titles = found.iter().filter(is_title);
        self.all += 1;
        self.repeated += usize::from(titles.clone().any(|one| one.count > 1));
        self.full += usize::from(found.len() == limit && titles.count() > 0);
    }
}

#[test]
fn suggestions_are_as_defined_through_all_changes() {
    let mut compared = Compared::default();
    for seed in 0..60 {
        compared.with_changes(seed, 150, &[120, 1, 2, 40, 1, 12], 12);
    }
    // Else the agreement would be one of next to nothing.
    let Compared {
        all,
        repeated,
        full,
    } = compared;
    assert!(all > 4_000, "{all}");
    assert!(repeated > all / 6, "{repeated} of {all}");
    assert!(full > all / 3, "{full} of {all}");
}

#[test]
fn suggestions_are_as_defined_where_there_are_many() {
    let mut compared = Compared::default();
    for seed in 0..2 {
        compared.with_changes(seed, 6_000, &[4_000, 600, 3, 1_500], 12);
    }
    assert!(compared.all > 80, "{}", compared.all);
    assert!(compared.repeated > 60, "{}", compared.repeated);
}

//! Changes: what readers see of them, alone and at the same time.

use std::sync::atomic::{AtomicBool, Ordering};

use adapter_search::{InProcessIndex, SearchSettings};
use domain::{Scholarship, ScholarshipId};
use ports::search_index::SearchRequest;
use ports::{CatalogueFingerprint, Change, FeedPosition, RevisionMark, SearchIndex};

use crate::agreement::{ids_of, settings, settings_with};
use crate::catalogue::{Generator, now};

fn open_record(number: usize, name: &str) -> Scholarship {
    let mut scholarship = Generator::of(9).scholarship(1);
    scholarship.id = ScholarshipId::parse(&format!("r{number:04}")).expect("an id");
    scholarship.content.name = name.to_owned();
    scholarship.content.status = domain::EditorialStatus::Active;
    scholarship.content.deadline = domain::Deadline::default();
    scholarship
}

fn upserted(number: usize, name: &str) -> Change {
    Change::Upserted(Box::new(open_record(number, name)))
}

fn deleted(number: usize) -> Change {
    Change::Deleted {
        id: open_record(number, "x").id,
        at: now(),
    }
}

fn found(index: &InProcessIndex, query: &str) -> Vec<String> {
    let request = SearchRequest {
        query: query.to_owned(),
        limit: 100,
        ..SearchRequest::default()
    };
    let answer = index.search(&request, now()).expect("an answer");
    ids_of(&answer).iter().map(ToString::to_string).collect()
}

#[test]
fn the_last_change_of_a_batch_wins() {
    let index = InProcessIndex::new(settings(2));
    let position = FeedPosition {
        transaction: 3,
        sequence: 9,
    };
    let changes = vec![
        upserted(1, "first"),
        upserted(2, "second"),
        deleted(1),
        upserted(2, "third"),
        deleted(7),
    ];
    index.apply(changes, position);
    assert_eq!(found(&index, "third"), ["r0002"]);
    assert!(found(&index, "second").is_empty());
    assert_eq!(index.scholarship(&open_record(1, "").id), None);
    assert_eq!(
        index.scholarship(&open_record(2, "").id),
        Some(open_record(2, "third"))
    );
    let stats = index.stats(now());
    assert_eq!(
        (stats.scholarships, stats.open, stats.position),
        (1, 1, position)
    );

    index.apply(vec![deleted(2)], FeedPosition::default());
    let stats = index.stats(now());
    assert_eq!((stats.scholarships, stats.open), (0, 0));
    assert!(found(&index, "").is_empty());
}

#[test]
fn large_batches_and_small_changes_end_in_the_same_state() {
    let at_once = InProcessIndex::new(SearchSettings::default());
    let bit_by_bit = InProcessIndex::new(SearchSettings::default());
    let mut generator = Generator::of(21);
    let mut all = Vec::new();
    for _ in 0..2_600 {
        all.push(Change::Upserted(Box::new(generator.scholarship(2_000))));
    }
    for batch in all.chunks(130) {
        bit_by_bit.apply(batch.to_vec(), FeedPosition::default());
    }
    at_once.apply(all, FeedPosition::default());
    for _ in 0..60 {
        let request = generator.request();
        let (one, other) = (
            at_once.search(&request, now()).expect("an answer"),
            bit_by_bit.search(&request, now()).expect("an answer"),
        );
        assert_eq!(one, other, "{request:?}");
    }
    let (one, other) = (at_once.stats(now()), bit_by_bit.stats(now()));
    assert_eq!(
        (one.scholarships, one.open),
        (other.scholarships, other.open)
    );
    assert_eq!(at_once.fingerprint(), bit_by_bit.fingerprint());
}

#[test]
fn the_revisions_are_those_of_the_records_that_are_there() {
    let mut generator = Generator::of(11);
    let index = InProcessIndex::new(settings(4));
    let mut records = std::collections::BTreeMap::new();
    for step in 0..120_u64 {
        let number = (generator.scholarship(1).version as usize + step as usize * 7) % 40;
        let mut record = open_record(number, "revised");
        record.version = step + 1;
        record.updated_at = now() + chrono::TimeDelta::microseconds(step as i64);
        let change = if step % 4 == 3 {
            records.remove(&record.id);
            deleted(number)
        } else {
            records.insert(record.id.clone(), RevisionMark::of_record(&record));
            Change::Upserted(Box::new(record))
        };
        index.apply(vec![change], FeedPosition::default());
    }
    let mut fingerprint = CatalogueFingerprint::default();
    records
        .values()
        .for_each(|mark| fingerprint.add_mark(*mark));
    assert_eq!(index.fingerprint(), fingerprint);
    let (mut after, mut walked) = (None, Vec::new());
    loop {
        let page = index.revisions(after.as_ref(), 7);
        assert!(page.len() <= 7);
        match page.last() {
            Some((id, _)) => after = Some(id.clone()),
            None => break,
        }
        walked.extend(page);
    }
    assert_eq!(walked, records.into_iter().collect::<Vec<_>>());
}

#[test]
fn small_segments_are_merged_into_one() {
    let index = InProcessIndex::new(settings_with(10, 0));
    for number in 0..40 {
        index.apply(vec![upserted(number, "one")], FeedPosition::default());
        index.apply(vec![upserted(number / 2, "two")], FeedPosition::default());
    }
    let begun = std::time::Instant::now();
    while index.stats(now()).segments > 1 {
        assert!(begun.elapsed() < std::time::Duration::from_secs(60));
        std::thread::park_timeout(std::time::Duration::from_millis(1));
    }
    assert_eq!(
        (found(&index, "one").len(), found(&index, "two").len()),
        (20, 20)
    );
}

#[test]
fn readers_see_all_of_a_batch_or_nothing() {
    const RECORDS: usize = 25;
    let index = InProcessIndex::new(settings(2));
    let generation = |number: usize| {
        let name = format!("generation{number}");
        let changes = (0..RECORDS).map(|record| upserted(record, &name));
        changes.collect::<Vec<_>>()
    };
    index.apply(generation(0), FeedPosition::default());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = std::collections::BTreeSet::new();
                    while !done.load(Ordering::Relaxed) {
                        let request = SearchRequest {
                            limit: 100,
                            ..SearchRequest::default()
                        };
                        let answer = index.search(&request, now()).expect("an answer");
                        assert_eq!(answer.total, RECORDS as u64);
                        let names: std::collections::BTreeSet<String> = answer
                            .hits
                            .iter()
                            .map(|hit| {
                                let card = &answer.cards[hit.card.clone()];
                                let card: serde_json::Value =
                                    serde_json::from_slice(card).expect("JSON");
                                card["name"].to_string()
                            })
                            .collect();
                        assert_eq!(names.len(), 1, "{names:?}");
                        seen.extend(names);
                    }
                    seen.len()
                })
            })
            .collect();
        // Two writers take turns; each batch is whole.
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let index = &index;
                scope.spawn(move || {
                    for number in 0..60 {
                        index.apply(generation(number * 2 + writer), FeedPosition::default());
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().expect("a writer");
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().expect("a reader") >= 1);
        }
    });
}

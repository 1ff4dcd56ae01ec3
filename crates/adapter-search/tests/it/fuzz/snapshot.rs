//! A file of the index is restored as it was saved, or refused: never restored as anything else.

use std::fs;
use std::path::Path;

use adapter_search::InProcessIndex;
use ports::{Change, FeedPosition, SearchIndex};

use super::{fuzz, texts};
use crate::agreement::settings;
use crate::catalogue::{Generator, now};

const CATALOGUE: &str = "fuzzed";
const DELTA: u32 = 20;

/// An index and what was written of it.
struct Saved {
    index: InProcessIndex,
    bytes: Vec<u8>,
}

/// Indexes of several sizes, with several segments and deleted records.
fn saved(generator: &mut Generator, file: &Path) -> Vec<Saved> {
    let sizes: [&[usize]; 4] = [&[], &[1], &[30, 1, 4], &[300, 20, 50, 3]];
    let of = |sizes: &&[usize]| {
        let index = InProcessIndex::new(settings(DELTA));
        for (sequence, size) in (1..).zip(*sizes) {
            let records = (0..*size).map(|_| {
                let mut record = generator.scholarship(400);
                let mut text = texts::text(generator, 60);
                // The rest is allowed in the text of a record.
                text.retain(|character| !character.is_control());
                record.content.description = Some(format!("x {text}"));
                if generator.chance(0.1) {
                    let id = record.id;
                    return Change::Deleted { id, at: now() };
                }
                Change::Upserted(Box::new(record))
            });
            let position = FeedPosition {
                transaction: 7,
                sequence,
            };
            index.apply(records.collect(), position);
        }
        index.save(file, CATALOGUE).expect("a file");
        let bytes = fs::read(file).expect("a file");
        Saved { index, bytes }
    };
    sizes.iter().map(of).collect()
}

/// Damages of disks and of hands.
fn damage(generator: &mut Generator, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = generator.below(bytes.len());
    let end = (at + 1 + generator.below(300)).min(bytes.len());
    match generator.below(8) {
        0 | 1 => bytes[at] ^= 1 << generator.below(8),
        2 => bytes[at] = bytes[at].wrapping_add(1),
        3 => bytes.truncate(at),
        4 => bytes[at..end].fill(0),
        5 => drop(bytes.drain(at..end)),
        6 => bytes.insert(at, 0),
        _ => {
            bytes.truncate(at);
            bytes.extend(other.iter().skip(at));
        }
    }
}

fn is_restored_as_it_was(generator: &mut Generator, saved: &InProcessIndex, file: &Path) {
    let restored = InProcessIndex::restored(settings(DELTA), file, CATALOGUE).expect("an index");
    let (before, after) = (saved.stats(now()), restored.stats(now()));
    assert_eq!(before.scholarships, after.scholarships);
    assert_eq!(before.position, after.position);
    for _ in 0..4 {
        let request = generator.request();
        let answer = restored.search(&request, now());
        assert_eq!(answer, saved.search(&request, now()), "{request:?}");
    }
}

#[test]
fn a_damaged_file_is_refused_and_any_other_restored_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("saved");
    let all = saved(&mut Generator::of(11), &file);
    fuzz("snapshot", 300, |generator| {
        let Saved { index, bytes } = &all[generator.below(all.len())];
        let other = &all[generator.below(all.len())].bytes;
        let mut damaged = bytes.clone();
        if generator.chance(0.95) {
            damage(generator, &mut damaged, other);
        }
        fs::write(&file, &damaged).expect("a file");
        if damaged == *bytes {
            is_restored_as_it_was(generator, index, &file);
            let elsewhere = InProcessIndex::restored(settings(DELTA), &file, "another");
            assert!(elsewhere.is_err());
        } else if !all.iter().any(|saved| saved.bytes == damaged) {
            let refused = InProcessIndex::restored(settings(DELTA), &file, CATALOGUE);
            let error = refused.err().expect("a refusal").to_string();
            assert!(error.contains(' '), "{error} says too little");
        }
    });
}

//! Restarts: what is restored from a file answers and goes on like what was saved, and anything else is refused.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use adapter_search::{DEFAULT_SEARCH, InProcessIndex, SearchSettings};
use domain::{Term, TermSet, Verdict};
use ports::search_index::{Filters, RecommendationRequest, SearchRequest};
use ports::{FeedPosition, SearchIndex};

use crate::agreement::{ids_of, random_batch, random_request, settings};
use crate::catalogue::{Generator, now};
use crate::model::{Catalogue, SYNONYMS};

const CATALOGUE: &str = "scholarships";
const DELTA: u32 = 3;
const IDS: usize = 70;

fn position(sequence: u64) -> FeedPosition {
    FeedPosition {
        transaction: 5,
        sequence,
    }
}

fn restored(file: &Path) -> InProcessIndex {
    InProcessIndex::restored(settings(DELTA), file, CATALOGUE).expect("an index")
}

/// The error and all that led to it; a panic when there is none.
fn refusal(settings: SearchSettings, file: &Path, catalogue: &str) -> String {
    let error = InProcessIndex::restored(settings, file, catalogue).err();
    let error = error.expect("a refusal");
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Both give the same answers to whatever can be asked; how many were found by searches.
fn agree(generator: &mut Generator, saved: &InProcessIndex, restored: &InProcessIndex) -> u64 {
    let (before, after) = (saved.stats(now()), restored.stats(now()));
    assert_eq!(before.scholarships, after.scholarships);
    assert_eq!(before.open, after.open);
    assert_eq!(before.position, after.position);
    assert_eq!(saved.position(), restored.position());
    assert_eq!(saved.fingerprint(), restored.fingerprint());
    assert_eq!(saved.revisions(None, IDS), restored.revisions(None, IDS));
    let mut found = 0;
    for _ in 0..12 {
        let request = random_request(generator);
        let answer = restored.search(&request, now()).expect("an answer");
        assert_eq!(
            Ok(&answer),
            saved.search(&request, now()).as_ref(),
            "{request:?}"
        );
        found += answer.total;
        if answer.next_cursor.is_some() {
            // A cursor that was made before a restart is good afterwards, and the other way round.
            let next = SearchRequest {
                cursor: answer.next_cursor.clone(),
                ..request
            };
            let page = saved.search(&next, now());
            assert!(page.is_ok(), "{next:?}");
            assert_eq!(page, restored.search(&next, now()), "{next:?}");
        }
        for id in ids_of(&answer).iter().take(2) {
            assert_eq!(saved.scholarship(id), restored.scholarship(id));
            assert_eq!(
                saved.similar(id, 5, now()),
                restored.similar(id, 5, now()),
                "{id}"
            );
        }
    }
    for _ in 0..4 {
        let typed = generator.word();
        let beginning = &typed[..1 + generator.below(typed.len())];
        assert_eq!(
            saved.suggest(beginning, 10, now()),
            restored.suggest(beginning, 10, now()),
            "{beginning}"
        );
        assert_eq!(saved.public_words(typed), restored.public_words(typed));
    }
    agree_on_profiles(generator, saved, restored);
    found
}

fn agree_on_profiles(generator: &mut Generator, saved: &InProcessIndex, restored: &InProcessIndex) {
    let profile = generator.profile();
    let request = RecommendationRequest {
        profile: &profile,
        verdicts: TermSet::of(Verdict::ALL),
        filters: &Filters::default(),
        popularity: &HashMap::new(),
        limit: 1 + generator.below(40),
    };
    assert_eq!(
        saved.recommend(&request, now()),
        restored.recommend(&request, now()),
        "{profile:?}"
    );
    let currency = request.filters.currency;
    assert_eq!(
        saved.unlocks(&profile, currency, now()),
        restored.unlocks(&profile, currency, now()),
        "{profile:?}"
    );
}

/// A folder with the file of an index of about as many records.
struct Saved {
    _folder: tempfile::TempDir,
    file: PathBuf,
    bytes: Vec<u8>,
}

impl Saved {
    fn of(size: usize) -> Self {
        let index = InProcessIndex::new(settings(DELTA));
        let (mut generator, mut catalogue) = (Generator::of(6), BTreeMap::new());
        for (sequence, size) in (1..).zip([size, 1, 2]) {
            let batch = random_batch(&mut generator, &mut catalogue, size, IDS, sequence);
            index.apply(batch, position(sequence));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("index");
        index.save(&file, CATALOGUE).expect("a file");
        let bytes = fs::read(&file).expect("a file");
        Self {
            _folder: folder,
            file,
            bytes,
        }
    }

    fn is_refused_as(&self, bytes: &[u8]) -> bool {
        fs::write(&self.file, bytes).expect("a file");
        InProcessIndex::restored(settings(DELTA), &self.file, CATALOGUE).is_err()
    }
}

#[test]
fn a_restored_index_answers_as_the_saved_one_and_both_take_further_changes_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("index");
    let mut found = 0;
    for seed in 0..25 {
        let mut generator = Generator::of(seed);
        let mut catalogue: Catalogue = BTreeMap::new();
        let saved = InProcessIndex::new(settings(DELTA));
        let mut sequence = 0;
        let mut next = |generator: &mut Generator, size| {
            sequence += 1;
            let batch = random_batch(generator, &mut catalogue, size, IDS, sequence);
            (batch, position(sequence))
        };
        for size in [40, 1, 12, 2] {
            let (batch, position) = next(&mut generator, size);
            saved.apply(batch, position);
        }
        let written = saved.save(&file, CATALOGUE).expect("a file");
        assert_eq!(written, position(4));
        let mut again = restored(&file);
        found += agree(&mut generator, &saved, &again);
        for size in [1, 20, 3] {
            let (batch, position) = next(&mut generator, size);
            saved.apply(batch.clone(), position);
            again.apply(batch, position);
            found += agree(&mut generator, &saved, &again);
            // The next restart has the file of the last one in its way.
            again.save(&file, CATALOGUE).expect("a file");
            again = restored(&file);
            found += agree(&mut generator, &saved, &again);
        }
    }
    // Else the agreement would be one of empty answers.
    assert!(found > 3 * 25 * 7 * 12, "{found}");
}

#[test]
fn a_restored_index_of_a_large_segment_answers_as_the_saved_one() {
    let (mut generator, mut catalogue) = (Generator::of(40), BTreeMap::new());
    let large = SearchSettings::from_toml(DEFAULT_SEARCH, SYNONYMS).expect("valid settings");
    let saved = InProcessIndex::new(large.clone());
    for (sequence, size) in (1..).zip([4_000, 30]) {
        let batch = random_batch(&mut generator, &mut catalogue, size, 2_600, sequence);
        saved.apply(batch, position(sequence));
    }
    assert!(catalogue.len() > 1_024, "frequent words have bitmaps");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("index");
    saved.save(&file, CATALOGUE).expect("a file");
    let restored = InProcessIndex::restored(large, &file, CATALOGUE).expect("an index");
    for _ in 0..4 {
        assert!(agree(&mut generator, &saved, &restored) > 0);
    }
}

#[test]
fn an_empty_index_is_restored_with_its_position() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("index");
    let saved = InProcessIndex::new(settings(DELTA));
    saved.apply(Vec::new(), position(9));
    saved.save(&file, CATALOGUE).expect("a file");
    let restored = restored(&file);
    assert_eq!(restored.position(), position(9));
    assert_eq!(restored.stats(now()).scholarships, 0);
}

#[test]
fn a_file_with_one_other_byte_is_refused_wherever_that_is() {
    let saved = Saved::of(25);
    let mut generator = Generator::of(7);
    let mut bytes = saved.bytes.clone();
    assert!(!saved.is_refused_as(&bytes));
    for number in 0..1_500 {
        // Headers stand at the beginning.
        let at = if number < 200 {
            number
        } else {
            generator.below(bytes.len())
        };
        let right = bytes[at];
        bytes[at] ^= u8::try_from(1 + generator.below(255)).expect("a byte");
        assert!(
            saved.is_refused_as(&bytes),
            "{right} at {at} was {}",
            bytes[at]
        );
        bytes[at] = right;
    }
    assert!(!saved.is_refused_as(&bytes));
}

#[test]
fn a_file_that_was_cut_or_goes_on_is_refused() {
    let saved = Saved::of(10);
    let mut generator = Generator::of(8);
    let bytes = &saved.bytes;
    for number in 0..400 {
        let length = match number {
            0..100 => number,
            100..200 => bytes.len() - 1 - (number - 100),
            _ => generator.below(bytes.len()),
        };
        assert!(saved.is_refused_as(&bytes[..length]), "cut at {length}");
    }
    for more in [vec![0], vec![0; 24], bytes.clone()] {
        assert!(saved.is_refused_as(&[bytes.as_slice(), &more].concat()));
    }
    assert!(!saved.is_refused_as(bytes));
}

#[test]
fn a_file_of_another_catalogue_or_of_other_settings_is_refused() {
    let saved = Saved::of(5);
    let file = &saved.file;
    for other in ["", "scholarship", "scholarships2"] {
        let refused = refusal(settings(DELTA), file, other);
        assert!(refused.contains("made for other"), "{refused}");
    }
    for (setting, changed) in [
        ("saturation = 1.2", "saturation = 1.3"),
        ("exact_name = 1.0", "exact_name = 0.9"),
        ("boost = 5.0, length = 0.4", "boost = 5.0, length = 0.5"),
    ] {
        let search = DEFAULT_SEARCH.replace(setting, changed);
        assert_ne!(search, DEFAULT_SEARCH, "{setting} is there");
        let other = SearchSettings::from_toml(&search, SYNONYMS).expect("valid settings");
        let refused = refusal(other, file, CATALOGUE);
        assert!(refused.contains("made for other"), "{refused}");
    }
    // What is only looked at when searching may be another.
    let synonyms = SearchSettings::from_toml(DEFAULT_SEARCH, "").expect("valid settings");
    assert!(InProcessIndex::restored(synonyms, file, CATALOGUE).is_ok());
}

#[test]
fn a_missing_file_or_a_folder_in_its_place_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = refusal(settings(DELTA), &folder.path().join("index"), CATALOGUE);
    assert!(missing.contains("cannot be read"), "{missing}");
    assert!(missing.contains("No such file"), "{missing}");
    let refused = refusal(settings(DELTA), folder.path(), CATALOGUE);
    assert!(!refused.is_empty());
}

#[test]
fn saving_where_no_file_can_be_fails() {
    let saved = Saved::of(5);
    let index = restored(&saved.file);
    let nowhere = saved.file.with_file_name("no such folder").join("index");
    assert!(index.save(&nowhere, CATALOGUE).is_err());
}

/// Files that are not complete.
fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("is read").path());
    paths
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| ending == "unfinished")
        })
        .collect()
}

#[test]
fn several_who_save_into_one_place_leave_a_whole_file_at_any_time() {
    let saved = [Saved::of(5), Saved::of(300), Saved::of(40)];
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("shared.index");
    let bytes: Vec<&[u8]> = saved.iter().map(|saved| saved.bytes.as_slice()).collect();
    std::thread::scope(|threads| {
        let writers = saved.each_ref().map(|saved| {
            let (index, place) = (restored(&saved.file), &place);
            threads.spawn(move || {
                for _ in 0..30 {
                    index.save(place, CATALOGUE).expect("a file");
                }
            })
        });
        while !writers.iter().all(|writer| writer.is_finished()) {
            if let Ok(read) = fs::read(&place) {
                assert!(bytes.contains(&read.as_slice()), "one of them, and whole");
            }
        }
    });
    assert!(bytes.contains(&fs::read(&place).expect("a file").as_slice()));
    assert_eq!(unfinished(folder.path()), [""; 0].map(PathBuf::from));
}

#[test]
fn what_ended_processes_left_is_cleared_away_and_what_is_being_written_is_not() {
    let saved = Saved::of(5);
    let folder = saved.file.parent().expect("a folder");
    let file = |name: &str| File::create(folder.join(name)).expect("is made");
    for abandoned in ["index.0.unfinished", "index.9.unfinished"] {
        file(abandoned);
    }
    let writing = file("index.1.unfinished");
    writing.lock().expect("is free");
    file("other.0.unfinished");
    restored(&saved.file)
        .save(&saved.file, CATALOGUE)
        .expect("a file");
    let mut left = unfinished(folder);
    left.sort();
    let expected = ["index.1.unfinished", "other.0.unfinished"];
    assert_eq!(left, expected.map(|name| folder.join(name)));
}

#[test]
fn saving_that_fails_leaves_nothing_behind() {
    let saved = Saved::of(5);
    let index = restored(&saved.file);
    // A folder with something in it cannot be replaced by the complete file.
    let taken = saved.file.with_file_name("taken");
    fs::create_dir_all(taken.join("inside")).expect("a folder");
    assert!(index.save(&taken, CATALOGUE).is_err());
    let folder = saved.file.parent().expect("a folder");
    assert_eq!(unfinished(folder), [""; 0].map(PathBuf::from));
    assert!(taken.join("inside").exists());
}

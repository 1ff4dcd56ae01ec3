//! What look-ups cost: `cargo test --release -p adapter-search measure_the_dictionary -- --ignored --nocapture`.

use std::collections::BTreeSet;
use std::hint::black_box;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};

use super::*;

const ONSETS: [&str; 28] = [
    "", "", "b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p",
    "pr", "r", "s", "sh", "st", "t", "tr", "v", "w", "qu",
];
const VOWELS: [&str; 12] = [
    "a", "a", "e", "e", "i", "o", "u", "y", "ai", "ea", "io", "ou",
];
const CODAS: [&str; 14] = [
    "", "", "", "", "l", "m", "n", "nd", "r", "rk", "s", "st", "t", "x",
];
const ENDINGS: [&str; 8] = ["", "", "", "s", "ing", "ed", "tion", "al"];

/// Pronounceable words of two to four syllables, and some numbers.
fn vocabulary(size: usize) -> Vec<String> {
    let mut random = StdRng::seed_from_u64(size as u64);
    let mut words = BTreeSet::new();
    while words.len() < size {
        if random.random_bool(0.1) {
            words.insert(random.random_range(0..1_000_000_u32).to_string());
            continue;
        }
        let mut word = String::new();
        for _ in 0..random.random_range(2..=4) {
            for parts in [&ONSETS[..], &VOWELS, &CODAS] {
                word.push_str(parts.choose(&mut random).expect("a part"));
            }
        }
        word.push_str(ENDINGS.choose(&mut random).expect("an ending"));
        words.insert(word);
    }
    words.into_iter().collect()
}

fn misspelt(word: &str, random: &mut StdRng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = random.random_range(1..letters.len() - 1);
    match random.random_range(0..4) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        2 => letters.insert(at, 'e'),
        _ => letters[at] = 'x',
    }
    letters.into_iter().collect()
}

/// Nanoseconds for which this thread has run: others that share its processor do not count.
fn processor_time() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let own = times.split_whitespace().next();
    own.and_then(|own| own.parse().ok()).unwrap_or(0)
}

fn milliseconds<T>(make: impl FnOnce() -> T) -> (T, f64) {
    let start = processor_time();
    let made = make();
    (made, (processor_time() - start) as f64 / 1e6)
}

/// Mean nanoseconds for one of them, in the quickest of some runs.
fn timed<T>(of: &[T], mut look_up: impl FnMut(&T) -> u32) -> String {
    let mut results = Vec::new();
    for _ in 0..3 {
        // The system counts a thread's time in steps of milliseconds.
        let (mut rounds, mut found, start) = (0, 0, processor_time());
        while processor_time() - start < 50_000_000 {
            found = of.iter().map(|one| black_box(look_up(one))).sum();
            rounds += 1;
        }
        results.push((
            (processor_time() - start) / (rounds * of.len() as u64),
            found,
        ));
    }
    let (mean, found) = results.into_iter().min().unwrap_or((0, 0_u32));
    let times = of.len();
    format!("{mean:>6} ns, {found} found in {times}")
}

#[test]
#[ignore = "a measurement: it proves nothing"]
fn measure_the_dictionary() {
    for size in [8_191, 17_700, 100_000, 1_000_000] {
        let words = vocabulary(size);
        let sorted = || words.iter().map(String::as_str);
        let (_, plain) = milliseconds(|| Dictionary::without_neighbourhood(sorted()));
        let (dictionary, all) = milliseconds(|| Dictionary::of_sorted(sorted()));
        println!("{size} words: made in {all:.2} ms ({plain:.2} ms without neighbourhood)");
        let mut random = StdRng::seed_from_u64(1);
        let mut known = words.clone();
        known.shuffle(&mut random);
        known.truncate(20_000);
        let long = |word: &&String| word.len() > 4 && Signature::of(word).is_of_letters();
        let mut mistakes: Vec<String> = Vec::new();
        for word in known.iter().filter(long).take(4_000) {
            mistakes.push(misspelt(word, &mut random));
        }
        let beginnings: Vec<&str> = mistakes
            .iter()
            .map(|word| &word[..5.min(word.len())])
            .collect();
        let count = |found: u32| u32::from(found > 0);
        println!(
            "  find        {}",
            timed(&known, |word| u32::from(dictionary.find(word).is_some()))
        );
        println!(
            "  find not    {}",
            timed(&mistakes, |word| u32::from(dictionary.find(word).is_some()))
        );
        println!(
            "  completions {}",
            timed(&beginnings, |word| dictionary.completions(word).len()
                as u32)
        );
        let numbers: Vec<u32> = known
            .iter()
            .filter_map(|word| dictionary.find(word))
            .collect();
        println!(
            "  family      {}",
            timed(&numbers, |number| dictionary.family_of(*number).count()
                as u32)
        );
        println!(
            "  forms       {}",
            timed(&known, |word| dictionary.forms_of(&stem(word)).count()
                as u32)
        );
        println!(
            "  neighbours  {}",
            timed(&mistakes, |word| {
                let mut found = 0;
                dictionary.neighbours(word, |_, _| found += 1);
                count(found)
            })
        );
        println!(
            "  beginnings  {}",
            timed(&beginnings, |word| {
                let mut found = 0;
                dictionary.neighbours_of_prefix(word, |_| found += 1);
                count(found)
            })
        );
        let mut writer = SectionWriter::new(Vec::new(), &[0; 32]).expect("a header");
        dictionary.save(&mut writer).expect("saved");
        let file = writer.finish().expect("an end");
        let (again, time) = milliseconds(|| {
            let mut reader =
                SectionReader::open(&*file, file.len() as u64, &[0; 32]).expect("opened");
            Dictionary::load(&mut reader).expect("loaded")
        });
        println!(
            "  loaded in {time:.2} ms from {} bytes a word",
            file.len() / size
        );
        assert_eq!(again.len(), dictionary.len());
    }
}

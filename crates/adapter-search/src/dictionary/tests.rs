//! Look-ups against looking at all words, and tables against their stored selves.

use std::collections::BTreeSet;

use proptest::collection::btree_set;
use proptest::prelude::*;

use super::edits::plain_edits;
use super::*;

fn of_words<'a>(words: impl IntoIterator<Item = &'a str>, with_table: bool) -> Dictionary {
    let sorted: BTreeSet<&str> = words.into_iter().collect();
    let mut dictionary = Dictionary::without_neighbourhood(sorted);
    if with_table {
        dictionary.make_neighbourhood();
    }
    dictionary
}

fn neighbours(dictionary: &Dictionary, typed: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    dictionary.neighbours(typed, |word, edits| found.push((word.to_owned(), edits)));
    found
}

fn beginnings(dictionary: &Dictionary, typed: &str) -> Vec<String> {
    let mut found = Vec::new();
    dictionary.neighbours_of_prefix(typed, |word| found.push(word.to_owned()));
    found
}

/// By the definition, word by word.
fn plain_neighbours(words: &BTreeSet<String>, typed: &str) -> Vec<(String, usize)> {
    let most = match typed.chars().count() {
        0..=3 => return Vec::new(),
        4..=7 => 1,
        _ => 2,
    };
    if !typed.chars().all(char::is_alphabetic) {
        return Vec::new();
    }
    let of_letters = words
        .iter()
        .filter(|word| word.chars().all(char::is_alphabetic));
    of_letters
        .map(|word| (word.clone(), plain_edits(typed, word)))
        .filter(|(_, edits)| *edits <= most)
        .collect()
}

fn plain_beginnings(words: &BTreeSet<String>, typed: &str) -> Vec<String> {
    let nearly = |word: &&String| {
        let ends = word.char_indices().map(|(end, _)| end).chain([word.len()]);
        word.chars().all(char::is_alphabetic)
            && word.chars().next() == typed.chars().next()
            && ends
                .into_iter()
                .any(|end| plain_edits(typed, &word[..end]) <= 1)
    };
    if typed.chars().count() < 5 || !typed.chars().all(char::is_alphabetic) {
        return Vec::new();
    }
    words.iter().filter(nearly).cloned().collect()
}

fn forms(dictionary: &Dictionary, numbers: impl Iterator<Item = u32>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for number in numbers {
        let is_new = found.insert(dictionary.word(number).to_owned());
        assert!(is_new, "each form is there once");
    }
    found
}

fn saved(dictionary: &Dictionary) -> Vec<u8> {
    let mut writer = SectionWriter::new(Vec::new(), &[1; 32]).expect("a header");
    dictionary.save(&mut writer).expect("saved");
    writer.finish().expect("an end")
}

fn loaded(file: &[u8]) -> Result<Dictionary, SnapshotError> {
    let mut reader = SectionReader::open(file, file.len() as u64, &[1; 32])?;
    let dictionary = Dictionary::load(&mut reader)?;
    reader.finish()?;
    Ok(dictionary)
}

/// Words that are near to each other, some of them not of letters, around the lengths from which on more edits count.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[abn]{1,5}",
        6 => "(scho|stho|sho)[olé]{0,2}(lar|lra|la|ar)(ship|s|ing|ed|)",
        3 => "(eng|enj|egn)i?ne{1,2}r(ing|s|)",
        1 => "[a9]{2,9}",
        1 => "[ñß語奨a]{1,10}",
    ]
}

fn typed() -> impl Strategy<Value = String> {
    (
        word(),
        proptest::collection::vec((any::<prop::sample::Index>(), 0..4, "[abnsr語]"), 0..3),
    )
        .prop_map(|(word, edits)| {
            let mut characters: Vec<char> = word.chars().collect();
            for (at, kind, other) in edits {
                if characters.len() < 2 {
                    break;
                }
                let at = at.index(characters.len() - 1);
                match kind {
                    0 => characters.swap(at, at + 1),
                    1 => drop(characters.remove(at)),
                    2 => characters.insert(at, other.chars().next().unwrap_or('a')),
                    _ => characters[at] = other.chars().next().unwrap_or('a'),
                }
            }
            characters.into_iter().collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn neighbours_are_those_of_looking_at_all_words(
        words in btree_set(word(), 0..60),
        typed in proptest::collection::vec(typed(), 1..8),
    ) {
        for with_table in [false, true] {
            let dictionary = of_words(words.iter().map(String::as_str), with_table);
            for typed in &typed {
                prop_assert_eq!(neighbours(&dictionary, typed), plain_neighbours(&words, typed));
                prop_assert_eq!(beginnings(&dictionary, typed), plain_beginnings(&words, typed));
            }
        }
    }

    #[test]
    fn words_forms_and_completions_are_those_of_looking_at_all_words(
        words in btree_set(word(), 0..60),
        others in proptest::collection::vec(word(), 1..8),
    ) {
        let dictionary = of_words(words.iter().map(String::as_str), false);
        for word in words.iter().chain(&others) {
            let number = dictionary.find(word);
            prop_assert_eq!(number.map(|number| dictionary.word(number)), words.get(word).map(String::as_str));
            let same_stem: BTreeSet<String> =
                words.iter().filter(|other| stem(other) == stem(word)).cloned().collect();
            prop_assert_eq!(&forms(&dictionary, dictionary.forms_of(&stem(word))), &same_stem);
            if let Some(number) = number {
                prop_assert_eq!(&forms(&dictionary, dictionary.family_of(number)), &same_stem);
            }
            for (end, _) in word.char_indices() {
                let completions: Vec<&str> =
                    dictionary.completions(&word[..end]).map(|number| dictionary.word(number)).collect();
                let begins_alike = |other: &&String| other.starts_with(&word[..end]);
                let plain: Vec<&String> = words.iter().filter(begins_alike).collect();
                prop_assert_eq!(completions, plain);
            }
        }
    }

    #[test]
    fn a_dictionary_is_the_same_after_a_save(words in btree_set(word(), 0..60), typed in typed(), with_table: bool) {
        let dictionary = of_words(words.iter().map(String::as_str), with_table);
        let again = loaded(&saved(&dictionary)).expect("loaded");
        prop_assert_eq!(saved(&again), saved(&dictionary));
        prop_assert_eq!(neighbours(&again, &typed), neighbours(&dictionary, &typed));
        for word in &words {
            prop_assert_eq!(again.find(word), dictionary.find(word));
        }
    }

    #[test]
    fn a_damaged_dictionary_is_refused(
        words in btree_set(word(), 0..30),
        at: prop::sample::Index,
        changed_bits in 1_u8..,
        with_table: bool,
    ) {
        let mut file = saved(&of_words(words.iter().map(String::as_str), with_table));
        let at = at.index(file.len());
        prop_assert!(loaded(&file[..at]).is_err());
        file[at] ^= changed_bits;
        prop_assert!(loaded(&file).is_err());
    }
}

#[test]
fn many_words_get_a_table_and_few_do_not() {
    let words: Vec<String> = (0..LEAST_WORDS_FOR_NEIGHBOURHOOD)
        .map(|number| {
            let letter = |place: u32| char::from(b'a' + (number / 21_u32.pow(place) % 21) as u8);
            format!("un{}{}{}{}able", letter(0), letter(1), letter(2), letter(3))
        })
        .collect();
    let sorted: BTreeSet<String> = words.into_iter().collect();
    let dictionary = Dictionary::of_sorted(sorted.iter().map(String::as_str));
    assert!(dictionary.neighbourhood.is_made());
    for typed in ["unabcaable", "unbabaabel", "nubacaable", "unzzzzable"] {
        assert_eq!(
            neighbours(&dictionary, typed),
            plain_neighbours(&sorted, typed),
            "{typed}"
        );
    }
    let fewer = Dictionary::of_sorted(sorted.iter().skip(1).map(String::as_str));
    assert!(!fewer.neighbourhood.is_made());
}

#[test]
fn misspelt_words_and_beginnings_find_those_that_were_meant() {
    let dictionary = of_words(
        [
            "engine",
            "engineer",
            "nurse",
            "nursing",
            "defenders",
            "daca",
            "college",
        ],
        true,
    );
    assert_eq!(
        neighbours(&dictionary, "enginer"),
        [("engine".to_owned(), 1), ("engineer".to_owned(), 1)]
    );
    assert_eq!(neighbours(&dictionary, "nus"), []);
    assert_eq!(beginnings(&dictionary, "nusri"), ["nursing"]);
    // A wrong first letter, and too few letters.
    for typed in ["murse", "deaf", "cola", "nusr"] {
        assert!(beginnings(&dictionary, typed).is_empty(), "{typed}");
    }
}

#[test]
fn tables_with_sound_checksums_but_unsound_numbers_are_refused() {
    let dictionary = || of_words(["nurse", "nurses", "nursing"], true);
    assert!(loaded(&saved(&dictionary())).is_ok());
    let unsound: [fn(&mut Dictionary); 6] = [
        |dictionary| dictionary.next_forms[0] = 3,
        |dictionary| dictionary.next_forms[0] = dictionary.next_forms[1],
        |dictionary| dictionary.next_forms.truncate(2),
        |dictionary| dictionary.numbers = NumberTable::for_numbers_below(5),
        |dictionary| dictionary.signatures.push(Signature::of("a")),
        |dictionary| {
            let more = of_words(["nurse", "nursery", "nurses", "nursing", "nursings"], true);
            dictionary.neighbourhood = more.neighbourhood;
        },
    ];
    for (at, spoil) in unsound.into_iter().enumerate() {
        let mut spoilt = dictionary();
        spoil(&mut spoilt);
        assert!(loaded(&saved(&spoilt)).is_err(), "{at}");
    }
    let mut unsorted = StringArena::default();
    unsorted.push("b");
    unsorted.push("a");
    let spoilt = Dictionary {
        words: unsorted,
        ..of_words(["a", "b"], false)
    };
    assert!(loaded(&saved(&spoilt)).is_err());
}

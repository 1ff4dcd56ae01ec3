//! Which record has which words, to tell whether a query can mean one record only.

use std::collections::{HashMap, HashSet};

use domain::Scholarship;

/// Lower-case words of letters and digits, in order.
pub(super) fn words_of(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(super) struct WordLists {
    /// Name and organization of each record.
    headings: Vec<HashSet<String>>,
    /// All texts of each record.
    texts: Vec<HashSet<String>>,
    /// In how many records a word stands.
    frequencies: HashMap<String, usize>,
}

impl WordLists {
    pub(super) fn of(scholarships: &[Scholarship]) -> Self {
        let mut lists = Self {
            headings: Vec::new(),
            texts: Vec::new(),
            frequencies: HashMap::new(),
        };
        for scholarship in scholarships {
            let content = &scholarship.content;
            let heading: HashSet<String> = [&content.name, &content.organization]
                .into_iter()
                .flat_map(|text| words_of(text))
                .collect();
            let rules = content.criteria.iter().filter_map(|set| set.text.as_ref());
            let further = content.description.iter().chain(&content.tags).chain(rules);
            let mut text = heading.clone();
            text.extend(further.flat_map(|text| words_of(text)));
            for word in &text {
                *lists.frequencies.entry(word.clone()).or_default() += 1;
            }
            lists.headings.push(heading);
            lists.texts.push(text);
        }
        lists
    }

    pub(super) fn frequency(&self, word: &str) -> usize {
        self.frequencies.get(word).copied().unwrap_or(0)
    }

    /// The rarest words of a record, those in Latin letters only: of other scripts, people remember no single words.
    pub(super) fn rarest(&self, place: usize, count: usize) -> Vec<String> {
        let is_latin = |character: char| character.is_alphabetic() && character < '\u{250}';
        let mut words: Vec<&String> = self.texts[place]
            .iter()
            .filter(|word| word.chars().count() >= 4 && word.chars().all(is_latin))
            .collect();
        words.sort_unstable_by_key(|word| (self.frequency(word), word.as_str()));
        words.into_iter().take(count).cloned().collect()
    }

    /// Whether no other record has all these words in its name and organization.
    pub(super) fn only_heading(&self, place: usize, words: &[String]) -> bool {
        only(&self.headings, place, words)
    }

    /// Whether no other record has all these words anywhere.
    pub(super) fn only_text(&self, place: usize, words: &[String]) -> bool {
        only(&self.texts, place, words)
    }
}

fn only(sets: &[HashSet<String>], place: usize, words: &[String]) -> bool {
    let mut others = (0..sets.len()).filter(|other| *other != place);
    !others.any(|other| words.iter().all(|word| sets[other].contains(word)))
}

//! Queries of somebody who has seen a scholarship and wants it again, made from the records of a catalogue.
//!
//! Every query identifies its record: where others would answer it word for word just as well, it gets more words, or they
//! count as right, too. So nothing but the search keeps it from the first rank.

mod typing_error;
mod words;

use super::catalogue::Catalogue;
use super::chance::Chance;
use words::{WordLists, words_of};

/// How somebody remembers a scholarship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Memory {
    ExactName,
    AnyOrder,
    TypingError,
    NameAndOrganization,
    CutName,
    RareWords,
}

impl Memory {
    pub(super) const ALL: [Self; 6] = [
        Self::ExactName,
        Self::AnyOrder,
        Self::TypingError,
        Self::NameAndOrganization,
        Self::CutName,
        Self::RareWords,
    ];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::ExactName => "the exact name",
            Self::AnyOrder => "the name's words in any order",
            Self::TypingError => "the name with a typing error",
            Self::NameAndOrganization => "some of the name and the organization",
            Self::CutName => "the name, its last word cut",
            Self::RareWords => "two or three rarer words",
        }
    }
}

/// A query and the places of all that it may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownItem {
    pub(super) memory: Memory,
    pub(super) query: String,
    pub(super) targets: Vec<usize>,
}

/// One query of each kind for each record, but for the kinds that its words do not give.
pub(super) fn queries(catalogue: &Catalogue) -> Vec<KnownItem> {
    let lists = WordLists::of(catalogue.scholarships());
    let names: Vec<&str> = catalogue
        .scholarships()
        .iter()
        .map(|scholarship| scholarship.content.name.as_str())
        .collect();
    let mut queries = Vec::new();
    for place in 0..names.len() {
        for (stream, memory) in (1_u64..).zip(Memory::ALL) {
            let mut chance = Chance::new(stream, place);
            let remembered = match memory {
                Memory::ExactName => Some(names[place].to_owned()),
                Memory::AnyOrder => any_order(names[place], &mut chance),
                Memory::TypingError => typing_error::with_one(names[place], &mut chance),
                Memory::NameAndOrganization => {
                    name_and_organization(catalogue, &lists, place, &mut chance)
                }
                Memory::CutName => cut_name(names[place], &mut chance),
                Memory::RareWords => rare_words(&lists, place, &mut chance),
            };
            if let Some(query) = remembered {
                let targets = targets(memory, &query, &names, place);
                queries.push(KnownItem {
                    memory,
                    query,
                    targets,
                });
            }
        }
    }
    queries
}

/// The record, others of the same name, and others whose names are the same to this kind of memory.
fn targets(memory: Memory, query: &str, names: &[&str], place: usize) -> Vec<usize> {
    let in_order = |name: &str| {
        let mut words = words_of(name);
        words.sort_unstable();
        words
    };
    let beginning = query.to_lowercase();
    let meant = |name: &str| match memory {
        Memory::AnyOrder => in_order(name) == in_order(names[place]),
        Memory::CutName => name.to_lowercase().starts_with(&beginning),
        _ => words_of(name) == words_of(names[place]),
    };
    (0..names.len())
        .filter(|other| *other == place || meant(names[*other]))
        .collect()
}

fn any_order(name: &str, chance: &mut Chance) -> Option<String> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let mut mixed = words.clone();
    // Two words are in another order after a few tries; a word repeated never is.
    for _ in 0..10 {
        chance.shuffle(&mut mixed);
        if mixed != words {
            return Some(mixed.join(" "));
        }
    }
    None
}

/// Two words of the name and the organization's rarest one; further words of the name until no other record has them all.
fn name_and_organization(
    catalogue: &Catalogue,
    lists: &WordLists,
    place: usize,
    chance: &mut Chance,
) -> Option<String> {
    let content = &catalogue.scholarships()[place].content;
    let name = words_of(&content.name);
    let organization = words_of(&content.organization);
    let rarest = organization
        .iter()
        .filter(|word| !name.contains(word))
        .min_by_key(|word| (lists.frequency(word), word.as_str()))?;
    // Nobody remembers a scholarship by its `of`.
    let told = |word: &String| word.chars().count() >= 4 || !word.is_ascii();
    let mut order: Vec<(usize, String)> = name.into_iter().filter(told).enumerate().collect();
    chance.shuffle(&mut order);
    for count in 2..=order.len() {
        let mut chosen = order[..count].to_vec();
        chosen.sort_unstable();
        let mut words: Vec<String> = chosen.into_iter().map(|(_, word)| word).collect();
        words.push(rarest.clone());
        if lists.only_heading(place, &words) {
            return Some(words.join(" "));
        }
    }
    None
}

/// Like somebody who is still typing: at least three letters of the last word are there, and at least one is not.
fn cut_name(name: &str, chance: &mut Chance) -> Option<String> {
    let start = name
        .char_indices()
        .rfind(|(_, character)| character.is_whitespace())
        .map_or(0, |(at, space)| at + space.len_utf8());
    let letters: Vec<(usize, char)> = name[start..].char_indices().collect();
    let choices = letters
        .len()
        .checked_sub(3)
        .filter(|choices| *choices > 0)?;
    let kept = 3 + chance.below(choices);
    let cut = &name[..start + letters[kept].0];
    cut.ends_with(char::is_alphanumeric).then(|| cut.to_owned())
}

/// Some of the rarest words of all its texts, as many as it takes to mean no other record.
fn rare_words(lists: &WordLists, place: usize, chance: &mut Chance) -> Option<String> {
    const CANDIDATES: usize = 8;
    let mut rare = lists.rarest(place, CANDIDATES);
    chance.shuffle(&mut rare);
    let fewest = if chance.percent(50) { 2 } else { 3 };
    (fewest..=rare.len())
        .map(|count| &rare[..count])
        .find(|words| lists.only_text(place, words))
        .map(|words| words.join(" "))
}

#[cfg(test)]
mod tests;

//! Words and phrases that stand for each other.
//!
//! A line `a, b c, d` says that each stands for all; `a => b, c` that whoever looks for `a` also wants `b` and `c`, but not
//! the other way round. `#` begins a comment. Keys are met by any form of their words.

use std::collections::{HashMap, HashSet};

use crate::analysis::{stem, words};

/// Longer phrases are refused: a query is searched for keys at every word.
const MOST_WORDS: usize = 5;

#[derive(Debug, Clone, Default)]
pub(crate) struct Synonyms {
    /// Stems of a phrase -> phrases that also do.
    also: HashMap<Vec<String>, Vec<Vec<String>>>,
}

/// A line of the synonyms that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("synonyms, line {line}: {problem}")]
pub struct InvalidSynonyms {
    pub line: usize,
    pub problem: &'static str,
}

impl Synonyms {
    /// # Errors
    /// [`InvalidSynonyms`] for the first line that is no rule.
    pub(crate) fn parse(text: &str, stop_words: &HashSet<String>) -> Result<Self, InvalidSynonyms> {
        let mut synonyms = Self::default();
        for (at, line) in text.lines().enumerate() {
            let invalid = |problem| InvalidSynonyms {
                line: at + 1,
                problem,
            };
            let rule = line.split('#').next().unwrap_or("").trim();
            if rule.is_empty() {
                continue;
            }
            let (left, right) = match rule.split_once("=>") {
                Some((left, right)) => (left, Some(right)),
                None => (rule, None),
            };
            let left = phrases(left, stop_words).map_err(invalid)?;
            let right = right.map(|right| phrases(right, stop_words)).transpose();
            let right = right.map_err(invalid)?;
            if right.is_none() && left.len() < 2 {
                return Err(invalid(
                    "needs at least two entries, separated by commas, or `=>`",
                ));
            }
            for key in &left {
                for other in right.as_ref().unwrap_or(&left) {
                    if other != key {
                        synonyms.add(key, other);
                    }
                }
            }
        }
        Ok(synonyms)
    }

    fn add(&mut self, key: &[String], other: &[String]) {
        let key = key.iter().map(|word| stem(word).into_owned()).collect();
        let also: &mut Vec<Vec<String>> = self.also.entry(key).or_default();
        if !also.iter().any(|known| known == other) {
            also.push(other.to_vec());
        }
    }

    /// The longest key at the beginning of `words`: how many words it has, and what also does.
    pub(crate) fn at_start_of(&self, words: &[String]) -> Option<(usize, &[Vec<String>])> {
        let stems: Vec<String> = words
            .iter()
            .take(MOST_WORDS)
            .map(|word| stem(word).into_owned())
            .collect();
        (1..=stems.len()).rev().find_map(|length| {
            let also = self.also.get(&stems[..length])?;
            Some((length, also.as_slice()))
        })
    }
}

fn phrases(list: &str, stop_words: &HashSet<String>) -> Result<Vec<Vec<String>>, &'static str> {
    let mut found = Vec::new();
    for entry in list.split(',') {
        let all = words(entry);
        let mut phrase: Vec<String> = all
            .iter()
            .filter(|word| !stop_words.contains(*word))
            .cloned()
            .collect();
        if phrase.is_empty() {
            phrase = all;
        }
        if phrase.is_empty() {
            return Err("has an empty entry");
        }
        if phrase.len() > MOST_WORDS {
            return Err("has an entry of more than five words");
        }
        found.push(phrase);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Synonyms, InvalidSynonyms> {
        Synonyms::parse(text, &HashSet::from(["of".to_owned()]))
    }

    fn query(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn equal_entries_stand_for_each_other_and_arrows_point_one_way() {
        let synonyms = of("cs, Computer Science # comment\n\npa => pennsylvania\n").expect("valid");
        let (length, also) = synonyms
            .at_start_of(&query("computers science x"))
            .expect("a key");
        assert_eq!((length, also), (2, &[query("cs")][..]));
        assert!(synonyms.at_start_of(&query("pa")).is_some());
        assert!(synonyms.at_start_of(&query("pennsylvania")).is_none());
        assert!(synonyms.at_start_of(&[]).is_none());
    }

    #[test]
    fn wrong_lines_are_named() {
        for (text, line) in [
            ("a, b\nalone", 2),
            ("a,,b", 1),
            ("a => ", 1),
            ("a b c d e f, x", 1),
        ] {
            assert_eq!(of(text).expect_err(text).line, line, "{text}");
        }
    }
}

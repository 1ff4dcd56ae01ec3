//! How the vocabulary grows with the catalogue, since word lists that are too small flatter every engine.

use std::collections::HashMap;

use serde::Serialize;

use crate::{corpus, output};

/// Arguments of `vocabulary`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Sizes at which to count, ascending
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "6700,10000,100000,1000000"
    )]
    counts: Vec<usize>,
}

#[derive(Serialize)]
struct Line {
    scholarships: usize,
    distinct_words: usize,
    /// All words, repeated ones too.
    words: u64,
    /// Share of all words that the hundred most frequent ones make up.
    hundred_most_frequent: f64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let last = arguments.counts.iter().copied().max().unwrap_or(0);
    let mut frequencies: HashMap<String, u64> = HashMap::new();
    for (at, content) in corpus::contents(last)?.enumerate() {
        let rules = content.criteria.iter().filter_map(|set| set.text.as_ref());
        let texts = [&content.name, &content.organization];
        for text in texts.into_iter().chain(&content.description).chain(rules) {
            // Split as the generator's own test does, which knows the real catalogue's number.
            let lower = text.to_lowercase();
            let words = lower.split(|character: char| !character.is_alphanumeric());
            for word in words.filter(|word| !word.is_empty()) {
                match frequencies.get_mut(word) {
                    Some(count) => *count += 1,
                    None => {
                        frequencies.insert(word.to_owned(), 1);
                    }
                }
            }
        }
        if arguments.counts.contains(&(at + 1)) {
            output::print(&line(at + 1, &frequencies))?;
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
fn line(scholarships: usize, frequencies: &HashMap<String, u64>) -> Line {
    let words: u64 = frequencies.values().sum();
    let mut counts: Vec<u64> = frequencies.values().copied().collect();
    counts.sort_unstable_by(|left, right| right.cmp(left));
    let frequent: u64 = counts.iter().take(100).sum();
    Line {
        scholarships,
        distinct_words: frequencies.len(),
        words,
        hundred_most_frequent: frequent as f64 / words.max(1) as f64,
    }
}

//! Plain queries find as many records as with tantivy, which knows nothing of our reference: all words must be there.
//!
//! The words are such that nothing else that our engine does comes into play: none begins or inflects another, there are no
//! synonyms, and the catalogue knows all of them.

use std::collections::{BTreeMap, BTreeSet};

use adapter_search::{DEFAULT_SEARCH, InProcessIndex, SearchSettings};
use domain::{Criteria, Deadline, EditorialStatus, Scholarship, ScholarshipId};
use ports::search_index::SearchRequest;
use ports::{Change, FeedPosition, SearchIndex};
use tantivy::collector::Count;
use tantivy::query::{BooleanQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, Schema, TEXT};
use tantivy::{Index, IndexWriter, Searcher, TantivyDocument, Term};

use crate::catalogue::{Generator, now};

const WORDS: usize = 2_000;
const QUERIES: usize = 500;

/// Different words of the same length, without an ending of inflection.
fn vocabulary(generator: &mut Generator) -> Vec<String> {
    const CONSONANTS: &[u8] = b"bcdfghjklmnprtvwz";
    const VOWELS: &[u8] = b"aou";
    let mut words = BTreeSet::new();
    let mut in_order = Vec::new();
    while in_order.len() < WORDS {
        let word: String = (0..6)
            .map(|at| if at % 2 == 0 { CONSONANTS } else { VOWELS })
            .map(|letters| char::from(letters[generator.below(letters.len())]))
            .collect();
        if words.insert(word.clone()) {
            in_order.push(word);
        }
    }
    in_order
}

struct Texts {
    generator: Generator,
    vocabulary: Vec<String>,
}

impl Texts {
    /// By Zipf's law: the second word of the vocabulary is half as frequent as the first.
    fn word(&mut self) -> String {
        let steps = 1_000_000;
        let share = self.generator.below(steps) as f64 / steps as f64;
        let rank = (self.vocabulary.len() as f64).powf(share) as usize;
        self.vocabulary[rank - 1].clone()
    }

    fn text(&mut self, least: usize, most: usize) -> String {
        const BETWEEN: [&str; 8] = [" ", " ", " ", ", ", " - ", "/", "; ", " ("];
        let mut text = String::new();
        for _ in 0..least + self.generator.below(most - least + 1) {
            let word = self.word();
            match self.generator.below(4) {
                0 => text.push_str(&word.to_uppercase()),
                _ => text.push_str(&word),
            }
            text.push_str(BETWEEN[self.generator.below(BETWEEN.len())]);
        }
        text
    }

    fn record(&mut self, number: usize) -> Scholarship {
        let mut record = self.generator.scholarship(1);
        record.id = ScholarshipId::parse(&format!("p{number:04}")).expect("an id");
        let content = &mut record.content;
        content.name = self.text(2, 5);
        content.organization = self.text(1, 3);
        content.description = self.generator.chance(0.8).then(|| self.text(5, 40));
        content.tags = vec![self.text(1, 2)];
        content.criteria = vec![Criteria {
            text: Some(self.text(1, 6)),
            ..Criteria::default()
        }];
        content.deadline = Deadline::default();
        content.status = EditorialStatus::Active;
        record
    }

    /// Mostly words of one record, so that something is found.
    fn query(&mut self, known: &[Vec<String>]) -> Vec<String> {
        let words = &known[self.generator.below(known.len())];
        let mut query = Vec::new();
        for _ in 0..=self.generator.below(4) {
            query.push(if self.generator.chance(0.9) {
                words[self.generator.below(words.len())].clone()
            } else {
                let others = &known[self.generator.below(known.len())];
                others[self.generator.below(others.len())].clone()
            });
        }
        query
    }
}

fn texts_of(record: &Scholarship) -> Vec<&str> {
    let content = &record.content;
    let mut texts = vec![content.name.as_str(), content.organization.as_str()];
    texts.extend(content.description.as_deref());
    texts.extend(content.tags.iter().map(String::as_str));
    texts.extend(
        content
            .criteria
            .iter()
            .filter_map(|set| set.text.as_deref()),
    );
    texts
}

fn words_of(record: &Scholarship) -> Vec<String> {
    let text = texts_of(record).join(" ").to_lowercase();
    let words = text.split(|character: char| !character.is_ascii_lowercase());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

struct Peer {
    text: Field,
    searcher: Searcher,
}

impl Peer {
    fn of<'a>(records: impl Iterator<Item = &'a Scholarship>) -> tantivy::Result<Self> {
        const WRITER_BYTES: usize = 20_000_000;
        let mut schema = Schema::builder();
        let text = schema.add_text_field("text", TEXT);
        let index = Index::create_in_ram(schema.build());
        let mut writer: IndexWriter = index.writer_with_num_threads(1, WRITER_BYTES)?;
        for record in records {
            let mut document = TantivyDocument::new();
            for part in texts_of(record) {
                document.add_text(text, part);
            }
            writer.add_document(document)?;
        }
        writer.commit()?;
        let searcher = index.reader()?.searcher();
        Ok(Self { text, searcher })
    }

    fn total(&self, words: &[String]) -> tantivy::Result<usize> {
        let all = words.iter().map(|word| -> Box<dyn Query> {
            let term = Term::from_field_text(self.text, word);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        });
        let query = BooleanQuery::intersection(all.collect());
        self.searcher.search(&query, &Count)
    }
}

#[test]
fn plain_queries_find_as_many_records_as_with_tantivy() -> tantivy::Result<()> {
    let mut generator = Generator::of(6_000);
    let mut texts = Texts {
        vocabulary: vocabulary(&mut generator),
        generator,
    };
    let settings = SearchSettings::from_toml(DEFAULT_SEARCH, "").expect("valid settings");
    let index = InProcessIndex::new(settings);
    let mut records: BTreeMap<ScholarshipId, Scholarship> = BTreeMap::new();
    for size in [1_600, 30, 700, 1] {
        let mut changes = Vec::new();
        for _ in 0..size {
            let number = texts.generator.below(4_000);
            let record = texts.record(number);
            if texts.generator.chance(0.05) {
                records.remove(&record.id);
                let id = record.id;
                changes.push(Change::Deleted { id, at: now() });
            } else {
                records.insert(record.id.clone(), record.clone());
                changes.push(Change::Upserted(Box::new(record)));
            }
        }
        index.apply(changes, FeedPosition::default());
    }
    let peer = Peer::of(records.values())?;
    let known: Vec<Vec<String>> = records.values().map(words_of).collect();
    let (mut with_results, mut with_many) = (0, 0);
    for _ in 0..QUERIES {
        let words = texts.query(&known);
        let request = SearchRequest {
            query: words.join(" "),
            limit: 1,
            ..SearchRequest::default()
        };
        let answer = index.search(&request, now()).expect("an answer");
        let total = peer.total(&words)?;
        assert!(answer.corrected.is_empty(), "{words:?}");
        if total == 0 {
            assert!(!answer.relaxed.is_empty(), "{words:?}");
        } else {
            assert!(answer.relaxed.is_empty(), "{words:?}");
            assert_eq!(answer.total, total as u64, "{words:?}");
            with_results += 1;
            with_many += usize::from(total > 20);
        }
    }
    // Else they would agree on nothing.
    assert!(with_results > QUERIES / 2 && with_many > QUERIES / 10);
    assert!(with_results < QUERIES);
    Ok(())
}

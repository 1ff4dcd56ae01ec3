//! The peer at its best: one text field without positions, everything else in arrays beside the index, and one pass of one
//! collector that filters, counts, sums and keeps the ten best.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use anyhow::Context as _;
use domain::{Scholarship, Timestamp};
use ports::search_index::{Facet, SearchRequest};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, FuzzyTermQuery, Occur, Query, TermQuery,
};
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema};
use tantivy::{Index, IndexWriter, Score, Searcher, SegmentReader, TantivyDocument, Term};

use super::facts::{Counter, Facts};
use super::{
    QueryWord, StopWords, Texts, card, distance, finish, relax, stemmed, words_as_they_are,
};
use crate::texts::stem;

pub(crate) struct Tuned {
    searcher: Searcher,
    stop_words: StopWords,
    stems: Field,
    surface: Field,
    facts: Arc<[Facts]>,
    cards: Vec<Box<[u8]>>,
}

pub(crate) struct Answer<'a> {
    pub(crate) total: u64,
    pub(crate) facets: Vec<Facet>,
    pub(crate) cards: Vec<&'a [u8]>,
}

/// A beginning that starts more words than this is looked up without scores.
const SCORED_COMPLETIONS: usize = 32;

impl Tuned {
    pub(crate) fn of(scholarships: impl Iterator<Item = Scholarship>) -> anyhow::Result<Self> {
        let mut builder = Schema::builder();
        let stems =
            builder.add_text_field("stems", words_as_they_are(IndexRecordOption::WithFreqs));
        let surface =
            builder.add_text_field("surface", words_as_they_are(IndexRecordOption::Basic));
        let number = builder.add_u64_field("number", FAST);
        let index = Index::create_in_ram(builder.build());
        let writer: IndexWriter = index.writer_with_num_threads(1, super::WRITER_BYTES)?;
        let (mut facts, mut cards) = (Vec::new(), Vec::new());
        for scholarship in scholarships {
            let texts = Texts::of(&scholarship);
            let mut document = TantivyDocument::default();
            document.add_u64(number, facts.len() as u64);
            for text in texts.all() {
                document.add_text(stems, stemmed(text));
                document.add_text(surface, text.join(" "));
            }
            writer.add_document(document)?;
            facts.push(Facts::of(&scholarship));
            cards.push(card(&scholarship)?.into_boxed_slice());
        }
        finish(writer)?;
        let searcher = index.reader()?.searcher();
        let [segment] = searcher.segment_readers() else {
            anyhow::bail!("the index has not one segment")
        };
        // Merging may have put documents into another order.
        let numbers = segment.fast_fields().u64("number")?;
        let order: Vec<usize> = (0..segment.max_doc())
            .map(|document| {
                let number = numbers
                    .first(document)
                    .context("a document without number")?;
                Ok(usize::try_from(number)?)
            })
            .collect::<anyhow::Result<_>>()?;
        let facts = order.iter().map(|number| facts[*number]).collect();
        let cards = order
            .iter()
            .map(|number| std::mem::take(&mut cards[*number]))
            .collect();
        Ok(Self {
            searcher,
            stop_words: StopWords::load()?,
            stems,
            surface,
            facts,
            cards,
        })
    }

    pub(crate) fn search(
        &self,
        request: &SearchRequest,
        now: Timestamp,
    ) -> anyhow::Result<Answer<'_>> {
        let mut words = self
            .stop_words
            .query_words(&request.query, &self.searcher, &[self.stems]);
        loop {
            let collector = Everything {
                facts: Arc::clone(&self.facts),
                request: request.clone(),
                now,
            };
            let query = self.query(&words)?;
            let found = self.searcher.search(query.as_ref(), &collector)?;
            if found.counter.total == 0 && relax(&mut words) {
                continue;
            }
            let mut best = found.best.into_vec();
            best.sort_unstable();
            let cards = best.iter().map(|hit| &*self.cards[hit.document as usize]);
            return Ok(Answer {
                total: found.counter.total,
                facets: found.counter.facets(),
                cards: cards.collect(),
            });
        }
    }

    fn query(&self, words: &[QueryWord]) -> anyhow::Result<Box<dyn Query>> {
        let mut clauses = Vec::with_capacity(words.len());
        for word in words {
            clauses.push((Occur::Must, self.word_query(word)?));
        }
        Ok(match clauses.len() {
            0 => Box::new(AllQuery),
            1 => clauses.remove(0).1,
            _ => Box::new(BooleanQuery::new(clauses)),
        })
    }

    fn word_query(&self, word: &QueryWord) -> anyhow::Result<Box<dyn Query>> {
        let mut forms: Vec<Box<dyn Query>> = Vec::new();
        if word.frequency > 0 {
            forms.push(self.term(self.stems, stem(&word.word)));
        }
        if word.is_last {
            let completions = self.completions(&word.word)?;
            if completions.len() <= SCORED_COMPLETIONS {
                let terms = completions.iter();
                forms.extend(terms.map(|completion| self.term(self.surface, completion)));
            } else {
                let term = Term::from_field_text(self.surface, &word.word);
                let all = Box::new(FuzzyTermQuery::new_prefix(term, 0, true));
                forms.push(Box::new(ConstScoreQuery::new(all, 1.0)));
            }
        }
        if forms.is_empty()
            && let Some(corrected) = self.corrected(&word.word)?
        {
            forms.push(self.term(self.stems, stem(&corrected)));
        }
        Ok(match forms.len() {
            0 => self.term(self.stems, &word.word),
            1 => forms.remove(0),
            _ => Box::new(BooleanQuery::union(forms)),
        })
    }

    fn term(&self, field: Field, word: &str) -> Box<dyn Query> {
        let term = Term::from_field_text(field, word);
        Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
    }

    /// Words that begin with it: one more than are scored, at most.
    fn completions(&self, beginning: &str) -> anyhow::Result<Vec<String>> {
        let segment = self.searcher.segment_reader(0);
        let dictionary = segment.inverted_index(self.surface)?;
        let mut stream = dictionary.terms().range().ge(beginning).into_stream()?;
        let mut found = Vec::new();
        while found.len() <= SCORED_COMPLETIONS && stream.advance() {
            if !stream.key().starts_with(beginning.as_bytes()) {
                break;
            }
            found.push(std::str::from_utf8(stream.key())?.to_owned());
        }
        Ok(found)
    }

    /// The most frequent word nearby, rather one with the same first letter.
    fn corrected(&self, word: &str) -> anyhow::Result<Option<String>> {
        let Some(distance) = distance(word) else {
            return Ok(None);
        };
        let segment = self.searcher.segment_reader(0);
        let dictionary = segment.inverted_index(self.surface)?;
        for nearer in 1..=distance {
            let term = Term::from_field_text(self.surface, word);
            let automaton = FuzzyTermQuery::new(term, nearer, true).automaton()?;
            let mut stream = dictionary.terms().search(automaton).into_stream()?;
            let mut best = None;
            while stream.advance() {
                let same_start = stream.key().first() == word.as_bytes().first();
                let rank = (same_start, stream.value().doc_freq);
                if best.as_ref().is_none_or(|(known, _)| rank > *known) {
                    best = Some((rank, stream.key().to_vec()));
                }
            }
            if let Some((_, key)) = best {
                return Ok(Some(String::from_utf8(key)?));
            }
        }
        Ok(None)
    }
}

/// A document among the best; the greatest is the worst.
#[derive(PartialEq)]
struct Candidate {
    score: Score,
    document: u32,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = other.score.total_cmp(&self.score);
        by_score.then(self.document.cmp(&other.document))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

struct Everything {
    facts: Arc<[Facts]>,
    request: SearchRequest,
    now: Timestamp,
}

struct Found {
    facts: Arc<[Facts]>,
    counter: Counter,
    best: BinaryHeap<Candidate>,
    limit: usize,
}

impl Collector for Everything {
    type Fruit = Found;
    type Child = Found;

    fn for_segment(&self, _: u32, _: &SegmentReader) -> tantivy::Result<Found> {
        Ok(Found {
            facts: Arc::clone(&self.facts),
            counter: Counter::new(&self.request.filters, self.now),
            best: BinaryHeap::with_capacity(self.request.limit + 1),
            limit: self.request.limit,
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, fruits: Vec<Found>) -> tantivy::Result<Found> {
        // There is one segment.
        let first = fruits.into_iter().next();
        first.ok_or_else(|| tantivy::TantivyError::InternalError("no segment".to_owned()))
    }
}

impl SegmentCollector for Found {
    type Fruit = Self;

    fn collect(&mut self, document: u32, score: Score) {
        if !self.counter.add(&self.facts[document as usize]) {
            return;
        }
        let candidate = Candidate { score, document };
        if self.best.len() < self.limit {
            self.best.push(candidate);
        } else if let Some(mut worst) = self.best.peek_mut()
            && candidate < *worst
        {
            *worst = candidate;
        }
    }

    fn harvest(self) -> Self {
        self
    }
}

//! The peer as its manual has it: one field for each text with a boost, filters as clauses, the aggregation collector for
//! facets, and stored documents.

use domain::{Currency, EditorialStatus, Scholarship, Term as _, Timestamp};
use ports::search_index::{FacetKind, Filters, SearchRequest};
use serde_json::json;
use std::ops::Bound;
use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::agg_result::AggregationResults;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, FuzzyTermQuery, Occur, Query, RangeQuery,
    TermQuery,
};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, Value as _,
};
use tantivy::{Index, IndexWriter, Searcher, TantivyDocument, Term};

use super::{
    QueryWord, StopWords, Texts, card, distance, finish, relax, stemmed, words_as_they_are,
};
use crate::texts::stem;

/// Our engine's boosts of name, organization, subjects, description and eligibility.
const BOOSTS: [f32; 5] = [5.0, 3.0, 2.5, 1.0, 0.8];

pub(crate) struct Plain {
    searcher: Searcher,
    stop_words: StopWords,
    fields: Fields,
    facets: [(FacetKind, Aggregations); 3],
}

#[derive(Clone, Copy)]
struct Fields {
    texts: [Field; 5],
    surface: Field,
    status: Field,
    expires: Field,
    amount: Field,
    states: Field,
    subjects: Field,
    levels: Field,
    types: Field,
    /// Which criteria a document does not state.
    unstated: Field,
    card: Field,
}

pub(crate) struct Answer {
    pub(crate) total: u64,
    /// Of each facet: the values with counts and amounts.
    pub(crate) facets: Vec<AggregationResults>,
    pub(crate) cards: Vec<Vec<u8>>,
}

impl Fields {
    fn of(builder: &mut tantivy::schema::SchemaBuilder) -> Self {
        let text = || words_as_they_are(IndexRecordOption::WithFreqsAndPositions);
        Self {
            texts: [
                "name",
                "organization",
                "subjects",
                "description",
                "eligibility",
            ]
            .map(|name| builder.add_text_field(name, text())),
            surface: builder.add_text_field("surface", words_as_they_are(IndexRecordOption::Basic)),
            status: builder.add_text_field("status", STRING),
            expires: builder.add_i64_field("expires", INDEXED | FAST),
            amount: builder.add_i64_field("amount", INDEXED | FAST),
            states: builder.add_text_field("states", STRING | FAST),
            subjects: builder.add_text_field("fields_of_study", STRING | FAST),
            levels: builder.add_text_field("levels", STRING),
            types: builder.add_text_field("scholarship_types", STRING | FAST),
            unstated: builder.add_text_field("unstated", STRING),
            card: builder.add_bytes_field("card", STORED),
        }
    }

    fn document(&self, scholarship: &Scholarship) -> anyhow::Result<TantivyDocument> {
        let content = &scholarship.content;
        let facts = super::facts::Facts::of(scholarship);
        let mut document = TantivyDocument::default();
        let texts = Texts::of(scholarship);
        for (field, text) in self.texts.iter().zip(texts.all()) {
            document.add_text(*field, stemmed(text));
            document.add_text(self.surface, text.join(" "));
        }
        document.add_text(self.status, content.status.code());
        document.add_i64(self.expires, facts.expires);
        match facts.amount {
            Some(amount) => document.add_i64(self.amount, amount),
            None => document.add_text(self.unstated, "amount"),
        }
        for state in facts.states.iter() {
            document.add_text(self.states, state.code());
        }
        for field in facts.fields.iter() {
            document.add_text(self.subjects, field.code());
        }
        for level in facts.levels.iter() {
            document.add_text(self.levels, level.code());
        }
        document.add_text(self.types, facts.scholarship_type.code());
        let unstated = [
            (facts.any_state, "states"),
            (facts.any_field, "fields"),
            (facts.any_level, "levels"),
        ];
        for (_, kind) in unstated.iter().filter(|(is_unstated, _)| *is_unstated) {
            document.add_text(self.unstated, kind);
        }
        document.add_bytes(self.card, &card(scholarship)?);
        Ok(document)
    }
}

impl Plain {
    pub(crate) fn of(scholarships: impl Iterator<Item = Scholarship>) -> anyhow::Result<Self> {
        let mut builder = Schema::builder();
        let fields = Fields::of(&mut builder);
        let index = Index::create_in_ram(builder.build());
        let writer: IndexWriter = index.writer_with_num_threads(1, super::WRITER_BYTES)?;
        for scholarship in scholarships {
            writer.add_document(fields.document(&scholarship)?)?;
        }
        finish(writer)?;
        let facet = |kind: FacetKind| -> anyhow::Result<_> {
            let request = json!({ "values": {
                "terms": { "field": kind.code(), "size": 100 },
                "aggs": { "amount": { "stats": { "field": "amount" } } },
            }});
            Ok((kind, serde_json::from_value(request)?))
        };
        Ok(Self {
            searcher: index.reader()?.searcher(),
            stop_words: StopWords::load()?,
            fields,
            facets: [
                facet(FacetKind::States)?,
                facet(FacetKind::FieldsOfStudy)?,
                facet(FacetKind::ScholarshipTypes)?,
            ],
        })
    }

    pub(crate) fn search(&self, request: &SearchRequest, now: Timestamp) -> anyhow::Result<Answer> {
        let mut words =
            self.stop_words
                .query_words(&request.query, &self.searcher, &self.fields.texts);
        loop {
            let answer = self.search_words(&words, request, now)?;
            if answer.total > 0 || !relax(&mut words) {
                return Ok(answer);
            }
        }
    }

    fn search_words(
        &self,
        words: &[QueryWord],
        request: &SearchRequest,
        now: Timestamp,
    ) -> anyhow::Result<Answer> {
        let query = self.query(words, &request.filters, now);
        let top = TopDocs::with_limit(request.limit).order_by_score();
        // Facets whose own filter is set count without it, in a search of their own; the others share the main one.
        let filtered = |kind: FacetKind| match kind {
            FacetKind::States => !request.filters.states.is_empty(),
            FacetKind::FieldsOfStudy => !request.filters.fields_of_study.is_empty(),
            _ => !request.filters.scholarship_types.is_empty(),
        };
        let mut shared = Aggregations::default();
        let mut facets = Vec::new();
        for (kind, aggregations) in &self.facets {
            if filtered(*kind) {
                let mut filters = request.filters.clone();
                match kind {
                    FacetKind::States => filters.states = Default::default(),
                    FacetKind::FieldsOfStudy => filters.fields_of_study = Default::default(),
                    _ => filters.scholarship_types = Default::default(),
                }
                let collector =
                    AggregationCollector::from_aggs(aggregations.clone(), Default::default());
                let query = self.query(words, &filters, now);
                facets.push(self.searcher.search(&query, &collector)?);
            } else {
                let named = aggregations.values().cloned();
                shared.extend(named.map(|values| (kind.code().to_owned(), values)));
            }
        }
        let collector = AggregationCollector::from_aggs(shared, Default::default());
        let (total, best, counted) = self.searcher.search(&query, &(Count, top, collector))?;
        facets.push(counted);
        let mut cards = Vec::with_capacity(best.len());
        for (_, address) in best {
            let document: TantivyDocument = self.searcher.doc(address)?;
            let card = document.get_first(self.fields.card);
            cards.extend(card.and_then(|value| value.as_bytes().map(<[u8]>::to_vec)));
        }
        Ok(Answer {
            total: total as u64,
            facets,
            cards,
        })
    }

    fn query(&self, words: &[QueryWord], filters: &Filters, now: Timestamp) -> BooleanQuery {
        let fields = &self.fields;
        let mut clauses: Vec<Box<dyn Query>> =
            words.iter().map(|word| self.word_query(word)).collect();
        if clauses.is_empty() {
            clauses.push(Box::new(AllQuery));
        }
        let unscored = |query: Box<dyn Query>| -> Box<dyn Query> {
            Box::new(ConstScoreQuery::new(query, 0.0))
        };
        clauses.push(unscored(exactly(
            fields.status,
            EditorialStatus::Active.code(),
        )));
        let at_least = |field, bound| -> Box<dyn Query> {
            let bound = Bound::Included(Term::from_field_i64(field, bound));
            Box::new(RangeQuery::new(bound, Bound::Unbounded))
        };
        clauses.push(unscored(at_least(fields.expires, now.timestamp())));
        let any_of = |field: Field, codes: Vec<&'static str>, unstated: Option<&str>| {
            let mut values: Vec<Box<dyn Query>> =
                codes.iter().map(|code| exactly(field, code)).collect();
            values.extend(unstated.map(|kind| exactly(fields.unstated, kind)));
            (!codes.is_empty()).then(|| unscored(Box::new(BooleanQuery::union(values))))
        };
        let states = filters.states.iter().map(|term| term.code()).collect();
        let subjects = filters.fields_of_study.iter().map(|term| term.code());
        let levels = filters.grade_levels.iter().map(|term| term.code());
        let types = filters.scholarship_types.iter().map(|term| term.code());
        clauses.extend(any_of(fields.states, states, Some("states")));
        clauses.extend(any_of(fields.subjects, subjects.collect(), Some("fields")));
        clauses.extend(any_of(fields.levels, levels.collect(), Some("levels")));
        clauses.extend(any_of(fields.types, types.collect(), None));
        if let Some(least) = filters
            .min_amount
            .filter(|_| filters.currency == Currency::USD)
        {
            let unknown = exactly(fields.unstated, "amount");
            let known = at_least(fields.amount, least);
            clauses.push(unscored(Box::new(BooleanQuery::union(vec![
                unknown, known,
            ]))));
        }
        let must = clauses.into_iter().map(|clause| (Occur::Must, clause));
        BooleanQuery::new(must.collect())
    }

    fn word_query(&self, word: &QueryWord) -> Box<dyn Query> {
        let fields = &self.fields;
        let mut forms: Vec<Box<dyn Query>> = Vec::new();
        let surface = Term::from_field_text(fields.surface, &word.word);
        if word.frequency > 0 {
            for (field, boost) in fields.texts.iter().zip(BOOSTS) {
                let term = Term::from_field_text(*field, stem(&word.word));
                let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
                forms.push(Box::new(BoostQuery::new(query, boost)));
            }
        }
        if word.is_last {
            forms.push(Box::new(FuzzyTermQuery::new_prefix(
                surface.clone(),
                0,
                true,
            )));
        }
        if word.frequency == 0
            && let Some(distance) = distance(&word.word)
        {
            forms.push(Box::new(FuzzyTermQuery::new(surface, distance, true)));
        }
        if forms.is_empty() {
            forms.push(exactly(fields.surface, &word.word));
        }
        Box::new(BooleanQuery::union(forms))
    }
}

fn exactly(field: Field, text: &str) -> Box<dyn Query> {
    let term = Term::from_field_text(field, text);
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

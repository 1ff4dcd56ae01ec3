//! Searches that somebody may want to try next.

use std::collections::HashSet;

use domain::{Term, TermSet, UsState};
use ports::Prompt;
use ports::search_index::{FacetKind, Filters, SearchRequest};
use serde::Deserialize;
use serde_json::json;

use super::Assistant;
use super::answer::{Answered, FallbackReason, Source};
use super::prompts::{Question, list, object, text};
use super::query_parser;
use super::sanitizing::sanitize_input;
use super::validating::{Facts, TextLimits, validate_text};

const TASK: &str = "Suggest short searches for scholarships that somebody who searches for `query` may want to try next: \
narrower, broader or neighbouring topics, two to six words each, no sentences.";

/// Of the model's.
const MOST: usize = 20;
/// Characters of a suggestion.
const LONGEST: TextLimits = TextLimits { characters: 80 };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    suggestions: Vec<String>,
}

impl Assistant {
    /// At most `limit` searches, each of which finds something.
    pub async fn search_suggestions(
        &self,
        caller: &str,
        query: &str,
        limit: usize,
    ) -> Answered<Vec<String>> {
        let mut answered = self
            .questions
            .answer(
                caller,
                suggesting_prompt(query),
                |output| self.suggested(query, output),
                || self.suggestions_of_catalogue(query, limit),
            )
            .await;
        if answered.source == Source::Cache {
            // The catalogue may have changed since.
            answered.value.retain(|one| self.finds_something(one));
        }
        answered.value.truncate(limit);
        answered
    }

    fn suggested(&self, query: &str, output: &str) -> Result<Vec<String>, FallbackReason> {
        let output: Output =
            serde_json::from_str(output).map_err(|_| FallbackReason::InvalidOutput)?;
        let facts = Facts::of([]);
        let mut seen = HashSet::from([query.trim().to_lowercase()]);
        let mut kept = Vec::new();
        for suggestion in output.suggestions.into_iter().take(MOST) {
            let suggestion = suggestion.trim().to_owned();
            validate_text(&suggestion, &facts, LONGEST)
                .map_err(|_| FallbackReason::UnsafeOutput)?;
            if seen.insert(suggestion.to_lowercase()) && self.finds_something(&suggestion) {
                kept.push(suggestion);
            }
        }
        if kept.is_empty() {
            return Err(FallbackReason::InvalidOutput);
        }
        Ok(kept)
    }

    fn finds_something(&self, query: &str) -> bool {
        let request = SearchRequest {
            query: query.to_owned(),
            limit: 1,
            ..SearchRequest::default()
        };
        self.index
            .search(&request, self.clock.now())
            .is_ok_and(|answer| answer.total > 0 && answer.relaxed.is_empty())
    }

    /// Completions from the catalogue, then the topic beside what the scholarships about it have in common.
    fn suggestions_of_catalogue(&self, query: &str, limit: usize) -> Vec<String> {
        let now = self.clock.now();
        let topic = query_parser::parse(query, domain::deadline::today(now)).query;
        let mut seen = HashSet::from([query.trim().to_lowercase()]);
        let completions = self.index.suggest(query, limit, now).into_iter();
        let mut found: Vec<String> = completions
            .map(|completion| completion.text)
            .filter(|text| seen.insert(text.to_lowercase()))
            .collect();
        if !topic.is_empty() {
            let neighbours = self.neighbours(&topic).into_iter();
            found.extend(neighbours.filter(|text| seen.insert(text.to_lowercase())));
        }
        found.truncate(limit);
        found
    }

    fn neighbours(&self, topic: &str) -> Vec<String> {
        let request = SearchRequest {
            query: topic.to_owned(),
            filters: Filters::default(),
            facets: TermSet::of(&[
                FacetKind::States,
                FacetKind::GradeLevels,
                FacetKind::ScholarshipTypes,
            ]),
            limit: 0,
            ..SearchRequest::default()
        };
        let Ok(answer) = self.index.search(&request, self.clock.now()) else {
            return Vec::new();
        };
        let facets = answer.facets.iter().flat_map(|facet| {
            facet
                .values
                .iter()
                .take(2)
                .filter(|value| value.value != "other")
                .map(|value| match UsState::from_code(&value.value) {
                    Some(state) => format!("{topic} in {}", state.name()),
                    None => format!("{topic} {}", value.value.replace('_', " ")),
                })
        });
        facets.collect()
    }
}

fn suggesting_prompt(query: &str) -> Result<Prompt, FallbackReason> {
    let safe = sanitize_input(query).map_err(|_| FallbackReason::UnsafeInput)?;
    let question = Question {
        task: TASK,
        name: "search_suggestions",
        schema: object(json!({"suggestions": list(text())})),
        input: json!({"query": safe.text}),
        max_output_tokens: 400,
    };
    Ok(question.into_prompt())
}

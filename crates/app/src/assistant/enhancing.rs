//! What somebody wrote in a sentence, as words and filters for search.

use chrono::NaiveDate;
use ports::Prompt;
use ports::search_index::{Filters, SearchRequest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Assistant;
use super::answer::{Answered, FallbackReason};
use super::filter_words::{self, FilterWords};
use super::folding;
use super::grounding;
use super::prompts::{Question, object, text};
use super::query_parser::{self, ParsedQuery};
use super::sanitizing::sanitize_input;
use super::validating::{Facts, TextLimits, validate_text};

const TASK: &str = "Turn a student's request for scholarships (`query`) into search words and filters. `query` of your answer \
holds the topic and names to search for, in the student's own words, without what the filters say; it may be empty. Set a \
filter only where the request clearly states it; amounts are US dollars, dates are YYYY-MM-DD and lie after `today`. \
`min_gpa` is the grade-point average that the student has.";

const LONGEST_QUERY: TextLimits = TextLimits { characters: 500 };

/// As the model writes it, and as it is remembered once it was checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    query: String,
    filters: FilterWords,
}

impl Assistant {
    /// The words and filters that a request for scholarships comes to.
    pub async fn enhance_search(&self, caller: &str, request: &str) -> Answered<ParsedQuery> {
        let today = domain::deadline::today(self.clock.now());
        let safe = sanitize_input(request);
        let seen = safe.as_ref().map_or("", |safe| safe.text.as_str());
        let prompt = match &safe {
            Ok(_) => Ok(enhancing_prompt(seen, today)),
            Err(_) => Err(FallbackReason::UnsafeInput),
        };
        let check = |output: &str| self.checked(seen, today, output).map(Some);
        let answered = self.questions.answer(caller, prompt, check, || None).await;
        let enhanced = answered.value.and_then(|output: Output| {
            Some(ParsedQuery {
                filters: output.filters.into_filters()?,
                query: output.query,
            })
        });
        let text = safe.as_ref().map_or(request, |safe| &safe.text);
        Answered {
            value: enhanced.unwrap_or_else(|| self.by_rules(text, today)),
            source: answered.source,
        }
    }

    /// Without what stands for personal data, and, beside filters, without words that nothing in the catalogue has.
    fn by_rules(&self, request: &str, today: NaiveDate) -> ParsedQuery {
        let mut parsed = query_parser::parse(&without_placeholders(request), today);
        if parsed.filters != Filters::default() && !parsed.query.is_empty() {
            let wanted = SearchRequest {
                query: parsed.query.clone(),
                limit: 0,
                ..SearchRequest::default()
            };
            let found = self.index.search(&wanted, self.clock.now());
            if found.is_ok_and(|found| found.total == 0) {
                parsed.query.clear();
            }
        }
        parsed
    }

    /// The model's answer, when it keeps to what it has seen and to our vocabulary.
    fn checked(
        &self,
        seen: &str,
        today: NaiveDate,
        output: &str,
    ) -> Result<Output, FallbackReason> {
        let output: Output =
            serde_json::from_str(output).map_err(|_| FallbackReason::InvalidOutput)?;
        let filters = output.filters.clone().into_filters();
        let filters = filters.ok_or(FallbackReason::InvalidOutput)?;
        let facts = Facts::of([]).with_text(seen);
        let is_fit = self.are_words_of(seen, &output.query)
            && validate_text(&output.query, &facts, LONGEST_QUERY).is_ok()
            && grounding::is_grounded(&filters, seen, today);
        is_fit.then_some(output).ok_or(FallbackReason::UnsafeOutput)
    }

    /// Words to search for come from what the model has seen or from the catalogue, and from nowhere else.
    fn are_words_of(&self, seen: &str, words: &str) -> bool {
        let seen = folding::words(seen);
        folding::words(words)
            .iter()
            .all(|word| seen.contains(word) || self.index.public_words(word).is_some())
    }
}

/// Without `[EMAIL]` and its like.
fn without_placeholders(text: &str) -> String {
    let words = text.split_whitespace();
    let kept = words.filter(|word| !(word.contains('[') && word.contains(']')));
    kept.collect::<Vec<_>>().join(" ")
}

fn enhancing_prompt(seen: &str, today: NaiveDate) -> Prompt {
    Question {
        task: TASK,
        name: "enhanced_search",
        schema: object(json!({"query": text(), "filters": filter_words::schema()})),
        input: json!({"today": today, "query": seen}),
        max_output_tokens: 600,
    }
    .into_prompt()
}

//! What the catalogue holds and what is searched for, in figures of ours and words about them.

use std::time::Duration;

use domain::{Currency, TermSet};
use ports::search_index::{Facet, FacetKind, SearchRequest};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::timeout;

use super::Assistant;
use super::answer::{Answered, FallbackReason};
use super::prompts::{Question, list, object, text};
use super::validating::{Facts, TextLimits, validate_text};
use crate::thousands::with_commas;

const TASK: &str = "Say in two or three sentences what `figures` show about the scholarships that are open now and what people \
search for. Then name up to five insights of one sentence. Use only numbers from the figures.";

const LONGEST_ANALYSIS: TextLimits = TextLimits { characters: 800 };
const LONGEST_INSIGHT: TextLimits = TextLimits { characters: 250 };
const MOST_INSIGHTS: usize = 5;
/// Searches that fewer people than these made are nobody else's business.
const SEARCHED_AT_LEAST: u64 = 5;
const MOST_SEARCHES: usize = 10;
/// Values of a kind.
const MOST_SHARES: usize = 12;
/// A store that takes longer is done without.
const STORE_WITHIN: Duration = Duration::from_millis(500);

/// How many scholarships share a value, and what they pay at most together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub value: String,
    pub count: u64,
    /// In major units of US dollars; null when no amount is known.
    pub sum: Option<serde_json::Number>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopularSearch {
    pub query: String,
    /// Rounded down to two digits.
    pub count: u64,
}

/// Of the scholarships that are open now, and of the last days' searches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub days: i64,
    pub open_scholarships: u64,
    pub fields_of_study: Vec<Share>,
    pub scholarship_types: Vec<Share>,
    pub deadline_months: Vec<Share>,
    /// Most frequent first; empty while the store does not answer.
    pub searches: Vec<PopularSearch>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trends {
    pub analysis: String,
    pub insights: Vec<String>,
}

impl Assistant {
    /// The figures, computed here, and words about them.
    pub async fn trends_analysis(&self, caller: &str, days: i64) -> (Figures, Answered<Trends>) {
        let figures = self.figures(days).await;
        let question = Question {
            task: TASK,
            name: "trends_analysis",
            schema: object(json!({"analysis": text(), "insights": list(text())})),
            input: json!({"figures": figures}),
            max_output_tokens: 600,
        };
        let answered = self
            .questions
            .answer(
                caller,
                Ok(question.into_prompt()),
                |output| analyzed(&figures, output),
                || template(&figures),
            )
            .await;
        (figures, answered)
    }

    async fn figures(&self, days: i64) -> Figures {
        let kinds = [
            FacetKind::FieldsOfStudy,
            FacetKind::ScholarshipTypes,
            FacetKind::DeadlineMonth,
        ];
        let request = SearchRequest {
            facets: TermSet::of(&kinds),
            limit: 0,
            ..SearchRequest::default()
        };
        let found = self
            .index
            .search(&request, self.clock.now())
            .unwrap_or_default();
        let shares = |kind: FacetKind| {
            let facet = found.facets.iter().find(|facet| facet.kind == kind);
            facet.map(shares).unwrap_or_default()
        };
        let asked = self.analytics.search_trends(days, MOST_SEARCHES);
        let searches = match timeout(STORE_WITHIN, asked).await {
            Ok(Ok(searches)) => searches,
            Ok(Err(_)) | Err(_) => Vec::new(),
        };
        let searches = searches.into_iter();
        Figures {
            days,
            open_scholarships: found.total,
            fields_of_study: shares(kinds[0]),
            scholarship_types: shares(kinds[1]),
            deadline_months: shares(kinds[2]),
            searches: searches
                .filter(|one| one.count >= SEARCHED_AT_LEAST)
                .map(|one| PopularSearch {
                    query: one.query,
                    count: rounded(one.count),
                })
                .collect(),
        }
    }
}

/// Down to two digits that count: one search more is no other question to the model.
fn rounded(count: u64) -> u64 {
    let scale = 10_u64.pow(count.checked_ilog10().unwrap_or(0).saturating_sub(1));
    count / scale * scale
}

fn shares(facet: &Facet) -> Vec<Share> {
    let values = facet.values.iter().take(MOST_SHARES);
    values
        .map(|value| Share {
            value: value.value.clone().into_owned(),
            count: value.count,
            sum: value.sum.map(|sum| Currency::USD.major_units(sum)),
        })
        .collect()
}

fn analyzed(figures: &Figures, output: &str) -> Result<Trends, FallbackReason> {
    let trends: Trends = serde_json::from_str(output).map_err(|_| FallbackReason::InvalidOutput)?;
    if trends.analysis.trim().is_empty() || trends.insights.len() > MOST_INSIGHTS {
        return Err(FallbackReason::InvalidOutput);
    }
    let known = json!(figures).to_string();
    let facts = facts_of(figures).with_text(&known);
    let given: Vec<&str> = numbers(&known).collect();
    let texts = std::iter::once((&trends.analysis, LONGEST_ANALYSIS));
    let insights = trends.insights.iter().map(|one| (one, LONGEST_INSIGHT));
    for (text, longest) in texts.chain(insights) {
        validate_text(text, &facts, longest).map_err(|_| FallbackReason::UnsafeOutput)?;
        // Small ones too.
        if !numbers(&text.replace(',', "")).all(|number| given.contains(&number)) {
            return Err(FallbackReason::UnsafeOutput);
        }
    }
    Ok(trends)
}

/// The sums, each as an amount of money that may be named.
fn facts_of(figures: &Figures) -> Facts {
    let shares = [
        &figures.fields_of_study,
        &figures.scholarship_types,
        &figures.deadline_months,
    ];
    let sums = shares
        .into_iter()
        .flatten()
        .filter_map(|share| share.sum.as_ref());
    let sums = sums.filter_map(|sum| Currency::USD.minor_units_of(sum).ok());
    sums.fold(Facts::of([]), |facts, sum| {
        facts.with_amount(sum, Currency::USD)
    })
}

/// The whole numbers of a text.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
}

fn template(figures: &Figures) -> Trends {
    let mut analysis = format!(
        "{} scholarships are open now.",
        with_commas(&figures.open_scholarships.to_string())
    );
    let readable = |share: &Share| share.value.replace('_', " ");
    if let Some(first) = figures.fields_of_study.first() {
        analysis.push_str(&format!(
            " The most frequent field is {} ({}).",
            readable(first),
            with_commas(&first.count.to_string())
        ));
    }
    let mut insights = Vec::new();
    if let Some(busiest) = figures
        .deadline_months
        .iter()
        .max_by_key(|share| share.count)
    {
        insights.push(format!(
            "The month with most deadlines is {} ({}).",
            busiest.value,
            with_commas(&busiest.count.to_string())
        ));
    }
    if let Some(first) = figures.scholarship_types.first() {
        insights.push(format!(
            "The most frequent kind is {} ({}).",
            readable(first),
            with_commas(&first.count.to_string())
        ));
    }
    if let Some(search) = figures.searches.first() {
        insights.push(format!(
            "Most people searched for \"{}\" ({} times in {} days).",
            search.query, search.count, figures.days
        ));
    }
    Trends { analysis, insights }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_must_be_a_figure() {
        let share = Share {
            value: "science".to_owned(),
            count: 275,
            sum: Some(1_234_000.into()),
        };
        let figures = Figures {
            days: 30,
            open_scholarships: 1_756,
            fields_of_study: vec![share],
            scholarship_types: Vec::new(),
            deadline_months: Vec::new(),
            searches: Vec::new(),
        };
        let judged = |text: &str| {
            let output = json!({"analysis": text, "insights": []}).to_string();
            analyzed(&figures, &output).map(drop)
        };
        let refused = Err(FallbackReason::UnsafeOutput);
        for (text, expected) in [
            (
                "Of 1,756 scholarships, 275 are for science, worth $1,234,000.",
                Ok(()),
            ),
            ("1,757 scholarships are open.", refused),
            ("276 are for science.", refused),
            ("Science is worth $1,756.", refused),
        ] {
            assert_eq!(judged(text), expected, "{text}");
        }
    }
}

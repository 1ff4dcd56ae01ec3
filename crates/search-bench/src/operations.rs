//! What everything but searching for words costs: browsing, matching, unlocks, recommendations, suggestions, similar ones.

use std::collections::HashMap;

use domain::eligibility::VerdictSet;
use domain::{Currency, Scholarship, StudentProfile, Verdict};
use ports::SearchIndex as _;
use ports::search_index::{Filters, ProfileFilter, RecommendationRequest, SearchRequest};
use serde::Serialize;

use crate::measure::{Contestant, Summary, median_of_rounds};
use crate::{corpus, ours, output, profiles, queries};

/// Arguments of `operations`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    count: usize,
    /// Of which each question's median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Students, and scholarships to find similar ones for
    #[arg(long, default_value_t = 200)]
    questions: usize,
}

#[derive(Serialize)]
struct Line {
    scholarships: usize,
    operation: &'static str,
    #[serde(flatten)]
    summary: Summary,
}

/// Beginnings longer than this ask nothing new of a completion.
const LONGEST_BEGINNING: usize = 25;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let now = corpus::now()?;
    let (index, sample) = ours::lived_in(arguments.count)?;
    let wanted = arguments.questions;
    let records: Vec<&Scholarship> = sample
        .iter()
        .step_by(corpus::stride(sample.len(), wanted))
        .collect();
    let students = profiles::make(wanted);
    let browsing: Vec<SearchRequest> = queries::make(&sample)
        .into_iter()
        .filter(|query| query.filtered)
        .take(wanted)
        .map(|query| SearchRequest {
            query: String::new(),
            ..query.request
        })
        .collect();
    let unfiltered = SearchRequest {
        facets: queries::facets(),
        limit: 10,
        ..SearchRequest::default()
    };
    let counting: Vec<SearchRequest> = students.iter().map(|who| matching(who, 0)).collect();
    let listing: Vec<SearchRequest> = students.iter().map(|who| matching(who, 10)).collect();
    let beginnings: Vec<String> = records
        .iter()
        .flat_map(|record| beginnings(&record.content.name))
        .collect();
    let (filters, popularity) = (Filters::default(), HashMap::new());
    let recommending: Vec<RecommendationRequest<'_>> = students
        .iter()
        .map(|profile| RecommendationRequest {
            profile,
            verdicts: VerdictSet::of(&[Verdict::Eligible, Verdict::Possible]),
            filters: &filters,
            popularity: &popularity,
            limit: 20,
        })
        .collect();

    let search = |request: &SearchRequest| index.search(request, now).is_ok();
    let measured: [(&str, usize, Contestant<'_>); 9] = [
        (
            "browse, no filter",
            1,
            boxed(|_| {
                search(&unfiltered);
            }),
        ),
        (
            "browse with filters",
            browsing.len(),
            boxed(|at| {
                search(&browsing[at]);
            }),
        ),
        (
            "match, counts only",
            counting.len(),
            boxed(|at| {
                search(&counting[at]);
            }),
        ),
        (
            "match, ten best explained",
            listing.len(),
            boxed(|at| {
                search(&listing[at]);
            }),
        ),
        (
            "unlocks",
            students.len(),
            boxed(|at| {
                std::hint::black_box(index.unlocks(&students[at], Currency::USD, now));
            }),
        ),
        (
            "recommend",
            recommending.len(),
            boxed(|at| {
                std::hint::black_box(index.recommend(&recommending[at], now));
            }),
        ),
        (
            "suggest",
            beginnings.len(),
            boxed(|at| {
                std::hint::black_box(index.suggest(&beginnings[at], 8, now));
            }),
        ),
        (
            "similar",
            records.len(),
            boxed(|at| {
                std::hint::black_box(index.similar(&records[at].id, 10, now));
            }),
        ),
        (
            "read one record",
            records.len(),
            boxed(|at| {
                std::hint::black_box(index.scholarship(&records[at].id));
            }),
        ),
    ];
    for (operation, questions, contestant) in measured {
        let mut alone = [contestant];
        let costs = median_of_rounds(arguments.rounds, questions, &mut alone);
        output::print(&Line {
            scholarships: arguments.count,
            operation,
            summary: Summary::of(costs.into_iter().flatten()),
        })?;
    }
    Ok(())
}

fn boxed<'a>(contestant: impl FnMut(usize) + 'a) -> Contestant<'a> {
    Box::new(contestant)
}

/// The whole catalogue against one student: how many have which verdict, and the `limit` best.
fn matching(profile: &StudentProfile, limit: usize) -> SearchRequest {
    SearchRequest {
        profile: Some(ProfileFilter {
            profile: profile.clone(),
            verdicts: VerdictSet::of(&[Verdict::Eligible, Verdict::Possible]),
        }),
        limit,
        ..SearchRequest::default()
    }
}

/// What a person has typed after each letter.
fn beginnings(name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    let ends = lower
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8());
    ends.take(LONGEST_BEGINNING)
        .map(|end| lower[..end].to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_typed_letter_by_letter() {
        assert_eq!(beginnings("Học"), ["h", "họ", "học"]);
        assert_eq!(beginnings(&"a".repeat(40)).len(), LONGEST_BEGINNING);
    }
}

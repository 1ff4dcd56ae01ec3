//! How well the rules read sentences, against a hand-written set. Nobody looks at failures in its frozen half. The rules and both
//! halves have one author, so the queries of strangers are read less well than these numbers say.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::{Currency, Term, TermSet};
use ports::search_index::Filters;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::parse;

const QUERIES: &str = include_str!("../../../tests/data/natural_queries.json");
/// Least precision and recall of either half.
const FLOOR: f64 = 0.9;

#[derive(Deserialize)]
struct NaturalQuery {
    id: String,
    half: String,
    today: NaiveDate,
    query: String,
    /// As in the search parameters of the HTTP API.
    filters: Map<String, Value>,
}

/// (kind, value) pairs over all queries of a half.
#[derive(Default)]
struct Score {
    queries: usize,
    exact: usize,
    right: usize,
    wrong: usize,
    missed: usize,
    failures: Vec<String>,
}

type Pairs = BTreeSet<(String, String)>;

impl Score {
    fn add(&mut self, expected: &Pairs, found: &Pairs) {
        self.queries += 1;
        self.exact += usize::from(expected == found);
        self.right += expected.intersection(found).count();
        self.wrong += found.difference(expected).count();
        self.missed += expected.difference(found).count();
    }

    fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }

    fn summary(&self) -> String {
        format!(
            "precision {:.3}, recall {:.3}, {} of {} queries exact\n{}",
            self.precision(),
            self.recall(),
            self.exact,
            self.queries,
            self.failures.join("\n"),
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few hundred")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn pairs_of_document(filters: &Map<String, Value>) -> Pairs {
    let mut pairs = Pairs::new();
    for (kind, value) in filters {
        let values = value.as_array().cloned().unwrap_or(vec![value.clone()]);
        pairs.extend(values.iter().map(|value| {
            let text = value.as_str().map(str::to_owned);
            (kind.clone(), text.unwrap_or_else(|| value.to_string()))
        }));
    }
    pairs
}

fn pairs_of_filters(filters: &Filters) -> Pairs {
    let mut pairs = Pairs::new();
    let mut add = |kind: &str, value: Option<String>| {
        pairs.extend(value.map(|value| (kind.to_owned(), value)));
    };
    fn terms<T: Term>(set: TermSet<T>) -> impl Iterator<Item = Option<String>> {
        set.iter().map(|term| Some(term.code().to_owned()))
    }
    terms(filters.fields_of_study).for_each(|value| add("fields_of_study", value));
    terms(filters.scholarship_types).for_each(|value| add("scholarship_types", value));
    terms(filters.states).for_each(|value| add("states", value));
    terms(filters.grade_levels).for_each(|value| add("grade_levels", value));
    for citizenship in &filters.citizenship {
        add("citizenship", Some(citizenship.code().to_owned()));
    }
    let flag = |is_set: bool| is_set.then(|| "true".to_owned());
    add("states_only", flag(filters.states_only));
    add("known_amount", flag(filters.known_amount));
    let money = |minor| filters.currency.major_units(minor).to_string();
    add("min_amount", filters.min_amount.map(money));
    add("max_amount", filters.max_amount.map(money));
    let foreign = Some(filters.currency).filter(|currency| *currency != Currency::USD);
    add(
        "currency",
        foreign.map(|currency| currency.as_str().to_owned()),
    );
    let gpa = filters
        .min_gpa
        .map(|gpa| Value::from(gpa.points()).to_string());
    add("min_gpa", gpa);
    add(
        "financial_need",
        filters.financial_need.map(|need| need.to_string()),
    );
    add(
        "renewable",
        filters.renewable.map(|renewable| renewable.to_string()),
    );
    add(
        "deadline_after",
        filters.deadline_after.map(|day| day.to_string()),
    );
    add(
        "deadline_before",
        filters.deadline_before.map(|day| day.to_string()),
    );
    add("open_on", filters.open_on.map(|day| day.to_string()));
    pairs
}

fn score(half: &str) -> Score {
    let queries: Vec<NaturalQuery> = serde_json::from_str(QUERIES).expect("a list of queries");
    let mut score = Score::default();
    for query in queries.iter().filter(|query| query.half == half) {
        let parsed = parse(&query.query, query.today);
        let expected = pairs_of_document(&query.filters);
        let found = pairs_of_filters(&parsed.filters);
        if half == "dev" && expected != found {
            let missed: Vec<_> = expected.difference(&found).collect();
            let wrong: Vec<_> = found.difference(&expected).collect();
            let (id, text) = (&query.id, &query.query);
            score
                .failures
                .push(format!("{id} {text:?}: missed {missed:?}, wrong {wrong:?}"));
        }
        score.add(&expected, &found);
    }
    score
}

#[test]
fn filters_of_the_half_for_tuning_are_read() {
    let score = score("dev");
    println!("dev: {}", score.summary());
    assert!(score.precision() >= FLOOR, "{}", score.summary());
    assert!(score.recall() >= FLOOR, "{}", score.summary());
}

#[test]
fn filters_of_the_frozen_half_are_read() {
    let score = score("frozen");
    println!("frozen: {}", score.summary());
    assert_eq!(score.queries, 95, "nobody adds to it or takes from it");
    assert!(score.precision() >= FLOOR, "{}", score.summary());
    assert!(score.recall() >= FLOOR, "{}", score.summary());
}

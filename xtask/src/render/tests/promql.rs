//! Queries are PromQL, and speak of what is exported or recorded.

use std::collections::BTreeSet;

use promql_parser::parser::{Expr, parse};
use promql_parser::util::visitor::{ExprVisitor, walk_expr};

use super::*;
use crate::render::dashboards::{Dashboard, queries};
use crate::render::recording::Subject;

/// The metrics that a query names.
fn names_in(query: &str) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl ExprVisitor for Names {
        type Error = ();
        fn pre_visit(&mut self, expr: &Expr) -> Result<bool, ()> {
            let selector = match expr {
                Expr::VectorSelector(selector) => Some(selector),
                Expr::MatrixSelector(selector) => Some(&selector.vs),
                _ => None,
            };
            self.0.extend(selector.map(|selector| {
                selector
                    .name
                    .clone()
                    .unwrap_or_else(|| "without a name".to_owned())
            }));
            Ok(true)
        }
    }
    let expr = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let mut names = Names(BTreeSet::new());
    walk_expr(&mut names, &expr).unwrap();
    names.0
}

fn recording_rules() -> Vec<Value> {
    let policy = shipped();
    let mut rules = rules_of(&recording::objectives(&policy));
    for subject in Subject::ALL {
        rules.extend(rules_of(&recording::rules(&policy, subject)));
    }
    rules
}

fn recorded() -> BTreeSet<String> {
    let rules = recording_rules();
    let names = rules
        .iter()
        .map(|rule| rule["record"].as_str().unwrap().to_owned());
    names.collect()
}

fn all_queries() -> Vec<String> {
    let policy = shipped();
    let rules = recording_rules().into_iter().chain(alert_rules(&policy));
    let of_rules = rules.map(|rule| rule["expr"].as_str().unwrap().to_owned());
    let of_boards = Dashboard::ALL
        .into_iter()
        .flat_map(|board| queries(&board.render(&policy)));
    of_rules.chain(of_boards).collect()
}

#[test]
fn names_are_found_wherever_they_stand() {
    let query = "sum by (a) (rate(x_total{b=\"c\"}[5m])) / (y:z:rate5m > 0) and absent(up == 1) or vector(1) - time()";
    let found: Vec<String> = names_in(query).into_iter().collect();
    assert_eq!(found, ["up", "x_total", "y:z:rate5m"]);
}

#[test]
fn every_query_names_only_what_is_exported_or_recorded() {
    let (exported, recorded) = (exported::names(), recorded());
    let mut unknown = BTreeSet::new();
    for query in all_queries() {
        let names = names_in(&query).into_iter();
        unknown.extend(names.filter(|name| !exported.contains(name) && !recorded.contains(name)));
    }
    assert_eq!(unknown, BTreeSet::new());
}

#[test]
fn nothing_is_recorded_twice_in_a_window() {
    let rules = recording_rules();
    let mut seen = BTreeSet::new();
    for rule in &rules {
        let key = (rule["record"].to_string(), rule["labels"].to_string());
        assert!(seen.insert(key), "{rule}");
    }
}

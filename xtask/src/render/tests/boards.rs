//! Dashboards are whole: what Grafana needs is there, and nothing lies on something else.

use std::collections::BTreeSet;

use super::*;
use crate::render::dashboards::Dashboard;

#[test]
fn panels_have_an_id_a_unit_queries_and_a_place_of_their_own() {
    let policy = shipped();
    let mut uids = BTreeSet::new();
    for board in Dashboard::ALL {
        let board = board.render(&policy);
        assert!(uids.insert(board["uid"].to_string()));
        let title = board["title"].as_str().unwrap();
        let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
        let panels = board["panels"].as_array().unwrap();
        assert!(panels.len() >= 6, "{title}");
        for panel in panels {
            let name = format!("{title}: {}", panel["title"]);
            assert!(ids.insert(panel["id"].to_string()), "{name}");
            let defaults = &panel["fieldConfig"]["defaults"];
            assert!(
                defaults["unit"]
                    .as_str()
                    .is_some_and(|unit| !unit.is_empty()),
                "{name}"
            );
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{name}");
            assert!(!panel["targets"].as_array().unwrap().is_empty(), "{name}");
            let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(place("x") + place("w") <= 24, "{name}");
            for x in place("x")..place("x") + place("w") {
                for y in place("y")..place("y") + place("h") {
                    assert!(cells.insert((x, y)), "{name}");
                }
            }
        }
    }
}

/// Every `$name` of a query is a variable of its dashboard.
#[test]
fn variables_are_there() {
    for board in Dashboard::ALL {
        let board = board.render(&shipped());
        let variables: BTreeSet<&str> = board["templating"]["list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|variable| variable["name"].as_str().unwrap())
            .collect();
        assert!(variables.contains("datasource"));
        for query in crate::render::dashboards::queries(&board) {
            for part in query.split('$').skip(1) {
                let end = part
                    .find(|letter: char| !letter.is_alphanumeric())
                    .unwrap_or(part.len());
                assert!(variables.contains(&part[..end]), "{query}");
            }
        }
    }
}

#[test]
fn latency_of_buckets_shows_exemplars_and_nothing_else_asks_for_them() {
    let mut asked = 0;
    for board in Dashboard::ALL {
        let board = board.render(&shipped());
        let panels = board["panels"].as_array().unwrap().iter();
        for target in panels.flat_map(|panel| panel["targets"].as_array().unwrap()) {
            let query = target["expr"].as_str().unwrap();
            let is_asked = target["exemplar"] == true;
            assert_eq!(is_asked, query.contains("_bucket"), "{query}");
            asked += usize::from(is_asked);
        }
    }
    assert!(asked >= 4, "{asked}");
}

#[test]
fn limits_of_the_policy_are_drawn() {
    let policy = shipped();
    let golden = Dashboard::Golden.render(&policy).to_string();
    assert!(
        golden.contains("\"color\":\"red\",\"value\":0.01"),
        "the error rate"
    );
    assert!(
        golden.contains("\"color\":\"red\",\"value\":0.05"),
        "slow requests"
    );
    let slower = SHIPPED.replacen("above = 0.01\nfor", "above = 0.015\nfor", 1);
    let golden = Dashboard::Golden
        .render(&Policy::parse(&slower).unwrap())
        .to_string();
    assert!(golden.contains("\"value\":0.015"));
}

//! The floor under the relevance of the sample catalogue, and what may be printed.

use std::sync::OnceLock;

use super::judgements::Half;
use super::*;

/// Measured values less a little: whoever makes the search better raises them, nobody lowers them to pass.
const KNOWN_ITEMS_MRR: f64 = 0.99;
const TUNED_NDCG: f64 = 0.82;
const TUNED_MRR: f64 = 0.91;
const FROZEN_NDCG: f64 = 0.69;
const FROZEN_MRR: f64 = 0.82;

fn measured() -> &'static Measured {
    static MEASURED: OnceLock<Measured> = OnceLock::new();
    MEASURED.get_or_init(|| {
        let sample = Catalogue::shared_sample();
        Measured {
            known_items: vec![(
                sample.label().to_owned(),
                evaluation::known_items(sample).expect("answers"),
            )],
            judged: evaluation::judged(sample).expect("answers"),
        }
    })
}

#[track_caller]
fn assert_reaches(what: &str, value: f64, floor: f64) {
    assert!(value >= floor, "{what} is {value:.4}, below {floor}");
}

#[test]
fn known_items_of_the_sample_catalogue_are_found() {
    let (_, scores) = &measured().known_items[0];
    let all = scores.last().expect("the score of all kinds");
    assert!(all.memory.is_none() && all.queries > 1_500);
    let value = all.mean_reciprocal_rank;
    assert_reaches("MRR@10 of known items", value, KNOWN_ITEMS_MRR);
}

#[test]
fn judged_queries_of_both_halves_are_answered_well() {
    for score in &measured().judged {
        let (ndcg, reciprocal_rank) = match score.half {
            Half::Tuned => (TUNED_NDCG, TUNED_MRR),
            Half::Frozen => (FROZEN_NDCG, FROZEN_MRR),
        };
        let half = score.half.label();
        assert_reaches(&format!("nDCG@10 of the {half}"), score.ndcg, ndcg);
        let value = score.mean_reciprocal_rank;
        assert_reaches(&format!("MRR@10 of the {half}"), value, reciprocal_rank);
    }
}

#[test]
fn nothing_of_the_frozen_half_but_means_can_be_printed() {
    let frozen = judgements::load(Half::Frozen, Catalogue::shared_sample()).expect("judgements");
    let printed =
        report::tables(measured()) + &report::details(measured()) + &report::json(measured());
    for query in frozen {
        let quoted = format!("{:?}", query.words);
        assert!(!printed.contains(&quoted), "a frozen query is printed");
    }
    for score in &measured().judged {
        assert_eq!(score.answers.is_empty(), score.half == Half::Frozen);
    }
    let tuned = &measured().judged[0].answers;
    let imperfect = tuned.iter().find(|answer| answer.ndcg < 0.999);
    let quoted = imperfect.map(|answer| format!("{:?}", answer.words));
    assert!(quoted.is_none_or(|quoted| printed.contains(&quoted)));
}

#[test]
fn the_numbers_are_written_as_json() {
    let json: serde_json::Value =
        serde_json::from_str(&report::json(measured())).expect("valid JSON");
    let kinds = &json["known_items"][0]["kinds"];
    assert_eq!(kinds.as_array().map(Vec::len), Some(7));
    assert_eq!(kinds[6]["remembered"], "all");
    assert!(json["judged"][1]["ndcg_at_10"].is_f64());
}

//! The measured values as people and programs read them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Measured;
use super::evaluation::{JudgedAnswer, KnownItemScore, Miss};

/// The most misses of one kind that are listed.
const MOST_MISSES: usize = 15;
/// The most judged queries that are listed.
const MOST_QUERIES: usize = 60;
/// The most of what is missing in one answer that is listed.
const MOST_MISSING: usize = 5;

/// The means, as Markdown.
pub(super) fn tables(measured: &Measured) -> String {
    let mut text = String::new();
    for (label, scores) in &measured.known_items {
        text.push_str(&format!("\n### Known items: {label}\n\n"));
        text.push_str("| remembered | queries | MRR@10 | recall@10 |\n|---|---:|---:|---:|\n");
        for score in scores {
            text.push_str(&format!(
                "| {} | {} | {:.4} | {:.4} |\n",
                kind(score),
                score.queries,
                score.mean_reciprocal_rank,
                score.recall
            ));
        }
    }
    text.push_str("\n### Judged queries: sample catalogue\n\n");
    text.push_str("| | queries | nDCG@10 | MRR@10 | silent where nothing fits |\n");
    text.push_str("|---|---:|---:|---:|---:|\n");
    for score in &measured.judged {
        let (silent, of) = score.silent;
        text.push_str(&format!(
            "| {} | {} | {:.4} | {:.4} | {silent} of {of} |\n",
            score.half.label(),
            score.queries,
            score.ndcg,
            score.mean_reciprocal_rank,
        ));
    }
    text
}

fn kind(score: &KnownItemScore) -> &'static str {
    score.memory.map_or("**all**", |memory| memory.label())
}

/// What went wrong, without the frozen half.
pub(super) fn details(measured: &Measured) -> String {
    let mut text = String::new();
    for (label, scores) in &measured.known_items {
        for score in scores.iter().filter(|score| !score.misses.is_empty()) {
            text.push_str(&format!(
                "\n### {label}, {}: {} did not come first\n\n",
                kind(score),
                score.misses.len()
            ));
            for miss in score.misses.iter().take(MOST_MISSES) {
                text.push_str(&missed(miss));
            }
        }
    }
    text.push_str("\n### Judged queries of the tuned half, worst first\n");
    let answers = measured.judged.iter().flat_map(|score| &score.answers);
    for answer in answers
        .filter(|answer| answer.ndcg < 0.999)
        .take(MOST_QUERIES)
    {
        text.push_str(&answered(answer));
    }
    text
}

fn missed(miss: &Miss) -> String {
    let rank = miss
        .rank
        .map_or_else(|| "not found".to_owned(), |rank| format!("rank {rank}"));
    let came = miss.came.as_deref().unwrap_or("nothing");
    format!(
        "- {:?}: {rank}; wanted {:?}, first came {came:?}\n",
        miss.query, miss.wanted
    )
}

fn answered(answer: &JudgedAnswer) -> String {
    let mut text = format!("\n{:.3} {:?}", answer.ndcg, answer.words);
    // Writing to a string cannot fail.
    if let Some(note) = &answer.note {
        let _ = write!(text, " ({note})");
    }
    if !answer.relaxed.is_empty() {
        let _ = write!(text, " without {}", answer.relaxed.join(", "));
    }
    for (typed, used) in &answer.corrected {
        let _ = write!(text, " {typed} -> {used}");
    }
    text.push('\n');
    for (grade, name) in &answer.came {
        let _ = writeln!(text, "    {grade}  {name}");
    }
    for (grade, name) in answer.missing.iter().take(MOST_MISSING) {
        let _ = writeln!(text, "  - {grade}  {name}");
    }
    if let Some(more) = answer.missing.len().checked_sub(MOST_MISSING + 1) {
        let _ = writeln!(text, "  - and {} more", more + 1);
    }
    text
}

/// The means, one number a key.
pub(super) fn json(measured: &Measured) -> String {
    let known: Vec<Value> = measured
        .known_items
        .iter()
        .map(|(label, scores)| {
            let kinds: Vec<Value> = scores
                .iter()
                .map(|score| {
                    json!({
                        "remembered": score.memory.map_or("all", |memory| memory.label()),
                        "queries": score.queries,
                        "mrr_at_10": score.mean_reciprocal_rank,
                        "recall_at_10": score.recall,
                    })
                })
                .collect();
            json!({"catalogue": label, "kinds": kinds})
        })
        .collect();
    let judged: Vec<Value> = measured
        .judged
        .iter()
        .map(|score| {
            json!({
                "half": score.half.label(),
                "queries": score.queries,
                "ndcg_at_10": score.ndcg,
                "mrr_at_10": score.mean_reciprocal_rank,
                "silent": score.silent.0,
                "must_be_silent": score.silent.1,
            })
        })
        .collect();
    json!({"known_items": known, "judged": judged}).to_string() + "\n"
}

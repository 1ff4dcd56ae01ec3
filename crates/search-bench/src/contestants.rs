//! Searches on one thread: our engine and the peer in two settings, the same queries, round by round.

use std::cell::RefCell;

use domain::Timestamp;
use ports::SearchIndex as _;
use serde::Serialize;

use crate::measure::{Contestant, Cost, Summary, median_of_rounds};
use crate::peer::{Plain, Tuned};
use crate::queries::{Half, Query, Source};
use crate::{corpus, ours, output, queries};

/// Arguments of `searches`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    count: usize,
    /// Of which each query's median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Queries that the peer gets, too, every so manieth of all; 0: no peer
    #[arg(long, default_value_t = 500)]
    peer_queries: usize,
    /// Rounds with the peer
    #[arg(long, default_value_t = 3)]
    peer_rounds: usize,
}

#[derive(Serialize)]
struct Line {
    scholarships: usize,
    /// `ours`, `tantivy plain`, `tantivy tuned`.
    engine: &'static str,
    /// `all`: every query of the half; `shared`: those that the peer got, too; else a kind of query.
    queries: &'static str,
    half: Half,
    /// Share of the queries with the same total as ours.
    same_total: f64,
    #[serde(flatten)]
    summary: Summary,
}

/// Kinds of queries that are told apart.
type Kind = (&'static str, fn(&Query) -> bool);
const KINDS: [Kind; 9] = [
    ("all", |_| true),
    ("names", |query| query.source == Source::Name),
    ("topics", |query| query.source == Source::Topic),
    ("single words", |query| query.source == Source::Word),
    ("with a word of the description", |query| query.described),
    ("with a typo", |query| query.typo),
    ("with a cut last word", |query| query.prefix),
    ("with filters", |query| query.filtered),
    ("without typo, cut or filter", |query| {
        !query.typo && !query.prefix && !query.filtered
    }),
];

/// What one engine did.
struct Result {
    engine: &'static str,
    totals: Vec<u64>,
    costs: Vec<Cost>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let now = corpus::now()?;
    let (index, sample) = ours::lived_in(arguments.count)?;
    let queries = queries::make(&sample);
    drop(sample);
    let ours = |queries: &[Query], at: usize, now: Timestamp| {
        let answer = index.search(&queries[at].request, now);
        answer.map_or(u64::MAX, |answer| std::hint::black_box(answer).total)
    };
    let alone = measured(
        arguments.rounds,
        &queries,
        &[("ours", &|at| ours(&queries, at, now))],
    );
    for (kind, belongs) in KINDS {
        report(arguments.count, kind, &queries, &alone, belongs)?;
    }
    if arguments.peer_queries == 0 {
        return Ok(());
    }
    let plain = Plain::of(corpus::scholarships(arguments.count)?)?;
    let tuned = Tuned::of(corpus::scholarships(arguments.count)?)?;
    output::complain(&format!(
        "the peer took in {} scholarships",
        arguments.count
    ));
    // An odd step meets both halves.
    let step = corpus::stride(queries.len(), arguments.peer_queries) | 1;
    let shared: Vec<Query> = queries.iter().step_by(step).cloned().collect();
    // A failed search has no total, and shows as one that differs.
    let failed = |_: anyhow::Error| u64::MAX;
    let results = measured(
        arguments.peer_rounds,
        &shared,
        &[
            ("ours", &|at| ours(&shared, at, now)),
            ("tantivy plain", &|at| {
                let answer = plain.search(&shared[at].request, now);
                answer.map_or_else(failed, |answer| {
                    std::hint::black_box((&answer.facets, &answer.cards));
                    answer.total
                })
            }),
            ("tantivy tuned", &|at| {
                let answer = tuned.search(&shared[at].request, now);
                answer.map_or_else(failed, |answer| {
                    std::hint::black_box((&answer.facets, answer.cards.concat()));
                    answer.total
                })
            }),
        ],
    );
    report(arguments.count, "shared", &shared, &results, |_| true)
}

type Searcher<'a> = (&'static str, &'a dyn Fn(usize) -> u64);

/// Asks every engine every query in every round.
fn measured(rounds: usize, queries: &[Query], engines: &[Searcher<'_>]) -> Vec<Result> {
    let totals: Vec<RefCell<Vec<u64>>> = engines
        .iter()
        .map(|_| RefCell::new(vec![0; queries.len()]))
        .collect();
    let mut contestants: Vec<Contestant<'_>> = engines
        .iter()
        .zip(&totals)
        .map(|((_, search), totals)| -> Contestant<'_> {
            Box::new(|at| totals.borrow_mut()[at] = search(at))
        })
        .collect();
    let costs = median_of_rounds(rounds, queries.len(), &mut contestants);
    drop(contestants);
    let engines = engines.iter().zip(totals).zip(costs);
    engines
        .map(|(((engine, _), totals), costs)| Result {
            engine,
            totals: totals.into_inner(),
            costs,
        })
        .collect()
}

fn report(
    scholarships: usize,
    kind: &'static str,
    queries: &[Query],
    results: &[Result],
    belongs: impl Fn(&Query) -> bool,
) -> anyhow::Result<()> {
    for result in results {
        for half in [Half::Development, Half::HeldOut] {
            let chosen: Vec<usize> = (0..queries.len())
                .filter(|at| queries[*at].half == half && belongs(&queries[*at]))
                .collect();
            let same = chosen
                .iter()
                .filter(|at| results[0].totals[**at] == result.totals[**at]);
            #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
            let same_total = same.count() as f64 / chosen.len().max(1) as f64;
            output::print(&Line {
                scholarships,
                engine: result.engine,
                queries: kind,
                half,
                same_total,
                summary: Summary::of(chosen.iter().map(|at| result.costs[*at])),
            })?;
        }
    }
    Ok(())
}

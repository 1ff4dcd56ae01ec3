//! Asks every query and scores the answers.

use super::catalogue::{Catalogue, Found};
use super::judgements::{self, Half, JudgedQuery, RIGHT};
use super::known_items::{self, KnownItem, Memory};
use super::measures::{mean, ndcg, reciprocal_rank};

/// How the known items of one kind were found.
pub(super) struct KnownItemScore {
    /// `None`: of all kinds.
    pub(super) memory: Option<Memory>,
    pub(super) queries: usize,
    pub(super) mean_reciprocal_rank: f64,
    /// Share of those found among the first ten.
    pub(super) recall: f64,
    /// What did not come first; for all kinds together, none is listed.
    pub(super) misses: Vec<Miss>,
}

/// A known item that did not come first.
pub(super) struct Miss {
    pub(super) query: String,
    pub(super) wanted: String,
    /// What came first instead.
    pub(super) came: Option<String>,
    pub(super) rank: Option<usize>,
}

/// How the judged queries of one half were answered.
pub(super) struct JudgedScore {
    pub(super) half: Half,
    pub(super) queries: usize,
    pub(super) ndcg: f64,
    pub(super) mean_reciprocal_rank: f64,
    /// Of the queries that must find nothing: how many do, and how many there are.
    pub(super) silent: (usize, usize),
    /// Of the tuned half, worst first. Empty for the frozen half: nobody may look at it.
    pub(super) answers: Vec<JudgedAnswer>,
}

/// The answer to one judged query.
pub(super) struct JudgedAnswer {
    pub(super) words: String,
    pub(super) note: Option<String>,
    pub(super) ndcg: f64,
    pub(super) relaxed: Vec<String>,
    pub(super) corrected: Vec<(String, String)>,
    /// Grade and name of each result, best first.
    pub(super) came: Vec<(u8, String)>,
    /// Grade and name of what is right and did not come, best first.
    pub(super) missing: Vec<(u8, String)>,
}

/// One score a kind of memory, and last that of all queries.
///
/// # Errors
/// As [`Catalogue::search`].
pub(super) fn known_items(catalogue: &Catalogue) -> anyhow::Result<Vec<KnownItemScore>> {
    let mut ranked = Vec::new();
    for item in known_items::queries(catalogue) {
        let found = catalogue.search(&item.query)?;
        ranked.push((item, found));
    }
    let kinds = Memory::ALL.into_iter().map(Some).chain([None]);
    Ok(kinds
        .map(|memory| {
            let of_kind = |item: &KnownItem| memory.is_none_or(|memory| memory == item.memory);
            let of_kind: Vec<&(KnownItem, Found)> =
                ranked.iter().filter(|(item, _)| of_kind(item)).collect();
            let reciprocal = |(item, found): &(KnownItem, Found)| {
                reciprocal_rank(
                    found
                        .places
                        .iter()
                        .map(|place| item.targets.contains(place)),
                )
            };
            let ranks: Vec<f64> = of_kind.iter().map(|ranked| reciprocal(ranked)).collect();
            let misses = of_kind
                .iter()
                .filter(|_| memory.is_some())
                .filter_map(|(item, found)| miss(catalogue, item, found));
            KnownItemScore {
                memory,
                queries: ranks.len(),
                recall: mean(ranks.iter().map(|rank| rank.ceil())),
                misses: misses.collect(),
                mean_reciprocal_rank: mean(ranks),
            }
        })
        .collect())
}

fn miss(catalogue: &Catalogue, item: &KnownItem, found: &Found) -> Option<Miss> {
    let name = |place: usize| catalogue.scholarships()[place].content.name.clone();
    let first = found
        .places
        .iter()
        .position(|place| item.targets.contains(place));
    (first != Some(0)).then(|| Miss {
        query: item.query.clone(),
        wanted: item
            .targets
            .first()
            .map_or_else(String::new, |place| name(*place)),
        came: found.places.first().map(|place| name(*place)),
        rank: first.map(|first| first + 1),
    })
}

/// One score a half.
///
/// # Errors
/// As [`Catalogue::search`], and when the judgements do not fit the sample catalogue.
pub(super) fn judged(sample: &Catalogue) -> anyhow::Result<Vec<JudgedScore>> {
    Half::ALL
        .into_iter()
        .map(|half| judged_half(sample, half))
        .collect()
}

fn judged_half(sample: &Catalogue, half: Half) -> anyhow::Result<JudgedScore> {
    let queries = judgements::load(half, sample)?;
    let mut answers = Vec::with_capacity(queries.len());
    let mut ranks = Vec::with_capacity(queries.len());
    let mut silent = (0, 0);
    for query in queries {
        let found = sample.search(&query.words)?;
        let nothing = query.grades.is_empty();
        silent.0 += usize::from(nothing && found.places.is_empty());
        silent.1 += usize::from(nothing);
        ranks.push(if nothing {
            f64::from(u8::from(found.places.is_empty()))
        } else {
            reciprocal_rank(
                found
                    .places
                    .iter()
                    .map(|place| query.grade(*place) >= RIGHT),
            )
        });
        answers.push(answer(sample, query, found));
    }
    let score = JudgedScore {
        half,
        queries: answers.len(),
        ndcg: mean(answers.iter().map(|answer| answer.ndcg)),
        mean_reciprocal_rank: mean(ranks),
        silent,
        answers: Vec::new(),
    };
    answers.sort_by(|one, other| one.ndcg.total_cmp(&other.ndcg));
    Ok(match half {
        Half::Tuned => JudgedScore { answers, ..score },
        Half::Frozen => score,
    })
}

fn answer(sample: &Catalogue, query: JudgedQuery, found: Found) -> JudgedAnswer {
    let named = |place: usize| {
        let name = sample.scholarships()[place].content.name.clone();
        (query.grade(place), name)
    };
    let came: Vec<(u8, String)> = found.places.iter().map(|place| named(*place)).collect();
    let mut missing: Vec<(u8, String)> = query
        .grades
        .keys()
        .filter(|place| query.grade(**place) >= RIGHT && !found.places.contains(place))
        .map(|place| named(*place))
        .collect();
    missing.sort_by_key(|(grade, _)| std::cmp::Reverse(*grade));
    let grades: Vec<u8> = came.iter().map(|(grade, _)| *grade).collect();
    let all: Vec<u8> = query.grades.values().copied().collect();
    JudgedAnswer {
        ndcg: ndcg(&grades, &all),
        words: query.words,
        note: query.note,
        relaxed: found.relaxed,
        corrected: found.corrected,
        came,
        missing,
    }
}

impl JudgedQuery {
    fn grade(&self, place: usize) -> u8 {
        self.grades.get(&place).copied().unwrap_or(0)
    }
}

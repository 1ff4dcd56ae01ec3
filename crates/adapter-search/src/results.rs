//! Everything that a search found, by segment, before it is put in order.

use crate::candidates::Candidates;
use crate::scoring::Score;
use crate::snapshot::Place;

/// One result before its score is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Result {
    pub(crate) place: Place,
    /// What comes before every number of an order; smaller is better.
    pub(crate) rank: u8,
    /// Of the words' scores.
    pub(crate) sum: u32,
    /// What stated values add.
    pub(crate) stated: Score,
}

/// Results of one segment.
#[derive(Debug, Default)]
pub(crate) struct SegmentResults<'a> {
    pub(crate) candidates: Candidates<'a>,
    /// (rank, stated) of each; empty when all are zero.
    pub(crate) extras: Vec<(u8, Score)>,
}

#[derive(Debug, Default)]
pub(crate) struct Results<'a> {
    pub(crate) segments: Vec<SegmentResults<'a>>,
}

impl Results<'_> {
    pub(crate) fn len(&self) -> usize {
        let of_segment = |segment: &SegmentResults<'_>| segment.candidates.documents().len();
        self.segments.iter().map(of_segment).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub(crate) fn each(&self, mut visit: impl FnMut(Result)) {
        for (segment, results) in (0..).zip(&self.segments) {
            let extras = &results.extras;
            results.candidates.each(|at, document, sum| {
                let (rank, stated) = extras.get(at).copied().unwrap_or_default();
                visit(Result {
                    place: Place { segment, document },
                    rank,
                    sum,
                    stated,
                });
            });
        }
    }

    /// Those of which the least that their words sum up to for a rank of 0 without stated values is known: calls `visit` with
    /// each result that sums up to at least that much, and with all that have a rank or stated values. `visit` may raise it.
    #[inline]
    pub(crate) fn each_from(&self, mut least: u32, mut visit: impl FnMut(&mut u32, Result)) {
        for (segment, results) in (0..).zip(&self.segments) {
            let result = |document, rank, sum, stated| Result {
                place: Place { segment, document },
                rank,
                sum,
                stated,
            };
            if results.extras.is_empty() {
                results.candidates.each_from(least, |known, document, sum| {
                    visit(known, result(document, 0, sum, 0));
                    least = *known;
                });
                continue;
            }
            results.candidates.each(|at, document, sum| {
                let (rank, stated) = results.extras.get(at).copied().unwrap_or_default();
                visit(&mut least, result(document, rank, sum, stated));
            });
        }
    }

    /// The result at a place; those of words are in rising order.
    pub(crate) fn at(&self, place: Place) -> Option<Result> {
        let results = self.segments.get(place.segment as usize)?;
        let at = results
            .candidates
            .documents()
            .binary_search(&place.document);
        let at = at.ok()?;
        let (rank, stated) = results.extras.get(at).copied().unwrap_or_default();
        Some(Result {
            place,
            rank,
            sum: results.candidates.sum(at),
            stated,
        })
    }
}

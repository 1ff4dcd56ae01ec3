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
        self.each_from(0, |_, result| visit(result));
    }

    /// Visits each result of rank 0 without stated values whose words sum up to `least` or more, and every other one. `visit`
    /// may raise it.
    #[inline]
    pub(crate) fn each_from(&self, mut least: u32, mut visit: impl FnMut(&mut u32, Result)) {
        for (segment, results) in (0..).zip(&self.segments) {
            let mut result = |known: &mut u32, document, (rank, stated), sum| {
                let place = Place { segment, document };
                let result = Result {
                    place,
                    rank,
                    sum,
                    stated,
                };
                visit(known, result);
            };
            if results.extras.is_empty() {
                results
                    .candidates
                    .each_from(least, |known, _, document, sum| {
                        result(known, document, (0, 0), sum);
                        least = *known;
                    });
                continue;
            }
            results.candidates.each_from(0, |_, at, document, sum| {
                let extra = results.extras[at];
                if extra != (0, 0) || sum >= least {
                    result(&mut least, document, extra, sum);
                }
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

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
}

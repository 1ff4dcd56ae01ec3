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
pub(crate) struct SegmentResults {
    pub(crate) candidates: Candidates,
    /// (rank, stated) of each; empty when all are zero.
    pub(crate) extras: Vec<(u8, Score)>,
}

#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) segments: Vec<SegmentResults>,
}

impl Results {
    pub(crate) fn len(&self) -> usize {
        let of_segment = |segment: &SegmentResults| segment.candidates.documents.len();
        self.segments.iter().map(of_segment).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub(crate) fn each(&self, mut visit: impl FnMut(Result)) {
        for (segment, results) in (0..).zip(&self.segments) {
            let Candidates { documents, sums } = &results.candidates;
            for (at, (document, sum)) in documents.iter().zip(sums.iter()).enumerate() {
                let (rank, stated) = results.extras.get(at).copied().unwrap_or_default();
                visit(Result {
                    place: Place {
                        segment,
                        document: *document,
                    },
                    rank,
                    sum: *sum,
                    stated,
                });
            }
        }
    }
}

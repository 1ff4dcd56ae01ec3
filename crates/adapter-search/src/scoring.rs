//! The score of texts: BM25F over the fields, and more for words that stand near each other.
//!
//! A word in a document has an impact `tf / (k1 + tf)`, where `tf` sums over its occurrences the boost of the field divided by
//! `1 - b + b x length / typical length` of that field (Robertson and Zaragoza, "The Probabilistic Relevance Framework",
//! 2009). The typical lengths are settings rather than means of the catalogue, so that an impact never changes; it is kept
//! in one byte. A word counts its impact times `idf = ln(1 + (N - n + 0.5) / (n + 0.5))`; of several forms the one that
//! counts most does. Words of a query add up; the sum grows by a share for nearness and one for being the whole name.
//!
//! All of it is arithmetic of whole numbers, so that the same catalogue gives the same order everywhere.

use crate::fields::{FIELDS, FieldEnds};
use crate::settings::{FieldWeights, TextSettings};

/// One of idf, of a form's weight, or of a share.
pub(crate) const ONE: u32 = 1_024;

/// The highest impact.
const FULL: f64 = 255.0;

/// A sum of weights times impacts is this much finer than a [`Score`].
const SUM_BITS: u32 = 12;

/// What ranks a text, in 64ths of idf: as good as equal texts are equal, and told apart by what else matters.
pub(crate) type Score = u32;

/// What a [`Score`] is in units of idf.
pub(crate) fn in_units(score: Score) -> f32 {
    score as f32 / 64.0
}

/// Impacts of words on documents, by the settings.
#[derive(Debug, Clone)]
pub(crate) struct Impacts {
    saturation: f64,
    weights: [FieldWeights; FIELDS.len()],
}

impl Impacts {
    pub(crate) fn of(settings: &TextSettings) -> Self {
        Self {
            saturation: f64::from(settings.saturation),
            weights: settings.fields.in_order(),
        }
    }

    /// What one occurrence in each field counts, in a document of these lengths.
    fn of_fields(&self, ends: &FieldEnds) -> [f64; FIELDS.len()] {
        FIELDS.map(|field| {
            let weights = self.weights[field as usize];
            let length = f64::from(weights.length);
            let relative = f64::from(ends.length(field)) / f64::from(weights.typical);
            f64::from(weights.boost) / (1.0 - length + length * relative).max(0.05)
        })
    }

    /// Calls `visit` with each distinct term of a document and its impact; `occurrences` is only there to be reused.
    pub(crate) fn of_document(
        &self,
        terms: &[u32],
        ends: &FieldEnds,
        occurrences: &mut Vec<(u32, u8)>,
        mut visit: impl FnMut(u32, u8),
    ) {
        let of_fields = self.of_fields(ends);
        occurrences.clear();
        let mut start = 0;
        for (at, end) in ends.0.iter().enumerate() {
            let in_field = &terms[usize::from(start)..usize::from(*end)];
            occurrences.extend(in_field.iter().map(|term| (*term, at as u8)));
            start = *end;
        }
        occurrences.sort_unstable();
        for of_term in occurrences.chunk_by(|left, right| left.0 == right.0) {
            let frequency = of_term
                .iter()
                .map(|(_, field)| of_fields[usize::from(*field)])
                .sum::<f64>();
            visit(of_term[0].0, self.impact(frequency));
        }
    }

    /// 1 to 255.
    fn impact(&self, frequency: f64) -> u8 {
        let rest = self.saturation + frequency;
        let share = if rest > 0.0 { frequency / rest } else { 0.0 };
        (share * FULL).round().clamp(1.0, FULL) as u8
    }
}

/// What a word of this frequency among so many documents says about a document that holds it, in 1,024ths.
pub(crate) fn informativeness(frequency: u64, documents: u64) -> u32 {
    let (frequency, documents) = (frequency as f64, documents as f64);
    let rest = (documents - frequency + 0.5).max(0.0);
    let idf = (1.0 + rest / (frequency + 0.5)).ln();
    (idf * f64::from(ONE)).round() as u32
}

/// How much nearness and whole names add.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shares {
    proximity: u32,
    window: u32,
    exact_name: u32,
}

impl Shares {
    pub(crate) fn of(settings: &TextSettings) -> Self {
        let share = |number: f32| (f64::from(number) * f64::from(ONE)).round() as u32;
        Self {
            proximity: share(settings.proximity),
            window: u32::from(settings.proximity_window),
            exact_name: share(settings.exact_name),
        }
    }

    /// The score of words that sum up to `sum`, without any share.
    pub(crate) fn least(sum: u32) -> Score {
        sum >> SUM_BITS
    }

    /// The least that words sum up to which have this score without any share; what would not fit is the most that does.
    pub(crate) fn sum_of(score: Score) -> u32 {
        u32::try_from(u64::from(score) << SUM_BITS).unwrap_or(u32::MAX)
    }

    /// The highest score that words which sum up to `sum` can have, unless they are the whole name.
    pub(crate) fn most(&self, sum: u32, slots: usize) -> Score {
        let nearness = if slots > 1 { ONE } else { 0 };
        self.score(sum, nearness, false)
    }

    /// `nearness` in 1,024ths.
    pub(crate) fn score(&self, sum: u32, nearness: u32, is_whole_name: bool) -> Score {
        let mut share = ONE + self.proximity * nearness / ONE;
        if is_whole_name {
            share += self.exact_name;
        }
        ((u64::from(sum) * u64::from(share) / u64::from(ONE)) >> SUM_BITS) as Score
    }

    /// The mean closeness of neighbouring slots in 1,024ths: all of it when every one stands right before the next. `places`
    /// holds the slots' places in the document, each rising.
    pub(crate) fn nearness(&self, places: &[Vec<u16>], ends: &FieldEnds) -> u32 {
        if places.len() < 2 {
            return 0;
        }
        let pairs = places.windows(2);
        let sum: u32 = pairs
            .map(|pair| self.closeness(&pair[0], &pair[1], ends))
            .sum();
        sum / (places.len() as u32 - 1)
    }

    /// 1 / distance of the nearest places in one field, within the window; half of it in the wrong order.
    fn closeness(&self, left: &[u16], right: &[u16], ends: &FieldEnds) -> u32 {
        let mut best = 0;
        for place in left {
            let after = right.partition_point(|other| other <= place);
            let before = right.partition_point(|other| other < place);
            let follower = right.get(after).map(|other| (*other, ONE));
            let leader = before.checked_sub(1).map(|at| (right[at], ONE / 2));
            for (other, share) in follower.into_iter().chain(leader) {
                let distance = u32::from(place.abs_diff(other));
                if distance <= self.window && ends.field_at(*place) == ends.field_at(other) {
                    best = best.max(share / distance);
                }
            }
        }
        best
    }
}

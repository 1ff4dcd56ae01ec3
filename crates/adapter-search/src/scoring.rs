//! The score of texts: BM25F over the fields, and more for words that stand near each other.
//!
//! A word in a document counts `idf x tf / (k1 + tf)`, where `tf` sums over its occurrences the boost of the field divided
//! by `1 - b + b x length / mean length` of that field (Robertson and Zaragoza, "The Probabilistic Relevance Framework",
//! 2009), and `idf = ln(1 + (N - n + 0.5) / (n + 0.5))`. Of several forms the one that counts most does. Words of a query
//! add up; the sum grows by a share for nearness and one for being the whole name, both of 0 to 1.

use crate::fields::{FIELDS, FieldEnds};
use crate::settings::{FieldWeights, TextSettings};
use crate::snapshot::Snapshot;

pub(crate) struct Scoring {
    settings: TextSettings,
    weights: [FieldWeights; FIELDS.len()],
    mean_lengths: [f32; FIELDS.len()],
    documents: f32,
}

impl Scoring {
    pub(crate) fn of(settings: TextSettings, snapshot: &Snapshot) -> Self {
        Self {
            settings,
            weights: settings.fields.in_order(),
            mean_lengths: snapshot.mean_lengths(),
            documents: snapshot.live_count() as f32,
        }
    }

    /// What a word of this frequency says about a document that holds it.
    pub(crate) fn informativeness(&self, frequency: u64) -> f32 {
        let frequency = frequency as f32;
        (1.0 + (self.documents - frequency + 0.5).max(0.0) / (frequency + 0.5)).ln()
    }

    /// `tf / (k1 + tf)` of occurrences in a document, 0 to 1.
    pub(crate) fn saturated(&self, places: &[u16], ends: &FieldEnds) -> f32 {
        let mut frequency = 0.0;
        for place in places {
            let at = ends.field_at(*place).min(FIELDS.len() - 1);
            let weights = self.weights[at];
            let length = f32::from(ends.length(FIELDS[at]));
            let relative = length / self.mean_lengths[at].max(1.0);
            frequency +=
                weights.boost / (1.0 - weights.length + weights.length * relative).max(0.05);
        }
        let rest = self.settings.saturation + frequency;
        if rest > 0.0 { frequency / rest } else { 0.0 }
    }

    /// The score of a document whose words score `sum`, given the places of the query's slots in order.
    pub(crate) fn total(
        &self,
        sum: f32,
        slots: &[&[u16]],
        ends: &FieldEnds,
        is_whole_name: bool,
    ) -> f32 {
        let mut share = 1.0 + self.settings.proximity * self.nearness(slots, ends);
        if is_whole_name {
            share += self.settings.exact_name;
        }
        // Rounded, so that texts that are as good as equal are told apart by what else matters.
        (sum * share * 100.0).round() / 100.0
    }

    /// The mean closeness of neighbouring slots: 1 when every one stands right before the next.
    fn nearness(&self, slots: &[&[u16]], ends: &FieldEnds) -> f32 {
        if slots.len() < 2 {
            return 0.0;
        }
        let pairs = slots.windows(2);
        let sum: f32 = pairs
            .map(|pair| self.closeness(pair[0], pair[1], ends))
            .sum();
        sum / (slots.len() - 1) as f32
    }

    /// 1 / distance of the nearest places in one field, within the window; half of it in the wrong order.
    fn closeness(&self, left: &[u16], right: &[u16], ends: &FieldEnds) -> f32 {
        let mut best: f32 = 0.0;
        for place in left {
            let after = right.partition_point(|other| other <= place);
            let before = right.partition_point(|other| other < place);
            let follower = right.get(after).map(|other| (*other, 1.0));
            let leader = before.checked_sub(1).map(|at| (right[at], 0.5));
            for (other, share) in follower.into_iter().chain(leader) {
                let distance = place.abs_diff(other);
                let near = distance <= self.settings.proximity_window
                    && ends.field_at(*place) == ends.field_at(other);
                if near {
                    best = best.max(share / f32::from(distance));
                }
            }
        }
        best
    }
}

//! Scholarships like a given one: shared rare words, fields of study, states, grade levels and kind.
//!
//! The rarest words of the record that others hold too vote with their informativeness, more of them for being in names;
//! shared facts add to that. Those of other organizations come first, whatever their score: the own ones are known already.

use domain::{ScholarshipId, Term, TermSet, Timestamp};
use ports::search_index::{Hit, SearchAnswer};

use crate::facts::Facts;
use crate::scoring::{Impacts, informativeness};
use crate::settings::SearchSettings;
use crate::snapshot::{Place, Snapshot};

/// Words that vote.
const MOST_WORDS: usize = 24;

/// A word in more than one record of this many says nothing.
const LEAST_RARITY: u64 = 10;

/// What all votes of words together count at most, compared with facts.
const WORDS: f32 = 3.0;
const FIELDS_OF_STUDY: f32 = 1.0;
const STATES: f32 = 0.8;
const GRADE_LEVELS: f32 = 0.5;
const KIND: f32 = 0.2;

struct Candidate {
    same_organization: bool,
    score: f32,
    place: Place,
}

pub(crate) fn similar(
    snapshot: &Snapshot,
    settings: &SearchSettings,
    impacts: &Impacts,
    id: &ScholarshipId,
    limit: usize,
    now: Timestamp,
) -> Option<SearchAnswer> {
    let own = snapshot.find(id)?;
    let votes = votes(snapshot, settings, impacts, own);
    let own_facts = snapshot.facts(own);
    let own_organization = snapshot.organization(own);
    let mut candidates: Vec<Candidate> = snapshot
        .open_places(now)
        .filter(|place| *place != own)
        .filter_map(|place| {
            let words = votes[place.segment as usize][place.document as usize];
            let score = words + shared_facts(own_facts, snapshot.facts(place));
            (score > KIND).then(|| Candidate {
                same_organization: snapshot.organization(place) == own_organization,
                score,
                place,
            })
        })
        .collect();
    // There is no way to ask for more than the first of them.
    let mut answer = SearchAnswer {
        total: candidates.len() as u64,
        ..SearchAnswer::default()
    };
    let by_likeness = |left: &Candidate, right: &Candidate| {
        left.same_organization
            .cmp(&right.same_organization)
            .then_with(|| right.score.total_cmp(&left.score))
            .then_with(|| snapshot.id(left.place).cmp(snapshot.id(right.place)))
    };
    if limit < candidates.len() {
        candidates.select_nth_unstable_by(limit, by_likeness);
        candidates.truncate(limit);
    }
    candidates.sort_unstable_by(by_likeness);
    for candidate in candidates {
        let facts = snapshot.facts(candidate.place);
        let cards = &snapshot.segments[candidate.place.segment as usize]
            .segment
            .cards;
        answer.hits.push(Hit {
            card: cards.copy_to(candidate.place.document, &mut answer.cards),
            amount_known: facts.most_in(own_facts.currency()).is_some(),
            expired: false,
            assessment: None,
            highlight: Vec::new(),
        });
    }
    Some(answer)
}

/// By segment and document: 0 to [`WORDS`] for the rare words shared with this one.
fn votes(
    snapshot: &Snapshot,
    settings: &SearchSettings,
    impacts: &Impacts,
    own: Place,
) -> Vec<Vec<f32>> {
    let mut votes: Vec<Vec<f32>> = snapshot
        .segments
        .iter()
        .map(|live| vec![0.0; live.segment.len() as usize])
        .collect();
    let segment = &snapshot.segments[own.segment as usize].segment;
    let documents = snapshot.live_count();
    let most = (documents / LEAST_RARITY).max(2);
    let mut ranked: Vec<(f32, &str)> = Vec::new();
    impacts.of_document(
        segment.tokens.of(own.document),
        &segment.tokens.field_ends[own.document as usize],
        &mut Vec::new(),
        |term, impact| {
            let word = segment.dictionary.word(term);
            let frequency = snapshot.frequency(word);
            if (2..=most).contains(&frequency) && !settings.stop_words.contains(word) {
                let weight = informativeness(frequency, documents) as f32 * f32::from(impact);
                ranked.push((weight, word));
            }
        },
    );
    ranked.sort_unstable_by(|left, right| {
        right.0.total_cmp(&left.0).then_with(|| left.1.cmp(right.1))
    });
    ranked.truncate(MOST_WORDS);
    let sum: f32 = ranked.iter().map(|(weight, _)| weight).sum();
    for (weight, word) in &ranked {
        for (live, votes) in snapshot.segments.iter().zip(&mut votes) {
            let Some(term) = live.segment.dictionary.find(word) else {
                continue;
            };
            for document in live.segment.postings.list(term).documents {
                votes[*document as usize] += WORDS * weight / sum;
            }
        }
    }
    votes
}

fn shared_facts(own: &Facts, other: &Facts) -> f32 {
    let kind = own.scholarship_type() == other.scholarship_type();
    FIELDS_OF_STUDY * overlap(own.fields_of_study(), other.fields_of_study())
        + STATES * overlap(own.states(), other.states())
        + GRADE_LEVELS * overlap(own.grade_levels(), other.grade_levels())
        + KIND * f32::from(u8::from(kind))
}

/// Common terms by all terms of both, 0 to 1 (Jaccard).
fn overlap<T: Term>(left: TermSet<T>, right: TermSet<T>) -> f32 {
    let all = left.union(right).len();
    if all == 0 {
        return 0.0;
    }
    let common = left.len() + right.len() - all;
    common as f32 / all as f32
}

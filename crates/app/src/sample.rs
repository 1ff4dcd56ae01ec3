//! Sample scholarships: as many as one wants, like real ones in their statistics, and a curated few hundred.
//!
//! Everything follows from the seed and the day, so that the same call gives the same bytes anywhere. Organizations and
//! people are made up, addresses lead to example domains, and the provenance says `sample`.

mod cast;
mod dates;
mod lexicon;
mod prices;
mod random;
mod record;
mod requirements;
mod subjects;
mod wording;

use std::collections::HashSet;

use chrono::NaiveDate;
use domain::{ScholarshipContent, Term, UsState};

use lexicon::Lexicon;
use random::Random;
use record::Wish;

/// How many scholarships [`bundled`] gives.
pub const BUNDLED: usize = 300;
const BUNDLED_SEED: u64 = 2_026;

/// `count` scholarships whose deadlines count from `today`; the first ones of a longer run are those of a shorter one.
pub fn generate(
    count: usize,
    seed: u64,
    today: NaiveDate,
) -> impl Iterator<Item = ScholarshipContent> {
    (0..count).map(move |at| {
        let mut random = Random::new(seed, u64::try_from(at).unwrap_or(u64::MAX));
        let wish = Wish {
            lexicon: Lexicon::Growing,
            subject: None,
            state: None,
            source_id: format!("s{seed}-{:07}", at + 1),
            today,
            some_inactive: true,
        };
        record::content(wish, &mut random)
    })
}

/// The catalogue for an empty store: every subject and state, no name twice, all of it active on `today`.
pub fn bundled(today: NaiveDate) -> Vec<ScholarshipContent> {
    let mut names = HashSet::new();
    let mut scholarships = Vec::with_capacity(BUNDLED);
    // Each try is a stream of its own; names that repeat are passed over.
    for stream in 0_u64.. {
        let at = scholarships.len();
        if at == BUNDLED {
            break;
        }
        let mut random = Random::new(BUNDLED_SEED, stream);
        let wish = Wish {
            lexicon: Lexicon::Curated,
            subject: Some(&subjects::SUBJECTS[at % subjects::SUBJECTS.len()]),
            // Territories come last in the list and get theirs, too.
            state: at
                .is_multiple_of(3)
                .then(|| UsState::ALL[(at / 3) % UsState::ALL.len()]),
            source_id: format!("bundled-{:03}", at + 1),
            today,
            some_inactive: false,
        };
        let scholarship = record::content(wish, &mut random);
        if names.insert(scholarship.name.clone()) {
            scholarships.push(scholarship);
        }
    }
    scholarships
}

#[cfg(test)]
mod tests;

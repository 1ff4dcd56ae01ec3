//! Who and what one sample is about: the names that its sentences share.

use super::lexicon::Lexicon;
use super::random::Random;
use super::subjects::Subject;
use super::wording::{ORGANIZATIONS, filled};

/// Fixed, so that an organization of a rank is the same in every record.
const ORGANIZATION_SEED: u64 = 0x0067_7261_6E74;
/// Organizations of the curated catalogue.
const CURATED_ORGANIZATIONS: usize = 90;

pub(super) struct Cast {
    lexicon: Lexicon,
    given: &'static str,
    surname: String,
    place: String,
    pub(super) organization: String,
    pub(super) subject: &'static Subject,
    /// The subject in the language of the record.
    pub(super) subject_title: String,
    first_topic: usize,
}

impl Cast {
    pub(super) fn new(lexicon: Lexicon, subject: &'static Subject, random: &mut Random) -> Self {
        Self {
            lexicon,
            given: lexicon.given_name(random),
            surname: lexicon.surname(random),
            place: lexicon.place(random),
            organization: organization(lexicon, subject, random),
            subject,
            subject_title: subject.title.to_owned(),
            first_topic: random.below(subject.topics.len()),
        }
    }

    pub(super) fn topic(&self, offset: usize) -> &'static str {
        let topics = &self.subject.topics;
        topics[(self.first_topic + offset) % topics.len()]
    }

    pub(super) fn fill(&self, template: &str, random: &mut Random) -> String {
        filled(template, |name| match name {
            "given" => self.given.to_owned(),
            "surname" => self.surname.clone(),
            "place" => self.place.clone(),
            "org" => self.organization.clone(),
            "subject" => self.subject_title.clone(),
            "people" => self.subject.people.to_owned(),
            "profession" => self.subject.people.to_lowercase().replace("stem", "STEM"),
            "topic" => self.topic(0).to_owned(),
            "topic2" => self.topic(1).to_owned(),
            "topic3" => self.topic(2).to_owned(),
            "given2" => self.lexicon.given_name(random).to_owned(),
            "surname2" | "surname3" => self.lexicon.surname(random),
            _ => self.lexicon.place(random),
        })
    }
}

/// An organization that other records have, too: the lower its rank, the more.
fn organization(lexicon: Lexicon, subject: &Subject, random: &mut Random) -> String {
    let rank = match lexicon {
        Lexicon::Curated => random.below(CURATED_ORGANIZATIONS),
        Lexicon::Growing => lexicon.rank(random),
    };
    let mut random = Random::new(ORGANIZATION_SEED, u64::try_from(rank).unwrap_or(0));
    let template = ORGANIZATIONS[rank % ORGANIZATIONS.len()];
    let (given, surname) = (
        lexicon.given_name(&mut random),
        lexicon.surname(&mut random),
    );
    filled(template, |name| match name {
        "given" => given.to_owned(),
        "surname" => surname.clone(),
        "surname2" => lexicon.surname(&mut random),
        "people" => subject.people.to_owned(),
        _ => lexicon.place(&mut random),
    })
}

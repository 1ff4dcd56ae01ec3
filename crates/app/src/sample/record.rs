//! Puts one sample together.

use chrono::NaiveDate;
use domain::deadline::plus_days;
use domain::{
    EditorialStatus, Provenance, Schedule, ScholarshipContent, ScholarshipType, TermSet, UsState,
};

use super::cast::Cast;
use super::lexicon::Lexicon;
use super::random::Random;
use super::requirements::{self, Brief};
use super::subjects::{self, Subject};
use super::{dates, prices, wording};

/// The name of the source in provenances: samples say that they are samples.
pub(super) const SOURCE: &str = "sample";

/// What one sample is to be.
pub(super) struct Wish {
    pub(super) lexicon: Lexicon,
    pub(super) subject: Option<&'static Subject>,
    pub(super) state: Option<UsState>,
    pub(super) source_id: String,
    pub(super) today: NaiveDate,
    /// Some are drafts, archived or past, as in real catalogues.
    pub(super) some_inactive: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    Spanish,
    Vietnamese,
    Chinese,
}

pub(super) fn content(wish: Wish, random: &mut Random) -> ScholarshipContent {
    let subject = wish
        .subject
        .unwrap_or_else(|| &subjects::SUBJECTS[random.below(subjects::SUBJECTS.len())]);
    let mut cast = Cast::new(wish.lexicon, subject, random);
    let language = match random.below(100) {
        0..=5 => Language::Spanish,
        6..=8 => Language::Vietnamese,
        9..=11 => Language::Chinese,
        _ => Language::English,
    };
    let translated = translate(&mut cast, language, random);
    let template = random.pick(names(language));
    let name = cast.fill(template, random);
    let scholarship_type = scholarship_type(random);
    let award = prices::award(random);
    let brief = Brief {
        cast: &cast,
        scholarship_type,
        currency: award.currency,
        state: wish.state,
        names_field: wording::names_field(template),
    };
    let mut criteria = requirements::criteria(&brief, random);
    for set in &mut criteria {
        if let Some(field) = translated.filter(|_| !set.fields_of_study.is_empty()) {
            set.fields_of_study = TermSet::of(&[field]);
        }
    }
    // A catalogue that is looked at by hand leaves nothing undescribed.
    let described = wish.lexicon == Lexicon::Curated || random.percent(66);
    let asks_field = criteria.iter().any(|set| !set.fields_of_study.is_empty());
    let description = described.then(|| describe(&cast, language, asks_field, random));
    let deadline = dates::deadline(random, wish.today, wish.some_inactive);
    let notification_date = match &deadline.schedule {
        Schedule::Fixed(fixed) if random.percent(20) => Some(plus_days(fixed.date, 45)),
        _ => None,
    };
    let status = match random.below(200) {
        0 | 1 if wish.some_inactive => EditorialStatus::Draft,
        2 | 3 if wish.some_inactive => EditorialStatus::Archived,
        _ => EditorialStatus::Active,
    };
    let slug = slug(&name);
    let organization_slug = self::slug(&cast.organization);
    let host = random.pick(&["example.org", "example.org", "example.com", "example.net"]);
    let website = random
        .percent(93)
        .then(|| format!("https://{host}/{organization_slug}"));
    ScholarshipContent {
        organization: cast.organization.clone(),
        description,
        max_awards: random
            .percent(30)
            .then(|| random.pick(&[1, 1, 2, 3, 5, 10, 20, 50, 100])),
        renewable: random.percent(45).then(|| random.percent(35)),
        notification_date,
        scholarship_type,
        tags: tags(&cast, language, random),
        application_url: random
            .percent(70)
            .then(|| format!("https://{host}/{organization_slug}/{slug}/apply")),
        contact_email: random.percent(35).then(|| format!("scholarships@{host}")),
        provenance: Provenance {
            source: Some(SOURCE.to_owned()),
            source_id: Some(wish.source_id),
            source_url: website.as_ref().map(|website| format!("{website}/{slug}")),
            last_verified: Some(dates::earlier(wish.today, random.below(180))),
        },
        website_url: website,
        name,
        award,
        deadline,
        criteria,
        status,
    }
}

/// Gives the subject its name in the language, and its field.
fn translate(
    cast: &mut Cast,
    language: Language,
    random: &mut Random,
) -> Option<domain::FieldOfStudy> {
    let table = match language {
        Language::English => return None,
        Language::Spanish => subjects::SPANISH,
        Language::Vietnamese => subjects::VIETNAMESE,
        Language::Chinese => subjects::CHINESE,
    };
    let (title, field) = random.pick(table);
    cast.subject_title = title.to_owned();
    Some(field)
}

fn names(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => wording::NAMES,
        Language::Spanish => wording::SPANISH_NAMES,
        Language::Vietnamese => wording::VIETNAMESE_NAMES,
        Language::Chinese => wording::CHINESE_NAMES,
    }
}

/// One sentence to twenty, with a median of about 240 characters in English.
fn describe(cast: &Cast, language: Language, asks_field: bool, random: &mut Random) -> String {
    let more = match random.below(100) {
        0..=14 => 0,
        15..=46 => 1,
        47..=76 => 2,
        77..=90 => 3,
        91..=97 => random.between(4, 7),
        _ => random.between(10, 17),
    };
    let (details, separator) = match language {
        Language::English => (wording::DETAILS, " "),
        Language::Spanish => (wording::SPANISH, " "),
        Language::Vietnamese => (wording::VIETNAMESE, " "),
        Language::Chinese => (wording::CHINESE, ""),
    };
    let mut sentences = Vec::with_capacity(more + 1);
    if language == Language::English {
        // What is open to every field does not begin with one.
        let openings: Vec<&str> = wording::OPENINGS
            .iter()
            .copied()
            .filter(|opening| asks_field || !wording::names_field(opening))
            .collect();
        sentences.push(cast.fill(random.pick(&openings), random));
    }
    let most = more
        .max(usize::from(sentences.is_empty()))
        .min(details.len());
    let first = random.below(details.len());
    for offset in 0..most {
        sentences.push(cast.fill(details[(first + offset) % details.len()], random));
    }
    sentences.join(separator)
}

fn scholarship_type(random: &mut Random) -> ScholarshipType {
    match random.below(100) {
        0..=29 => ScholarshipType::MeritBased,
        30..=51 => ScholarshipType::NeedBased,
        52..=66 => ScholarshipType::AcademicAchievement,
        67..=77 => ScholarshipType::CommunityService,
        78..=87 => ScholarshipType::Minority,
        88..=92 => ScholarshipType::Athletic,
        _ => ScholarshipType::Other,
    }
}

fn tags(cast: &Cast, language: Language, random: &mut Random) -> Vec<String> {
    let mut tags = Vec::new();
    for offset in 0..random.below(4) {
        tags.push(cast.topic(offset).to_owned());
    }
    match language {
        Language::English => {}
        Language::Spanish => tags.push("español".to_owned()),
        Language::Vietnamese => tags.push("tiếng Việt".to_owned()),
        Language::Chinese => tags.push("中文".to_owned()),
    }
    tags
}

/// Lower-case ASCII words with hyphens, for addresses.
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') && character.is_ascii() {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "award" } else { slug }.to_owned()
}

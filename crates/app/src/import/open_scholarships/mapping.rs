//! From their words to ours.

use chrono::NaiveDate;
use domain::document::{
    AwardDocument, CriteriaDocument, DeadlineDocument, DeadlineKind, ProvenanceDocument,
};
use domain::{
    Citizenship, CountryCode, EditorialStatus, FieldError, FieldOfStudy, Gpa, GradeLevel,
    ScholarshipDocument, ScholarshipType, Term, TermSet, UsState,
};

use super::super::{field_keywords, plain_text, web_address};
use super::schema::{Award, Deadline, Eligibility, Geography, Record};

pub(super) fn document(record: Record, notes: &mut Vec<FieldError>) -> ScholarshipDocument {
    let Record {
        id,
        name,
        sponsor,
        sponsor_type,
        kind,
        summary,
        award,
        deadline,
        eligibility,
        geo,
        links,
        provenance,
        status,
    } = record;
    let basis = award.basis.clone().unwrap_or_default();
    let tags = tags(
        &[sponsor_type, kind, Some(basis.clone())],
        &eligibility,
        &geo,
    );
    let mut address = |field: &str, given: Option<String>| {
        web_address::cleaned(given?.as_str())
            .map_err(|message| notes.push(FieldError::new(field, message)))
            .ok()
            .flatten()
    };
    let application_url = address("links.apply_url", links.apply_url);
    let website_url = address("links.info_url", links.info_url);
    let source_url = address("provenance.source_url", provenance.source_url);
    ScholarshipDocument {
        name,
        organization: sponsor,
        description: summary,
        renewable: award.renewable,
        award: Some(award_document(award, notes)),
        deadline: Some(deadline_document(deadline, notes)),
        scholarship_type: Some(scholarship_type(&basis)),
        eligibility_criteria: Some(criteria(eligibility, &geo, &basis, notes)),
        tags,
        application_url,
        website_url,
        status: Some(editorial_status(status.as_deref(), notes)),
        last_verified: provenance.last_verified,
        provenance: Some(ProvenanceDocument {
            source: Some(super::SOURCE.to_owned()),
            source_id: Some(id),
            source_url,
        }),
        ..super::empty_document()
    }
}

fn award_document(award: Award, notes: &mut Vec<FieldError>) -> AwardDocument {
    let currency = super::currency(award.currency.as_deref(), notes);
    let mut text = award.notes.as_deref().map(plain_text::of);
    let stated = award.currency.as_deref().unwrap_or_default().trim();
    if currency.is_none() && !stated.is_empty() {
        // Amounts of an unknown currency are no dollars.
        let amounts: Vec<String> = [&award.amount_min, &award.amount_max]
            .into_iter()
            .flatten()
            .map(|amount| format!("{amount} {stated}"))
            .collect();
        let lines = amounts.into_iter().chain(text);
        text = Some(lines.collect::<Vec<_>>().join("\n"));
        return AwardDocument {
            text,
            ..AwardDocument::default()
        };
    }
    AwardDocument {
        min: award.amount_min,
        max: award.amount_max,
        currency,
        text,
    }
}

fn deadline_document(deadline: Deadline, notes: &mut Vec<FieldError>) -> DeadlineDocument {
    let mut text = deadline.notes.as_deref().map(plain_text::of);
    let mut date = |field: &str, given: Option<String>| {
        let given = given.filter(|given| !given.trim().is_empty())?;
        let date = given.trim().parse::<NaiveDate>().ok();
        if date.is_none() {
            notes.push(FieldError::new(
                field,
                format!("{given:?} is no date; it is kept as text"),
            ));
            let lines = [Some(given), text.take()];
            text = Some(lines.into_iter().flatten().collect::<Vec<_>>().join("\n"));
        }
        date
    };
    let closes = date("deadline.date", deadline.date);
    let opens = date("deadline.opens", deadline.opens);
    let stated = deadline.kind.as_deref().unwrap_or("unknown");
    let kind = match stated {
        "annual" => DeadlineKind::Annual,
        "rolling" => DeadlineKind::Rolling,
        "varies" => DeadlineKind::Varies,
        "fixed" | "one-time" | "date" if closes.is_some() => DeadlineKind::Fixed,
        "fixed" | "one-time" | "date" | "unknown" | "tbd" => DeadlineKind::Unknown,
        _ => {
            notes.push(FieldError::new(
                "deadline.type",
                format!("{stated:?} is not known; the deadline counts as unknown"),
            ));
            DeadlineKind::Unknown
        }
    };
    let dated = matches!(kind, DeadlineKind::Annual | DeadlineKind::Fixed);
    if let Some(date) = closes.filter(|_| !dated) {
        let lines = [Some(date.to_string()), text.take()];
        text = Some(lines.into_iter().flatten().collect::<Vec<_>>().join("\n"));
    }
    let backwards = kind == DeadlineKind::Fixed && closes < opens;
    if backwards {
        notes.push(FieldError::new(
            "deadline.opens",
            "lies after deadline.date and is left out",
        ));
    }
    DeadlineDocument {
        kind,
        date: closes.filter(|_| dated),
        time: None,
        time_zone: None,
        month: None,
        day: None,
        opens_on: opens.filter(|_| !backwards),
        text,
    }
}

fn scholarship_type(basis: &str) -> ScholarshipType {
    match basis {
        "merit" => ScholarshipType::MeritBased,
        "need" | "merit-need" => ScholarshipType::NeedBased,
        "identity" => ScholarshipType::Minority,
        "service" => ScholarshipType::CommunityService,
        "athletic" => ScholarshipType::Athletic,
        "academic" => ScholarshipType::AcademicAchievement,
        _ => ScholarshipType::Other,
    }
}

fn criteria(
    eligibility: Eligibility,
    geography: &Geography,
    basis: &str,
    notes: &mut Vec<FieldError>,
) -> CriteriaDocument {
    let mut criteria = CriteriaDocument::default();
    let mut rules: Vec<String> = Vec::new();
    rules.extend(
        eligibility
            .other
            .iter()
            .flatten()
            .map(|rule| plain_text::of(rule)),
    );
    let mut alternatives = Alternatives {
        rules: &mut rules,
        notes,
    };
    let places = alternatives.read(
        "eligibility.residency",
        "Residency",
        eligibility.residency,
        place,
    );
    for place in places {
        match place {
            Place::State(state) => criteria.residency_states.insert(state),
            Place::Country(country) => criteria.countries.push(country),
        }
    }
    let levels = alternatives.read(
        "eligibility.education_level",
        "Level",
        eligibility.education_level,
        grade_levels,
    );
    for level in levels {
        criteria.grade_levels = criteria.grade_levels.union(level);
    }
    criteria.citizenship_required = alternatives.read(
        "eligibility.citizenship",
        "Citizenship",
        eligibility.citizenship,
        citizenship,
    );
    let gpa = eligibility.gpa_min.map(|points| vec![points.to_string()]);
    criteria.min_gpa = alternatives
        .read("eligibility.gpa_min", "Minimum GPA", gpa, |points| {
            Gpa::from_points(points.parse().ok()?).ok()
        })
        .pop();
    let fields = eligibility.fields_of_study.unwrap_or_default();
    criteria.fields_of_study = field_keywords::fields_of_any(&fields);
    criteria.fields_of_study_text = fields
        .into_iter()
        .filter(|word| FieldOfStudy::from_code(word).is_none())
        .collect();
    // Whether a county asks for residence or for a school there is not said, so no verdict may rest on it.
    if let Some(counties) = geography.counties.as_ref().filter(|list| !list.is_empty()) {
        rules.push(format!("Counties: {}", counties.join(", ")));
    }
    if matches!(basis, "need" | "merit-need") {
        criteria.financial_need = Some(true);
    }
    criteria.text = (!rules.is_empty()).then(|| rules.join("\n"));
    criteria
}

/// Lists of which any one value suffices.
struct Alternatives<'a> {
    rules: &'a mut Vec<String>,
    notes: &'a mut Vec<FieldError>,
}

impl Alternatives<'_> {
    /// What all the words mean. One unknown word may be the very one that a student meets, so that no verdict can rest on the
    /// others either: then the whole list becomes text.
    fn read<T>(
        &mut self,
        field: &str,
        label: &str,
        words: Option<Vec<String>>,
        meaning: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let words = words.unwrap_or_default();
        let mut known = Vec::with_capacity(words.len());
        for word in &words {
            match meaning(word) {
                Some(value) => known.push(value),
                None => self.notes.push(FieldError::new(
                    field,
                    format!("{word:?} is not known; it is kept as text"),
                )),
            }
        }
        if known.len() < words.len() {
            self.rules.push(format!("{label}: {}", words.join(", ")));
            known.clear();
        }
        known
    }
}

enum Place {
    State(UsState),
    Country(CountryCode),
}

fn place(word: &str) -> Option<Place> {
    // Two-letter codes of the list are states first: NV, not some country.
    UsState::from_code(word)
        .map(Place::State)
        .or_else(|| CountryCode::parse(word).map(Place::Country))
}

fn citizenship(word: &str) -> Option<Citizenship> {
    let code = word
        .to_lowercase()
        .replace([' ', '-'], "_")
        .replace('.', "");
    Citizenship::from_code(word).or_else(|| match code.as_str() {
        "permanent_resident" | "green_card" => Some(Citizenship::UsPermanentResident),
        "citizen" => Some(Citizenship::UsCitizen),
        code => Citizenship::from_code(code),
    })
}

fn grade_levels(word: &str) -> Option<TermSet<GradeLevel>> {
    use GradeLevel::{
        Doctoral, Graduate, HighSchoolSenior, UndergraduateFreshman, UndergraduateSophomore,
    };
    Some(match word {
        "high-school-senior" => TermSet::of(&[HighSchoolSenior]),
        "community-college" => TermSet::of(&[UndergraduateFreshman, UndergraduateSophomore]),
        "graduate" => TermSet::of(&[Graduate, Doctoral]),
        word => return GradeLevel::terms_of(&word.replace('-', "_")),
    })
}

/// The directory's own tags, then what kind of award it is, who gives it and where.
fn tags(words: &[Option<String>], eligibility: &Eligibility, geography: &Geography) -> Vec<String> {
    let counties = geography.counties.iter().flatten();
    let mut tags: Vec<String> = eligibility.tags.iter().flatten().cloned().collect();
    let more = words
        .iter()
        .flatten()
        .filter(|word| !word.is_empty() && !matches!(word.as_str(), "scholarship" | "other"))
        .cloned()
        .chain(counties.map(|county| format!("{county} County")));
    tags.extend(more);
    tags
}

fn editorial_status(status: Option<&str>, notes: &mut Vec<FieldError>) -> EditorialStatus {
    match status {
        None | Some("active") => EditorialStatus::Active,
        Some("archived" | "closed" | "inactive" | "expired" | "discontinued" | "retired") => {
            EditorialStatus::Archived
        }
        Some("draft" | "pending" | "stub") => EditorialStatus::Draft,
        Some(other) => {
            notes.push(FieldError::new(
                "status",
                format!("{other:?} is not known; the record is kept as a draft"),
            ));
            EditorialStatus::Draft
        }
    }
}

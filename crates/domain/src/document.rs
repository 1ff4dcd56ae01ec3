//! The scholarship as JSON: what callers read and write, what files and the store hold.
//!
//! One document serves all of them, so that a record that was read can be written back or imported elsewhere unchanged.
//! [`ScholarshipDocument::into_content`] checks what a type alone cannot.

mod criteria_document;
mod deadline_document;
mod text;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use sha2::{Digest, Sha256};

pub use criteria_document::CriteriaDocument;
pub(crate) use criteria_document::attributes;
pub use deadline_document::{DeadlineDocument, DeadlineKind};

use crate::{
    Award, Currency, EditorialStatus, FieldError, Provenance, Scholarship, ScholarshipContent,
    ScholarshipId, ScholarshipType, Timestamp,
};

/// A scholarship in JSON. `name` and `organization` are required when writing; `id`, `version`, `created_at` and
/// `updated_at` are the store's and ignored when writing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Scholarship))]
pub struct ScholarshipDocument {
    #[serde(default)]
    pub id: Option<ScholarshipId>,
    /// 1 to 300 characters.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "Silver State Engineering Award")
    )]
    pub name: String,
    /// Who gives the money; 1 to 300 characters.
    #[cfg_attr(feature = "openapi", schema(example = "Nevada Example Foundation"))]
    pub organization: String,
    /// At most 20,000 characters of plain text.
    #[serde(default)]
    pub description: Option<String>,
    /// The most that one student can get, in major units of `award.currency`; null when unknown.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0))]
    pub amount: Option<Number>,
    #[serde(default)]
    pub award: Option<AwardDocument>,
    /// How many are given in one round.
    #[serde(default)]
    pub max_awards: Option<u32>,
    #[serde(default)]
    pub renewable: Option<bool>,
    /// The last instant to apply (RFC 3339), for fixed deadlines; when writing also a plain date, which ends at 23:59:59 in
    /// New York.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(example = "2027-03-01T23:59:59-05:00"))]
    pub application_deadline: Option<String>,
    #[serde(default)]
    pub deadline: Option<DeadlineDocument>,
    #[serde(default)]
    pub notification_date: Option<NaiveDate>,
    #[serde(default)]
    pub scholarship_type: Option<ScholarshipType>,
    /// What is asked of applicants; null when all are welcome.
    #[serde(default)]
    pub eligibility_criteria: Option<CriteriaDocument>,
    /// Further sets of criteria: whoever meets any one set qualifies. At most nine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternative_criteria: Vec<CriteriaDocument>,
    /// At most 50, of at most 100 characters.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub application_url: Option<String>,
    #[serde(default)]
    pub website_url: Option<String>,
    #[serde(default)]
    pub contact_email: Option<String>,
    #[serde(default)]
    pub status: Option<EditorialStatus>,
    /// The day on which somebody last compared the record with its source.
    #[serde(default)]
    pub last_verified: Option<NaiveDate>,
    #[serde(default)]
    pub provenance: Option<ProvenanceDocument>,
    #[serde(default)]
    pub version: Option<u64>,
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<chrono::DateTime<chrono::Utc>>)
    )]
    pub created_at: Option<Timestamp>,
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<chrono::DateTime<chrono::Utc>>)
    )]
    pub updated_at: Option<Timestamp>,
}

/// What one student gets, in major units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Award))]
pub struct AwardDocument {
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0))]
    pub min: Option<Number>,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0))]
    pub max: Option<Number>,
    /// USD when not given.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// As the source printed it.
    #[serde(default)]
    pub text: Option<String>,
}

/// Where the record comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Provenance))]
pub struct ProvenanceDocument {
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub source_id: Option<String>,
    #[serde(default)]
    pub source_url: Option<String>,
}

impl From<&ScholarshipContent> for ScholarshipDocument {
    fn from(content: &ScholarshipContent) -> Self {
        let award = &content.award;
        let major = |minor: Option<i64>| minor.map(|minor| award.currency.major_units(minor));
        let mut sets = content.criteria.iter().map(CriteriaDocument::of);
        let provenance = &content.provenance;
        Self {
            id: None,
            name: content.name.clone(),
            organization: content.organization.clone(),
            description: content.description.clone(),
            amount: major(award.most()),
            award: Some(AwardDocument {
                min: major(award.minimum),
                max: major(award.maximum),
                currency: Some(award.currency),
                text: award.text.clone(),
            }),
            max_awards: content.max_awards,
            renewable: content.renewable,
            application_deadline: deadline_document::instant_text(&content.deadline),
            deadline: Some(DeadlineDocument::of(&content.deadline)),
            notification_date: content.notification_date,
            scholarship_type: Some(content.scholarship_type),
            eligibility_criteria: sets.next(),
            alternative_criteria: sets.collect(),
            tags: content.tags.clone(),
            application_url: content.application_url.clone(),
            website_url: content.website_url.clone(),
            contact_email: content.contact_email.clone(),
            status: Some(content.status),
            last_verified: provenance.last_verified,
            provenance: Some(ProvenanceDocument {
                source: provenance.source.clone(),
                source_id: provenance.source_id.clone(),
                source_url: provenance.source_url.clone(),
            }),
            version: None,
            created_at: None,
            updated_at: None,
        }
    }
}

impl From<&Scholarship> for ScholarshipDocument {
    fn from(scholarship: &Scholarship) -> Self {
        Self {
            id: Some(scholarship.id.clone()),
            version: Some(scholarship.version),
            created_at: Some(scholarship.created_at),
            updated_at: Some(scholarship.updated_at),
            ..Self::from(&scholarship.content)
        }
    }
}

impl ScholarshipDocument {
    /// The content, checked. The store's own fields are left aside.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn into_content(self) -> Result<ScholarshipContent, Vec<FieldError>> {
        let mut errors = Vec::new();
        let award = award(self.amount, self.award.unwrap_or_default(), &mut errors);
        let mut criteria = Vec::new();
        if self.alternative_criteria.len() > 9 {
            errors.push(FieldError::new(
                "alternative_criteria",
                "must have at most 9 entries",
            ));
        } else {
            let primary = self
                .eligibility_criteria
                .into_iter()
                .map(|set| ("eligibility_criteria".to_owned(), set));
            let others = self
                .alternative_criteria
                .into_iter()
                .enumerate()
                .map(|(at, set)| (format!("alternative_criteria[{at}]"), set));
            for (field, set) in primary.chain(others) {
                criteria.push(set.into_criteria(&field, &mut errors));
            }
        }
        let provenance = self.provenance.unwrap_or_default();
        let content = ScholarshipContent {
            name: text::required("name", Some(self.name), 300, &mut errors),
            organization: text::required("organization", Some(self.organization), 300, &mut errors),
            description: text::prose("description", self.description, 20_000, &mut errors),
            award,
            max_awards: self.max_awards,
            renewable: self.renewable,
            deadline: deadline_document::deadline(
                self.application_deadline,
                self.deadline,
                &mut errors,
            ),
            notification_date: self.notification_date,
            scholarship_type: self.scholarship_type.unwrap_or(ScholarshipType::Other),
            criteria,
            tags: text::list("tags", self.tags, 50, 100, &mut errors),
            application_url: text::url("application_url", self.application_url, &mut errors),
            website_url: text::url("website_url", self.website_url, &mut errors),
            contact_email: text::email("contact_email", self.contact_email, &mut errors),
            provenance: Provenance {
                source: text::line("provenance.source", provenance.source, 200, &mut errors),
                source_id: text::line(
                    "provenance.source_id",
                    provenance.source_id,
                    200,
                    &mut errors,
                ),
                source_url: text::url("provenance.source_url", provenance.source_url, &mut errors),
                last_verified: self.last_verified,
            },
            status: self.status.unwrap_or(EditorialStatus::Active),
        };
        if errors.is_empty() {
            Ok(content)
        } else {
            Err(errors)
        }
    }

    /// The stored scholarship that this document, written by `From<&Scholarship>`, describes.
    ///
    /// # Errors
    /// Every field that is wrong or missing: the document was not written by this program.
    pub fn into_scholarship(mut self) -> Result<Scholarship, Vec<FieldError>> {
        let missing = |field: &str| vec![FieldError::new(field, "is required")];
        let id = self.id.take().ok_or_else(|| missing("id"))?;
        let version = self.version.ok_or_else(|| missing("version"))?;
        let created_at = self.created_at.ok_or_else(|| missing("created_at"))?;
        let updated_at = self.updated_at.ok_or_else(|| missing("updated_at"))?;
        Ok(Scholarship {
            id,
            version,
            created_at,
            updated_at,
            content: self.into_content()?,
        })
    }
}

impl ScholarshipContent {
    /// SHA-256 over the content's JSON: equal for equal content, whatever store and version it has.
    pub fn digest(&self) -> [u8; 32] {
        let json = serde_json::to_vec(&ScholarshipDocument::from(self)).unwrap_or_default();
        Sha256::digest(&json).into()
    }
}

fn award(amount: Option<Number>, document: AwardDocument, errors: &mut Vec<FieldError>) -> Award {
    let currency = document.currency.unwrap_or(Currency::USD);
    let mut read = |field: &str, number: Option<Number>| {
        let minor = currency.minor_units_of(&number?);
        minor
            .map_err(|message| errors.push(FieldError::new(field, message)))
            .ok()
    };
    let amount = read("amount", amount);
    let minimum = read("award.min", document.min);
    let maximum = read("award.max", document.max);
    if let (Some(minimum), Some(maximum)) = (minimum, maximum)
        && minimum > maximum
    {
        errors.push(FieldError::new("award.min", "must not be above award.max"));
    }
    let stated = maximum.or(minimum);
    if let (Some(amount), Some(stated)) = (amount, stated)
        && amount != stated
    {
        errors.push(FieldError::new(
            "amount",
            "contradicts award.min and award.max; leave it out, or make it their larger one",
        ));
    }
    Award {
        minimum,
        maximum: if stated.is_none() { amount } else { maximum },
        currency,
        text: text::prose("award.text", document.text, 2_000, errors),
    }
}

#[cfg(test)]
mod tests;

//! The JSON of the Open Scholarships directory, as far as it says something about a scholarship.
//!
//! Keys that are not listed are ignored, because the schema is somebody else's and grows.

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Number;

#[derive(Debug, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) sponsor: String,
    #[serde(default)]
    pub(super) sponsor_type: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) summary: Option<String>,
    #[serde(default)]
    pub(super) award: Award,
    #[serde(default)]
    pub(super) deadline: Deadline,
    #[serde(default)]
    pub(super) eligibility: Eligibility,
    #[serde(default)]
    pub(super) geo: Geography,
    #[serde(default)]
    pub(super) links: Links,
    #[serde(default)]
    pub(super) provenance: Provenance,
    #[serde(default)]
    pub(super) status: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Award {
    #[serde(default)]
    pub(super) amount_min: Option<Number>,
    #[serde(default)]
    pub(super) amount_max: Option<Number>,
    #[serde(default)]
    pub(super) currency: Option<String>,
    #[serde(default)]
    pub(super) basis: Option<String>,
    #[serde(default)]
    pub(super) renewable: Option<bool>,
    #[serde(default)]
    pub(super) notes: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Deadline {
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) date: Option<String>,
    #[serde(default)]
    pub(super) opens: Option<String>,
    #[serde(default)]
    pub(super) notes: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Eligibility {
    #[serde(default)]
    pub(super) residency: Option<Vec<String>>,
    #[serde(default)]
    pub(super) education_level: Option<Vec<String>>,
    #[serde(default)]
    pub(super) fields_of_study: Option<Vec<String>>,
    #[serde(default)]
    pub(super) gpa_min: Option<f64>,
    #[serde(default)]
    pub(super) citizenship: Option<Vec<String>>,
    #[serde(default)]
    pub(super) other: Option<Vec<String>>,
    #[serde(default)]
    pub(super) tags: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Geography {
    #[serde(default)]
    pub(super) counties: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Links {
    #[serde(default)]
    pub(super) info_url: Option<String>,
    #[serde(default)]
    pub(super) apply_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Provenance {
    #[serde(default)]
    pub(super) source_url: Option<String>,
    #[serde(default)]
    pub(super) last_verified: Option<NaiveDate>,
}

/// Whether a record follows this schema rather than our own: it has a sponsor, and no organization.
pub(in crate::import) fn looks_like_record(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Keys {
        sponsor: Option<serde::de::IgnoredAny>,
        organization: Option<serde::de::IgnoredAny>,
    }
    // A cheap look first: most records are our own.
    bytes.windows(9).any(|window| window == b"\"sponsor\"")
        && serde_json::from_slice::<Keys>(bytes)
            .is_ok_and(|keys| keys.sponsor.is_some() && keys.organization.is_none())
}

//! The score by which scholarships are recommended to a student, with its reasons.
//!
//! score = sum of weight x value over the components below; every value is between 0 and 1 and the weights add up to 1:
//!
//! | component | weight | value |
//! |---|---|---|
//! | fit | 0.30 | the match score of `eligibility`; a merely possible scholarship gets four fifths of it |
//! | field | 0.15 | 1 when the student's field is named, 0.5 when all fields are welcome or the field is unknown, else 0 |
//! | amount | 0.20 | log10(1 + dollars) / log10(1 + 50,000), at most 1; 0.4 when unknown |
//! | deadline | 0.15 | 1 from 30 to 180 days ahead; rises from 0.2 today to 1 at 30 days; falls to 0.4 at 365 days; 0.5 when unknown |
//! | need | 0.10 | need stated and asked for: 1; neither known: 0.5; asked for without need: 0 |
//! | popularity | 0.10 | as given, from interactions |

use serde::Serialize;

use crate::{
    Criteria, Currency, FieldOfStudy, ScholarshipContent, StudentProfile, TermSet, Timestamp,
    Verdict,
};

/// The score of one recommendation and what it is made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Score {
    /// 0 to 1.
    pub total: f64,
    /// In falling order of their contribution.
    pub components: Vec<Component>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Component {
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "amount"))]
    pub name: &'static str,
    /// 0 to 1.
    pub value: f64,
    /// Share of the total, 0 to 1.
    pub weight: f64,
    pub reason: String,
}

/// What the ranking looks at, apart from the profile: small enough to keep for a whole catalogue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankingFacts {
    /// The fields of study that any criteria set names.
    pub named_fields: TermSet<FieldOfStudy>,
    /// Whether no field is asked for by some criteria set, or for there being none.
    pub open_to_all_fields: bool,
    /// Whether any criteria set holds a criterion that [`crate::Criterion::asks_for_need`].
    pub asks_for_need: bool,
    /// The most a student can get, in dollars; `None` when unknown or in another currency.
    pub dollars: Option<f64>,
    /// When applications close next, if known.
    pub due: Option<Timestamp>,
}

impl RankingFacts {
    #[expect(
        clippy::cast_precision_loss,
        reason = "amounts are bounded far below 2^53"
    )]
    pub fn of(content: &ScholarshipContent, now: Timestamp) -> Self {
        let award = &content.award;
        let dollars = award
            .most()
            .filter(|_| award.currency == Currency::USD)
            .map(|cents| cents as f64 / 100.0);
        Self::of_sets(&content.criteria, dollars, content.deadline.next_due(now))
    }

    pub fn of_sets(sets: &[Criteria], dollars: Option<f64>, due: Option<Timestamp>) -> Self {
        let named_fields = sets.iter().map(|set| set.fields_of_study);
        Self {
            named_fields: named_fields.fold(TermSet::default(), TermSet::union),
            open_to_all_fields: sets.is_empty()
                || sets.iter().any(|set| set.fields_of_study.is_empty()),
            asks_for_need: sets
                .iter()
                .any(|set| set.stated().any(|criterion| criterion.asks_for_need())),
            dollars,
            due,
        }
    }
}

/// Values of the components, in the order of [`WEIGHTS`].
pub type Values = [f64; 6];

/// (name, weight) of the components.
pub const WEIGHTS: [(&str, f64); 6] = [
    ("fit", 0.30),
    ("field", 0.15),
    ("amount", 0.20),
    ("deadline", 0.15),
    ("need", 0.10),
    ("popularity", 0.10),
];

/// The component values for one student; cheap, for ranking a whole catalogue.
pub fn values(
    facts: &RankingFacts,
    profile: &StudentProfile,
    verdict: Verdict,
    match_score: f64,
    popularity: f32,
    now: Timestamp,
) -> Values {
    let fit = if verdict == Verdict::Eligible {
        match_score
    } else {
        0.8 * match_score
    };
    [
        fit,
        field_value(facts, profile.field_of_study),
        amount_value(facts.dollars),
        deadline_value(days_left(facts.due, now)),
        need_value(facts.asks_for_need, profile),
        f64::from(popularity.clamp(0.0, 1.0)),
    ]
}

/// The total of component values, 0 to 1.
pub fn total(values: &Values) -> f64 {
    values
        .iter()
        .zip(WEIGHTS)
        .map(|(value, (_, weight))| value * weight)
        .sum()
}

/// The explained score of component values that [`values`] made of the same facts.
pub fn explain(
    values: &Values,
    facts: &RankingFacts,
    profile: &StudentProfile,
    verdict: Verdict,
    now: Timestamp,
) -> Score {
    let reasons = [
        match verdict {
            Verdict::Eligible => "You meet every criterion that it states.".to_owned(),
            Verdict::Possible => {
                "Nothing speaks against you, but some facts are unknown.".to_owned()
            }
            Verdict::Ineligible => "At least one criterion is not met.".to_owned(),
        },
        match (profile.field_of_study, values[1]) {
            (None, _) => "Your field of study is unknown.".to_owned(),
            (Some(_), value) if value >= 1.0 => "It is meant for your field of study.".to_owned(),
            (Some(_), value) if value > 0.0 => "It is open to all fields of study.".to_owned(),
            (Some(_), _) => "It is meant for other fields of study.".to_owned(),
        },
        facts.dollars.map_or_else(
            || "The amount is not known in dollars.".to_owned(),
            |dollars| format!("Up to ${dollars:.0}."),
        ),
        match days_left(facts.due, now) {
            None => "No date by which to apply is known.".to_owned(),
            Some(days) if days < 0.0 => "The deadline has passed.".to_owned(),
            Some(days) if days < 30.0 => format!("Closes in {days:.0} days: little time."),
            Some(days) if days <= 180.0 => {
                format!("Closes in {days:.0} days: time enough to apply well.")
            }
            Some(days) => format!("Closes in {days:.0} days: no hurry."),
        },
        match (facts.asks_for_need, profile.financial_need) {
            (true, Some(true)) => {
                "It is meant for students with financial need, which you have.".to_owned()
            }
            (true, _) => "It asks for financial need.".to_owned(),
            (false, _) => "It does not ask for financial need.".to_owned(),
        },
        popularity_reason(values[5]).to_owned(),
    ];
    let mut components: Vec<Component> = values
        .iter()
        .zip(WEIGHTS)
        .zip(reasons)
        .map(|((value, (name, weight)), reason)| Component {
            name,
            value: *value,
            weight,
            reason,
        })
        .collect();
    components
        .sort_by(|left, right| (right.value * right.weight).total_cmp(&(left.value * left.weight)));
    Score {
        total: total(values),
        components,
    }
}

fn popularity_reason(value: f64) -> &'static str {
    if value <= 0.0 {
        "Nobody has viewed, saved or applied for it here lately."
    } else if value < 0.5 {
        "A few students viewed, saved or applied for it lately."
    } else if value < 0.9 {
        "Many students viewed, saved or applied for it lately."
    } else {
        "It is among those that students viewed, saved and applied for most lately."
    }
}

fn field_value(facts: &RankingFacts, field: Option<FieldOfStudy>) -> f64 {
    let Some(field) = field else { return 0.5 };
    if facts.named_fields.contains(field) {
        1.0
    } else if facts.open_to_all_fields {
        0.5
    } else {
        0.0
    }
}

fn amount_value(dollars: Option<f64>) -> f64 {
    dollars.map_or(0.4, |dollars| {
        ((1.0 + dollars).log10() / 50_001_f64.log10()).clamp(0.0, 1.0)
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds within a calendar are far below 2^53"
)]
fn days_left(due: Option<Timestamp>, now: Timestamp) -> Option<f64> {
    due.map(|due| (due - now).num_seconds() as f64 / 86_400.0)
}

fn deadline_value(days: Option<f64>) -> f64 {
    match days {
        None => 0.5,
        Some(days) if days < 0.0 => 0.0,
        Some(days) if days < 30.0 => 0.2 + 0.8 * days / 30.0,
        Some(days) if days <= 180.0 => 1.0,
        Some(days) => (1.0 - 0.6 * (days - 180.0) / 185.0).max(0.4),
    }
}

fn need_value(asks_for_need: bool, profile: &StudentProfile) -> f64 {
    match (asks_for_need, profile.financial_need) {
        (true, Some(true)) => 1.0,
        (true, Some(false)) => 0.0,
        (true, None) | (false, _) => 0.5,
    }
}

/// Popularity of every scholarship from 0 to 1: log(1 + points) / log(1 + most points), where a view counts 1, a
/// recommendation click 2, a save 3 and an apply click 5.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a ranking signal between 0 and 1"
)]
pub fn popularity(
    counts: impl IntoIterator<Item = (crate::ScholarshipId, crate::InteractionKind, u64)>,
) -> std::collections::HashMap<crate::ScholarshipId, f32> {
    let mut points: std::collections::HashMap<crate::ScholarshipId, u64> =
        std::collections::HashMap::new();
    for (id, kind, count) in counts {
        let weight = match kind {
            crate::InteractionKind::View => 1,
            crate::InteractionKind::RecommendationClick => 2,
            crate::InteractionKind::Save => 3,
            crate::InteractionKind::ApplyClick => 5,
        };
        if count == 0 {
            // Nothing happened; and were that all, the division below would have no answer.
            continue;
        }
        let entry = points.entry(id).or_default();
        *entry = entry.saturating_add(count.saturating_mul(weight));
    }
    let most = points.values().copied().max().unwrap_or(0);
    points
        .into_iter()
        .map(|(id, points)| (id, ((points as f64).ln_1p() / (most as f64).ln_1p()) as f32))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_add_up_to_one() {
        assert!((WEIGHTS.iter().map(|(_, weight)| weight).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_sweet_spot_of_deadlines_is_30_to_180_days() {
        assert!(deadline_value(Some(5.0)) < deadline_value(Some(29.0)));
        assert!((deadline_value(Some(30.0)) - 1.0).abs() < 1e-12);
        assert!((deadline_value(Some(180.0)) - 1.0).abs() < 1e-12);
        assert!(deadline_value(Some(300.0)) < 1.0);
        assert!(deadline_value(Some(-1.0)) < f64::EPSILON);
    }

    #[test]
    fn the_reason_for_popularity_follows_its_value() {
        let reasons = [0.0, 0.3, 0.7, 1.0].map(popularity_reason);
        for (at, reason) in reasons.iter().enumerate() {
            assert!(!reasons[..at].contains(reason), "{reason}");
        }
        let nothing = crate::ScholarshipId::derived("a", "b");
        assert!(popularity([(nothing, crate::InteractionKind::View, 0)]).is_empty());
    }

    #[test]
    fn amounts_count_on_a_log_scale() {
        assert!(amount_value(Some(500.0)) > 0.5);
        assert!(amount_value(Some(50_000.0)) > 0.99);
        assert!((amount_value(Some(1e9)) - 1.0).abs() < 1e-12);
    }
}

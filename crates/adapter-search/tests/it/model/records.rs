//! The reference's view of one record without its texts: filters, facets and keys of orders.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use domain::deadline::today;
use domain::{
    Citizenship, Criteria, EditorialStatus, Scholarship, Term, TermSet, Timestamp, Verdict,
};
use ports::search_index::{FacetKind, FacetValue, Filters, SearchRequest, SortOrder};

use super::{Key, words};

/// Whether all filters let the record through, but for that of one facet.
pub(super) fn passes(
    scholarship: &Scholarship,
    filters: &Filters,
    without: Option<FacetKind>,
    now: Timestamp,
) -> bool {
    let content = &scholarship.content;
    let sets = &content.criteria;
    let ignores = |kind: FacetKind| without == Some(kind);
    let any_set = |does: &dyn Fn(&Criteria) -> bool| sets.is_empty() || sets.iter().any(does);
    let status = if filters.status.is_empty() {
        TermSet::of(&[EditorialStatus::Active])
    } else {
        filters.status
    };
    let due = content.deadline.next_due_on(today(now));
    let award = &content.award;
    let known = award.currency == filters.currency;
    let (most, least) = (
        award.most().filter(|_| known),
        award.least().filter(|_| known),
    );
    let names = |set: &Criteria| {
        filters.citizenship.iter().any(|wanted| {
            let foreign = matches!(wanted, Citizenship::Country(_));
            set.citizenship_required.contains(wanted)
                || (foreign
                    && set
                        .citizenship_required
                        .contains(&Citizenship::International))
        })
    };
    status.contains(content.status)
        && (filters.include_expired || !content.deadline.is_expired(now))
        && filters
            .open_on
            .is_none_or(|day| content.deadline.may_be_open_on(day))
        && filters
            .min_gpa
            .is_none_or(|gpa| any_set(&|set| set.min_gpa.is_none_or(|least| least <= gpa)))
        && (ignores(FacetKind::ScholarshipTypes)
            || filters.scholarship_types.is_empty()
            || filters.scholarship_types.contains(content.scholarship_type))
        && (ignores(FacetKind::FieldsOfStudy)
            || filters.fields_of_study.is_empty()
            || any_set(&|set| {
                set.fields_of_study.is_empty()
                    || set.fields_of_study.intersects(filters.fields_of_study)
            }))
        && (ignores(FacetKind::States)
            || filters.states.is_empty()
            || if filters.states_only {
                sets.iter()
                    .any(|set| set.residency_states.intersects(filters.states))
            } else {
                any_set(&|set| {
                    set.residency_states.is_empty()
                        || set.residency_states.intersects(filters.states)
                })
            })
        && (ignores(FacetKind::GradeLevels)
            || filters.grade_levels.is_empty()
            || any_set(&|set| {
                set.grade_levels.is_empty() || set.grade_levels.intersects(filters.grade_levels)
            }))
        && (ignores(FacetKind::Citizenship)
            || filters.citizenship.is_empty()
            || any_set(&|set| set.citizenship_required.is_empty() || names(set)))
        && (ignores(FacetKind::FinancialNeed)
            || match filters.financial_need {
                None => true,
                Some(true) => sets.iter().any(|set| set.financial_need == Some(true)),
                Some(false) => any_set(&|set| set.financial_need != Some(true)),
            })
        && (ignores(FacetKind::Renewable)
            || filters
                .renewable
                .is_none_or(|wanted| content.renewable == Some(wanted)))
        && (ignores(FacetKind::Amount)
            || (filters
                .min_amount
                .is_none_or(|minimum| most.is_none_or(|most| most >= minimum))
                && filters
                    .max_amount
                    .is_none_or(|maximum| least.is_none_or(|least| least <= maximum))
                && (!filters.known_amount || most.is_some())))
        && (ignores(FacetKind::DeadlineMonth)
            || (filters
                .deadline_after
                .is_none_or(|day| due.is_some_and(|due| due >= day))
                && filters
                    .deadline_before
                    .is_none_or(|day| due.is_some_and(|due| due <= day))))
}

pub(super) fn facet_values(
    scholarship: &Scholarship,
    kind: FacetKind,
    amount: Option<i64>,
    now: Timestamp,
) -> BTreeSet<String> {
    let content = &scholarship.content;
    let sets = content.criteria.iter();
    match kind {
        FacetKind::ScholarshipTypes => BTreeSet::from([content.scholarship_type.code().to_owned()]),
        FacetKind::FieldsOfStudy => sets
            .flat_map(|set| {
                set.fields_of_study
                    .iter()
                    .map(|term| term.code().to_owned())
            })
            .collect(),
        FacetKind::States => sets
            .flat_map(|set| {
                set.residency_states
                    .iter()
                    .map(|term| term.code().to_owned())
            })
            .collect(),
        FacetKind::GradeLevels => sets
            .flat_map(|set| set.grade_levels.iter().map(|term| term.code().to_owned()))
            .collect(),
        FacetKind::Citizenship => sets
            .flat_map(|set| {
                set.citizenship_required
                    .iter()
                    .map(|value| value.code().to_owned())
            })
            .collect(),
        FacetKind::FinancialNeed if content.criteria.is_empty() => {
            BTreeSet::from(["false".to_owned()])
        }
        FacetKind::FinancialNeed => sets
            .map(|set| (set.financial_need == Some(true)).to_string())
            .collect(),
        FacetKind::Renewable => content.renewable.iter().map(ToString::to_string).collect(),
        FacetKind::Amount => {
            let bucket = match amount {
                None => "unknown",
                Some(cents) if cents < 100_000 => "0-999",
                Some(cents) if cents < 500_000 => "1000-4999",
                Some(cents) if cents < 1_000_000 => "5000-9999",
                Some(cents) if cents < 2_500_000 => "10000-24999",
                Some(_) => "25000+",
            };
            BTreeSet::from([bucket.to_owned()])
        }
        FacetKind::DeadlineMonth => {
            let due = content.deadline.next_due_on(today(now));
            BTreeSet::from([due.map_or("none".to_owned(), |due| due.format("%Y-%m").to_string())])
        }
    }
}

pub(super) fn finished(
    kind: FacetKind,
    values: BTreeMap<String, Vec<Option<i64>>>,
) -> Vec<FacetValue> {
    let mut values: Vec<FacetValue> = values
        .into_iter()
        .map(|(value, amounts)| {
            let known: Vec<i64> = amounts.iter().flatten().copied().collect();
            FacetValue {
                value: value.into(),
                count: amounts.len() as u64,
                min: known.iter().min().copied(),
                max: known.iter().max().copied(),
                sum: (!known.is_empty()).then(|| known.iter().sum()),
            }
        })
        .collect();
    let buckets = [
        "0-999",
        "1000-4999",
        "5000-9999",
        "10000-24999",
        "25000+",
        "unknown",
    ];
    match kind {
        FacetKind::Amount => {
            values.sort_by_key(|value| buckets.iter().position(|bucket| *bucket == value.value));
        }
        // Digits come before letters, so `none` is the last.
        FacetKind::DeadlineMonth => values.sort_by(|left, right| left.value.cmp(&right.value)),
        _ => values.sort_by(|left, right| {
            right
                .count
                .cmp(&left.count)
                .then(left.value.cmp(&right.value))
        }),
    }
    values
}

pub(super) fn key(
    scholarship: &Scholarship,
    request: &SearchRequest,
    score: u64,
    verdict: Option<Verdict>,
    now: Timestamp,
) -> Key {
    let content = &scholarship.content;
    let filters = &request.filters;
    let day = today(now);
    let due = content.deadline.next_due_on(day);
    let award = &content.award;
    let amount = award.most().filter(|_| award.currency == filters.currency);
    let limited = filters.min_amount.is_some() || filters.max_amount.is_some();
    let unknown = limited && amount.is_none();
    let number = |value: Option<i64>| Key::Number(unknown, value.is_none(), value.unwrap_or(0));
    match request.sort {
        SortOrder::Deadline => number(due.map(|due| i64::from(due.num_days_from_ce()))),
        SortOrder::DeadlineDescending => number(due.map(|due| -i64::from(due.num_days_from_ce()))),
        SortOrder::Amount => number(amount),
        SortOrder::AmountDescending => number(amount.map(|amount| -amount)),
        SortOrder::Newest => number(Some(-scholarship.created_at.timestamp_micros())),
        SortOrder::Name => Key::Name(unknown, words(&content.name).join(" ")),
        SortOrder::Relevance => {
            let sets = content.criteria.iter();
            let states = |set: &Criteria| set.residency_states.intersects(filters.states);
            let fields = |set: &Criteria| set.fields_of_study.intersects(filters.fields_of_study);
            let levels = |set: &Criteria| set.grade_levels.intersects(filters.grade_levels);
            let names = |set: &Criteria| {
                filters.citizenship.iter().any(|wanted| {
                    let foreign = matches!(wanted, Citizenship::Country(_));
                    set.citizenship_required.contains(wanted)
                        || (foreign
                            && set
                                .citizenship_required
                                .contains(&Citizenship::International))
                })
            };
            let stated = [
                sets.clone().any(states),
                sets.clone().any(fields),
                sets.clone().any(levels),
                sets.clone().any(names),
            ];
            let stated = stated.iter().filter(|stated| **stated).count() as u64;
            let urgency = due.map_or(26_214, |due| {
                let days = u64::try_from((due - day).num_days());
                days.map_or(0, |days| 65_535 * 120 / (120 + days))
            });
            let money = amount.map_or(19_661, |cents| {
                let value = ((1.0 + cents as f64 / 100.0).log10() / 5.0).min(1.0);
                (value * 65_535.0).round() as u64
            });
            let given = [
                content.description.is_some(),
                award.most().is_some(),
                content.deadline.schedule != domain::Schedule::Unknown,
                content.criteria.iter().any(|set| !set.asks_nothing()),
                content.application_url.is_some(),
                content.website_url.is_some(),
                content.renewable.is_some(),
                content.provenance.last_verified.is_some(),
            ];
            let complete = given.iter().filter(|given| **given).count() as u64 * 8_191;
            Key::Relevance {
                rank: verdict.map_or(0, Term::index),
                unknown,
                score: score + 19 * stated,
                intrinsic: 512 * urgency + 358 * money + 154 * complete,
            }
        }
    }
}

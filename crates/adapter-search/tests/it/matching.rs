//! Profiles: recommendations and unlocks are what their definitions say, record by record.

use std::collections::{BTreeMap, HashMap};

use adapter_search::InProcessIndex;
use domain::eligibility::{assess, verdict, verdict_and_score};
use domain::recommendation::{RankingFacts, total, values};
use domain::unlock::{CriteriaValues, candidates};
use domain::{Currency, Scholarship, ScholarshipDocument, StudentProfile, Term, TermSet, Verdict};
use ports::search_index::{Filters, RecommendationRequest, Unlock, VerdictCounts};
use ports::{Change, FeedPosition, SearchIndex};

use crate::agreement::settings;
use crate::catalogue::{Generator, now};
use crate::model::{Catalogue, words};

fn filled(generator: &mut Generator, count: usize) -> (InProcessIndex, Catalogue) {
    let index = InProcessIndex::new(settings(3));
    let mut catalogue: Catalogue = BTreeMap::new();
    for _ in 0..4 {
        let mut changes = Vec::new();
        for _ in 0..count / 4 {
            let mut scholarship = generator.scholarship(count * 2);
            while generator.chance(0.3) {
                let more = generator.scholarship(1).content.criteria;
                scholarship.content.criteria.extend(more);
            }
            catalogue.insert(scholarship.id.clone(), scholarship.clone());
            changes.push(Change::Upserted(Box::new(scholarship)));
        }
        index.apply(changes, FeedPosition::default());
    }
    (index, catalogue)
}

fn count(counts: &mut VerdictCounts, verdict: Verdict) {
    match verdict {
        Verdict::Eligible => counts.eligible += 1,
        Verdict::Possible => counts.possible += 1,
        Verdict::Ineligible => counts.ineligible += 1,
    }
}

#[test]
fn unlocks_are_what_each_change_opens_and_nothing_else() {
    let (mut opened, mut by_several_sets) = (0, 0);
    for seed in 0..80 {
        let mut generator = Generator::of(1_000 + seed);
        let (index, catalogue) = filled(&mut generator, 60);
        let open: Vec<&Scholarship> = catalogue
            .values()
            .filter(|scholarship| scholarship.content.is_open(now()))
            .collect();
        let mut named = CriteriaValues::default();
        for scholarship in &open {
            scholarship
                .content
                .criteria
                .iter()
                .for_each(|set| named.include(set));
        }
        for _ in 0..4 {
            let profile = generator.profile();
            let mut verdicts = VerdictCounts::default();
            for scholarship in &open {
                count(
                    &mut verdicts,
                    verdict(&scholarship.content.criteria, &profile),
                );
            }
            let mut expected = Vec::new();
            for change in candidates(&profile, &named) {
                let after = change.applied_to(&profile);
                let opens = |scholarship: &&&Scholarship| {
                    let sets = &scholarship.content.criteria;
                    verdict(sets, &profile) == Verdict::Ineligible
                        && verdict(sets, &after) != Verdict::Ineligible
                };
                let mut opens: Vec<&&Scholarship> = open.iter().filter(opens).collect();
                if opens.is_empty() {
                    continue;
                }
                by_several_sets += opens
                    .iter()
                    .filter(|one| opening_sets(one, &after) > 1)
                    .count();
                let amount = |scholarship: &Scholarship| {
                    let award = &scholarship.content.award;
                    award.most().filter(|_| award.currency == Currency::USD)
                };
                let eligible = opens
                    .iter()
                    .filter(|one| verdict(&one.content.criteria, &after) == Verdict::Eligible)
                    .count();
                opens.sort_by_key(|one| (std::cmp::Reverse(amount(one)), one.id.clone()));
                expected.push(Unlock {
                    change,
                    eligible: eligible as u64,
                    possible: (opens.len() - eligible) as u64,
                    sum: opens.iter().filter_map(|one| amount(one)).sum(),
                    unknown_amounts: opens.iter().filter(|one| amount(one).is_none()).count()
                        as u64,
                    examples: opens
                        .iter()
                        .take(5)
                        .map(|one| (one.id.clone(), one.content.name.clone()))
                        .collect(),
                });
            }
            expected.sort_by_key(|unlock| {
                std::cmp::Reverse((unlock.sum, unlock.eligible + unlock.possible))
            });
            let answer = index.unlocks(&profile, Currency::USD, now());
            assert_eq!(answer.verdicts, verdicts);
            assert_eq!(answer.unlocks, expected);
            opened += expected.len();
        }
    }
    assert!(opened > 500, "{opened}");
    assert!(by_several_sets > 50, "{by_several_sets}");
}

/// How many of its criteria sets do not exclude the student.
fn opening_sets(scholarship: &Scholarship, profile: &StudentProfile) -> usize {
    let sets = scholarship.content.criteria.iter();
    sets.filter(|set| verdict(std::slice::from_ref(*set), profile) != Verdict::Ineligible)
        .count()
}

#[test]
fn recommendations_are_the_best_by_score_with_two_of_an_organization_first() {
    let mut recommended = 0;
    for seed in 0..60 {
        let mut generator = Generator::of(2_000 + seed);
        let (index, catalogue) = filled(&mut generator, 60);
        let profile = generator.profile();
        let filters = if seed % 2 == 0 {
            Filters::default()
        } else {
            Filters {
                renewable: Some(true),
                ..Filters::default()
            }
        };
        let popularity: HashMap<_, f32> = catalogue
            .keys()
            .step_by(if seed % 3 == 0 { 40 } else { 3 })
            .map(|id| (id.clone(), 0.7))
            .collect();
        let verdicts = TermSet::of(&[Verdict::Eligible, Verdict::Possible]);
        let mut counts = VerdictCounts::default();
        let mut scored: Vec<(f64, &Scholarship)> = Vec::new();
        for scholarship in catalogue.values() {
            let content = &scholarship.content;
            let right = filters.renewable.is_none() || filters.renewable == content.renewable;
            if !content.is_open(now()) || !right {
                continue;
            }
            let (verdict, score) = verdict_and_score(&content.criteria, &profile);
            count(&mut counts, verdict);
            if verdicts.contains(verdict) {
                let facts = RankingFacts::of(content, now());
                let popular = popularity.get(&scholarship.id).copied().unwrap_or(0.0);
                let values = values(&facts, &profile, verdict, score, popular, now());
                scored.push((total(&values), scholarship));
            }
        }
        scored.sort_by(|left, right| {
            right
                .0
                .total_cmp(&left.0)
                .then_with(|| left.1.id.cmp(&right.1.id))
        });
        let mut taken: HashMap<String, usize> = HashMap::new();
        let (mut expected, mut others) = (Vec::new(), Vec::new());
        for (total, scholarship) in scored {
            let organization = words(&scholarship.content.organization).join(" ");
            let number = taken.entry(organization).or_default();
            *number += 1;
            if *number <= 2 {
                expected.push((total, scholarship));
            } else {
                others.push((total, scholarship));
            }
        }
        expected.extend(others);
        for limit in [1, 7, 100] {
            let request = RecommendationRequest {
                profile: &profile,
                verdicts,
                filters: &filters,
                popularity: &popularity,
                limit,
            };
            let answer = index.recommend(&request, now());
            assert_eq!(answer.verdicts, counts);
            assert_eq!(answer.recommendations.len(), expected.len().min(limit));
            for (recommendation, (total, scholarship)) in
                answer.recommendations.iter().zip(&expected)
            {
                let card = &answer.cards[recommendation.card.clone()];
                let document: ScholarshipDocument = serde_json::from_slice(card).expect("a card");
                assert_eq!(document.id.as_ref(), Some(&scholarship.id));
                assert!((recommendation.score.total - total).abs() < 1e-12);
                let content = &scholarship.content;
                let assessment = assess(&content.criteria, &profile);
                assert_eq!(recommendation.assessment, assessment);
            }
            recommended += answer.recommendations.len();
        }
    }
    assert!(recommended > 500, "{recommended}");
}

#[test]
fn every_hit_carries_the_assessment_of_its_own_record() {
    let mut generator = Generator::of(77);
    let (index, catalogue) = filled(&mut generator, 80);
    let mut request = generator.request();
    request.query = String::new();
    request.filters = Filters::default();
    let profile = generator.profile();
    request.profile = Some(ports::search_index::ProfileFilter {
        profile: profile.clone(),
        verdicts: TermSet::of(Verdict::ALL),
    });
    let answer = index.search(&request, now()).expect("an answer");
    assert!(answer.total > 20);
    for (id, hit) in crate::agreement::ids_of(&answer).iter().zip(&answer.hits) {
        let content = &catalogue[id].content;
        let expected = assess(&content.criteria, &profile);
        assert_eq!(hit.assessment.as_deref(), Some(&expected));
    }
}

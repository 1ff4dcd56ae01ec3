//! Every proposed change differs from the profile and meets what it is proposed for.

use domain::Verdict;
use domain::eligibility::{CriterionStatus, assess};
use domain::unlock::{CriteriaValues, candidates};
use proptest::prelude::*;

use crate::arbitrary::{criteria, profile};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn proposed_changes_change_something_and_cover_every_single_unmet_criterion(set in criteria(), profile in profile()) {
        let mut values = CriteriaValues::default();
        values.include(&set);
        let changes = candidates(&profile, &values);
        for change in &changes {
            prop_assert!(change.applied_to(&profile) != profile);
        }
        let sets = [set];
        let before = assess(&sets, &profile);
        let unmet: Vec<_> = before.criteria.iter().filter(|result| result.status == CriterionStatus::Unmet).collect();
        let changeable = |name: &str| matches!(name, "min_gpa" | "grade_levels" | "fields_of_study" | "citizenship_required" | "min_age" | "financial_need");
        // A maximum beside the minimum may make the change futile.
        let bounded = sets[0].max_gpa.is_some() || sets[0].max_age.is_some();
        if let [only] = unmet.as_slice() && changeable(&only.criterion.to_string()) && !bounded {
            let opened = changes.iter().any(|change| assess(&sets, &change.applied_to(&profile)).verdict != Verdict::Ineligible);
            prop_assert!(opened, "{} stays closed", only.criterion);
        }
    }
}

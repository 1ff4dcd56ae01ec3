//! The rules on whole queries.

use proptest::prelude::*;

use super::*;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 26).expect("a day")
}

#[test]
fn the_words_left_are_topics_and_names() {
    for (text, query) in [
        (
            "nursing scholarships in Texas over $5k due before June, I have a 3.2",
            "nursing",
        ),
        ("Find me scholarships for women in STEM", "women STEM"),
        (
            "Georgia Smith Memorial Scholarship",
            "Georgia Smith Memorial Scholarship",
        ),
        ("deadline of the Gates Scholarship", "Gates Scholarship"),
        ("no essay scholarships in Ohio", "no essay"),
        ("low income high school seniors", ""),
        ("scholarships not in Texas for veterans", "veterans"),
        ("scholarships not in California", ""),
        (
            "my son is 17, single mom, 4-H member, no gpa requirement",
            "single mom 4-H member",
        ),
        ("scholarships", "scholarships"),
        ("", ""),
    ] {
        assert_eq!(parse(text, today()).query, query, "{text}");
    }
}

#[test]
fn before_a_month_ends_with_the_month_before() {
    let before = |text| parse(text, today()).filters.deadline_before;
    assert_eq!(
        before("due before June"),
        NaiveDate::from_ymd_opt(2027, 5, 31)
    );
    assert_eq!(before("due by June"), NaiveDate::from_ymd_opt(2027, 6, 30));
    assert_eq!(before("due before June 2020"), None);
}

#[test]
fn only_the_first_500_characters_are_read() {
    let text = format!("{} in Texas", "x".repeat(498));
    let parsed = parse(&text, today());
    assert!(parsed.filters.states.is_empty());
    assert_eq!(parsed.query.chars().count(), 498);
}

/// Words of the rules in any order, which random letters never are.
fn near_queries() -> impl Strategy<Value = String> {
    let words = "not no in or from Texas texas MA WASHINGTON state university $ 5k 10 grand - to between and before after \
        June 1/15 2027-03-01 may next this week end of the gpa 3.2 4.5 high school senior junior college in, grade 12th \
        us citizen. international students india need based low income renewable every year every, merit soccer art nursing \
        law MBA Smith memorial open still now within 2 days € a thousand 99999999999999999999 31 february 29 > >= + ’s é"
        .split_ascii_whitespace()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let word = proptest::sample::select(words);
    proptest::collection::vec(word, 0..24).prop_map(|words| words.join(" "))
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let ParsedQuery { query, filters } = parse(text, today());
    prop_assert!(query.chars().count() <= LONGEST);
    let (least, most) = (filters.min_amount, filters.max_amount);
    prop_assert!(least.zip(most).is_none_or(|(least, most)| least <= most));
    let possible = 0..=domain::award::MAX_MINOR_UNITS;
    prop_assert!(least.is_none_or(|least| possible.contains(&least)));
    prop_assert!(most.is_none_or(|most| possible.contains(&most)));
    let days = filters.deadline_after.zip(filters.deadline_before);
    prop_assert!(days.is_none_or(|(after, before)| after <= before));
    let again = parse(&query, today());
    prop_assert!(
        is_within(&again.filters, &filters),
        "{query:?}: {:?}",
        again.filters
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_has_valid_filters_and_none_left_in_its_words(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_order_of_known_words_has_valid_filters_and_none_left_in_its_words(text in near_queries()) {
        check(&text)?;
    }

    #[test]
    fn no_day_makes_dates_panic(days in any::<i32>(), text in near_queries()) {
        let today = NaiveDate::from_num_days_from_ce_opt(days).unwrap_or(NaiveDate::MAX);
        parse(&text, today);
    }
}

//! Every deadline that was found in the wild has its expected reading here, beside the usual forms.

use domain::Deadline;
use proptest::prelude::*;

use super::*;

/// The reading as `fixed 2027-03-01 17:00 America/Chicago`, `annual 3-1 (2027-03-01)`, `rolling`, `varies` or `unknown`, with
/// `opens 2027-01-01` where that is known.
fn reading(text: &str) -> String {
    let deadline = parse(text);
    let number = |part: Option<u8>| part.map_or_else(|| "?".to_owned(), |part| part.to_string());
    let mut shown = match deadline.schedule {
        Schedule::Fixed(fixed) => {
            let mut shown = format!("fixed {}", fixed.date);
            if let Some(time) = fixed.time {
                shown.push_str(&time.format(" %H:%M").to_string());
            }
            if fixed.zone != DEFAULT_ZONE {
                shown.push_str(&format!(" {}", fixed.zone));
            }
            shown
        }
        Schedule::Annual {
            month,
            day,
            current_cycle,
        } => {
            let cycle = current_cycle.map_or_else(String::new, |date| format!(" ({date})"));
            format!("annual {}-{}{cycle}", number(month), number(day))
        }
        Schedule::Rolling => "rolling".to_owned(),
        Schedule::Varies => "varies".to_owned(),
        Schedule::Unknown => "unknown".to_owned(),
    };
    if let Some(opens) = deadline.opens_on {
        shown.push_str(&format!(" opens {opens}"));
    }
    shown
}

fn check(table: &[(&str, &str)]) {
    for (text, expected) in table {
        assert_eq!(reading(text), *expected, "{text:?}");
    }
}

#[test]
fn deadlines_from_real_catalogues_are_read_only_where_they_are_certain() {
    check(&[
        ("Febuary,September", "varies"),
        ("12/1/16", "unknown"),
        ("01/10/18", "unknown"),
        ("4/15/18 and 10/15/18", "varies"),
        ("July, 12", "unknown"),
        ("November 12; January 20, 28; February 11", "varies"),
        ("30th of every month", "varies"),
        ("Once a month", "varies"),
        // Atlantic, Alaska or Arabia: the day is certain, the hour is not.
        ("noon AST, March 4, 2016", "fixed 2016-03-04"),
        ("August 20th 22.59", "unknown"),
        ("Friday 7th December", "unknown"),
        ("21 Oct/25 Nov/9 Dec 2015", "varies"),
        ("3 May 2016  (annual)", "annual 5-3 (2016-05-03)"),
        (
            "Until all Graduate Research Assistant positions are filled",
            "rolling",
        ),
        ("1 month before semester", "unknown"),
        ("Change every year ,December", "varies"),
        (
            "end of September (domestic); 30 November (international)",
            "varies",
        ),
        (
            "Submissions must by received by February15th each year",
            "annual 2-15",
        ),
        (
            "Bewerbungen sind zwischen Mai und dem 15. Oktober eines jeden Jahres möglich.",
            "annual 10-15",
        ),
        ("Nov.11 -Jan.22", "unknown"),
        (
            "Around Feb. (enrolled students) Around Apr. (new students)",
            "varies",
        ),
        ("Unrestricted", "unknown"),
        ("Open until filled", "rolling"),
        ("VTAC dates apply", "unknown"),
        (
            "Please send us your essays via email between September 1st and May 15th",
            "unknown",
        ),
        ("One Year", "unknown"),
        (
            "Applications are now closed (auto-found — verify)",
            "unknown",
        ),
        ("Not specified (Annual)", "annual ?-?"),
    ]);
}

#[test]
fn usual_forms_are_read() {
    check(&[
        ("2027-03-01", "fixed 2027-03-01"),
        ("2027/03/01", "fixed 2027-03-01"),
        ("March 1, 2027", "fixed 2027-03-01"),
        ("Mar. 1st, 2027", "fixed 2027-03-01"),
        ("1 March 2027", "fixed 2027-03-01"),
        ("the 1st of March 2027", "fixed 2027-03-01"),
        ("Monday, March 1, 2027", "fixed 2027-03-01"),
        ("Applications due by March 1, 2027", "fixed 2027-03-01"),
        ("3/15/2027", "fixed 2027-03-15"),
        ("15.3.2027", "fixed 2027-03-15"),
        ("03/03/2027", "fixed 2027-03-03"),
        ("2027年3月1日", "fixed 2027-03-01"),
        ("每年3月1日", "annual 3-1"),
        (
            "March 1, 2027 at 5:00 PM CT",
            "fixed 2027-03-01 17:00 America/Chicago",
        ),
        ("March 1, 2027, 11:59 p.m. EST", "fixed 2027-03-01 23:59"),
        ("March 1, 2027 23:59 UTC", "fixed 2027-03-01 23:59 UTC"),
        ("5pm March 1, 2027", "fixed 2027-03-01 17:00"),
        ("2027-03-01T17:00:00-05:00", "fixed 2027-03-01 22:00 UTC"),
        (
            "January 5 - March 1, 2027",
            "fixed 2027-03-01 opens 2027-01-05",
        ),
        ("November 5 - March 1, 2027", "fixed 2027-03-01"),
        (
            "Opens January 5, 2027; closes March 1, 2027",
            "fixed 2027-03-01 opens 2027-01-05",
        ),
        ("Opens January 5, 2027", "unknown opens 2027-01-05"),
        ("Open until March 1, 2027", "fixed 2027-03-01"),
        ("March 1 annually", "annual 3-1"),
        ("Every year on April 15", "annual 4-15"),
        ("end of March each year", "annual 3-?"),
        ("March 1, June 1 annually", "varies"),
        ("1 de marzo de 2027", "fixed 2027-03-01"),
        ("Rolling", "rolling"),
        ("Ongoing", "rolling"),
        ("No deadline", "rolling"),
        ("Varies by institution", "varies"),
        ("Deadlines vary each year", "varies"),
    ]);
}

#[test]
fn what_could_mean_two_things_stays_text() {
    for text in [
        "",
        "TBD",
        "March 1",
        "March 2027",
        "03/04/2027",
        "01.10.2026",
        "Mar 4 '16",
        "Tuesday, March 1, 2027",
        "February 30, 2027",
        "March 1, 3027",
        "Winners are announced on March 1, 2027",
        "before March 1, 2027",
        "around March 1, 2027",
        "Rolling until June 1, 2027",
        "not rolling",
        "semi-annual",
        "March 1-15, 2027",
        "Apply by March 1, 2027; begins June 1, 2027",
        "You may apply in 2027",
        "2027",
        "31/31/2027",
        "priority deadline March 1, 2027",
    ] {
        assert_eq!(reading(text), "unknown", "{text:?}");
    }
}

#[test]
fn a_year_is_never_supplied() {
    for text in ["January 1", "deadline: 5 May", "15. Oktober"] {
        let deadline = Deadline {
            schedule: parse(text).schedule,
            ..Deadline::default()
        };
        assert_eq!(deadline.expires_at(), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "[0-9/.:,; \\-年月日a-zA-Z]{0,40}|.{0,60}") {
        parse(&text);
    }

    #[test]
    fn an_iso_date_is_read_as_itself(days in 0_i32..100_000) {
        let date = NaiveDate::from_num_days_from_ce_opt(700_000 + days).expect("a date");
        prop_assert_eq!(reading(&date.to_string()), format!("fixed {date}"));
        prop_assert_eq!(reading(&date.format("%B %-d, %Y").to_string()), format!("fixed {date}"));
    }
}

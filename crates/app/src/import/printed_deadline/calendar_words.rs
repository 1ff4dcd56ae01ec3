//! Names of weekdays and zones, and the phrases that say how a deadline returns.

use chrono::Weekday;
use chrono_tz::Tz;
use domain::Schedule;

const WEEKDAYS: [(&str, Weekday); 14] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// Words that may stand around a date without changing what it means.
const FILLERS: &str = "deadline deadlines due date by on at apply application applications all must be received submitted \
submission submissions submit postmarked close closes closing until till no later than the of is are in final local time \
your materials online annual annually each every year yearly to through between and end early late mid beginning a an \
begin begins start starts open opens opening from \
bewerbungen bewerbungsschluss sind zwischen und dem den der bis zum eines jeden jedes jahres jahr möglich \
fecha límite limite hasta el de del cada año y entre th st nd rd 每年 截止日期";

const ANNUAL: &[&str] = &[
    "annual",
    "every year",
    "each year",
    "yearly",
    "eines jeden jahres",
    "jedes jahr",
    "jährlich",
    "cada año",
    "anualmente",
    "chaque année",
    "每年",
    "hàng năm",
];
const ROLLING: &[&str] = &[
    "rolling",
    "ongoing",
    "until filled",
    "positions are filled",
    "position is filled",
    "year-round",
    "year round",
    "no deadline",
    "continuous",
    "any time",
    "anytime",
    "always open",
    "open all year",
];
const VARIES: &[&str] = &[
    "varies",
    "vary",
    "varying",
    "various",
    "changes every",
    "change every",
    "changes each",
    "change each",
    "differs",
    "depends",
    "multiple deadlines",
    "monthly",
    "every month",
    "each month",
    "once a month",
    "quarterly",
    "twice a year",
    "each semester",
    "every semester",
];

/// What the text says about the deadline's return.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrases {
    pub(super) annual: bool,
    pub(super) rolling: bool,
    pub(super) varies: bool,
}

impl Phrases {
    pub(super) fn of(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let lower = words.join(" ").to_lowercase();
        let has = |phrases: &[&str]| {
            phrases
                .iter()
                .any(|phrase| begins_a_word_of(&lower, phrase))
        };
        Self {
            annual: has(ANNUAL),
            rolling: has(ROLLING)
                && !lower.contains("not rolling")
                && !lower.contains("non-rolling"),
            varies: has(VARIES),
        }
    }

    pub(super) fn schedule_without_date(self) -> Schedule {
        match self {
            Self { varies: true, .. } => Schedule::Varies,
            Self { rolling: true, .. } => Schedule::Rolling,
            Self { annual: true, .. } => Schedule::Annual {
                month: None,
                day: None,
                current_cycle: None,
            },
            _ => Schedule::Unknown,
        }
    }
}

/// "annual" must not be found in "biannual" or "semi-annual".
fn begins_a_word_of(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|character| character.is_ascii_alphabetic() || character == '-')
    })
}

pub(super) fn weekday(word: &str) -> Option<Weekday> {
    WEEKDAYS
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, weekday)| *weekday)
}

pub(super) fn is_filler(word: &str) -> bool {
    FILLERS
        .split_ascii_whitespace()
        .any(|filler| filler == word)
}

/// The zone of an abbreviation; `Some(None)` for one that several regions use.
pub(super) fn zone(word: &str) -> Option<Option<Tz>> {
    use chrono_tz::{America, Europe, Pacific};
    Some(match word {
        "utc" | "gmt" => Some(chrono_tz::UTC),
        "et" | "est" | "edt" | "eastern" => Some(America::New_York),
        "ct" | "cdt" | "central" => Some(America::Chicago),
        "mt" | "mdt" | "mountain" => Some(America::Denver),
        "pt" | "pst" | "pdt" | "pacific" => Some(America::Los_Angeles),
        "akst" | "akdt" => Some(America::Anchorage),
        "hst" => Some(Pacific::Honolulu),
        "cet" | "cest" => Some(Europe::Berlin),
        "ast" | "bst" | "cst" | "ist" | "mst" | "sgt" | "aest" => None,
        _ => return None,
    })
}

//! Words around dates.

/// How a deadline lies to the days that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Before,
    Until,
    After,
    From,
    Within,
    OpenWithin,
    /// Applications open then, which no filter says.
    Opening,
}

use Relation::{After, Before, From, OpenWithin, Until, Within};

pub(super) const RELATIONS: &[(&str, Relation)] = &[
    ("before", Before),
    ("prior to", Before),
    ("earlier than", Before),
    ("by", Until),
    ("until", Until),
    ("till", Until),
    ("through", Until),
    ("no later than", Until),
    ("not later than", Until),
    ("on or before", Until),
    ("<", Before),
    ("<=", Until),
    ("after", After),
    ("later than", After),
    ("past", After),
    (">", After),
    (">=", From),
    ("from", From),
    ("since", From),
    ("on or after", From),
    ("no earlier than", From),
    ("not before", From),
    ("in", Within),
    ("on", Within),
    ("during", Within),
    ("within", Within),
    ("open in", OpenWithin),
    ("open on", OpenWithin),
    ("open during", OpenWithin),
    ("open this", OpenWithin),
    ("open", OpenWithin),
];

pub(super) const RELATIONS_BEHIND: &[(&str, Relation)] = &[
    ("or later", From),
    ("or after", From),
    ("and later", From),
    ("onward", From),
    ("onwards", From),
    ("or earlier", Until),
    ("or sooner", Until),
    ("or before", Until),
];

/// What says that a deadline is meant.
pub(super) const DUE: &[&str] = &[
    "due",
    "deadline",
    "deadlines",
    "closing",
    "closes",
    "close",
    "ending",
    "ends",
    "expiring",
    "expires",
    "expire",
];
/// What happens on other days than a deadline's.
pub(super) const OTHER_EVENTS: &[&str] = &[
    "graduate",
    "graduating",
    "graduated",
    "graduation",
    "start",
    "starts",
    "starting",
    "begin",
    "begins",
    "beginning",
    "born",
    "enroll",
    "enrolling",
    "enrolled",
    "attend",
    "attending",
    "turn",
    "turning",
    "entering",
    "enter",
    "transferring",
    "moving",
    "moved",
    "opens",
    "opening",
    "class",
    "college",
    "school",
    "birthday",
    "married",
];
/// Phrases that ask for what is open today.
pub(super) const OPEN_NOW: &[(&str, ())] = &[
    ("open now", ()),
    ("open right now", ()),
    ("open today", ()),
    ("currently open", ()),
    ("still open", ()),
    ("still accepting", ()),
    ("still accepting applications", ()),
    ("currently accepting", ()),
    ("currently accepting applications", ()),
    ("accepting applications now", ()),
    ("available now", ()),
    ("apply now", ()),
    ("apply today", ()),
];

//! What states are called besides their names.

use domain::UsState::{self, *};

pub(super) const REGIONS: &[(&str, &[UsState])] = &[
    (
        "new england",
        &[
            Connecticut,
            Maine,
            Massachusetts,
            NewHampshire,
            RhodeIsland,
            Vermont,
        ],
    ),
    ("the carolinas", &[NorthCarolina, SouthCarolina]),
    ("the dakotas", &[NorthDakota, SouthDakota]),
    ("texan", &[Texas]),
    ("californian", &[California]),
    ("floridian", &[Florida]),
    ("ohioan", &[Ohio]),
    ("new yorker", &[NewYork]),
    ("new york city", &[NewYork]),
    ("virgin island", &[VirginIslands]),
];

/// Abbreviation, state, and whether it is one without a full stop too.
pub(super) const ABBREVIATIONS: &[(&str, UsState, bool)] = &[
    ("ala", Alabama, false),
    ("ariz", Arizona, true),
    ("ark", Arkansas, false),
    ("calif", California, true),
    ("cali", California, true),
    ("colo", Colorado, true),
    ("conn", Connecticut, false),
    ("dela", Delaware, false),
    ("fla", Florida, true),
    ("ill", Illinois, false),
    ("ind", Indiana, false),
    ("kans", Kansas, true),
    ("mass", Massachusetts, false),
    ("mich", Michigan, true),
    ("minn", Minnesota, true),
    ("mont", Montana, false),
    ("nebr", Nebraska, true),
    ("nev", Nevada, false),
    ("okla", Oklahoma, true),
    ("ore", Oregon, false),
    ("penn", Pennsylvania, false),
    ("penna", Pennsylvania, true),
    ("tenn", Tennessee, true),
    ("tex", Texas, false),
    ("wash", Washington, false),
    ("wis", Wisconsin, false),
    ("wisc", Wisconsin, true),
    ("wyo", Wyoming, true),
    ("jersey", NewJersey, false),
];

/// Codes that mean nothing else, whatever stands around them and however they are written.
pub(super) const FREE_CODES: &[&str] = &[
    "tx", "ca", "ny", "nj", "fl", "nc", "sc", "az", "tn", "ky", "ks", "mn", "wi", "wv", "wy", "nv",
    "nm", "nh", "vt", "wa", "ri", "dc", "nd", "sd", "ct", "ga", "il", "mi", "ak", "ut",
];

/// Codes that are words or other abbreviations: capitals alone do not make them states.
pub(super) const CODES_THAT_ARE_WORDS: &[&str] = &[
    "in", "or", "me", "ok", "hi", "as", "oh", "la", "id", "de", "al", "pr", "pw", "fm", "mp", "co",
    "vi", "gu", "mh",
];

/// Words that a slip turns into a state's name, and adjectives of states that say where something else comes from.
pub(super) const NOT_MISSPELT: &[&str] = &[
    "indian",
    "indians",
    "oregano",
    "georgian",
    "virginal",
    "marine",
    "maine",
    "mission",
    "missions",
    "missouri",
    "washing",
    "montage",
    "kansas",
    "alabaster",
    "organ",
    "origin",
    "original",
    "northern",
    "southern",
    "western",
];

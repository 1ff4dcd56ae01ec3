//! The alerts that are known by their names, and which numbers each of them has.

use super::WATCHDOG;

/// The keys of an alert of its own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Keys {
    pub(super) above: Above,
    pub(super) window: bool,
    pub(super) pending: bool,
    pub(super) minimum_sample: bool,
    pub(super) age: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Above {
    #[default]
    None,
    Part,
    Number,
}

const NOTHING: Keys = Keys {
    above: Above::None,
    window: false,
    pending: false,
    minimum_sample: false,
    age: false,
};
const PENDING: Keys = Keys {
    pending: true,
    ..NOTHING
};
const AGE: Keys = Keys {
    age: true,
    ..PENDING
};
const SECONDS: Keys = Keys {
    above: Above::Number,
    ..PENDING
};

pub(super) const OWN: [(&str, Keys); 18] = [
    (
        "CallbacksFailing",
        Keys {
            above: Above::Part,
            window: true,
            minimum_sample: true,
            ..PENDING
        },
    ),
    ("CertificateAlmostExpired", AGE),
    ("CertificateExpiring", AGE),
    ("ChangeFeedHeldBack", SECONDS),
    ("CommandCenterDown", PENDING),
    (
        "ErrorBudgetNearlySpent",
        Keys {
            above: Above::Part,
            minimum_sample: true,
            ..PENDING
        },
    ),
    (
        "NoTraffic",
        Keys {
            window: true,
            minimum_sample: true,
            ..PENDING
        },
    ),
    (
        "NoticesBuried",
        Keys {
            window: true,
            ..NOTHING
        },
    ),
    (
        "OpenAIBudgetNearlySpent",
        Keys {
            above: Above::Part,
            ..PENDING
        },
    ),
    ("PostgresDown", PENDING),
    ("RedisDown", PENDING),
    (
        "RulesFailing",
        Keys {
            window: true,
            ..PENDING
        },
    ),
    ("SearchIndexLagging", SECONDS),
    ("ServiceDown", PENDING),
    ("TargetDown", PENDING),
    ("TokenKeyOld", AGE),
    ("VersionDown", PENDING),
    (WATCHDOG, NOTHING),
];

pub(super) fn keys_of(name: &str) -> Option<Keys> {
    let (_, keys) = OWN.into_iter().find(|(known, _)| *known == name)?;
    Some(keys)
}

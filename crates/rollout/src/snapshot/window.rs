//! The time that counts cover.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::span;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// So long before the snapshot was taken.
    Last(Duration),
    /// Since the stage began.
    Stage,
}

impl Window {
    /// `stage` or a duration.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "stage" {
            return Some(Self::Stage);
        }
        span::parse(text).map(Self::Last)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage => formatter.write_str("stage"),
            Self::Last(span) => formatter.write_str(&span::text(*span)),
        }
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no window like `5m` or `stage`")))
    }
}

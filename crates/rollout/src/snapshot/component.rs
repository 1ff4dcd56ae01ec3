//! Data that may be missing, of something that may not exist.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Zero is a number, nothing is not, and what is not configured can have neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Component<T> {
    /// It does not exist here.
    NotConfigured,
    /// It should have answered and did not.
    #[default]
    Missing,
    Present(T),
}

impl<T> Component<T> {
    pub fn as_ref(&self) -> Component<&T> {
        match self {
            Self::NotConfigured => Component::NotConfigured,
            Self::Missing => Component::Missing,
            Self::Present(value) => Component::Present(value),
        }
    }

    pub fn present(self) -> Option<T> {
        match self {
            Self::Present(value) => Some(value),
            Self::NotConfigured | Self::Missing => None,
        }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Component<U> {
        match self {
            Self::NotConfigured => Component::NotConfigured,
            Self::Missing => Component::Missing,
            Self::Present(value) => Component::Present(change(value)),
        }
    }
}

impl<T> From<Option<T>> for Component<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Self::Present)
    }
}

/// `null`, `"not_configured"` or the value.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written<T> {
    Absent(Absence),
    Value(T),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Absence {
    NotConfigured,
}

impl<T: Serialize> Serialize for Component<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match self {
            Self::NotConfigured => Some(Written::Absent(Absence::NotConfigured)),
            Self::Missing => None,
            Self::Present(value) => Some(Written::Value(value)),
        };
        written.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Component<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<Written<T>>::deserialize(deserializer)? {
            None => Self::Missing,
            Some(Written::Absent(Absence::NotConfigured)) => Self::NotConfigured,
            Some(Written::Value(value)) => Self::Present(value),
        })
    }
}

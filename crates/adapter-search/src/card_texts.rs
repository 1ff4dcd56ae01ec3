//! The few texts of a card that are shown elsewhere, read back from its JSON.

use std::borrow::Cow;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _};

#[derive(Debug, Default, Deserialize)]
pub(crate) struct CardTexts<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) organization: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) description: Option<Cow<'a, str>>,
}

impl<'a> CardTexts<'a> {
    pub(crate) fn of(card: &'a [u8]) -> Self {
        // Cards are written by this crate, so they can be read.
        serde_json::from_slice(card).unwrap_or_default()
    }
}

/// The name alone, which stands near the start: nothing behind it is read.
pub(crate) fn name_of(card: &[u8]) -> Cow<'_, str> {
    struct NameFinder<'a>(Option<Cow<'a, str>>);

    impl<'a> Visitor<'a> for &mut NameFinder<'a> {
        type Value = ();

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a scholarship")
        }

        fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                if key == "name" {
                    self.0 = Some(map.next_value::<Text<'a>>()?.0);
                    return Err(A::Error::custom("the rest is not wanted"));
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    /// Borrowed where nothing in it is escaped.
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    let mut finder = NameFinder(None);
    // Ends with the error above when there is a name.
    let _ = serde_json::Deserializer::from_slice(card).deserialize_map(&mut finder);
    finder.0.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_found_whatever_stands_around_it() {
        for (card, name) in [
            (r#"{"id":"a","name":"One","tags":[1]}"#, "One"),
            (
                r#"{"id":{"name":"no"},"tags":["name"],"name":"The \"Other\" é"}"#,
                "The \"Other\" é",
            ),
            (r#"{"id":"a"}"#, ""),
            ("[]", ""),
        ] {
            assert_eq!(name_of(card.as_bytes()), name);
            let whole = CardTexts::of(card.as_bytes());
            assert!(whole.name == name || whole.name.is_empty());
        }
    }
}

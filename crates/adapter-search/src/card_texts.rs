//! The few texts of a card that are shown elsewhere, read back from its JSON.

use std::borrow::Cow;

use serde::de::{IgnoredAny, MapAccess, Visitor};
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

/// One text alone, which stands near the start: nothing behind it is read. Empty when there is none.
pub(crate) fn text_of<'a>(card: &'a [u8], field: &str) -> Cow<'a, str> {
    let mut text = Cow::default();
    let sought = Sought {
        field,
        text: &mut text,
    };
    // An error means no more than that the rest of the card was not read.
    let _unread = serde_json::Deserializer::from_slice(card).deserialize_map(sought);
    text
}

/// A text among the first fields of an object.
struct Sought<'a, 'text> {
    field: &'a str,
    text: &'a mut Cow<'text, str>,
}

/// Borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'text> Visitor<'text> for Sought<'_, 'text> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a card")
    }

    fn visit_map<A: MapAccess<'text>>(self, mut card: A) -> Result<(), A::Error> {
        while let Some(Text(field)) = card.next_key()? {
            if field == self.field {
                *self.text = card.next_value::<Text<'text>>()?.0;
                break;
            }
            card.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_whatever_stands_around_it() {
        for (card, name) in [
            (r#"{"id":"a","name":"One","tags":[1]}"#, "One"),
            (
                r#"{"id":{"name":"no"},"tags":["name"],"name":"The \"Other\" é"}"#,
                "The \"Other\" é",
            ),
            (r#"{"id":"a"}"#, ""),
            ("[]", ""),
        ] {
            assert_eq!(text_of(card.as_bytes(), "name"), name);
            let whole = CardTexts::of(card.as_bytes());
            assert!(whole.name == name || whole.name.is_empty());
        }
        let card =
            br#"{"id":"a","name":"One","organization":"Two \u00e9","rest":{"organization":"no"}}"#;
        assert_eq!(text_of(card, "organization"), "Two \u{e9}");
    }
}

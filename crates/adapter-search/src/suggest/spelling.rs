//! The name or the organization of a card as it was written, without reading the whole card.

use std::borrow::Cow;
use std::fmt;

use ports::search_index::SuggestionKind;
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};

/// The title of a card, a piece of JSON that this crate wrote.
pub(super) fn title_of(card: &[u8], kind: SuggestionKind) -> String {
    let mut title = String::new();
    let field = match kind {
        SuggestionKind::Organization => "organization",
        SuggestionKind::Scholarship | SuggestionKind::Word => "name",
    };
    let sought = Sought {
        field,
        title: &mut title,
    };
    // An error means no more than that the rest of the card was not read: the title stands near its beginning.
    let _unread = serde_json::Deserializer::from_slice(card).deserialize_map(sought);
    title
}

/// A text among the first fields of an object.
struct Sought<'a> {
    field: &'static str,
    title: &'a mut String,
}

impl<'de> Visitor<'de> for Sought<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a card")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut card: A) -> Result<(), A::Error> {
        while let Some(field) = card.next_key::<Cow<'de, str>>()? {
            if field == self.field {
                *self.title = card.next_value()?;
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
    fn titles_are_read_whatever_stands_around_them() {
        let card = br#"{"id":"a","other":[{"name":"x"}],"name":"A \"B\" \u00e9","organization":"C","rest":{"name":"y"}}"#;
        assert_eq!(
            title_of(card, SuggestionKind::Scholarship),
            "A \"B\" \u{e9}"
        );
        assert_eq!(title_of(card, SuggestionKind::Organization), "C");
        assert_eq!(title_of(b"{}", SuggestionKind::Organization), "");
    }
}

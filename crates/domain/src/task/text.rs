//! Bounded texts, as every store can keep them.

use serde::de::IgnoredAny;

/// A JSON text of at most `MAX` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText<const MAX: usize>(Box<str>);

/// The text cannot be a [`JsonText`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJsonText {
    #[error("must have at most {limit} bytes")]
    TooLong { limit: usize },
    #[error("must be JSON")]
    NotJson,
}

impl<const MAX: usize> JsonText<MAX> {
    /// # Errors
    /// [`InvalidJsonText`].
    pub fn parse(text: impl Into<Box<str>>) -> Result<Self, InvalidJsonText> {
        let text = text.into();
        if text.len() > MAX {
            return Err(InvalidJsonText::TooLong { limit: MAX });
        }
        match serde_json::from_str::<IgnoredAny>(&text) {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(InvalidJsonText::NotJson),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 1 to `MAX` bytes without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlainText<const MAX: usize>(Box<str>);

/// The text cannot be a [`PlainText`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {limit} bytes and no control characters")]
pub struct InvalidText {
    pub limit: usize,
}

impl<const MAX: usize> PlainText<MAX> {
    /// # Errors
    /// [`InvalidText`].
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        if (1..=MAX).contains(&text.len()) && !text.contains(char::is_control) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidText { limit: MAX })
        }
    }

    /// Makes any text fit: control characters become spaces, what is too long is cut, and nothing becomes `-`.
    pub fn lossy(text: &str) -> Self {
        let mut kept = String::new();
        for character in text.chars() {
            let shown = if character.is_control() {
                ' '
            } else {
                character
            };
            if kept.len() + shown.len_utf8() > MAX {
                break;
            }
            kept.push(shown);
        }
        if kept.is_empty() {
            kept.push('-');
        }
        Self(kept.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> std::fmt::Display for PlainText<MAX> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_is_checked_and_bounded() {
        assert_eq!(
            JsonText::<8>::parse("[1,2,3]").map(|text| text.as_str().to_owned()),
            Ok("[1,2,3]".to_owned())
        );
        assert_eq!(
            JsonText::<6>::parse("[1,2,3]"),
            Err(InvalidJsonText::TooLong { limit: 6 })
        );
        for bad in ["", "{", "[1] 2", "'a'", "\"\0\""] {
            assert_eq!(JsonText::<8>::parse(bad), Err(InvalidJsonText::NotJson));
        }
    }

    #[test]
    fn plain_texts_are_bounded_and_printable() {
        assert!(PlainText::<4>::parse("étés").is_err());
        assert!(PlainText::<6>::parse("étés").is_ok());
        for bad in ["", "a\nb", "\0", "1234567"] {
            assert!(PlainText::<6>::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(PlainText::<6>::lossy("a\0étés").as_str(), "a ét");
        assert_eq!(PlainText::<6>::lossy("").as_str(), "-");
    }

    proptest! {
        #[test]
        fn whatever_was_made_to_fit_does(text in any::<String>()) {
            let made = PlainText::<16>::lossy(&text);
            prop_assert_eq!(PlainText::parse(made.as_str()), Ok(made.clone()));
            if let Ok(fitting) = PlainText::<16>::parse(&text) {
                prop_assert_eq!(made, fitting);
            }
        }
    }
}

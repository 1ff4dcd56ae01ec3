//! Strict reading of query strings: every value typed, every error collected, unknown names refused.

mod decoding;
mod nearest;

use std::fmt;
use std::marker::PhantomData;

use chrono::NaiveDate;
use domain::{FieldError, Term, TermSet};
use serde_json::Number;

pub(crate) use decoding::is_well_formed;
pub(crate) use nearest::nearest;

use crate::error::{ApiError, ErrorCode};

/// Reads the parameters of one endpoint. A name becomes known by being read, so an endpoint's parameters stand in one place.
pub(crate) struct QueryReader {
    pairs: Vec<Pair>,
    known: Vec<&'static str>,
    pub(crate) errors: Vec<FieldError>,
}

struct Pair {
    name: String,
    value: String,
    read: bool,
}

impl QueryReader {
    /// # Errors
    /// `MALFORMED_URL` when the text is not percent-encoded UTF-8.
    pub(crate) fn new(query: &str) -> Result<Self, ApiError> {
        let decode = |text: &str| {
            decoding::decode(text).ok_or_else(|| ApiError::new(ErrorCode::MalformedUrl))
        };
        let pairs = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok(Pair {
                    name: decode(name)?,
                    value: decode(value)?,
                    read: false,
                })
            })
            .collect::<Result<_, ApiError>>()?;
        Ok(Self {
            pairs,
            known: Vec::new(),
            errors: Vec::new(),
        })
    }

    pub(crate) fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(field, message));
    }

    /// All values of a parameter, without such as hold control characters.
    fn values(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let mut values = Vec::new();
        for pair in self.pairs.iter_mut().filter(|pair| pair.name == name) {
            pair.read = true;
            match pair.value.chars().find(|character| character.is_control()) {
                Some(character) => self.errors.push(control_character(name, character)),
                None => values.push(std::mem::take(&mut pair.value)),
            }
        }
        values
    }

    /// A parameter that may stand once.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.values(name);
        if values.len() > 1 {
            self.refuse(name, "may be given once only");
            return None;
        }
        values.pop()
    }

    /// A parameter that may stand once and is read by `parse`; what is `expected` completes "must be".
    pub(crate) fn scalar<T>(
        &mut self,
        name: &'static str,
        expected: impl fmt::Display,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.refuse(name, format!("must be {expected}"));
        }
        value
    }

    pub(crate) fn truth(&mut self, name: &'static str) -> Option<bool> {
        self.scalar(name, "true or false", |text| text.parse().ok())
    }

    pub(crate) fn integer(&mut self, name: &'static str) -> Option<u64> {
        self.scalar(name, "a whole number of at least 0", |text| {
            text.parse().ok().filter(|_| !text.starts_with('+'))
        })
    }

    pub(crate) fn number(&mut self, name: &'static str) -> Option<Number> {
        self.scalar(name, "a number", |text| text.parse().ok())
    }

    pub(crate) fn date(&mut self, name: &'static str) -> Option<NaiveDate> {
        self.scalar(name, "a date such as 2027-03-01", |text| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
        })
    }

    pub(crate) fn term<T: Term>(&mut self, name: &'static str) -> Option<T> {
        self.scalar(name, one_of::<T>(), T::from_code)
    }

    /// A list: the parameter repeats, or its values are separated by commas.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        expected: impl fmt::Display,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let mut items = Vec::new();
        for value in self.values(name) {
            for word in value.split(',') {
                match parse(word.trim()) {
                    Some(item) => items.push(item),
                    None => {
                        let shown: String = word.chars().take(64).collect();
                        self.refuse(name, format!("{shown:?} must be {expected}"));
                    }
                }
            }
        }
        items
    }

    pub(crate) fn terms<T: Term>(&mut self, name: &'static str) -> TermSet<T> {
        self.list(name, one_of::<T>(), T::terms_of)
            .into_iter()
            .fold(TermSet::default(), TermSet::union)
    }

    /// Everything that was wrong, names that no endpoint's reading asked for included.
    ///
    /// # Errors
    /// `VALIDATION_FAILED`.
    pub(crate) fn finish(mut self) -> Result<(), ApiError> {
        for pair in self.pairs.iter().filter(|pair| !pair.read) {
            self.errors.push(unknown(&pair.name, &self.known));
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid(self.errors))
        }
    }
}

/// The words of a vocabulary, for messages. Most requests are right: the text is made when one is not.
pub(crate) fn one_of<T: Term>() -> impl fmt::Display {
    OneOf::<T>(PhantomData)
}

struct OneOf<T>(PhantomData<T>);

impl<T: Term> fmt::Display for OneOf<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "one of {}", T::choices())
    }
}

pub(crate) fn control_character(field: &str, character: char) -> FieldError {
    let message = format!(
        "must not contain the control character U+{:04X}",
        u32::from(character)
    );
    FieldError::new(field, message)
}

fn unknown(name: &str, known: &[&str]) -> FieldError {
    let shown: String = name.chars().take(64).collect();
    let message = if known.is_empty() {
        "is not a parameter: this endpoint has none".to_owned()
    } else if let Some(near) = nearest(name, known) {
        format!("is not a parameter; did you mean {near}?")
    } else {
        format!("is not a parameter; there are {}", known.join(", "))
    };
    FieldError::new(shown, message)
}

#[cfg(test)]
mod tests {
    use domain::UsState;
    use proptest::prelude::*;

    use super::*;

    fn errors(query: &str, read: impl FnOnce(&mut QueryReader)) -> Vec<String> {
        let mut reader = QueryReader::new(query).unwrap();
        read(&mut reader);
        let mut errors = std::mem::take(&mut reader.errors);
        for pair in reader.pairs.iter().filter(|pair| !pair.read) {
            errors.push(unknown(&pair.name, &reader.known));
        }
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lists_repeat_or_use_commas() {
        let mut reader = QueryReader::new("states=CA,NV&states=WA&x=1").unwrap();
        let states = reader.terms::<UsState>("states");
        assert_eq!(states.codes(), "CA, NV, WA");
        assert!(reader.finish().is_err());
    }

    #[test]
    fn every_error_is_reported_at_once() {
        let found = errors("limit=x&limt=3&highlight=yes&states=ZZ&q=a%00b", |reader| {
            reader.integer("limit");
            reader.truth("highlight");
            reader.terms::<UsState>("states");
            reader.text("q");
        });
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(found[2].starts_with("states: \"ZZ\" must be one of AL, "));
        assert_eq!(found[3], "q: must not contain the control character U+0000");
        assert_eq!(found[4], "limt: is not a parameter; did you mean limit?");
    }

    #[test]
    fn a_scalar_may_stand_once() {
        let found = errors("limit=1&limit=2", |reader| {
            reader.integer("limit");
        });
        assert_eq!(found, ["limit: may be given once only"]);
    }

    #[test]
    fn numbers_are_plain() {
        for query in [
            "n=-1",
            "n=+1",
            "n=1.5",
            "n=",
            "n=%201",
            "n=99999999999999999999",
        ] {
            let found = errors(query, |reader| {
                reader.integer("n");
            });
            assert_eq!(found.len(), 1, "{query}");
        }
    }

    proptest! {
        #[test]
        fn no_query_breaks_the_reader(query in ".{0,200}") {
            if let Ok(mut reader) = QueryReader::new(&query) {
                reader.text("q");
                reader.terms::<UsState>("states");
                let _ = reader.finish();
            }
        }
    }
}

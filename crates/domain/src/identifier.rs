//! Identifiers of scholarships, and the form that identifiers have.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Id of a scholarship: 1 to 64 characters of `[A-Za-z0-9_-]`, unique in a catalogue and never reused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[A-Za-z0-9_-]{1,64}$", example = "sch_8m3k1q"))]
pub struct ScholarshipId(Box<str>);

/// The text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -")]
pub struct InvalidIdentifier;

/// Whether a text is 1 to 64 characters of `[A-Za-z0-9_-]`.
pub(crate) fn check(text: &str) -> Result<(), InvalidIdentifier> {
    let well_formed = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if well_formed {
        Ok(())
    } else {
        Err(InvalidIdentifier)
    }
}

impl ScholarshipId {
    /// # Errors
    /// [`InvalidIdentifier`] when the text is empty, too long or has other characters.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        check(text)?;
        Ok(Self(text.into()))
    }

    /// The id that every store gives to the record `source_id` of `source`, so that an import repeated anywhere names the
    /// same scholarship alike: `sch_` and the first 128 bits of SHA-256 over both, in Crockford's base 32.
    pub fn derived(source: &str, source_id: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(source.as_bytes());
        digest.update([0]);
        digest.update(source_id.as_bytes());
        let bytes = digest.finalize();
        let mut first = [0; 16];
        first.copy_from_slice(&bytes[..16]);
        Self::from_bits(u128::from_be_bytes(first))
    }

    /// `sch_` and 26 base-32 digits, in the order of the number.
    pub fn from_bits(bits: u128) -> Self {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut text = String::with_capacity(30);
        text.push_str("sch_");
        for position in (0..26).rev() {
            let digit = (bits >> (position * 5)) & 31;
            text.push(char::from(DIGITS[usize::try_from(digit).unwrap_or(0)]));
        }
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ScholarshipId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for ScholarshipId {
    type Error = InvalidIdentifier;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ScholarshipId> for String {
    fn from(id: ScholarshipId) -> Self {
        id.0.into()
    }
}

impl std::borrow::Borrow<str> for ScholarshipId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_url_safe_text_of_bounded_length_is_an_id() {
        for good in ["a", "nv-ggms-millennium", "A_1", &"x".repeat(64)] {
            assert!(ScholarshipId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "é", "a/b", &"x".repeat(65)] {
            assert!(ScholarshipId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn derived_ids_depend_on_both_parts_and_on_their_border() {
        let id = ScholarshipId::derived("a", "bc");
        assert_eq!(id, ScholarshipId::derived("a", "bc"));
        assert_ne!(id, ScholarshipId::derived("ab", "c"));
        assert!(ScholarshipId::parse(id.as_str()).is_ok());
    }
}

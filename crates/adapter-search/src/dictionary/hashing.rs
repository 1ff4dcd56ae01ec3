//! A hash that is the same in every process and on every machine, since tables made with it are stored.
//!
//! It is no defence against words chosen to collide: who may write to the catalogue can slow it down in easier ways.

const START: u64 = 0x243F_6A88_85A3_08D3;
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// The two halves of the product, so that every bit of one number bears on every bit of the result.
fn mixed(number: u64, other: u64) -> u64 {
    let product = u128::from(number) * u128::from(other);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The hash of a text.
pub(super) fn hash(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let length = bytes.len() as u64;
    let mut state = START ^ length;
    let (eights, rest) = bytes.as_chunks::<8>();
    for eight in eights {
        state = mixed(state ^ u64::from_le_bytes(*eight), FACTOR);
    }
    // Reads that overlap are quicker than one whose length varies; the length tells what they overlap in.
    let last = if let (Some(first), Some(last)) = (rest.first_chunk(), rest.last_chunk()) {
        u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
        u64::from(*first) << 16 | u64::from(rest[rest.len() / 2]) << 8 | u64::from(*last)
    } else {
        0
    };
    mixed(state ^ last, FACTOR ^ length)
}

/// The hash of a sequence of characters, of which parts can be left out: it grows by one at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct SequenceHash(u64);

impl SequenceHash {
    pub(super) const EMPTY: Self = Self(START);

    pub(super) fn followed_by(self, character: char) -> Self {
        Self((self.0.rotate_left(23) ^ u64::from(character)).wrapping_mul(FACTOR))
    }

    pub(super) fn followed_by_all(self, characters: &[char]) -> Self {
        characters
            .iter()
            .fold(self, |hash, character| hash.followed_by(*character))
    }

    /// A number below 2 to the power of `bits`, which is at least 1.
    pub(super) fn bits(self, bits: u32) -> usize {
        (mixed(self.0, FACTOR) >> (64 - bits)) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn hashes_stay_what_they_are() {
        // Tables on disk depend on these: whoever changes them raises the version of the format.
        assert_eq!(hash(""), 16_250_260_098_581_018_180);
        assert_eq!(hash("scholarship"), 6_094_546_699_494_588_366);
        assert_eq!(
            SequenceHash::EMPTY
                .followed_by_all(&['a', 'b', 'é'])
                .bits(32),
            4_221_609_835
        );
    }

    #[test]
    fn similar_texts_have_different_hashes() {
        let mut texts: Vec<String> = (0..20_000).map(|number: u32| number.to_string()).collect();
        texts.extend((0..60).map(|length| "a".repeat(length)));
        texts.extend((0..60).map(|length| "ab".repeat(length)));
        let texts: HashSet<String> = texts.into_iter().collect();
        let hashes: HashSet<u64> = texts.iter().map(|text| hash(text)).collect();
        assert_eq!(hashes.len(), texts.len());
    }
}

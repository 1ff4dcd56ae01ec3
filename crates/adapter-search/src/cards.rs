//! The scholarships as ready JSON, in large chunks that segments share.
//!
//! A merge hands on the chunks of its sources. Chunks of which little is still used, and small ones, are copied together,
//! so that garbage stays below half of what is used.

use std::io::{Read, Write};
use std::ops::Range;
use std::sync::Arc;

use crate::sections::{SectionReader, SectionWriter, SnapshotError, Tag, ensure};

const PLACES: Tag = Tag::of(*b"cpla");
const CHUNKS: Tag = Tag::of(*b"card");

const CHUNK_BYTES: usize = 4 << 20;

#[derive(Debug, Clone, Default)]
pub(crate) struct Cards {
    chunks: Vec<Arc<[u8]>>,
    /// By document.
    places: Vec<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    chunk: u32,
    start: u32,
    length: u32,
}

impl Cards {
    pub(crate) fn get(&self, document: u32) -> &[u8] {
        let place = self.places[document as usize];
        let start = place.start as usize;
        &self.chunks[place.chunk as usize][start..start + place.length as usize]
    }

    /// Appends a card to an answer; where it stands in there.
    pub(crate) fn copy_to(&self, document: u32, answer: &mut Vec<u8>) -> Range<usize> {
        let start = answer.len();
        answer.extend_from_slice(self.get(document));
        start..answer.len()
    }

    /// # Errors
    /// What writing fails with.
    pub(crate) fn save(&self, writer: &mut SectionWriter<impl Write>) -> std::io::Result<()> {
        let places = self.places.iter();
        let places: Vec<[u32; 3]> = places
            .map(|place| [place.chunk, place.start, place.length])
            .collect();
        writer.array(PLACES, &places)?;
        writer.array(CHUNKS, &[self.chunks.len() as u64])?;
        self.chunks
            .iter()
            .try_for_each(|chunk| writer.bytes(CHUNKS, chunk))
    }

    /// Reads what `save` wrote.
    ///
    /// # Errors
    /// It cannot be read, or does not hold as many cards.
    pub(crate) fn load(
        reader: &mut SectionReader<impl Read>,
        count: u32,
    ) -> Result<Self, SnapshotError> {
        let places: Vec<[u32; 3]> = reader.array(PLACES)?;
        let chunk_count: Vec<u64> = reader.array(CHUNKS)?;
        let mut cards = Self::default();
        for _ in 0..chunk_count.first().copied().unwrap_or(0) {
            cards.chunks.push(Arc::from(reader.bytes(CHUNKS)?));
        }
        let is_inside = |[chunk, start, length]: &[u32; 3]| {
            let chunk = cards.chunks.get(*chunk as usize);
            let end = *start as usize + *length as usize;
            chunk.is_some_and(|chunk| end <= chunk.len())
        };
        let complete = places.len() == count as usize && places.iter().all(is_inside);
        ensure(complete, PLACES, "a card is not where it should be")?;
        let places = places.into_iter();
        cards.places = places
            .map(|[chunk, start, length]| Place {
                chunk,
                start,
                length,
            })
            .collect();
        Ok(cards)
    }

    /// The cards of (source, document) in that order, sharing what is worth sharing.
    pub(crate) fn gathered(sources: &[&Self], order: &[(u32, u32)]) -> Self {
        let mut used: Vec<Vec<usize>> = sources
            .iter()
            .map(|source| vec![0; source.chunks.len()])
            .collect();
        for (source, document) in order {
            let place = sources[*source as usize].places[*document as usize];
            used[*source as usize][place.chunk as usize] += place.length as usize;
        }
        let mut builder = CardsBuilder::default();
        let kept: Vec<Vec<Option<u32>>> = sources
            .iter()
            .zip(&used)
            .map(|(source, used)| {
                let chunks = source.chunks.iter().zip(used);
                chunks
                    .map(|(chunk, used)| {
                        (*used * 3 > chunk.len() * 2 && chunk.len() > CHUNK_BYTES / 2)
                            .then(|| builder.share(chunk))
                    })
                    .collect()
            })
            .collect();
        for (source, document) in order {
            let cards = sources[*source as usize];
            let place = cards.places[*document as usize];
            match kept[*source as usize][place.chunk as usize] {
                Some(chunk) => builder.cards.places.push(Place { chunk, ..place }),
                None => builder.push(cards.get(*document)),
            }
        }
        builder.finish()
    }
}

/// Collects cards in document order.
#[derive(Debug, Default)]
pub(crate) struct CardsBuilder {
    cards: Cards,
    open: Vec<u8>,
    /// Places of cards in `open`, whose chunk has no number yet.
    waiting: Vec<usize>,
}

impl CardsBuilder {
    pub(crate) fn push(&mut self, card: &[u8]) {
        if !self.open.is_empty() && self.open.len() + card.len() > CHUNK_BYTES {
            self.close();
        }
        self.waiting.push(self.cards.places.len());
        self.cards.places.push(Place {
            chunk: 0,
            start: self.open.len() as u32,
            length: card.len() as u32,
        });
        self.open.extend_from_slice(card);
    }

    fn share(&mut self, chunk: &Arc<[u8]>) -> u32 {
        self.cards.chunks.push(Arc::clone(chunk));
        self.cards.chunks.len() as u32 - 1
    }

    fn close(&mut self) {
        let number = self.cards.chunks.len() as u32;
        self.cards.chunks.push(Arc::from(self.open.as_slice()));
        self.open.clear();
        for document in self.waiting.drain(..) {
            self.cards.places[document].chunk = number;
        }
    }

    pub(crate) fn finish(mut self) -> Cards {
        if !self.waiting.is_empty() {
            self.close();
        }
        self.cards.places.shrink_to_fit();
        self.cards
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_survive_gathering_and_garbage_goes() {
        let card = |number: usize| vec![number as u8; 5_000 + number % 7];
        let cards = |numbers: std::ops::Range<usize>| {
            let mut builder = CardsBuilder::default();
            for number in numbers {
                builder.push(&card(number));
            }
            builder.finish()
        };
        let (left, right) = (cards(0..2_000), cards(2_000..2_100));
        let order: Vec<(u32, u32)> = (0..100).flat_map(|at| [(0, at * 20), (1, at)]).collect();
        let gathered = Cards::gathered(&[&left, &right], &order);
        for (at, (source, document)) in order.iter().enumerate() {
            let number = *source as usize * 2_000 + *document as usize;
            assert_eq!(gathered.get(at as u32), card(number));
        }
        let bytes: usize = gathered.chunks.iter().map(|chunk| chunk.len()).sum();
        assert!(bytes < 1_200_000);

        let all: Vec<(u32, u32)> = (0..2_000).map(|at| (0, at)).collect();
        let shared = Cards::gathered(&[&left], &all);
        assert!(Arc::ptr_eq(&shared.chunks[0], &left.chunks[0]));
        assert_eq!(shared.get(1_999), card(1_999));
    }
}

//! Making one segment of several without analysing any text again.

use super::Segment;
use crate::bit_set::BitSet;
use crate::cards::Cards;
use crate::dictionary::Dictionary;
use crate::postings::{ListBuilder, Postings};

/// Stands for documents that are dead.
const GONE: u32 = u32::MAX;

/// The live documents of all sources; an id must be live in one of them only.
pub(crate) fn merged(sources: &[(&Segment, &BitSet)]) -> Segment {
    let order = live_in_id_order(sources);
    let mut renumbered: Vec<Vec<u32>> = sources
        .iter()
        .map(|(segment, _)| vec![GONE; segment.len() as usize])
        .collect();
    let mut result = Segment::default();
    result.facts.reserve_exact(order.len());
    result.field_ends.reserve_exact(order.len());
    for (number, (source, document)) in order.iter().enumerate() {
        let segment = sources[*source as usize].0;
        renumbered[*source as usize][*document as usize] = number as u32;
        result.ids.push(segment.ids.get(*document));
        result.names.push(segment.names.get(*document));
        result
            .organizations
            .push(segment.organizations.get(*document));
        result.facts.push(segment.facts[*document as usize].clone());
        result
            .field_ends
            .push(segment.field_ends[*document as usize]);
    }
    let cards: Vec<&Cards> = sources.iter().map(|(segment, _)| &segment.cards).collect();
    result.cards = Cards::gathered(&cards, &order);
    merge_postings(sources, &renumbered, &mut result);
    result.complete();
    result
}

/// (source, document) of all live documents, by id.
fn live_in_id_order(sources: &[(&Segment, &BitSet)]) -> Vec<(u32, u32)> {
    let mut order: Vec<(u32, u32)> = Vec::new();
    for (source, (segment, dead)) in sources.iter().enumerate() {
        let live = (0..segment.len()).filter(|document| !dead.contains(*document));
        order.extend(live.map(|document| (source as u32, document)));
    }
    // Made of sorted runs, which this sort recognises.
    order.sort_by(|left, right| {
        let (segment, other) = (sources[left.0 as usize].0, sources[right.0 as usize].0);
        segment.compare_ids(left.1, other, right.1)
    });
    order
}

fn merge_postings(sources: &[(&Segment, &BitSet)], renumbered: &[Vec<u32>], result: &mut Segment) {
    let mut terms: Vec<(&str, u32, u32)> = Vec::new();
    for (source, (segment, _)) in sources.iter().enumerate() {
        let words = (0..segment.dictionary.len())
            .map(|term| (segment.dictionary.word(term), source as u32, term));
        terms.extend(words);
    }
    terms.sort();
    let mut words = Vec::new();
    let mut postings = Postings::default();
    let mut list = ListBuilder::default();
    // (document, places) of one term when several sources hold it.
    let mut gathered: Vec<(u32, std::ops::Range<u32>)> = Vec::new();
    let mut places: Vec<u16> = Vec::new();
    for same in terms.chunk_by(|left, right| left.0 == right.0) {
        list.clear();
        gathered.clear();
        places.clear();
        for (_, source, term) in same {
            let numbers = &renumbered[*source as usize];
            let mut cursor = sources[*source as usize].0.postings.cursor(*term);
            while let Some(document) = cursor.advance() {
                let number = numbers[document as usize];
                if number == GONE {
                    continue;
                }
                let start = places.len() as u32;
                cursor.places(&mut places);
                gathered.push((number, start..places.len() as u32));
            }
        }
        if same.len() > 1 {
            gathered.sort_unstable_by_key(|(document, _)| *document);
        }
        for (document, range) in &gathered {
            list.push(*document, &places[range.start as usize..range.end as usize]);
        }
        if !list.is_empty() {
            words.push(same[0].0);
            postings.append(&list);
        }
    }
    postings.shrink();
    result.dictionary = Dictionary::of_sorted(words);
    result.postings = postings;
}

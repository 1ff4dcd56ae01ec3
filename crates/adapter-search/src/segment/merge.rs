//! Making one segment of several without analysing any text again.

use super::Segment;
use crate::bit_set::BitSet;
use crate::cards::Cards;
use crate::criteria_table::CriteriaTable;
use crate::dictionary::Dictionary;
use crate::postings::Postings;

/// Stands for documents that are dead, and for terms that only they hold.
const GONE: u32 = u32::MAX;

/// The live documents of all sources; an id must be live in one of them only. Besides: for each source and document its number in
/// the result, or `u32::MAX`.
pub(crate) fn merged(sources: &[(&Segment, &BitSet)]) -> (Segment, Vec<Vec<u32>>) {
    let order = live_in_order(sources);
    let mut renumbered: Vec<Vec<u32>> = sources
        .iter()
        .map(|(segment, _)| vec![GONE; segment.len() as usize])
        .collect();
    let mut result = Segment::default();
    result.facts.reserve_exact(order.len());
    result.created.reserve_exact(order.len());
    result.marks.reserve_exact(order.len());
    for (number, (source, document)) in order.iter().enumerate() {
        let (segment, at) = (sources[*source as usize].0, *document as usize);
        renumbered[*source as usize][at] = number as u32;
        result.ids.push(segment.ids.get(*document));
        result.names.push(segment.names.get(*document));
        result
            .organizations
            .push(segment.organizations.get(*document));
        let facts = segment.facts[at].moved(&segment.tables, &mut result.tables);
        result.facts.push(facts);
        result.created.push(segment.created[at]);
        result.marks.push(segment.marks[at]);
    }
    let criteria: Vec<&CriteriaTable> = sources
        .iter()
        .map(|(segment, _)| &segment.criteria)
        .collect();
    result.criteria = CriteriaTable::gathered(&criteria, &order);
    let cards: Vec<&Cards> = sources.iter().map(|(segment, _)| &segment.cards).collect();
    result.cards = Cards::gathered(&cards, &order);
    let terms = merge_postings(sources, &renumbered, order.len() as u32, &mut result);
    for (source, document) in &order {
        let (tokens, terms) = (
            &sources[*source as usize].0.tokens,
            &terms[*source as usize],
        );
        let words = tokens.of(*document).iter();
        let ends = tokens.field_ends[*document as usize];
        let words = words.map(|term| terms[*term as usize]);
        result.tokens.push(words, ends);
    }
    result.complete();
    (result, renumbered)
}

/// (source, document) of all live documents, in the order of their numbers.
fn live_in_order(sources: &[(&Segment, &BitSet)]) -> Vec<(u32, u32)> {
    let mut order: Vec<(u32, u32)> = Vec::new();
    for (source, (segment, dead)) in sources.iter().enumerate() {
        let live = (0..segment.len()).filter(|document| !dead.contains(*document));
        order.extend(live.map(|document| (source as u32, document)));
    }
    // Made of sorted runs, which this sort recognises.
    order.sort_by(|left, right| {
        let (segment, other) = (sources[left.0 as usize].0, sources[right.0 as usize].0);
        segment.compare(left.1, other, right.1)
    });
    order
}

/// Sets dictionary and postings. Answers for each source and term its number in the result.
fn merge_postings(
    sources: &[(&Segment, &BitSet)],
    renumbered: &[Vec<u32>],
    documents: u32,
    result: &mut Segment,
) -> Vec<Vec<u32>> {
    let mut terms: Vec<(&str, u32, u32)> = Vec::new();
    for (source, (segment, _)) in sources.iter().enumerate() {
        let words = (0..segment.dictionary.len())
            .map(|term| (segment.dictionary.word(term), source as u32, term));
        terms.extend(words);
    }
    terms.sort();
    let mut new_terms: Vec<Vec<u32>> = sources
        .iter()
        .map(|(segment, _)| vec![GONE; segment.dictionary.len() as usize])
        .collect();
    let mut words = Vec::new();
    let mut postings = Postings::default();
    let mut list: Vec<(u32, u8)> = Vec::new();
    for same in terms.chunk_by(|left, right| left.0 == right.0) {
        list.clear();
        for (_, source, term) in same {
            let numbers = &renumbered[*source as usize];
            let postings = sources[*source as usize].0.postings.list(*term).iter();
            let moved = postings.map(|(document, impact)| (numbers[document as usize], impact));
            list.extend(moved.filter(|(document, _)| *document != GONE));
        }
        if list.is_empty() {
            continue;
        }
        list.sort_unstable();
        for (_, source, term) in same {
            new_terms[*source as usize][*term as usize] = words.len() as u32;
        }
        words.push(same[0].0);
        postings.append(list.iter().copied());
    }
    postings.complete(documents);
    result.dictionary = Dictionary::of_sorted(words);
    result.postings = postings;
    new_terms
}

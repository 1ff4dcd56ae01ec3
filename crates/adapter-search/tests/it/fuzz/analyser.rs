//! Whatever a record says, its words find it: the analyser does the same with records and queries.

use std::cell::Cell;

use adapter_search::{InProcessIndex, SearchSettings};
use domain::{
    Criteria, Deadline, EditorialStatus, Scholarship, ScholarshipContent, ScholarshipDocument,
};
use ports::search_index::SearchRequest;
use ports::{Change, FeedPosition, SearchIndex};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::{check_answer, fuzz, texts};
use crate::catalogue::{Generator, now};

/// Fewer than a query may have, so that none of them is cut.
const MOST_CHARACTERS: usize = 250;

/// The record with the text in one of its fields; `None` when the text is not allowed there.
fn record(generator: &mut Generator, text: &str) -> Option<Scholarship> {
    let mut record = generator.scholarship(1);
    let text = text.to_owned();
    let mut content = ScholarshipContent {
        name: "x".to_owned(),
        organization: "x".to_owned(),
        description: None,
        deadline: Deadline::default(),
        criteria: Vec::new(),
        tags: Vec::new(),
        status: EditorialStatus::Active,
        ..record.content
    };
    match generator.below(5) {
        0 => content.name = text,
        1 => content.organization = text,
        2 => content.description = Some(text),
        3 if text.chars().count() <= 100 => content.tags = vec![text],
        _ => {
            content.criteria = vec![Criteria {
                text: Some(text),
                ..Criteria::default()
            }];
        }
    }
    record.content = content;
    ScholarshipDocument::from(&record).into_scholarship().ok()
}

fn finds(index: &InProcessIndex, query: &str) {
    let request = SearchRequest {
        query: query.to_owned(),
        highlight: true,
        limit: 3,
        ..SearchRequest::default()
    };
    let answer = index.search(&request, now()).expect("an answer");
    check_answer(&request, &answer);
    let codes: Vec<u32> = query.chars().map(u32::from).collect();
    assert_eq!(answer.total, 1, "{query:?}: {codes:x?}");
    assert!(answer.relaxed.is_empty(), "{query:?}");
    assert!(answer.corrected.is_empty(), "{query:?}");
}

/// Thai is the first of the scripts without spaces, whose characters are words only together with their neighbours.
fn stands_alone(piece: &str) -> bool {
    piece.starts_with(|first| first < '\u{e00}')
}

/// The text, and texts that mean the same.
fn same_in_other_forms(text: &str) -> Vec<String> {
    let mut forms = vec![text.to_owned(), text.to_ascii_uppercase()];
    // The index takes compatibility ideographs as they are, though the ideographs that they stand for are the same.
    let is_compatibility =
        |character| matches!(character, '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}');
    if !text.contains(is_compatibility) {
        forms.extend([text.nfc().collect(), text.nfd().collect()]);
    }
    forms
}

fn has_letters(piece: &str) -> bool {
    piece
        .chars()
        .any(|character| character.is_ascii_alphanumeric())
}

#[test]
fn every_word_of_any_text_finds_its_record() {
    let records = Cell::new(0_u64);
    let cases = Cell::new(0_u64);
    fuzz("analyser", 300, |generator| {
        cases.set(cases.get() + 1);
        let mut text = texts::text(generator, MOST_CHARACTERS);
        text.retain(|character| !character.is_control());
        let Some(record) = record(generator, &text) else {
            return;
        };
        records.set(records.get() + 1);
        let index = InProcessIndex::new(SearchSettings::default());
        let upserted = Change::Upserted(Box::new(record.clone()));
        index.apply(vec![upserted], FeedPosition::default());
        assert_eq!(index.scholarship(&record.id).as_ref(), Some(&record));

        for text in same_in_other_forms(&text) {
            let text = text.as_str();
            finds(&index, text);
            assert!(
                !has_letters(text) || index.public_words(text).is_some(),
                "{text:?}"
            );
        }
        for word in index.public_words(&text).unwrap_or_default().split(' ') {
            finds(&index, word);
        }
        for piece in text.unicode_words().filter(|piece| stands_alone(piece)) {
            finds(&index, piece);
            assert!(
                !has_letters(piece) || index.public_words(piece).is_some(),
                "{piece:?}"
            );
        }
        index.suggest(&text, 5, now());
    });
    assert!(records.get() * 2 > cases.get(), "most texts are refused");
}

//! Texts of a hit as safe HTML, with `<em>` around the words that matched.
//!
//! Everything but the tags is escaped, and invisible marks that turn the direction of text are left out, so that a record
//! can neither inject markup nor rearrange what stands around it.

use std::collections::HashSet;
use std::ops::Range;

use crate::analysis::visit_words;
use crate::card_texts::CardTexts;
use crate::query::QueryPlan;

/// About how many characters of a description are shown.
const PASSAGE: usize = 160;

/// About how many of them stand before the first match.
const LEAD: usize = 40;

pub(crate) struct Highlighter {
    words: HashSet<String>,
    prefixes: Vec<String>,
}

impl Highlighter {
    pub(crate) fn of(plan: &QueryPlan) -> Self {
        let mut words = HashSet::new();
        let mut prefixes = Vec::new();
        let slots = plan.slots.iter().chain(&plan.optional);
        let alternatives = slots.flat_map(|slot| &slot.alternatives);
        for word in alternatives.flat_map(|alternative| &alternative.words) {
            words.extend(word.forms.iter().map(|(form, _)| form.clone()));
            prefixes.extend(word.prefix.iter().map(|prefix| prefix.beginning.clone()));
        }
        Self { words, prefixes }
    }

    /// (field, HTML) of name, organization and a passage of the description.
    pub(crate) fn fields(&self, card: &[u8]) -> Vec<(&'static str, String)> {
        let texts = CardTexts::of(card);
        let mut fields = vec![
            ("name", self.whole(&texts.name)),
            ("organization", self.whole(&texts.organization)),
        ];
        if let Some(description) = &texts.description {
            fields.push(("description", self.passage(description)));
        }
        fields
    }

    fn whole(&self, text: &str) -> String {
        let mut html = String::new();
        write_html(text, 0..text.len(), &self.matches(text), &mut html);
        html
    }

    /// The part of the text that has the most different matching words, cut between words.
    fn passage(&self, text: &str) -> String {
        let matches = self.matches(text);
        let start = best_start(text, &matches);
        let end = text[start..]
            .char_indices()
            .nth(PASSAGE)
            .map_or(text.len(), |(at, _)| start + at);
        let end = if end < text.len() {
            // Not within a word, unless there is only one.
            text[start..end]
                .rfind(char::is_whitespace)
                .map_or(end, |at| start + at)
        } else {
            end
        };
        let mut html = String::new();
        if start > 0 {
            html.push('…');
        }
        write_html(text, start..end, &matches, &mut html);
        if end < text.len() {
            html.push('…');
        }
        html
    }

    /// Byte ranges of the words that match, joined where they touch.
    fn matches(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        visit_words(text, |word, range| {
            let hit = self.words.contains(word)
                || self
                    .prefixes
                    .iter()
                    .any(|prefix| word.starts_with(prefix.as_str()));
            if !hit {
                return;
            }
            match found.last_mut() {
                Some(last) if last.end > range.start => last.end = last.end.max(range.end),
                _ => found.push(range),
            }
        });
        found
    }
}

/// Where a passage begins: a little before the match from which on most matches fit.
fn best_start(text: &str, matches: &[Range<usize>]) -> usize {
    let count_from = |at: usize| {
        let words: HashSet<String> = matches[at..]
            .iter()
            .take_while(|range| range.end <= matches[at].start + PASSAGE - LEAD)
            .map(|range| text[range.clone()].to_lowercase())
            .collect();
        words.len()
    };
    let Some(best) =
        (0..matches.len().min(200)).max_by_key(|at| (count_from(*at), usize::MAX - at))
    else {
        return 0;
    };
    let first = matches[best].start;
    let lead = text[..first].char_indices().rev().nth(LEAD - 1);
    let Some((earliest, _)) = lead else { return 0 };
    // Begin with a whole word.
    text[earliest..first]
        .char_indices()
        .find(|(_, character)| character.is_whitespace())
        .map_or(first, |(at, space)| earliest + at + space.len_utf8())
}

fn write_html(text: &str, part: Range<usize>, matches: &[Range<usize>], html: &mut String) {
    let mut at = part.start;
    for range in matches {
        if range.start < at || range.end > part.end {
            continue;
        }
        escape(&text[at..range.start], html);
        html.push_str("<em>");
        escape(&text[range.clone()], html);
        html.push_str("</em>");
        at = range.end;
    }
    escape(&text[at..part.end], html);
}

fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' | '\r' | '\t' => html.push(' '),
            '\u{61C}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}' => {}
            control if control.is_control() => {}
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn highlighter(words: &[&str], prefixes: &[&str]) -> Highlighter {
        Highlighter {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
        }
    }

    #[test]
    fn matches_are_marked_and_the_rest_is_escaped() {
        let highlighter = highlighter(&["nursing", "women", "奨学"], &["eng"]);
        assert_eq!(
            highlighter.whole("<b>Women's</b> & Nursing\u{202e} of English 奨学金"),
            "&lt;b&gt;<em>Women&#39;s</em>&lt;/b&gt; &amp; <em>Nursing</em> of <em>English</em> <em>奨学</em>金"
        );
    }

    #[test]
    fn the_passage_is_where_the_matches_are() {
        let text = format!(
            "{} nursing and engineering {}",
            "filler ".repeat(60),
            "more ".repeat(60)
        );
        let passage = highlighter(&["nursing"], &["eng"]).passage(&text);
        assert!(
            passage.contains("<em>nursing</em> and <em>engineering</em>"),
            "{passage}"
        );
        assert!(passage.starts_with('…') && passage.ends_with('…'));
        assert!(passage.chars().count() < 220, "{passage}");
        assert_eq!(highlighter(&[], &[]).passage("short"), "short");
    }

    proptest! {
        #[test]
        fn no_text_breaks_out(text in ".{0,400}", word in "[a-z]{1,2}") {
            let highlighter = highlighter(&[], &[&word]);
            for html in [highlighter.whole(&text), highlighter.passage(&text)] {
                let bare = html.replace("<em>", "").replace("</em>", "");
                let dangerous = ['<', '>', '"', '\u{202e}'];
                prop_assert!(!bare.contains(dangerous));
                prop_assert_eq!(html.matches("<em>").count(), html.matches("</em>").count());
            }
        }
    }
}

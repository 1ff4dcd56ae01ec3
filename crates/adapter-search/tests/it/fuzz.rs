//! Fuzzing on the stable toolchain: made-up cases for some seconds, each from a seed of its own, and what must hold for all.
//!
//! A target is a module here with one test. `cargo xtask fuzz` runs the same tests for minutes (`docs/fuzzing.md`).

mod analyser;
mod cursor;
mod query;
mod snapshot;
mod texts;

use std::time::{Duration, Instant};

use ports::search_index::{SearchAnswer, SearchRequest};

use crate::catalogue::Generator;

/// How long each target runs in an ordinary test run.
const SECONDS: u64 = 5;

/// Runs the case with one seed after the other until the time is over, and at least so many times.
///
/// `FUZZ_SECONDS` is another time, `FUZZ_SEED` another first seed than 0: a case depends on nothing but its seed.
#[expect(
    clippy::print_stdout,
    reason = "`cargo xtask fuzz` shows how many cases there were"
)]
fn fuzz(target: &'static str, least_cases: u64, mut case: impl FnMut(&mut Generator)) {
    let first_seed = variable("FUZZ_SEED").unwrap_or(0);
    let time = Duration::from_secs(variable("FUZZ_SECONDS").unwrap_or(SECONDS));
    let start = Instant::now();
    let mut cases = 0;
    while cases < least_cases || start.elapsed() < time {
        let seed = first_seed.wrapping_add(cases);
        let running = Running { target, seed };
        case(&mut Generator::of(seed));
        drop(running);
        cases += 1;
    }
    println!(
        "fuzz {target}: {cases} cases in {:.1} s, seeds from {first_seed} on",
        start.elapsed().as_secs_f64()
    );
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a whole number"))
}

/// Says how to repeat the case if it panics.
struct Running {
    target: &'static str,
    seed: u64,
}

impl Drop for Running {
    #[expect(clippy::print_stderr, reason = "a panic is reported there, too")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { target, seed } = self;
            eprintln!("`cargo xtask fuzz --target {target} --seed {seed}` begins with this case");
        }
    }
}

/// What holds for every answer to every request.
pub(crate) fn check_answer(request: &SearchRequest, answer: &SearchAnswer) {
    assert!(answer.hits.len() <= request.limit, "{request:?}");
    assert!(answer.hits.len() as u64 <= answer.total, "{request:?}");
    assert_eq!(
        answer.has_next && !answer.hits.is_empty(),
        answer.next_cursor.is_some()
    );
    let mut end = 0;
    for hit in &answer.hits {
        assert_eq!(hit.card.start, end, "cards stand one after the other");
        end = hit.card.end;
        let card: serde_json::Value =
            serde_json::from_slice(&answer.cards[hit.card.clone()]).expect("a card");
        assert!(card["id"].is_string());
        assert_eq!(hit.highlight.is_empty(), !request.highlight);
        for (field, html) in &hit.highlight {
            check_html(html, card[field].as_str().expect("a highlighted text"));
        }
    }
    assert_eq!(end, answer.cards.len());
}

/// Tags of emphasis only, each closed before the next, and nothing but characters of the text.
fn check_html(html: &str, text: &str) {
    let mut bare = String::new();
    for part in html.split("<em>") {
        bare.push_str(&part.replacen("</em>", "", 1));
    }
    assert_eq!(html.matches("<em>").count(), html.matches("</em>").count());
    let dangerous = ['<', '>', '"', '\'', '\n', '\0', '\u{202e}', '\u{2066}'];
    assert!(!bare.contains(dangerous), "{html}");
    let mut plain = bare.trim_matches('…').to_owned();
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(entity, character);
    }
    let visible = |text: &str| -> String {
        let characters = text.chars().filter(|character| {
            !character.is_control()
                && !character.is_whitespace()
                && !matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}')
                && !matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        characters.collect()
    };
    assert!(visible(text).contains(&visible(&plain)), "{html} of {text}");
}

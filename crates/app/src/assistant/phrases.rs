//! Phrases with variants and gaps, looked for among the words of a text.

/// A phrase: steps that follow each other. A step is a choice of words (`a|b`, `stem*` for all words that begin so), and before
/// it `~n` lets up to `n` other words pass. A first `!a|b` says that none of these stand up to four words before in the same
/// clause; a first `^` that a clause begins here.
pub(super) struct Phrase {
    begins_clause: bool,
    not_after: Vec<&'static str>,
    steps: Vec<Step>,
}

struct Step {
    gap: usize,
    choices: Vec<&'static str>,
}

/// How far back `!` looks.
const LOOKS_BACK: usize = 4;

impl Phrase {
    pub(super) fn new(notation: &'static str) -> Self {
        let mut phrase = Self {
            begins_clause: false,
            not_after: Vec::new(),
            steps: Vec::new(),
        };
        let mut gap = 0;
        for part in notation.split_ascii_whitespace() {
            if part == "^" {
                phrase.begins_clause = true;
            } else if let Some(words) = part.strip_prefix('!') {
                phrase.not_after = words.split('|').collect();
            } else if let Some(count) = part.strip_prefix('~') {
                gap = count.parse().unwrap_or(0);
            } else {
                let choices = part.split('|').collect();
                phrase.steps.push(Step { gap, choices });
                gap = 0;
            }
        }
        phrase
    }

    pub(super) fn all(notations: &'static [&'static str]) -> Vec<Self> {
        notations
            .iter()
            .map(|notation| Self::new(notation))
            .collect()
    }

    pub(super) fn is_in(&self, words: &[String]) -> bool {
        (0..words.len()).any(|at| self.may_begin(words, at) && follow(&self.steps, words, at))
    }

    fn may_begin(&self, words: &[String], at: usize) -> bool {
        let before = &words[at.saturating_sub(LOOKS_BACK)..at];
        let mut clause = before.iter().rev().take_while(|word| !ends_clause(word));
        if self.begins_clause && before.last().is_some_and(|word| !ends_clause(word)) {
            return false;
        }
        !clause.any(|word| self.not_after.iter().any(|choice| fits(choice, word)))
    }
}

fn ends_clause(word: &str) -> bool {
    matches!(word, "." | ":")
}

fn follow(steps: &[Step], words: &[String], at: usize) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return true;
    };
    (at..=at + step.gap).any(|place| {
        words
            .get(place)
            .is_some_and(|word| step.choices.iter().any(|choice| fits(choice, word)))
            && follow(rest, words, place + 1)
    })
}

fn fits(choice: &str, word: &str) -> bool {
    match choice.strip_suffix('*') {
        Some(stem) => begins(word, stem),
        None => begins(word, choice) && word.len() == choice.len(),
    }
}

/// Whether `word` begins with `stem`. A 1 in it may be an i or an l.
fn begins(word: &str, stem: &str) -> bool {
    let mut letters = word.chars();
    stem.chars().all(|expected| match letters.next() {
        Some('1') => matches!(expected, '1' | 'i' | 'l'),
        found => found == Some(expected),
    })
}

#[cfg(test)]
mod tests {
    use super::super::folding;
    use super::Phrase;

    #[test]
    fn a_phrase_is_found_with_its_variants_and_gaps() {
        let phrase = Phrase::new("!not|never share ~2 ssn|pass*");
        let is_in = |text: &str| phrase.is_in(&folding::words(text));
        assert!(is_in("Please share your passwords"));
        assert!(is_in("Do not wait, share the SSN"));
        assert!(!is_in("Do not share your SSN"));
        assert!(!is_in("share it with all of your SSN"));
        assert!(Phrase::new("^ act as").is_in(&folding::words("Now. Act as one")));
        assert!(!Phrase::new("^ act as").is_in(&folding::words("I act as one")));
    }
}

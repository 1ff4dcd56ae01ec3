//! Words as the queries and the peer see them: folded, split, and for the peer without their inflection.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Lower-case words without diacritics, in order; runs of Chinese characters as pairs of neighbours.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut ideographs = Vec::new();
    let folded = text
        .nfkd()
        .filter(|character| !is_combining_mark(*character))
        .flat_map(char::to_lowercase);
    for character in folded.chain([' ']) {
        let ideograph = is_ideograph(character);
        if !ideograph {
            flush_ideographs(&mut words, &mut ideographs);
        }
        if ideograph || !character.is_alphanumeric() {
            if !word.is_empty() && !is_elision(character) {
                words.push(std::mem::take(&mut word));
            }
            if ideograph {
                ideographs.push(character);
            }
        } else {
            word.push(character);
        }
    }
    words
}

fn is_ideograph(character: char) -> bool {
    ('\u{3400}'..='\u{9FFF}').contains(&character)
}

/// `women’s` is one word.
fn is_elision(character: char) -> bool {
    matches!(character, '\'' | '’')
}

fn flush_ideographs(words: &mut Vec<String>, run: &mut Vec<char>) {
    if let [single] = run.as_slice() {
        words.push(single.to_string());
    }
    words.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
    run.clear();
}

/// A stem that plurals and the forms in `-ing` and `-ed` share; only equality of stems means anything.
pub(crate) fn stem(word: &str) -> &str {
    if word.len() < 5 || !word.is_ascii() {
        return word.strip_suffix('s').unwrap_or(word);
    }
    let without = |word: &'_ str, endings: &[&str]| {
        let base = endings.iter().find_map(|ending| word.strip_suffix(ending));
        base.map_or(word.len(), str::len)
    };
    let plain = &word[..without(word, &["ies", "es", "s"])];
    let base = &plain[..without(plain, &["ing", "ed"])];
    let base = if base.len() < 3 { plain } else { base };
    &base[..without(base, &["e", "y"])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_chinese_goes_by_pairs() {
        assert_eq!(
            words("Beca Sofía, Women’s 奖学金 A1"),
            ["beca", "sofia", "womens", "奖学", "学金", "a1"]
        );
        assert_eq!(words("学"), ["学"]);
        assert!(words(" –, ").is_empty());
    }

    #[test]
    fn inflected_forms_share_a_stem() {
        for family in [
            ["engineer", "engineers", "engineering"],
            ["nurse", "nurses", "nursing"],
            ["study", "studies", "studying"],
        ] {
            let stems: Vec<&str> = family.iter().map(|word| stem(word)).collect();
            assert!(stems.iter().all(|other| *other == stems[0]), "{stems:?}");
        }
    }
}

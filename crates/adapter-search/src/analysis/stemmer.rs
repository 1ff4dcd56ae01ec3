//! Light English stemming: plurals, `-ing` and `-ed`, and no more.
//!
//! Heavier stemmers join `international` with `intern` and `university` with `universe`; here a wrong match costs more than
//! a missed one, since exact forms, prefixes and corrections help with the rest.

use std::borrow::Cow;

/// The stem that inflected forms of one English word share. Only equality of stems means anything.
pub(crate) fn stem(word: &str) -> Cow<'_, str> {
    if word.len() < 4 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Cow::Borrowed(if word == "men" { "man" } else { word });
    }
    match word {
        "women" => return Cow::Borrowed("woman"),
        "children" => return Cow::Borrowed("child"),
        // Not of grades.
        "grad" | "grads" => return Cow::Borrowed("graduat"),
        _ => {}
    }
    let mut base = singular(word);
    for ending in ["ing", "ed"] {
        if let Some(rest) = base.strip_suffix(ending)
            && rest.len() >= 3
            && rest.bytes().any(is_vowel)
            && !(ending == "ed" && rest.ends_with('e'))
        {
            base = Cow::Owned(without_doubled_end(rest).to_owned());
            break;
        }
    }
    if base.len() > 3 && base.ends_with('e') {
        base.to_mut().pop();
    } else if base.len() > 3 && base.ends_with('y') {
        let base = base.to_mut();
        base.pop();
        base.push('i');
    }
    base
}

fn singular(word: &str) -> Cow<'_, str> {
    if let Some(rest) = word.strip_suffix("ies")
        && rest.len() >= 2
    {
        return Cow::Owned(format!("{rest}y"));
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if ends(&["sses", "xes", "ches", "shes", "zzes"]) {
        return Cow::Borrowed(&word[..word.len() - 2]);
    }
    if word.ends_with('s') && !ends(&["ss", "us", "is"]) {
        return Cow::Borrowed(&word[..word.len() - 1]);
    }
    Cow::Borrowed(word)
}

fn is_vowel(byte: u8) -> bool {
    b"aeiouy".contains(&byte)
}

fn without_doubled_end(word: &str) -> &str {
    let bytes = word.as_bytes();
    match bytes {
        [.., before, last] if before == last && b"bdgmnprt".contains(last) => {
            &word[..word.len() - 1]
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inflected_forms_share_a_stem() {
        for family in [
            ["engineer", "engineers", "engineering"],
            ["nurse", "nurses", "nursing"],
            ["study", "studies", "studying"],
            ["dance", "dances", "dancing"],
            ["swim", "swims", "swimming"],
            ["grant", "grants", "granted"],
            ["church", "churches", "church"],
            ["woman", "women", "woman"],
        ] {
            for form in family {
                assert_eq!(stem(form), stem(family[0]), "{form}");
            }
        }
    }

    #[test]
    fn different_words_stay_apart() {
        for (one, other) in [
            ("international", "intern"),
            ("university", "universe"),
            ("business", "busy"),
            ("string", "str"),
            ("need", "ne"),
            ("arts", "art s"),
        ] {
            assert_ne!(stem(one), stem(other), "{one}, {other}");
        }
    }
}

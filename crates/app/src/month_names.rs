//! What months are called: by students in English, and on pages and by models in several languages.

/// English names, their usual abbreviations and a misspelling that is seen often; then German, Spanish, French and Portuguese ones.
const NAMES: [(&str, &str); 12] = [
    ("january jan", "januar januari enero janvier janeiro"),
    (
        "february feb febuary",
        "febr februar febrero février fevereiro",
    ),
    ("march mar", "märz marzo mars março"),
    ("april apr", "abril avril"),
    ("may", "mai mayo maio"),
    ("june jun", "juni junio juin junho"),
    ("july jul", "juli julio juillet julho"),
    ("august aug", "agosto août"),
    ("september sept sep", "septiembre septembre setembro"),
    ("october oct", "oktober okt octubre octobre outubro"),
    ("november nov", "noviembre novembre novembro"),
    ("december dec", "dez dezember diciembre décembre dezembro"),
];

/// The month, 1 to 12, of an English name in lower case. Foreign names are other words in English: Mars, mayo.
pub(crate) fn english(word: &str) -> Option<u32> {
    number(|(english, _)| is_in(english, word))
}

/// The month, 1 to 12, of a name in lower case.
pub(crate) fn of_any_language(word: &str) -> Option<u32> {
    number(|(english, others)| is_in(english, word) || is_in(others, word))
}

fn is_in(names: &str, word: &str) -> bool {
    names.split(' ').any(|name| name == word)
}

fn number(is_meant: impl Fn(&(&str, &str)) -> bool) -> Option<u32> {
    let at = NAMES.iter().position(is_meant)?;
    u32::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_names_are_months_where_they_are_expected_only() {
        assert_eq!((english("march"), english("mars")), (Some(3), None));
        assert_eq!(of_any_language("mars"), Some(3));
        assert_eq!(
            (of_any_language("dec"), of_any_language("")),
            (Some(12), None)
        );
    }
}

//! Sorts fields of study in a source's own words into the ten of the catalogue.

use domain::{FieldOfStudy, Term, TermSet};

use FieldOfStudy::{
    Arts, Business, Education, Engineering, Law, Medicine, Other, Science, SocialSciences,
    Technology,
};

/// Words that decide a field. One ends at the end of a word; with `*` it may go on.
pub(crate) const KEYWORDS: &[(&str, &[FieldOfStudy])] = &[
    ("stem", &[Science, Technology, Engineering]),
    ("steam", &[Science, Technology, Engineering, Arts]),
    ("computer engineering", &[Engineering, Technology]),
    ("software engineering", &[Engineering, Technology]),
    ("biomedical engineering", &[Engineering, Medicine]),
    ("computer science", &[Technology]),
    ("data science", &[Technology]),
    ("information science", &[Technology]),
    ("political science", &[SocialSciences]),
    ("social science", &[SocialSciences]),
    ("social sciences", &[SocialSciences]),
    ("actuarial science", &[Business]),
    ("health science", &[Medicine]),
    ("health sciences", &[Medicine]),
    ("environmental science", &[Science]),
    ("business law", &[Business, Law]),
    ("criminal justice", &[SocialSciences, Law]),
    ("public health", &[Medicine]),
    ("public policy", &[SocialSciences]),
    ("social work", &[SocialSciences]),
    ("international relations", &[SocialSciences]),
    ("fine arts", &[Arts]),
    ("engineer*", &[Engineering]),
    ("construction", &[Engineering]),
    ("aerospace", &[Engineering]),
    ("aeronautic*", &[Engineering]),
    ("architect*", &[Arts, Engineering]),
    ("medic*", &[Medicine]),
    ("nursing", &[Medicine]),
    ("nurse*", &[Medicine]),
    ("health*", &[Medicine]),
    ("dental", &[Medicine]),
    ("dentist*", &[Medicine]),
    ("pharmac*", &[Medicine]),
    ("veterinary", &[Medicine]),
    ("physical therapy", &[Medicine]),
    ("business*", &[Business]),
    ("accounting", &[Business]),
    ("finance", &[Business]),
    ("marketing", &[Business]),
    ("economics", &[Business, SocialSciences]),
    ("entrepreneur*", &[Business]),
    ("management", &[Business]),
    ("hospitality", &[Business]),
    ("art", &[Arts]),
    ("arts", &[Arts]),
    ("music", &[Arts]),
    ("theater", &[Arts]),
    ("theatre", &[Arts]),
    ("dance", &[Arts]),
    ("film", &[Arts]),
    ("design", &[Arts]),
    ("photograph*", &[Arts]),
    ("creative writing", &[Arts]),
    ("science", &[Science]),
    ("sciences", &[Science]),
    ("biolog*", &[Science]),
    ("chemistry", &[Science]),
    ("physics", &[Science]),
    ("math*", &[Science]),
    ("statistics", &[Science]),
    ("geolog*", &[Science]),
    ("astronom*", &[Science]),
    ("technolog*", &[Technology]),
    ("computing", &[Technology]),
    ("cybersecurity", &[Technology]),
    ("information systems", &[Technology]),
    ("education*", &[Education]),
    ("teach*", &[Education]),
    ("law", &[Law]),
    ("legal studies", &[Law]),
    ("psycholog*", &[SocialSciences]),
    ("sociolog*", &[SocialSciences]),
    ("anthropolog*", &[SocialSciences]),
    ("history", &[SocialSciences]),
    ("journalism", &[SocialSciences]),
    ("communication*", &[SocialSciences]),
];

const UNRESTRICTED: &[&str] = &[
    "any",
    "all",
    "all fields",
    "any field",
    "all majors",
    "any major",
    "open",
    "unrestricted",
    "no preference",
    "none",
    "undecided",
    "all fields of study",
    "any field of study",
];

/// The fields that `text` names: certain ones by keyword, [`Other`] when no keyword fits, none when it says "any".
pub(super) fn fields_of(text: &str) -> TermSet<FieldOfStudy> {
    let mut words = String::from(" ");
    for word in text
        .to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
    {
        if !word.is_empty() {
            words.push_str(word);
            words.push(' ');
        }
    }
    let said = words.trim();
    if said.is_empty() || UNRESTRICTED.contains(&said) {
        return TermSet::default();
    }
    if let Some(exact) = FieldOfStudy::from_code(&said.replace(' ', "_")) {
        return TermSet::of(&[exact]);
    }
    let mut fields = TermSet::default();
    for (keyword, meant) in KEYWORDS {
        let found = match keyword.strip_suffix('*') {
            Some(stem) => format!(" {stem}"),
            None => format!(" {keyword} "),
        };
        if words.contains(&found) {
            fields = fields.union(TermSet::of(meant));
            // "Political science" is no science, so what was understood is taken away.
            words = words.replace(&found, "  ");
        }
    }
    if fields.is_empty() {
        TermSet::of(&[Other])
    } else {
        fields
    }
}

/// The fields that a list names of which any one suffices: none when one of them is "any".
pub(super) fn fields_of_any(texts: &[String]) -> TermSet<FieldOfStudy> {
    let mut fields = TermSet::default();
    for text in texts.iter().filter(|text| !text.trim().is_empty()) {
        let named = fields_of(text);
        if named.is_empty() {
            return named;
        }
        fields = fields.union(named);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_with_any_among_its_fields_is_open_to_all() {
        let list = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            fields_of_any(&texts).codes()
        };
        assert_eq!(list(&["Nursing", "", "law"]), "medicine, law");
        assert_eq!(list(&["Nursing", "Any major"]), "");
    }

    #[test]
    fn fields_in_own_words_are_sorted_where_that_is_certain() {
        for (text, fields) in [
            ("engineering", "engineering"),
            ("Social Sciences", "social_sciences"),
            ("Mechanical Engineering", "engineering"),
            ("Political Science", "social_sciences"),
            ("Computer Science & Mathematics", "science, technology"),
            ("STEM", "engineering, science, technology"),
            ("Nursing", "medicine"),
            ("Basket weaving", "other"),
            ("Any major", ""),
            ("", ""),
        ] {
            assert_eq!(fields_of(text).codes(), fields, "{text}");
        }
    }
}

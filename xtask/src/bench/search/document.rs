//! A Markdown document whose measured sections stand between markers, so that the prose around them stays.

use std::path::Path;

use anyhow::{Context as _, ensure};

/// The text between `<!-- measured: name -->` and `<!-- end: name -->`.
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) text: String,
}

/// Replaces the sections of the document. All must be there: a number that has no place would be lost silently.
pub(super) fn write(path: &Path, sections: &[Section]) -> anyhow::Result<()> {
    let document =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let document = sections.iter().try_fold(document, replaced)?;
    std::fs::write(path, document).with_context(|| format!("writing {}", path.display()))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "folds hand their state on by value"
)]
fn replaced(document: String, section: &Section) -> anyhow::Result<String> {
    let begin = format!("<!-- measured: {} -->", section.name);
    let end = format!("<!-- end: {} -->", section.name);
    let parts = document.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some((before, after))
    });
    let (before, after) = parts.with_context(|| format!("the document has no {begin}..{end}"))?;
    ensure!(
        !after.contains(&begin),
        "the document has {begin} more than once"
    );
    let text = section.text.trim();
    Ok(format!("{before}{begin}\n\n{text}\n\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> Section {
        Section {
            name: "speed",
            text: text.to_owned(),
        }
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let document = "# T\n<!-- measured: speed -->old<!-- end: speed -->\nprose\n".to_owned();
        let once = replaced(document, &section("| new |\n")).expect("a place");
        assert_eq!(
            once,
            "# T\n<!-- measured: speed -->\n\n| new |\n\n<!-- end: speed -->\nprose\n"
        );
        let again = replaced(once.clone(), &section("| new |\n")).expect("a place");
        assert_eq!(again, once);
    }

    #[test]
    fn a_section_without_its_one_place_is_an_error() {
        for document in [
            "no markers",
            "<!-- end: speed --> <!-- measured: speed -->",
            "<!-- measured: speed --><!-- end: speed --><!-- measured: speed --><!-- end: speed -->",
        ] {
            assert!(replaced(document.to_owned(), &section("x")).is_err());
        }
    }

    #[test]
    fn the_document_of_the_workspace_has_all_places() {
        let document = include_str!("../../../../docs/performance.md");
        for name in super::super::tables::SECTIONS {
            let section = Section {
                name,
                text: String::new(),
            };
            assert!(replaced(document.to_owned(), &section).is_ok(), "{name}");
        }
    }
}

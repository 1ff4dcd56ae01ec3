//! Where two texts part.

/// Differing lines that are shown of one file.
const SHOWN: usize = 8;

/// The first lines that differ, as `-` of what stands there and `+` of what should.
pub(super) fn of(found: &str, wanted: &str) -> String {
    let (mut left, mut right) = (found.lines(), wanted.lines());
    let mut shown = Vec::new();
    let mut number = 0;
    loop {
        number += 1;
        let (old, new) = (left.next(), right.next());
        if old == new {
            if old.is_none() {
                break;
            }
            continue;
        }
        shown.push(format!("  line {number}"));
        shown.extend(old.map(|line| format!("  - {line}")));
        shown.extend(new.map(|line| format!("  + {line}")));
        if shown.len() >= SHOWN {
            break;
        }
    }
    if shown.is_empty() && found != wanted {
        shown.push("  the ends of lines".to_owned());
    }
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differing_lines_are_shown_with_their_numbers() {
        assert_eq!(
            of("a\nb\nc", "a\nx\nc\nd"),
            "  line 2\n  - b\n  + x\n  line 4\n  + d"
        );
        assert_eq!(of("a\n", "a\n"), "");
        assert_eq!(of("a\n", "a"), "  the ends of lines");
    }
}

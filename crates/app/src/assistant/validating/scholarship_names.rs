//! Names and ids of scholarships in a text.

use domain::{Term as _, UsState};

use super::super::folding;
use super::super::pieces::{Kind, Pieces, is_in};
use super::Facts;
use crate::month_names;

/// Words with which names of scholarships end.
const HEADS: &str = "scholarship scholarships award awards grant grants fellowship fellowships prize fund bursary scholars";
/// Words that stand inside names in small letters.
const JOINTS: &str = "of for the and in de to on a del la von van";
/// Words with a capital that name nothing: kinds of scholarships, and beginnings of sentences.
const GENERIC: &str = "the a an this that these those your our their its each both another any every some all many most no one two three \
first second third other which what such here there apply consider check try see look choose start review explore with \
for from in on of and or if while when since because however also finally next then besides compare both merit need \
based stem national full partial local state federal regional college university student students undergraduate \
graduate women womens academic annual private athletic sports international community service leadership general new \
top best similar more tuition ride nursing engineering business arts art music science sciences computer technology \
math mathematics medical law education teaching health minority hispanic latino latina african american asian black \
native indigenous veteran veterans military transfer freshman senior junior high school research study abroad travel \
essay creative writing diversity us u s renewable departmental institutional field specific career technical trade \
online external major larger smaller small large stem generation non competitive employer corporate government lgbtq \
disability stipend faq about how why get find not open current matching available only is are few it you i we they he \
she yes note tip texas california florida ohio york washington georgia illinois pennsylvania michigan canadian mexican \
summer fall spring winter phd doctoral masters master bachelors environmental agriculture agricultural journalism \
design architecture biology chemistry physics pre dental pharmacy psychology social work accounting finance economics";

/// Words that are written with a capital inside a sentence, and name no award.
const PLAIN_CAPITALS: &str = "i im id ive ill ssn ai gpa fafsa sat act gre gmat lsat mcat psat toefl ielts stem css us usa u s pdf faq url irs rotc \
hbcu hsi ap ib ged mba phd ba bs ma ms edd jd md dds rn bsn cna emt ged k usd eur gbp cad english spanish french german chinese \
american americans hispanic latino latina asian african native pacific islander indian alaska hawaiian jewish christian muslim \
catholic lgbtq daca monday tuesday wednesday thursday friday saturday sunday et est pst cst mst edt pdt utc am pm pell title \
ivy league covid internet web excel word u.s north south east west united states america puerto rico canada mexico canadian";

/// Two words that mean nothing apart and one scholarship together.
const FAMOUS: [&str; 2] = ["national", "merit"];

/// Whether every name and id is one of a given scholarship.
pub(super) fn all_known(text: &str, facts: &Facts) -> bool {
    ids_known(text, facts) && names_known(text, facts)
}

fn ids_known(text: &str, facts: &Facts) -> bool {
    let is_part = |next: char| next.is_ascii_alphanumeric() || next == '_' || next == '-';
    text.split(|next: char| !is_part(next))
        .map(|chunk| chunk.trim_end_matches(['-', '_']))
        .filter(|chunk| chunk.to_ascii_lowercase().starts_with("sch_"))
        .all(|id| facts.has_id(id))
}

fn names_known(text: &str, facts: &Facts) -> bool {
    let pieces = Pieces::of(text);
    (0..pieces.len()).all(|at| {
        let head = pieces
            .get(at)
            .is_some_and(|piece| piece.starts_with_capital())
            && is_in(HEADS, pieces.word(at));
        !head || is_known(&candidate(&pieces, at), facts)
    })
}

/// Whether each word with a capital inside a sentence is a given one, or one that names no award.
pub(super) fn capitals_known(text: &str, facts: &Facts) -> bool {
    let pieces = Pieces::of(text);
    let begins = |at: usize| {
        at.checked_sub(1)
            .is_none_or(|before| pieces.is_sign(before, ".!?:;\"“(•-–—"))
    };
    (0..pieces.len()).all(|at| {
        let has_capital = pieces
            .get(at)
            .is_some_and(|piece| piece.starts_with_capital());
        let word = pieces.word(at);
        let word = word.strip_suffix('s').unwrap_or(word);
        !has_capital || begins(at) || names_no_award(word) || names_no_award(pieces.word(at)) || {
            let given = folding::words(pieces.word(at));
            facts.texts().any(|text| contains(text, &given))
        }
    })
}

fn names_no_award(word: &str) -> bool {
    is_generic(word)
        || is_in(PLAIN_CAPITALS, word)
        || month_names::of_any_language(word).is_some()
        || UsState::ALL.iter().any(|state| {
            state
                .name()
                .to_lowercase()
                .split(' ')
                .any(|part| part == word)
        })
}

/// The words of the name that ends with the head at `head`, without the head.
fn candidate(pieces: &Pieces, head: usize) -> Vec<String> {
    let mut start = head;
    let mut at = head;
    while let Some(before) = at.checked_sub(1) {
        let Some(piece) = pieces.get(before) else {
            break;
        };
        let word = pieces.word(before);
        let list = matches!(word, "and" | "or") || piece.text == "&";
        let after_head = before
            .checked_sub(1)
            .is_some_and(|further| is_in(HEADS, pieces.word(further)));
        let glue =
            piece.kind == Kind::Sign && (pieces.is_dash(before) || "&'’".contains(piece.text));
        let abbreviation = piece.text == "."
            && before.checked_sub(1).is_some_and(|further| {
                let short = pieces
                    .get(further)
                    .is_some_and(|name| name.text.chars().count() == 1);
                short
                    || matches!(
                        pieces.word(further),
                        "dr" | "jr" | "st" | "mr" | "mrs" | "ms" | "sr" | "inc"
                    )
            });
        if list && after_head {
            break;
        }
        if piece.starts_with_capital() || piece.kind == Kind::Number {
            start = before;
        } else if !(is_in(JOINTS, word) || glue || abbreviation) {
            break;
        }
        at = before;
    }
    (start..head)
        .filter_map(|at| pieces.get(at))
        .filter(|piece| piece.kind != Kind::Sign)
        .flat_map(|piece| folding::words(piece.text))
        .collect()
}

/// Whether the words are those of a given text, as far as they name anything.
fn is_known(words: &[String], facts: &Facts) -> bool {
    let names_something = |word: &String| !is_generic(word) && word.contains(char::is_alphabetic);
    let Some(first) = words.iter().position(names_something) else {
        let famous = words.windows(2).find(|pair| pair == &FAMOUS);
        return famous.is_none_or(|pair| facts.texts().any(|text| contains(text, pair)));
    };
    let last = words.iter().rposition(names_something).unwrap_or(first);
    let core = &words[first..=last];
    // A sentence may begin with any word: "Win Gates Scholarship".
    let without_first = &core[1.min(core.len() - 1)..];
    facts.texts().any(|text| contains(text, core))
        || facts.names().iter().any(|name| {
            let rest = remainder(core, name);
            let shortened = core.len() > 1 && is_shortened(core, name);
            shortened || rest.is_some_and(|rest| !rest.iter().any(names_something))
        })
        || (core.len() > 2
            && facts
                .names()
                .iter()
                .any(|name| contains(name, without_first)))
}

fn is_generic(word: &str) -> bool {
    is_in(GENERIC, word) || is_in(HEADS, word) || is_in(JOINTS, word)
}

fn contains(text: &[String], part: &[String]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Whether `words` are a name with words left out: "King Memorial".
fn is_shortened(words: &[String], name: &[String]) -> bool {
    let mut rest = name.iter();
    words.iter().all(|word| rest.any(|next| next == word))
}

/// `words` without the name that they contain, its head included or not.
fn remainder(words: &[String], name: &[String]) -> Option<Vec<String>> {
    let core: &[String] = match name.split_last() {
        Some((head, rest)) if is_in(HEADS, head) => rest,
        _ => name,
    };
    if core.is_empty() {
        return None;
    }
    let at = words
        .windows(core.len())
        .position(|window| window == core)?;
    Some([&words[..at], &words[at + core.len()..]].concat())
}

//! Texts that are hard on analysers: those that were, and what becomes of them by random changes.

use crate::catalogue::Generator;

const CORPUS: [&str; 30] = [
    "",
    "Women's U.S. Ph.D. $10,000 3.5 O’Brien’s first_generation example.org",
    "Silver State Engineering Award for first-generation students",
    "nursing scholarships computer science cs nv",
    "Łódź & Ångström's École, Straße ﬁnance ＡＢＣ",
    "e\u{301}cole a\u{300}\u{301}\u{302}\u{303}",
    "奨学金プログラム 奨 学",
    "abc奨学金x 한국 장학금",
    "中文奖学金申请",
    "ทุนการศึกษา ນັກສຶກສາ မြန်မာ ភាសាខ្មែរ",
    "منحة دراسية لِلطُّلَّاب",
    "שָׁלוֹם מלגה",
    "छात्रवृत्ति के लिए",
    "Стипендия для студентов",
    "ΥΠΟΤΡΟΦΙΑ υποτροφίας",
    "İstanbul ılık ſtart ﬁ Ⅻ ½ ㎏ ²",
    "🎓 <b>Prize</b> \u{202e}evil 👩‍👩‍👧‍👦 🇺🇸",
    "' OR 1=1 -- \"q\"~2 * name:x^2 +(y | -z)",
    "%00%ff \\u0000 &lt;em&gt; </em><em>",
    "\u{0}\u{1}\u{7f}\u{85}",
    "soft\u{ad}hyphen zero\u{200b}width joiner\u{200d}s \u{feff}bom word\u{2060}joined",
    "1,000,000.50 1.2.3 1,2 3..4 5,,6 .5 7.",
    "a.b.c. A.B.C.D U.S.A.'s e.g. i.e.",
    "x's s's 's ’s s' ''s",
    "under_score __ _a_ b__c",
    "the for of a or scholarship scholarships",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "…",
    "𝒮𝒸𝒽ℴ𝓁𝒶𝓇 𐐀𐐨 𠀀𠀁 \u{e000}\u{10ffff}",
    "a\tb\nc\r\nd\u{2028}e\u{3000}f\u{a0}g",
];

const SPECIAL: [char; 32] = [
    ' ', '.', ',', '\'', '’', '-', '_', '\u{ad}', '\u{200b}', '\u{200d}', '\u{301}', '\u{345}',
    '\u{202e}', '\u{feff}', 'ß', 'ı', 'İ', 'ς', 'Σ', 'ŉ', 'ﬃ', '½', '٣', '7', 's', '奨', 'ท',
    '\u{e31}', '한', 'ᄀ', '🎓', '\u{0}',
];

/// At most `most` characters.
pub(super) fn text(generator: &mut Generator, most: usize) -> String {
    let mut characters: Vec<char> = from_corpus(generator).collect();
    for _ in 0..generator.below(8) {
        change(generator, &mut characters);
        // Else repetition of what was repeated takes all memory.
        characters.truncate(40_000);
    }
    characters.truncate(most);
    characters.into_iter().collect()
}

fn from_corpus(generator: &mut Generator) -> impl Iterator<Item = char> + use<> {
    CORPUS[generator.below(CORPUS.len())].chars()
}

fn any_character(generator: &mut Generator) -> char {
    let end = [0x80, 0x800, 0x1_0000, 0x11_0000][generator.below(4)];
    let code = u32::try_from(generator.below(end)).expect("a code point");
    char::from_u32(code).unwrap_or('\u{fffd}')
}

fn change(generator: &mut Generator, characters: &mut Vec<char>) {
    let start = generator.below(characters.len() + 1);
    let length = 1 + generator.below(8);
    let end = (start + length).min(characters.len());
    match generator.below(9) {
        0 | 1 => characters.insert(start, SPECIAL[generator.below(SPECIAL.len())]),
        2 => characters.insert(start, any_character(generator)),
        3 => drop(characters.drain(start..end)),
        4 => {
            let times = if generator.chance(0.1) { 3_000 } else { 2 };
            let repeated = characters[start..end].repeat(times);
            characters.splice(start..start, repeated);
        }
        5 => {
            let other: Vec<char> = from_corpus(generator).collect();
            characters.splice(start..start, other);
        }
        6 => characters[start..end].reverse(),
        7 => {
            let upper = characters[start..end]
                .iter()
                .flat_map(|one| one.to_uppercase());
            let upper: Vec<char> = upper.collect();
            characters.splice(start..end, upper);
        }
        _ => {
            let lower = characters[start..end]
                .iter()
                .flat_map(|one| one.to_lowercase());
            let lower: Vec<char> = lower.collect();
            characters.splice(start..end, lower);
        }
    }
}

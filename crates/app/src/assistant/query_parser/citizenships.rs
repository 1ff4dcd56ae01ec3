//! Citizenship and immigration status.

use domain::{Citizenship, CountryCode};

use Citizenship::{
    Daca, International, RefugeeOrAsylee, Undocumented, UsCitizen, UsPermanentResident,
};

use super::reading::Reading;
use super::words::Ending;

const PHRASES: &[(&str, Citizenship)] = &[
    ("us citizen", UsCitizen),
    ("us citizenship", UsCitizen),
    ("usa citizen", UsCitizen),
    ("american citizen", UsCitizen),
    ("united states citizen", UsCitizen),
    ("citizen of the us", UsCitizen),
    ("citizen of the usa", UsCitizen),
    ("citizen of the united states", UsCitizen),
    ("green card", UsPermanentResident),
    ("green card holder", UsPermanentResident),
    ("permanent resident", UsPermanentResident),
    ("us permanent resident", UsPermanentResident),
    ("legal permanent resident", UsPermanentResident),
    ("lawful permanent resident", UsPermanentResident),
    ("daca", Daca),
    ("daca recipient", Daca),
    ("dreamer", Daca),
    ("undocumented", Undocumented),
    ("refugee", RefugeeOrAsylee),
    ("asylee", RefugeeOrAsylee),
    ("asylum seeker", RefugeeOrAsylee),
    ("non us citizen", International),
    ("non citizen", International),
    ("noncitizen", International),
    ("foreign student", International),
    ("foreign national", International),
    ("student visa", International),
    ("f1 visa", International),
    ("f 1 visa", International),
    ("f1 student", International),
    ("f 1 student", International),
    ("on f1", International),
    ("on an f1", International),
    ("on f 1", International),
    ("on an f 1", International),
];

/// Country, its people's adjective, and its ISO code. Countries that are states or surnames too are left out.
const COUNTRIES: &[(&str, &str, &str)] = &[
    ("australia", "australian", "AU"),
    ("bangladesh", "bangladeshi", "BD"),
    ("brazil", "brazilian", "BR"),
    ("canada", "canadian", "CA"),
    ("china", "chinese", "CN"),
    ("colombia", "colombian", "CO"),
    ("egypt", "egyptian", "EG"),
    ("ethiopia", "ethiopian", "ET"),
    ("france", "french", "FR"),
    ("germany", "german", "DE"),
    ("ghana", "ghanaian", "GH"),
    ("haiti", "haitian", "HT"),
    ("india", "indian", "IN"),
    ("indonesia", "indonesian", "ID"),
    ("iran", "iranian", "IR"),
    ("italy", "italian", "IT"),
    ("jamaica", "jamaican", "JM"),
    ("japan", "japanese", "JP"),
    ("kenya", "kenyan", "KE"),
    ("mexico", "mexican", "MX"),
    ("nepal", "nepali", "NP"),
    ("nigeria", "nigerian", "NG"),
    ("pakistan", "pakistani", "PK"),
    ("peru", "peruvian", "PE"),
    ("philippines", "filipino", "PH"),
    ("south korea", "korean", "KR"),
    ("spain", "spanish", "ES"),
    ("turkey", "turkish", "TR"),
    ("ukraine", "ukrainian", "UA"),
    ("united kingdom", "british", "GB"),
    ("venezuela", "venezuelan", "VE"),
    ("vietnam", "vietnamese", "VN"),
];

/// Who may be "international"; relations and business are not.
const STUDENTS: &[&str] = &[
    "student",
    "students",
    "applicant",
    "applicants",
    "undergrad",
    "undergrads",
    "undergraduates",
    "scholars",
    "freshman",
    "freshmen",
];

pub(super) fn read(reading: &mut Reading<'_>) {
    let mut at = 0;
    while at < reading.len() {
        let Some((end, citizenship)) = citizenship_at(reading, at) else {
            at += 1;
            continue;
        };
        if let Some(start) = reading.negator(at) {
            reading.take(start..end);
        } else {
            let known = &mut reading.filters.citizenship;
            if !known.contains(&citizenship) {
                known.push(citizenship);
            }
            reading.take(at..end);
        }
        at = end;
    }
    // A country says more than "international".
    let known = &mut reading.filters.citizenship;
    if known
        .iter()
        .any(|one| matches!(one, Citizenship::Country(_)))
    {
        known.retain(|one| *one != International);
    }
}

fn citizenship_at(reading: &Reading<'_>, at: usize) -> Option<(usize, Citizenship)> {
    let phrase = reading.longest(at, PHRASES);
    phrase
        .map(|(end, citizenship)| (end, *citizenship))
        .or_else(|| international(reading, at))
        .or_else(|| country(reading, at))
        .or_else(|| citizens_too(reading, at))
}

/// "International students", "international graduate students": only the first word is read.
fn international(reading: &Reading<'_>, at: usize) -> Option<(usize, Citizenship)> {
    let names_students = (at + 1..at + 4)
        .take_while(|next| reading.ends_at(next - 1) == Ending::Nothing)
        .take_while(|next| {
            !matches!(
                reading.word(*next),
                "relations" | "business" | "studies" | "development" | "law" | "affairs" | "trade"
            )
        })
        .any(|next| STUDENTS.contains(&reading.word(next)));
    (reading.is_open(at) && reading.word(at) == "international" && names_students)
        .then_some((at + 1, International))
}

/// "From India", "citizens of Mexico", "Canadian citizen".
fn country(reading: &Reading<'_>, at: usize) -> Option<(usize, Citizenship)> {
    let before = reading.word_before(at);
    let is_origin = before == "from"
        || (before == "of" && matches!(reading.word(at.wrapping_sub(2)), "citizen" | "citizens"));
    COUNTRIES.iter().find_map(|(name, adjective, code)| {
        let end = match reading.phrase(at, name) {
            Some(end) if is_origin && reading.word(end) != "state" => end,
            _ => {
                let end = reading.phrase(at, adjective)?;
                let is_people = matches!(
                    reading.word(end),
                    "citizen" | "citizens" | "national" | "nationals" | "citizenship"
                );
                let is_one = matches!(before, "a" | "an" | "am" | "i'm")
                    && (reading.ends_at(end - 1) != Ending::Nothing
                        || matches!(reading.word(end), "apply" | "who" | "living" | "studying"));
                (is_people || is_one).then_some(end + usize::from(is_people))?
            }
        };
        CountryCode::parse(code).map(|country| (end, Citizenship::Country(country)))
    })
}

/// "Citizens" alone are those of the United States beside "permanent residents".
fn citizens_too(reading: &Reading<'_>, at: usize) -> Option<(usize, Citizenship)> {
    let is_citizen = reading.is_open(at) && matches!(reading.word(at), "citizen" | "citizens");
    let near = (at.saturating_sub(3)..at + 5)
        .filter(|near| *near != at)
        .any(|near| {
            reading.word(near) == "permanent"
                && matches!(reading.word(near + 1), "resident" | "residents")
        });
    (is_citizen && near).then_some((at + 1, UsCitizen))
}

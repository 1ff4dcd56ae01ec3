//! Names of people and places: well-known ones first, then an endless tail of invented ones.
//!
//! How often a name is used falls with its rank by a power law, so that the vocabulary of a catalogue grows with its size as
//! that of real ones does (Heaps' law): about 17,700 different words in 6,700 records.

use super::random::Random;

const GIVEN: &[&str] = &[
    "Maria",
    "James",
    "Linh",
    "Robert",
    "Aaliyah",
    "Wei",
    "Elena",
    "Samuel",
    "Grace",
    "Hector",
    "Priya",
    "Thomas",
    "Yolanda",
    "Kofi",
    "Ingrid",
    "Daniel",
    "Rosa",
    "Minh",
    "Eleanor",
    "Malik",
    "Sofía",
    "Walter",
    "Naomi",
    "Andrés",
    "Hannah",
    "Tuan",
    "Beatrice",
    "Omar",
    "Louise",
    "Rafael",
    "Mei",
    "George",
    "Fatima",
    "Patrick",
    "Lucía",
    "Henry",
    "Amara",
    "Victor",
    "Ruth",
    "Diego",
    "Nkechi",
    "Frances",
    "Kenji",
    "Alice",
    "José",
    "Margaret",
    "Ahmed",
    "Clara",
    "Leroy",
    "Esther",
    "Miguel",
    "Dorothy",
    "Raj",
    "Sylvia",
    "Emmett",
    "Anh",
    "Josephine",
    "Carlos",
    "Edith",
    "Tamika",
];

/// Surnames, made up or too common to mean anybody.
const SURNAMES: &[&str] = &[
    "Alvarez",
    "Whitfield",
    "Nguyen",
    "Okafor",
    "Brennan",
    "Castellanos",
    "Lindqvist",
    "Hargrove",
    "Tran",
    "Delacroix",
    "Ashworth",
    "Park",
    "Montoya",
    "Fairbanks",
    "Osei",
    "Pemberton",
    "Ramirez",
    "Caldwell",
    "Yamada",
    "Thornbury",
    "Vasquez",
    "Holloway",
    "Chen",
    "Stanton",
    "Iyer",
    "McAllister",
    "Redcloud",
    "Petrov",
    "Quintero",
    "Beaumont",
    "Abara",
    "Larkin",
    "Szymanski",
    "Underhill",
    "Mendoza",
    "Greenleaf",
    "Haddad",
    "Winslow",
    "Kim",
    "Barrow",
    "Ortega",
    "Lockhart",
    "Mbeki",
    "Sorensen",
    "Villanueva",
    "Crane",
    "Pham",
    "Ellsworth",
    "Duarte",
    "Nakamura",
    "Prescott",
    "Begay",
    "Salazar",
    "Merriweather",
    "Rao",
    "Donnelly",
    "Escobar",
    "Tillman",
    "Kowalski",
    "Vance",
];

/// Towns and valleys that no map shows.
const PLACES: &[&str] = &[
    "Cedar Hollow",
    "Mill Creek Falls",
    "Silver Bend",
    "Harbor Point",
    "Red Mesa Valley",
    "Oak Prairie",
    "Lake Verity",
    "Stonebridge",
    "Pine Ridge Falls",
    "Copper Basin",
    "Willow Ferry",
    "Eagle Notch",
    "Amber Plains",
    "Fox River Landing",
    "Juniper Flats",
    "Grandview Bluffs",
    "Sandhill Crossing",
    "Blue Heron Bay",
    "Granite Pass",
    "Magnolia Springs",
    "Iron Forge",
    "Sweetwater Bend",
    "North Fork Valley",
    "Riverbend Heights",
    "Clover Mills",
    "Desert Bloom",
    "Tamarack Lake",
    "Old Harbor",
    "Saltmarsh County",
    "Quarry Hill",
    "Larkspur Valley",
    "Twin Mesas",
    "Bayou Verde",
    "Maple Landing",
    "Frostburg Heights",
    "Canyon Gate",
    "Prairie Star",
    "Cottonwood Bend",
    "Misty Cove",
    "Sunrise Mesa",
];

const STARTS: &[&str] = &[
    "Al", "Bar", "Bel", "Bran", "Cal", "Cor", "Dal", "Del", "Dor", "Ed", "El", "Fen", "Gal", "Gar",
    "Hal", "Har", "Hol", "Is", "Jar", "Kel", "Kor", "Lan", "Lor", "Mal", "Mar", "Mel", "Mor",
    "Nor", "Ol", "Or", "Pal", "Per", "Quin", "Ral", "Ren", "Ros", "Sal", "Sel", "Sor", "Tal",
    "Tor", "Ul", "Val", "Ver", "Vin", "Wal", "Wes", "Yar", "Zan", "Zel",
];
const MIDDLES: &[&str] = &[
    "a", "an", "ber", "bi", "da", "den", "do", "e", "en", "er", "fa", "ga", "gen", "i", "in", "ka",
    "ke", "la", "le", "li", "ma", "men", "mi", "na", "ne", "ni", "o", "ra", "ri", "ro", "sa", "se",
    "ta", "ten", "ti", "to", "va", "ve", "vi", "wen",
];
const SURNAME_ENDS: &[&str] = &[
    "berg", "bert", "by", "cott", "den", "dez", "ell", "er", "feld", "ford", "gard", "ham", "hart",
    "ick", "idge", "ini", "ison", "kin", "land", "ley", "lin", "man", "mann", "mond", "ner", "nov",
    "ova", "quist", "rez", "ris", "sen", "ski", "son", "stad", "stein", "tano", "ton", "vić",
    "wick", "worth",
];
const PLACE_ENDS: &[&str] = &[
    "borough", "bridge", "brook", "burg", "bury", "crest", "dale", "don", "fall", "field", "ford",
    "gate", "grove", "ham", "haven", "hill", "hurst", "lake", "land", "ley", "mead", "mere",
    "mont", "mont", "moor", "mouth", "ness", "point", "port", "ridge", "shire", "side", "stead",
    "ston", "ton", "vale", "view", "ville", "wood", "worth",
];

/// Where the power law of ranks bends, and its exponent: fitted to the vocabulary named above.
const BEND: f64 = 1300.0;
const EXPONENT: f64 = 0.62;

/// Where names come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexicon {
    /// Hand-picked names only.
    Curated,
    /// Hand-picked names, and invented ones the more, the more are asked for.
    Growing,
}

impl Lexicon {
    pub(super) fn given_name(self, random: &mut Random) -> &'static str {
        random.pick(GIVEN)
    }

    pub(super) fn surname(self, random: &mut Random) -> String {
        self.name(random, SURNAMES, SURNAME_ENDS)
    }

    pub(super) fn place(self, random: &mut Random) -> String {
        self.name(random, PLACES, PLACE_ENDS)
    }

    /// A place in an endless list of which the first are used most.
    pub(super) fn rank(self, random: &mut Random) -> usize {
        rank(random)
    }

    fn name(self, random: &mut Random, curated: &[&str], ends: &[&str]) -> String {
        if self == Self::Curated {
            return random.pick(curated).to_owned();
        }
        let rank = rank(random);
        match curated.get(rank) {
            Some(name) => (*name).to_owned(),
            None => invented(rank, ends),
        }
    }
}

/// A rank whose probability falls with the power 1 + [`EXPONENT`] beyond [`BEND`].
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is positive and bounded just before"
)]
fn rank(random: &mut Random) -> usize {
    let unit = 1.0 - random.unit();
    let rank = BEND * (unit.powf(-1.0 / EXPONENT) - 1.0);
    rank.min(1e9) as usize
}

/// The name of a rank: every rank has another.
fn invented(rank: usize, ends: &[&str]) -> String {
    let mut name = String::new();
    // Steps that share no factor with the list lengths, so that neighbours in rank do not look alike.
    let (start, rest) = (rank % STARTS.len(), rank / STARTS.len());
    let (end, rest) = ((rest + start * 7) % ends.len(), rest / ends.len());
    name.push_str(STARTS[start]);
    let mut left = rest;
    while left > 0 {
        name.push_str(MIDDLES[left % MIDDLES.len()]);
        left /= MIDDLES.len();
    }
    name.push_str(ends[end]);
    name
}

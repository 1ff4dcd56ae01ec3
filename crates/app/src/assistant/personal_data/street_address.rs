//! Street addresses and post office boxes.

use super::super::pieces::{Kind, Pieces, is_in};
use super::{Finding, PersonalData, finding};

/// What streets are called.
const STREETS: &str = "street st avenue ave av boulevard blvd road rd drive dr lane ln court ct place pl way circle cir terrace ter parkway \
pkwy highway hwy trail trl square sq plaza loop alley crescent cres row";
/// Those that are also words of other sense: in small letters they need a house number of two digits.
const DOUBTFUL_STREETS: &str =
    "way place court drive circle loop square row plaza dr ct pl st trail road";
/// Words that no street name holds, so that "3 scholarships for St Louis" is no address.
const NO_NAMES: &str = "year hour day week month mile minute minutes miles years scholarship scholarships student students for in at to and or \
with from that who is are my a an by best credits hours grade months weeks days people kids children awards award \
grants dollars gpa on if not the per only as this easy great good more different universities colleges schools";
/// Words behind a street that make it a name of something else.
const NAMED_AFTER: &str =
    "scholarship scholarships award awards grant grants fellowship foundation fund bank prize";
/// Words before the name of a street in Spanish, French, Italian and Portuguese, with the number before or behind.
const STREETS_FIRST: &str = "calle avenida rua rue via carrera boulevard avenue paseo";
const UNITS: &str = "apt apartment unit suite ste room rm floor fl bldg building lot trailer";
const DIRECTIONS: &str = "n s e w ne nw se sw north south east west";
const STATES: &str = "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA \
RI SC SD TN TX UT VT VA WA WV WI WY DC PR";
/// Words of a street's name at most.
const LONGEST_NAME: usize = 4;

pub(super) fn addresses(pieces: &Pieces) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let reader = Reader { pieces, start: at };
        let street = reader
            .street()
            .map(|end| (at, reader.with_city(reader.with_unit(end))));
        let end = street
            .or_else(|| reader.box_number().map(|end| (at, reader.with_city(end))))
            .or_else(|| reader.street_first());
        match end {
            Some((start, end)) => {
                found.extend(finding(pieces, PersonalData::Address, start, end));
                at = end.max(at + 1);
            }
            None => at += 1,
        }
    }
    found
}

struct Reader<'a> {
    pieces: &'a Pieces<'a>,
    start: usize,
}

impl Reader<'_> {
    /// "123 North Main St.", "12B 5th Ave": the place behind it.
    fn street(&self) -> Option<usize> {
        let pieces = self.pieces;
        let mut at = self.house_number()?;
        let name = at;
        while at <= name + LONGEST_NAME {
            let word = pieces.word(at);
            let is_street = at > name && is_in(STREETS, word);
            let goes_on = is_in(STREETS, pieces.word(at + 1));
            if is_street && !goes_on && self.is_plausible(name, at) {
                return Some(self.behind_street(at + 1));
            }
            at = self.behind_name(at)?;
        }
        None
    }

    /// The place behind a house number; a letter or fraction belongs to it.
    fn house_number(&self) -> Option<usize> {
        let (pieces, start) = (self.pieces, self.start);
        let length = pieces.digits(start).len();
        let part = pieces.is_glued(start)
            && start
                .checked_sub(1)
                .is_some_and(|before| !pieces.is_sign(before, "(\"'#:,;"));
        let money = start
            .checked_sub(1)
            .is_some_and(|before| pieces.is_sign(before, "$€£"));
        if !(1..=6).contains(&length) || part || money {
            return None;
        }
        let letter = pieces.is_glued(start + 1) && pieces.word(start + 1).chars().count() == 1;
        let behind = start + 1 + usize::from(letter);
        (!pieces.is_glued(behind)).then_some(behind)
    }

    /// One word of a name, an ordinal such as "5th", or an abbreviation with its full stop.
    fn behind_name(&self, at: usize) -> Option<usize> {
        let pieces = self.pieces;
        if !pieces.digits(at).is_empty() {
            let ordinal = matches!(pieces.word(at + 1), "st" | "nd" | "rd" | "th");
            return (ordinal && pieces.is_glued(at + 1)).then_some(at + 2);
        }
        let word = pieces.word(at);
        if word.is_empty() || is_in(NO_NAMES, word) {
            return None;
        }
        let abbreviated = pieces.is_sign(at + 1, ".") && word.len() <= 3;
        Some(at + 1 + usize::from(abbreviated))
    }

    fn is_plausible(&self, name: usize, street: usize) -> bool {
        let pieces = self.pieces;
        let is_capital = |at: usize| {
            pieces
                .get(at)
                .is_some_and(|piece| piece.starts_with_capital() || piece.kind != Kind::Word)
        };
        let capitals = (name..=street).all(|at| is_capital(at) || pieces.is_glued(at));
        let doubtful = is_in(DOUBTFUL_STREETS, pieces.word(street));
        let long_number = pieces.digits(self.start).len() >= 2;
        let named_after = is_in(NAMED_AFTER, pieces.word(street + 1));
        !named_after && (capitals || !doubtful || (long_number && street <= name + 2))
    }

    fn behind_street(&self, mut at: usize) -> usize {
        at += usize::from(self.pieces.is_sign(at, ".") && self.goes_on(at + 1));
        at += usize::from(is_in(DIRECTIONS, self.pieces.word(at)));
        at
    }

    /// A full stop behind "St" ends the sentence unless the address goes on.
    fn goes_on(&self, at: usize) -> bool {
        self.pieces.is_sign(at, ",#")
            || is_in(UNITS, self.pieces.word(at))
            || is_in(DIRECTIONS, self.pieces.word(at))
            || self.city(at).is_some()
    }

    /// ", Apt. 4B", "#12".
    fn with_unit(&self, end: usize) -> usize {
        let pieces = self.pieces;
        let mut at = end + usize::from(pieces.is_sign(end, ","));
        if is_in(UNITS, pieces.word(at)) {
            at += 1;
            at += usize::from(pieces.is_sign(at, ".#"));
        } else if pieces.is_sign(at, "#") {
            at += 1;
        } else {
            return end;
        }
        let is_value = |at: usize| !pieces.digits(at).is_empty() || pieces.word(at).len() == 1;
        if !is_value(at) {
            return end;
        }
        at += 1;
        while pieces.is_glued(at) && (is_value(at) || (pieces.is_dash(at) && is_value(at + 1))) {
            at += 1;
        }
        at
    }

    fn with_city(&self, end: usize) -> usize {
        let comma = usize::from(self.pieces.is_sign(end, ","));
        self.city(end + comma).unwrap_or(end)
    }

    /// "Austin, TX 78701" or a zip code alone: the place behind it.
    fn city(&self, start: usize) -> Option<usize> {
        let pieces = self.pieces;
        let zip = |at: usize| {
            let plus = pieces.is_dash(at + 1) && pieces.digits(at + 2).len() == 4;
            (pieces.digits(at).len() == 5).then_some(at + 1 + if plus { 2 } else { 0 })
        };
        for length in 0..=3 {
            let at = start + length;
            if let Some(end) = zip(at) {
                return Some(end);
            }
            let behind_comma = at + usize::from(length > 0 && pieces.is_sign(at, ","));
            let state = pieces.get(behind_comma).map_or("", |piece| piece.text);
            if STATES.split(' ').any(|known| known == state.to_uppercase()) && state.len() == 2 {
                let certain = zip(behind_comma + 1);
                if certain.is_some() || state == state.to_uppercase() {
                    return certain.or(Some(behind_comma + 1));
                }
            }
            if pieces.word(at).is_empty() {
                return None;
            }
        }
        None
    }

    /// "PO Box 123", "P.O. Box 12", "post office box 7".
    fn box_number(&self) -> Option<usize> {
        let (pieces, start) = (self.pieces, self.start);
        let mut at = start;
        match (pieces.word(at), pieces.word(at + 1)) {
            ("po" | "pobox", _) => at += 1,
            ("p", "o") => at += 2,
            ("post", "office") => at += 2,
            ("p", _) if pieces.word(at + 2) == "o" => at += 3,
            _ => return None,
        }
        at += usize::from(pieces.is_sign(at, "."));
        at += usize::from(pieces.word(at) == "box");
        at += usize::from(pieces.is_sign(at, "#"));
        let named = pieces.word(start) == "pobox" || (start..at).any(|at| pieces.word(at) == "box");
        (named && !pieces.digits(at).is_empty()).then_some(at + 1)
    }

    /// "Calle Mayor 5", "Hauptstraße 12", "12 rue de Rivoli": where it starts, and the place behind it.
    fn street_first(&self) -> Option<(usize, usize)> {
        let (pieces, start) = (self.pieces, self.start);
        let word = pieces.word(start);
        let german = word.ends_with("straße") || word.ends_with("strasse");
        if !german && !is_in(STREETS_FIRST, word) {
            return None;
        }
        let mut at = start + 1;
        while !german && at <= start + LONGEST_NAME && !pieces.word(at).is_empty() {
            let particle = matches!(
                pieces.word(at),
                "de" | "la" | "del" | "du" | "des" | "da" | "do" | "los" | "las"
            );
            let capital = pieces
                .get(at)
                .is_some_and(|piece| piece.starts_with_capital());
            if !particle && !capital {
                break;
            }
            at += 1;
        }
        let number = at + usize::from(pieces.is_sign(at, ","));
        if (1..=5).contains(&pieces.digits(number).len()) && (german || at > start + 1) {
            return Some((start, number + 1));
        }
        let before = start.checked_sub(1)?;
        let numbered = (1..=4).contains(&pieces.digits(before).len()) && !pieces.is_glued(before);
        (numbered && at > start + 1).then_some((before, at))
    }
}

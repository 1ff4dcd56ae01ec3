//! Numbers of cards, social security and phones, by the groups of their digits.

use super::super::pieces::{Kind, Pieces, is_in};
use super::{Finding, PersonalData, finding};

/// A number and the place of its piece, with what stands before it.
#[derive(Debug, Clone, Copy)]
struct Group<'a> {
    at: usize,
    digits: &'a str,
    joint: Joint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// Nothing that joins it to a number before.
    None,
    Space,
    Dash,
    Dot,
    Bracket,
}

const ANY_JOINT: [Joint; 4] = [Joint::Space, Joint::Dash, Joint::Dot, Joint::Bracket];

/// Words that announce a phone number.
const PHONE_WORDS: &str = "phone cell cellphone mobile tel telephone call text whatsapp fax ph landline telefono teléfono celular móvil handy \
telefon téléphone telefone sms reach hotline";
/// Words about numbers that only look like phone numbers.
const SCORE_WORDS: &str = "sat act gre psat score scores toefl scored math reading";
/// Signs before an amount.
const MONEY_SIGNS: &str = "$€£¥₹₩";
/// So many digits in one run are no amount, year or score.
const LONG_RUN: usize = 9;

pub(super) fn numbers(pieces: &Pieces) -> Vec<Finding> {
    let groups = groups(pieces);
    let mut found = Vec::new();
    let mut at = 0;
    while at < groups.len() {
        let reader = Reader {
            pieces,
            groups: &groups[at..],
        };
        match reader.read() {
            Some((kind, count)) => {
                let last = groups[at + count - 1].at;
                let start = reader.start();
                found.extend(finding(
                    pieces,
                    kind,
                    start,
                    end_behind(pieces, kind, last + 1),
                ));
                at += count;
            }
            None => at += 1,
        }
    }
    found
}

fn groups<'a>(pieces: &Pieces<'a>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    for at in 0..pieces.len() {
        let digits = pieces.digits(at);
        if !digits.is_empty() {
            let joint = groups
                .last()
                .map_or(Joint::None, |last| joint(pieces, last.at, at));
            groups.push(Group { at, digits, joint });
        }
    }
    groups
}

fn joint(pieces: &Pieces, before: usize, at: usize) -> Joint {
    let between: Vec<char> = (before + 1..at)
        .take(4)
        .map(|place| pieces.sign(place).unwrap_or('?'))
        .collect();
    let is_dash = |place: usize| pieces.is_dash(place) || pieces.is_sign(place, "_");
    match between[..] {
        [] => Joint::Space,
        [_] if is_dash(at - 1) => Joint::Dash,
        ['.'] if pieces.is_glued(at) && pieces.is_glued(at - 1) => Joint::Dot,
        ['(' | ')' | '/'] => Joint::Bracket,
        [')', _] if is_dash(at - 1) => Joint::Bracket,
        ['-', '('] => Joint::Bracket,
        _ => Joint::None,
    }
}

/// An extension belongs to a phone number: "ext. 12", "x12".
fn end_behind(pieces: &Pieces, kind: PersonalData, end: usize) -> usize {
    if kind != PersonalData::Phone || !matches!(pieces.word(end), "x" | "ext" | "extension") {
        return end;
    }
    let number = end + 1 + usize::from(pieces.is_sign(end + 1, ".:"));
    let is_extension = (1..=6).contains(&pieces.digits(number).len());
    if is_extension { number + 1 } else { end }
}

/// Reads what begins with the first of its groups.
struct Reader<'a> {
    pieces: &'a Pieces<'a>,
    groups: &'a [Group<'a>],
}

impl Reader<'_> {
    /// The kind, and how many groups belong to it.
    fn read(&self) -> Option<(PersonalData, usize)> {
        let first = self.groups.first()?;
        let money = |place: usize| self.pieces.is_sign(place, MONEY_SIGNS);
        if first.at.checked_sub(1).is_some_and(money) {
            return None;
        }
        let usual = self.card(is_usual_for_cards);
        let kind = |kind| move |count| (kind, count);
        usual
            .map(kind(PersonalData::Card))
            .or_else(|| self.ssn().map(kind(PersonalData::Ssn)))
            .or_else(|| self.north_american().map(kind(PersonalData::Phone)))
            .or_else(|| self.card(|_| true).map(kind(PersonalData::Card)))
            .or_else(|| self.phone().map(kind(PersonalData::Phone)))
            .or_else(|| self.long().map(kind(PersonalData::Identifier)))
    }

    /// The first piece: a plus or bracket before the digits belongs to them.
    fn start(&self) -> usize {
        let mut start = self.groups.first().map_or(0, |group| group.at);
        for _ in 0..2 {
            let before = start.checked_sub(1);
            match before {
                Some(before) if self.pieces.is_sign(before, "+(") => start = before,
                _ => break,
            }
        }
        start
    }

    fn has_plus(&self) -> bool {
        self.pieces.is_sign(self.start(), "+") || self.pieces.is_sign(self.start() + 1, "+")
    }

    fn joined(&self, count: usize, allowed: &[Joint]) -> bool {
        self.groups
            .get(1..count)
            .is_some_and(|rest| rest.iter().all(|group| allowed.contains(&group.joint)))
    }

    fn digits(&self, count: usize) -> String {
        self.groups[..count]
            .iter()
            .map(|group| group.digits)
            .collect()
    }

    fn lengths(&self, count: usize) -> Vec<usize> {
        self.groups
            .iter()
            .take(count)
            .map(|group| group.digits.len())
            .collect()
    }

    fn card(&self, shape: fn(&[usize]) -> bool) -> Option<usize> {
        let most = self.groups.len().min(19);
        (1..=most).rev().find(|count| {
            let lengths = self.lengths(*count);
            let length: usize = lengths.iter().sum();
            let years = self.groups[..*count]
                .iter()
                .all(|group| is_year(group.digits));
            (13..=19).contains(&length)
                && !years
                && shape(&lengths)
                && self.joined(*count, &[Joint::Space, Joint::Dash])
                && has_check_digit(&self.digits(*count))
        })
    }

    fn ssn(&self) -> Option<usize> {
        let allowed = [Joint::Space, Joint::Dash, Joint::Dot];
        (self.lengths(3) == [3, 2, 4] && self.joined(3, &allowed)).then_some(3)
    }

    /// 555-123-4567, 1 (555) 123-4567 and their like.
    fn north_american(&self) -> Option<usize> {
        let shapes = [([3, 3, 4].as_slice(), 3), (&[1, 3, 3, 4], 4)];
        let shape = shapes.into_iter().find(|(lengths, count)| {
            self.lengths(*count) == *lengths
                && self.joined(*count, &ANY_JOINT)
                && self.is_dialled(*count)
        });
        let by_sign = [Joint::Dash, Joint::Dot, Joint::Bracket];
        let short = [[3, 7], [6, 4], [1, 10]];
        let is_short = short.iter().any(|lengths| self.lengths(2) == lengths);
        shape
            .map(|(_, count)| count)
            .or_else(|| (is_short && self.joined(2, &by_sign)).then_some(2))
    }

    fn phone(&self) -> Option<usize> {
        if self.has_plus() {
            return self.international();
        }
        let first = self.groups.first()?.digits;
        let announced = self.is_announced(PHONE_WORDS, 5);
        // 02139-4307 is a zip code.
        let zip = self.lengths(2) == [5, 4];
        let trunk = first.starts_with('0') && first.len() > 1 && self.groups.len() > 1 && !zip;
        let least = if announced { 7 } else { 9 };
        let count = self.longest(7, 15, &ANY_JOINT);
        let length: usize = self.lengths(count).iter().sum();
        if (announced || trunk) && length >= least && !is_year(first) {
            return Some(count);
        }
        let ten = first.len() == 10 || (first.len() == 11 && first.starts_with(['0', '1']));
        ten.then_some(1)
    }

    fn international(&self) -> Option<usize> {
        let most = if self.groups.first()?.digits == "1" {
            11
        } else {
            15
        };
        let count = self.longest(7, most, &ANY_JOINT);
        (self.lengths(count).iter().sum::<usize>() >= 7).then_some(count)
    }

    /// How many groups fit into `most` digits. A year of four digits behind `least` digits belongs to something else.
    fn longest(&self, least: usize, most: usize, allowed: &[Joint]) -> usize {
        let mut length = 0;
        let mut count = 0;
        for group in self.groups {
            let joins = count == 0 || allowed.contains(&group.joint);
            let year = length >= least && group.joint == Joint::Space && is_year(group.digits);
            if !joins || length + group.digits.len() > most || year {
                break;
            }
            length += group.digits.len();
            count += 1;
        }
        count.max(1)
    }

    /// Three numbers side by side may be scores.
    fn is_dialled(&self, count: usize) -> bool {
        let spaces = self.groups[1..count]
            .iter()
            .all(|group| group.joint == Joint::Space);
        let area = self.groups[count - 3].digits;
        let exchange = self.groups[count - 2].digits;
        let possible = !area.starts_with(['0', '1']) && !exchange.starts_with(['0', '1']);
        !spaces || (possible && !self.is_announced(SCORE_WORDS, 6))
    }

    fn is_announced(&self, words: &str, distance: usize) -> bool {
        let start = self.start();
        let mut before = (start.saturating_sub(distance)..start).map(|at| self.pieces.word(at));
        before.any(|word| is_in(words, word))
    }

    fn long(&self) -> Option<usize> {
        let first = self.groups.first()?;
        if self.lengths(3) == [3, 3, 3]
            && (self.joined(3, &[Joint::Dash]) || self.joined(3, &[Joint::Space]))
            && !self.groups[2].digits.ends_with("00")
        {
            return Some(3);
        }
        let behind_word = first
            .at
            .checked_sub(1)
            .and_then(|before| self.pieces.get(before))
            .is_some_and(|before| before.kind == Kind::Word && self.pieces.is_glued(first.at));
        (first.digits.len() >= LONG_RUN && !behind_word).then_some(1)
    }
}

/// As cards print their numbers: in fours, as 4-6-5, 4-6-4, or without gaps.
fn is_usual_for_cards(lengths: &[usize]) -> bool {
    match lengths {
        [_] | [4, 6, 4 | 5] => true,
        [fours @ .., last] => fours.iter().all(|length| *length == 4) && *last <= 4,
        [] => false,
    }
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

/// Luhn's check, as the numbers of all cards pass it.
fn has_check_digit(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte.saturating_sub(b'0'));
            match at % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

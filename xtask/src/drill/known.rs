//! What writers know after all that they heard: which scholarships must be there, and by which names.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use super::ledger::{Entry, Heard, Write, name};

/// The names that each scholarship whose making was acknowledged may have, as far as writers know.
pub(super) fn names<'a>(
    entries: impl Iterator<Item = &'a Entry>,
) -> BTreeMap<String, HashSet<String>> {
    let mut names = BTreeMap::<String, HashSet<String>>::new();
    for entry in entries {
        let own = name(entry.number);
        match (&entry.write, &entry.heard) {
            (Write::Create, Heard::Acknowledged(Some(id))) => {
                names.insert(id.clone(), HashSet::from([own]));
            }
            // Only acknowledged scholarships are replaced, with higher numbers.
            (Write::Replace { id }, Heard::Acknowledged(_)) => {
                names.insert(id.clone(), HashSet::from([own]));
            }
            (Write::Replace { id }, Heard::Unknown(_)) => {
                // Whether one is there whose making is forgotten is unknown as well.
                if let Some(names) = names.get_mut(id) {
                    names.insert(own);
                }
            }
            _ => {}
        }
    }
    names
}

/// The names of scholarships whose making was acknowledged, but not as what.
pub(super) fn without_id(entries: &[Entry]) -> Vec<String> {
    let nameless = entries
        .iter()
        .filter(|entry| entry.write == Write::Create && entry.heard == Heard::Acknowledged(None));
    nameless.map(|entry| name(entry.number)).collect()
}

/// What writers knew at a moment: the outcome of what was acknowledged later was unknown then.
pub(super) fn at(mut entries: Vec<Entry>, moment: Instant) -> Vec<Entry> {
    for entry in &mut entries {
        if entry.is_acknowledged() && entry.heard_at >= moment {
            entry.heard = Heard::Unknown("acknowledged later".to_owned());
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::ledger::entry;
    use super::*;

    #[test]
    fn a_replacement_of_unknown_outcome_leaves_both_names() {
        let now = Instant::now();
        let id = || "sch_1".to_owned();
        let made = entry(4, Write::Create, Heard::Acknowledged(Some(id())), now);
        let replace = |heard| entry(6, Write::Replace { id: id() }, heard, now);
        let names_after = |heard| names([&made, &replace(heard)].into_iter())[&id()].clone();
        let both = HashSet::from([name(4), name(6)]);
        assert_eq!(names_after(Heard::Unknown("504".to_owned())), both);
        let only = |number| HashSet::from([name(number)]);
        assert_eq!(names_after(Heard::Refused("412".to_owned())), only(4));
        assert_eq!(names_after(Heard::Acknowledged(Some(id()))), only(6));
    }

    #[test]
    fn what_is_acknowledged_later_may_have_either_name_and_what_is_made_later_none() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let made = |number, id: &str, at| {
            let heard = Heard::Acknowledged(Some(id.to_owned()));
            entry(number, Write::Create, heard, at)
        };
        let replaced = |number, id: &str| {
            let write = Write::Replace { id: id.to_owned() };
            entry(number, write, Heard::Acknowledged(None), later)
        };
        let entries = vec![
            made(0, "sch_0", now),
            made(4, "sch_4", later),
            replaced(6, "sch_0"),
            replaced(10, "sch_4"),
        ];
        let known = at(entries, later);
        let both = HashSet::from([name(0), name(6)]);
        let expected = BTreeMap::from([("sch_0".to_owned(), both)]);
        assert_eq!(names(known.iter()), expected);
    }

    #[test]
    fn a_scholarship_that_is_made_without_an_id_is_named() {
        let now = Instant::now();
        let none = || Heard::Acknowledged(None);
        let entries = [
            entry(1, Write::View, none(), now),
            entry(4, Write::Create, none(), now),
        ];
        assert_eq!(without_id(&entries), [name(4)]);
    }
}

//! What the database holds of the writers' work, and how that differs from what they heard.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::known;
use super::ledger::{self, Entry, Heard, ORGANIZATION, VIEW, Write};
use super::world::World;

pub(super) struct Kept {
    /// Ids and names.
    scholarships: HashMap<String, String>,
    views: HashSet<String>,
}

impl Kept {
    pub(super) fn read(world: &World) -> Self {
        let psql = |sql: String| world.postgres.psql(&world.database, &sql);
        let scholarships = psql(format!(
            "SELECT id, document::json->>'name' FROM scholarships WHERE document::json->>'organization' = '{ORGANIZATION}'"
        ));
        let views = psql(format!(
            "SELECT id FROM interactions WHERE starts_with(id, '{VIEW}')"
        ));
        let pair = |line: &str| {
            let (id, name) = line.split_once('|')?;
            Some((id.to_owned(), name.to_owned()))
        };
        Self {
            scholarships: scholarships.lines().filter_map(pair).collect(),
            views: views.lines().map(str::to_owned).collect(),
        }
    }

    /// Of what was acknowledged, the ids of what is not there, with what is there instead.
    pub(super) fn missing(&self, entries: &[Entry]) -> BTreeMap<String, String> {
        let names = known::names(entries.iter());
        let scholarships = names.into_iter().filter_map(|(id, names)| {
            let kept = self.scholarships.get(&id);
            if kept.is_some_and(|name| names.contains(name)) {
                return None;
            }
            let text = format!("{id} must be one of {names:?}, and is {kept:?}");
            Some((id, text))
        });
        let views = entries.iter().filter_map(|entry| {
            let id = ledger::view(entry.number);
            let is_missing =
                entry.write == Write::View && entry.is_acknowledged() && !self.views.contains(&id);
            is_missing.then(|| (id.clone(), id))
        });
        scholarships.chain(views).collect()
    }

    /// Whether the very write is there, and nothing came after it.
    pub(super) fn has(&self, entry: &Entry) -> bool {
        let has_name = |id: &String| self.scholarships.get(id) == Some(&ledger::name(entry.number));
        match (&entry.write, &entry.heard) {
            (Write::View, _) => self.views.contains(&ledger::view(entry.number)),
            (Write::Replace { id }, _) => has_name(id),
            (Write::Create, Heard::Acknowledged(Some(id))) => self.scholarships.contains_key(id),
            (Write::Create, _) => false,
        }
    }

    pub(super) fn written_though_refused(&self, entries: &[Entry]) -> Vec<String> {
        let names: HashSet<&String> = self.scholarships.values().collect();
        let refused = entries
            .iter()
            .filter(|entry| matches!(entry.heard, Heard::Refused(_)));
        refused
            .filter_map(|entry| {
                let written = match entry.write {
                    Write::View => ledger::view(entry.number),
                    Write::Create | Write::Replace { .. } => ledger::name(entry.number),
                };
                (names.contains(&written) || self.views.contains(&written)).then_some(written)
            })
            .collect()
    }

    /// Scholarships beside the one that each writer knows to have made. Each by itself, since one that is lost would hide another in
    /// the totals.
    pub(super) fn made_twice(&self, entries: &[Entry]) -> Vec<String> {
        let mut heard = HashSet::new();
        // Each of these may have made one, whose id nobody heard.
        let mut unheard = HashSet::new();
        for entry in entries {
            match (&entry.write, &entry.heard) {
                (Write::Create, Heard::Acknowledged(Some(id))) => {
                    heard.insert(id.as_str());
                }
                (Write::Create, _) => {
                    unheard.insert(ledger::name(entry.number));
                }
                _ => {}
            }
        }
        let unknown = self
            .scholarships
            .iter()
            .filter(|(id, _)| !heard.contains(id.as_str()));
        unknown
            .filter(|(_, name)| !unheard.remove(name.as_str()))
            .map(|(id, name)| format!("{name}, also as {id}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn kept(scholarships: &[(&str, u64)], views: &[u64]) -> Kept {
        let scholarships = scholarships.iter();
        Kept {
            scholarships: scholarships
                .map(|(id, number)| ((*id).to_owned(), ledger::name(*number)))
                .collect(),
            views: views.iter().map(|number| ledger::view(*number)).collect(),
        }
    }

    fn entry(number: u64, write: Write, heard: Heard) -> Entry {
        ledger::entry(number, write, heard, Instant::now())
    }

    fn made(number: u64, id: &str) -> Entry {
        entry(
            number,
            Write::Create,
            Heard::Acknowledged(Some(id.to_owned())),
        )
    }

    fn unknown(number: u64, write: Write) -> Entry {
        entry(number, write, Heard::Unknown("504".to_owned()))
    }

    #[test]
    fn a_write_that_is_acknowledged_only_when_it_is_sent_again_must_be_there() {
        let mut entries = [unknown(1, Write::View), unknown(4, Write::Create)];
        let nothing = kept(&[], &[]);
        assert_eq!(nothing.missing(&entries), BTreeMap::new());
        entries[0].hear_again(202, &serde_json::json!({"accepted": 1}));
        entries[1].hear_again(201, &serde_json::json!({"id": "sch_4"}));
        let missing = nothing.missing(&entries).into_keys().collect::<Vec<_>>();
        assert_eq!(missing, [ledger::view(1), "sch_4".to_owned()]);
        let all = kept(&[("sch_4", 4)], &[1]);
        assert_eq!(all.missing(&entries), BTreeMap::new());
    }

    #[test]
    fn a_lost_scholarship_hides_none_that_was_made_twice() {
        let entries = [made(0, "sch_0"), made(4, "sch_4")];
        let doubled = kept(&[("sch_4", 4), ("sch_x", 4)], &[]);
        assert_eq!(
            doubled.made_twice(&entries),
            ["Drill Award 4, also as sch_x"]
        );
        assert_eq!(doubled.missing(&entries).len(), 1);
        let once = kept(&[("sch_0", 0), ("sch_4", 4)], &[]);
        assert_eq!(once.made_twice(&entries), [""; 0]);
    }

    #[test]
    fn a_double_is_found_after_the_other_got_a_new_name() {
        let id = "sch_0".to_owned();
        let replaced = entry(6, Write::Replace { id }, Heard::Acknowledged(None));
        let entries = [made(0, "sch_0"), replaced];
        let doubled = kept(&[("sch_0", 6), ("sch_x", 0)], &[]);
        assert_eq!(
            doubled.made_twice(&entries),
            ["Drill Award 0, also as sch_x"]
        );
    }

    #[test]
    fn a_write_of_unknown_outcome_may_have_made_one() {
        let entries = [unknown(4, Write::Create)];
        let once = kept(&[("sch_4", 4)], &[]);
        assert_eq!(once.made_twice(&entries), [""; 0]);
        let twice = kept(&[("sch_4", 4), ("sch_x", 4)], &[]);
        assert_eq!(twice.made_twice(&entries).len(), 1);
    }
}

//! Whether what was acknowledged is there: each write is looked for in the database and through the API of every replica, and what
//! was not acknowledged is sent again, which must make nothing twice.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Context as _;
use serde_json::Value;

use super::ledger::{self, Entry, Heard, Ledger, ORGANIZATION, VIEW, Write};
use super::world::{World, until};
use crate::http_connection::{Connection, get};

/// What is wrong; nothing when all is as it was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// Writes that were acknowledged and are not in the database.
    pub(super) lost: Vec<String>,
    /// In the database, but not what a replica answers with.
    pub(super) unseen: Vec<String>,
    /// Answers said that nothing was written.
    pub(super) written_though_refused: Vec<String>,
    /// Sent again, and still not acknowledged.
    pub(super) not_repeated: Vec<String>,
    pub(super) repeated: u64,
    pub(super) made_twice: u64,
}

/// What the database holds of the writers' work.
struct Kept {
    /// Ids and names.
    scholarships: HashMap<String, String>,
    views: HashSet<String>,
}

impl Kept {
    fn read(world: &World) -> Self {
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

    /// Of what was acknowledged, what is not there.
    fn missing(&self, entries: &[&Entry]) -> Vec<String> {
        let names = ledger::names(entries.iter().copied());
        let scholarships = names.iter().filter_map(|(id, names)| {
            let kept = self.scholarships.get(id);
            let is_kept = kept.is_some_and(|name| names.contains(name));
            (!is_kept).then(|| format!("{id} must be one of {names:?}, and is {kept:?}"))
        });
        let views = entries.iter().filter_map(|entry| {
            let id = format!("{VIEW}{}", entry.number);
            let is_missing =
                entry.write == Write::View && entry.is_acknowledged() && !self.views.contains(&id);
            is_missing.then_some(id)
        });
        scholarships.chain(views).collect()
    }

    /// Whether the very write is there, and nothing came after it.
    fn has(&self, entry: &Entry) -> bool {
        let has_name = |id: &String| self.scholarships.get(id) == Some(&ledger::name(entry.number));
        match (&entry.write, &entry.heard) {
            (Write::View, _) => self.views.contains(&format!("{VIEW}{}", entry.number)),
            (Write::Replace { id }, _) => has_name(id),
            (Write::Create, Heard::Acknowledged(Some(id))) => self.scholarships.contains_key(id),
            (Write::Create, _) => false,
        }
    }

    fn written_though_refused(&self, entries: &[Entry]) -> Vec<String> {
        let names: HashSet<&String> = self.scholarships.values().collect();
        let refused = entries
            .iter()
            .filter(|entry| matches!(entry.heard, Heard::Refused(_)));
        refused
            .filter_map(|entry| {
                let written = match entry.write {
                    Write::View => format!("{VIEW}{}", entry.number),
                    Write::Create | Write::Replace { .. } => ledger::name(entry.number),
                };
                (names.contains(&written) || self.views.contains(&written)).then_some(written)
            })
            .collect()
    }
}

/// Looks for everything that was acknowledged, and sends the rest again.
///
/// # Errors
///
/// When a server does not answer.
pub(super) fn prove(world: &World, ledger: &Ledger) -> anyhow::Result<Proof> {
    let entries = ledger.entries();
    let all: Vec<&Entry> = entries.iter().collect();
    let kept = Kept::read(world);
    let mut proof = Proof {
        lost: kept.missing(&all),
        written_though_refused: kept.written_though_refused(&entries),
        unseen: unseen(world, ledger, &all)?,
        ..Proof::default()
    };
    for entry in entries.iter().filter(|entry| !entry.is_acknowledged()) {
        let (status, body) =
            world.ask(world.public(), &ledger.bytes(entry.number, &entry.write))?;
        proof.repeated += 1;
        if status >= 300 {
            let failure = format!("{}: {status} {body}", ledger::name(entry.number));
            proof.not_repeated.push(failure);
        }
    }
    let kept = Kept::read(world);
    let creations = entries
        .iter()
        .filter(|entry| entry.write == Write::Create)
        .count();
    proof.made_twice = u64::try_from(kept.scholarships.len().saturating_sub(creations))?;
    Ok(proof)
}

/// Of what was acknowledged before a moment what is missing now, and how much of what was acknowledged after it.
pub(super) fn split_at(world: &World, ledger: &Ledger, moment: Instant) -> (Vec<String>, usize) {
    let entries = ledger.entries();
    let acknowledged = entries.iter().filter(|entry| entry.is_acknowledged());
    let (before, after): (Vec<&Entry>, Vec<&Entry>) =
        acknowledged.partition(|entry| entry.heard_at < moment);
    let kept = Kept::read(world);
    // What was replaced after the moment may have either name.
    let later: HashSet<&str> = after.iter().filter_map(|entry| replaced(entry)).collect();
    let certain = before
        .into_iter()
        .filter(|entry| !is_of(entry, &later))
        .collect::<Vec<_>>();
    let gone = after.iter().filter(|entry| !kept.has(entry));
    (kept.missing(&certain), gone.count())
}

fn replaced(entry: &Entry) -> Option<&str> {
    match &entry.write {
        Write::Replace { id } => Some(id),
        Write::Create | Write::View => None,
    }
}

fn is_of(entry: &Entry, ids: &HashSet<&str>) -> bool {
    match &entry.heard {
        Heard::Acknowledged(Some(id)) => ids.contains(id.as_str()),
        _ => false,
    }
}

/// What the API of a replica does not answer with.
fn unseen(world: &World, ledger: &Ledger, entries: &[&Entry]) -> anyhow::Result<Vec<String>> {
    let names = ledger::names(entries.iter().copied());
    let mut unseen = Vec::new();
    for replica in &world.replicas {
        let mut missing = Vec::new();
        // The last changes may still be on their way to it.
        let in_step = until("the replica has all changes", || {
            let looked = unseen_by(replica.address(), &names);
            missing = world.runtime.block_on(looked)?;
            Ok(missing.is_empty())
        });
        if in_step.is_err() {
            let of = |id: &String| format!("{id} at replica {}", replica.number);
            unseen.extend(missing.iter().map(of));
        }
    }
    let mut shown = HashSet::new();
    for student in ledger.students() {
        let mine = get("/api/v1/interactions/mine", Some(student));
        let (status, mine) = world.ask(world.public(), &mine)?;
        let rows = mine["data"].as_array();
        let rows = rows.with_context(|| format!("interactions were answered with {status}"))?;
        shown.extend(
            rows.iter()
                .filter_map(|row| Some(row["id"].as_str()?.to_owned())),
        );
    }
    let views = entries
        .iter()
        .filter(|entry| entry.write == Write::View && entry.is_acknowledged());
    let ids = views.map(|entry| format!("{VIEW}{}", entry.number));
    unseen.extend(ids.filter(|id| !shown.contains(id)));
    Ok(unseen)
}

async fn unseen_by(
    replica: SocketAddr,
    names: &BTreeMap<String, HashSet<String>>,
) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::open(replica).await?;
    let mut unseen = Vec::new();
    for (id, names) in names {
        let request = get(&format!("/api/v1/scholarships/{id}"), None);
        let (_, length) = connection.ask(&request).await?;
        let document: Value = serde_json::from_slice(connection.body(length))?;
        let is_seen = document["name"]
            .as_str()
            .is_some_and(|name| names.contains(name));
        if !is_seen {
            unseen.push(id.clone());
        }
    }
    Ok(unseen)
}

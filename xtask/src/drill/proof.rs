//! Whether what was acknowledged is there: each write is looked for in the database and through the API, scholarships at every replica,
//! and what was not acknowledged is sent again, which must make nothing twice, and is looked for as well.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::kept::Kept;
use super::known;
use super::ledger::{self, Entry, Ledger, Write};
use super::waiting::{answered, until};
use super::world::World;
use crate::http_connection::{Connection, get};

/// What is wrong; nothing when all is as it was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// The ids of what was acknowledged and is not in the database, with what is there instead.
    pub(super) lost: BTreeMap<String, String>,
    /// Not what a replica answers with.
    pub(super) unseen: BTreeSet<String>,
    /// Acknowledged, but not as what: nobody can look for them.
    pub(super) without_id: Vec<String>,
    /// Answers said that nothing was written.
    pub(super) written_though_refused: Vec<String>,
    /// `None` where nothing was to be sent again.
    pub(super) repetition: Option<Repetition>,
}

/// Of what was not acknowledged.
#[derive(Debug, Default)]
pub(super) struct Repetition {
    pub(super) sent: usize,
    /// Still not acknowledged.
    pub(super) refused: Vec<String>,
    pub(super) made_twice: Vec<String>,
}

impl Proof {
    /// Adds what is missing of what was acknowledged.
    fn look(
        &mut self,
        world: &World,
        ledger: &Ledger,
        kept: &Kept,
        entries: &[Entry],
    ) -> anyhow::Result<()> {
        self.lost.extend(kept.missing(entries));
        self.unseen.extend(unseen(world, ledger, entries)?);
        Ok(())
    }
}

/// Looks for everything that was acknowledged, sends the rest again, and looks for that, too.
///
/// # Errors
///
/// When a server does not answer.
pub(super) fn prove(world: &World, ledger: &Ledger) -> anyhow::Result<Proof> {
    let mut entries = ledger.entries();
    let kept = Kept::read(world);
    let mut proof = Proof {
        written_though_refused: kept.written_though_refused(&entries),
        ..Proof::default()
    };
    proof.look(world, ledger, &kept, &entries)?;
    let mut repetition = repeat(world, ledger, &mut entries)?;
    let kept = Kept::read(world);
    proof.look(world, ledger, &kept, &entries)?;
    proof.without_id = known::without_id(&entries);
    repetition.made_twice = kept.made_twice(&entries);
    proof.repetition = Some(repetition);
    Ok(proof)
}

/// Looks for what was acknowledged before a moment; answers, too, how much is gone of what was acknowledged after it.
///
/// # Errors
///
/// When no scholarship was acknowledged before it, or a server does not answer.
pub(super) fn prove_until(
    world: &World,
    ledger: &Ledger,
    moment: Instant,
) -> anyhow::Result<(Proof, usize)> {
    let entries = ledger.entries();
    let kept = Kept::read(world);
    let after = entries
        .iter()
        .filter(|entry| entry.is_acknowledged() && entry.heard_at >= moment);
    let gone = after.filter(|entry| !kept.has(entry)).count();
    let before = known::at(entries, moment);
    ensure!(
        !known::names(before.iter()).is_empty(),
        "no scholarship was acknowledged early enough to be looked for"
    );
    let mut proof = Proof {
        without_id: known::without_id(&before),
        ..Proof::default()
    };
    proof.look(world, ledger, &kept, &before)?;
    Ok((proof, gone))
}

/// Sends what was not acknowledged again, and takes down what is heard of it now.
fn repeat(world: &World, ledger: &Ledger, entries: &mut [Entry]) -> anyhow::Result<Repetition> {
    let mut repetition = Repetition::default();
    for entry in entries.iter_mut().filter(|entry| !entry.is_acknowledged()) {
        let request = ledger.bytes(entry.number, &entry.write);
        let (status, body) = world.ask(world.public(), &request)?;
        repetition.sent += 1;
        entry.hear_again(status, &body);
        if !entry.is_acknowledged() {
            let failure = format!("{}: {status} {body}", ledger::name(entry.number));
            repetition.refused.push(failure);
        }
    }
    Ok(repetition)
}

/// What the API of a replica does not answer with.
fn unseen(world: &World, ledger: &Ledger, entries: &[Entry]) -> anyhow::Result<Vec<String>> {
    let names = known::names(entries.iter());
    let mut unseen = Vec::new();
    for replica in &world.replicas {
        let mut missing = Vec::new();
        // The last changes may still be on their way to it.
        let in_step = until("the replica has all changes", || {
            let looked = unseen_by(replica.address(), &names);
            missing = world.runtime.block_on(looked)?;
            Ok(missing.is_empty())
        });
        if missing.is_empty() {
            in_step.with_context(|| format!("replica {}", replica.number))?;
        } else {
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
    let ids = views.map(|entry| ledger::view(entry.number));
    unseen.extend(ids.filter(|id| !shown.contains(id)));
    Ok(unseen)
}

async fn unseen_by(
    replica: SocketAddr,
    names: &BTreeMap<String, HashSet<String>>,
) -> anyhow::Result<Vec<String>> {
    let mut connection = answered(Connection::open(replica)).await?;
    let mut unseen = Vec::new();
    for (id, names) in names {
        let request = get(&format!("/api/v1/scholarships/{id}"), None);
        let (_, length) = answered(connection.ask(&request)).await?;
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

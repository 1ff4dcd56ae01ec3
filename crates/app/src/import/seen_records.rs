//! Which identities an input has given already.

use std::collections::HashMap;

use ports::UpsertItem;
use sha2::{Digest, Sha256};

/// Beyond this many records, repetitions are left to the store (which lets the last one win): about 100 MB of memory.
const MOST: usize = 1_000_000;

/// Remembers, per identity, the line and a digest of its content.
#[derive(Debug, Default)]
pub(super) struct SeenRecords {
    by_identity: HashMap<[u8; 16], (u64, [u8; 16])>,
}

/// What an input has said about an identity before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sighting {
    First,
    /// The same content.
    Repeated,
    /// Other content, on that line.
    Contradicted(u64),
}

impl SeenRecords {
    pub(super) fn see(&mut self, line: u64, item: &UpsertItem) -> Sighting {
        let provenance = &item.content.provenance;
        let mut identity = Sha256::new();
        if let (Some(source), Some(source_id)) = (&provenance.source, &provenance.source_id) {
            for part in [source, source_id] {
                identity.update(part.as_bytes());
                identity.update([0]);
            }
        } else {
            identity.update(item.id.as_str().as_bytes());
        }
        let identity = first_half(&identity.finalize());
        let content = first_half(&item.content.digest());
        match self.by_identity.get(&identity) {
            Some((_, known)) if *known == content => Sighting::Repeated,
            Some((first, _)) => Sighting::Contradicted(*first),
            None => {
                if self.by_identity.len() < MOST {
                    self.by_identity.insert(identity, (line, content));
                }
                Sighting::First
            }
        }
    }
}

fn first_half(digest: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

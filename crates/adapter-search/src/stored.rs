//! The index as a file, so that a restart needs only what changed since.
//!
//! A file is made for one catalogue and one kind of index: what impacts and words follow from is part of its digest. It is
//! written beside the old one and takes its place when it is complete and on the disk, also while other processes write theirs;
//! a damaged, foreign or missing file costs a restart the time of indexing anew, and nothing else.

mod probe;
mod unfinished;

use std::fs::File;
use std::io::{BufReader, BufWriter, Read};
use std::path::Path;

use ports::FeedPosition;
use sha2::{Digest as _, Sha256};

use crate::scoring::Impacts;
use crate::sections::{Digest, SectionReader, SectionWriter, SnapshotError, Tag, ensure};
use crate::segment::Segment;
use crate::settings::SearchSettings;
use crate::snapshot::{LiveSegment, Snapshot};
use unfinished::Unfinished;

const STATE: Tag = Tag::of(*b"stat");
const DEAD: Tag = Tag::of(*b"dead");

/// Of what a snapshot was made for: the catalogue, the settings, and what this program makes of records.
pub(crate) fn digest(catalogue: &str, settings: &SearchSettings) -> Digest {
    let mut digest = Sha256::new();
    digest.update(format!("{:?}", settings.text));
    probe::digest_into(&mut digest, &Impacts::of(&settings.text));
    digest.update(catalogue);
    digest.finalize().into()
}

/// Why a file was refused: it is missing, damaged, or was made for something else. The index must be filled anew.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RefusedSnapshot(#[from] SnapshotError);

/// # Errors
/// What writing fails with; a file that was there stays as it was, and nothing else is left behind.
pub(crate) fn save(snapshot: &Snapshot, file: &Path, digest: &Digest) -> std::io::Result<()> {
    let unfinished = Unfinished::beside(file)?;
    write(snapshot, &unfinished.file, digest)?;
    unfinished.finish(file)?;
    let folder = file.parent();
    match folder.filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn write(snapshot: &Snapshot, file: &File, digest: &Digest) -> std::io::Result<()> {
    let write = BufWriter::with_capacity(1 << 20, file);
    let mut writer = SectionWriter::new(write, digest)?;
    let FeedPosition {
        transaction,
        sequence,
    } = snapshot.position;
    writer.array(
        STATE,
        &[transaction, sequence, snapshot.segments.len() as u64],
    )?;
    for live in &snapshot.segments {
        live.segment.save(&mut writer)?;
        let dead = 0..live.segment.len();
        let dead: Vec<u32> = dead.filter(|document| !live.is_live(*document)).collect();
        writer.array(DEAD, &dead)?;
    }
    writer.finish()?.into_inner()?.sync_all()
}

/// # Errors
/// There is no such file, or it is damaged or was made for something else.
pub(crate) fn load(file: &Path, digest: &Digest) -> Result<Snapshot, RefusedSnapshot> {
    let read = File::open(file).map_err(SnapshotError::from)?;
    let length = read.metadata().map_err(SnapshotError::from)?.len();
    let read = BufReader::with_capacity(1 << 16, read);
    Ok(read_from(read, length, digest)?)
}

fn read_from(read: impl Read, length: u64, digest: &Digest) -> Result<Snapshot, SnapshotError> {
    let mut reader = SectionReader::open(read, length, digest)?;
    let state: Vec<u64> = reader.array(STATE)?;
    ensure(state.len() == 3, STATE, "it has another length")?;
    let mut snapshot = Snapshot {
        position: FeedPosition {
            transaction: state[0],
            sequence: state[1],
        },
        ..Snapshot::default()
    };
    for _ in 0..state[2] {
        let segment = Segment::load(&mut reader)?;
        let dead: Vec<u32> = reader.array(DEAD)?;
        let is_known = dead.iter().all(|document| *document < segment.len());
        ensure(is_known, DEAD, "there is no such document")?;
        let mut live = LiveSegment::of(segment);
        live.kill(&dead);
        snapshot.segments.push(live);
    }
    reader.finish()?;
    Ok(snapshot)
}

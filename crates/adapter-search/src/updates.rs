//! Taking in changes: a new snapshot beside the present one, published by one pointer swap.
//!
//! Changed records die in the segment where they were and go into a new small segment, which is merged with the small ones
//! before it. A merge goes on backwards while the segment before is at most twice as large as what would be merged, so
//! sizes fall at least by half from segment to segment, there are few of them, and a record is copied about log2(n) times
//! however the catalogue arrives. Merging copies numbers, not texts, and happens within `apply`.

use std::collections::HashMap;

use ports::{Change, FeedPosition};

use crate::bit_set::BitSet;
use crate::scoring::Impacts;
use crate::segment::{Segment, SegmentBuilder, merged};
use crate::settings::UpdateSettings;
use crate::snapshot::{LiveSegment, Snapshot};

/// The state after the changes, in order.
pub(crate) fn applied(
    present: &Snapshot,
    changes: Vec<Change>,
    position: FeedPosition,
    impacts: &Impacts,
    settings: UpdateSettings,
) -> Snapshot {
    let last = last_of_each(changes);
    let mut next = present.clone();
    for live in &mut next.segments {
        let dying: Vec<u32> = last
            .iter()
            .filter_map(|change| live.segment.find(change.id().as_str()))
            .filter(|document| live.is_live(*document))
            .collect();
        if !dying.is_empty() {
            live.kill(&dying);
        }
    }
    let mut builder = SegmentBuilder::new(impacts);
    for change in &last {
        if let Change::Upserted(scholarship) = change {
            builder.push(scholarship);
        }
    }
    next.segments.push(LiveSegment::of(builder.finish()));
    compact(&mut next.segments, settings.delta);
    next.position = position;
    next
}

/// For each id its newest change, by id.
fn last_of_each(mut changes: Vec<Change>) -> Vec<Change> {
    let mut newest: HashMap<&str, usize, ahash::RandomState> = HashMap::default();
    for (at, change) in changes.iter().enumerate() {
        newest.insert(change.id().as_str(), at);
    }
    if newest.len() < changes.len() {
        let mut keep = vec![false; changes.len()];
        for at in newest.into_values() {
            keep[at] = true;
        }
        let mut keep = keep.into_iter();
        changes.retain(|_| keep.next().unwrap_or(true));
    }
    changes.sort_by(|left, right| left.id().cmp(right.id()));
    changes
}

fn compact(segments: &mut Vec<LiveSegment>, delta: u32) {
    segments.retain(|live| live.live_count() > 0);
    let Some(newest) = segments.last() else {
        return;
    };
    let mut start = segments.len() - 1;
    let mut size = newest.live_count();
    while start > 0 && segments[start - 1].live_count() <= (2 * size).max(delta) {
        start -= 1;
        size += segments[start].live_count();
    }
    merge_from(segments, start);
    for live in segments {
        // The dead cost memory, and time in every search.
        if live.dead.count() > live.live_count() / 2 {
            *live = LiveSegment::of(merged(&[(&live.segment, &live.dead)]).0);
        }
    }
}

fn merge_from(segments: &mut Vec<LiveSegment>, start: usize) {
    if segments.len() - start < 2 {
        return;
    }
    let sources: Vec<(&Segment, &BitSet)> = segments[start..]
        .iter()
        .map(|live| (&*live.segment, &*live.dead))
        .collect();
    let result = LiveSegment::of(merged(&sources).0);
    segments.truncate(start);
    segments.push(result);
}

//! Taking in changes: a new snapshot beside the present one, published by one pointer swap.
//!
//! Changed records die in the segment where they were and go into a new small segment, which is merged with the small ones
//! before it at once. Larger merges are left to a thread in the background (`merging`), so that a change is visible within a
//! millisecond or two however large the catalogue is.

use std::collections::HashMap;
use std::ops::Range;

use ports::{Change, FeedPosition};

use crate::scoring::Impacts;
use crate::segment::{SegmentBuilder, merged};
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
    next.segments.retain(|live| live.live_count() > 0);
    merge_smallest(&mut next.segments, settings.delta);
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

/// Single changes are collected in a segment of up to this share of a delta before the delta is written anew.
const COLLECTED_SHARE: u32 = 8;

/// Merges the last segments while they are small together, so that a change copies few other records and searches see few
/// segments: one of up to `delta` records and a much smaller one behind it.
fn merge_smallest(segments: &mut Vec<LiveSegment>, delta: u32) {
    let collected = delta / COLLECTED_SHARE;
    while let [.., before, last] = segments.as_slice() {
        let (before_count, last_count) = (before.live_count(), last.live_count());
        let is_collecting = before_count > collected && last_count <= collected;
        if before_count + last_count > delta || is_collecting {
            return;
        }
        let sources = [before, last].map(|live| (&*live.segment, &*live.dead));
        let (result, _) = merged(&sources);
        segments.truncate(segments.len() - 2);
        segments.push(LiveSegment::of(result));
    }
}

/// The segments that a merge of everything takes, if there is more than one. While changes come in, the last small segment is
/// left to them.
pub(crate) fn all_for_merge(
    segments: &[LiveSegment],
    delta: u32,
    is_quiet: bool,
) -> Option<Range<usize>> {
    let last = segments.last()?;
    let is_changing = !is_quiet && last.live_count() <= delta / COLLECTED_SHARE;
    let end = segments.len() - usize::from(is_changing);
    (end > 1).then_some(0..end)
}

/// The segments that it is time to merge, if there are any. Sizes fall at least by half from segment to segment then, there are
/// few of them, and a record is copied about log2(n) times however the catalogue arrives. Those that the next change may
/// merge at once are left alone.
pub(crate) fn due_for_merge(segments: &[LiveSegment], delta: u32) -> Option<Range<usize>> {
    let may_change = |live: &&LiveSegment| live.live_count() <= delta;
    let changing = segments.iter().rev().take(2).take_while(may_change).count();
    let settled = &segments[..segments.len() - changing];
    let mut start = settled.len().checked_sub(1)?;
    let mut size = settled[start].live_count();
    while start > 0 && settled[start - 1].live_count() <= (2 * size).max(delta) {
        start -= 1;
        size += settled[start].live_count();
    }
    if settled.len() - start > 1 {
        return Some(start..settled.len());
    }
    // The dead cost memory, and time in every search.
    let is_mostly_dead = |live: &LiveSegment| live.dead.count() > live.live_count() / 2;
    let at = settled.iter().position(is_mostly_dead)?;
    Some(at..at + 1)
}

//! What a window consists of: for each process in it, the moment of its last value and that of the one it began with.

use crate::{counters::Counter, lifetimes::Lifetime, moments::Moments, promql::Millis};

/// How long before a window the value that it begins with may have been read.
const BEFORE: Millis = 300_000;

/// How old a process may be that was not scraped yet when the window began: it counts from its start, as windows lie on scrapes.
const UNSEEN: Millis = 60_000;

/// The part of one process in a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) instance: String,
    pub(crate) end: Millis,
    /// None for a process that began in the window: it began at 0.
    pub(crate) begin: Option<Millis>,
}

/// The processes of `place_group` that ended after `begin`. `moments` has the one at `begin`; those of the stretches may not be there.
pub(crate) fn stretches(
    lives: &[Lifetime],
    place_group: &str,
    begin: Millis,
    moments: &Moments,
) -> Vec<Stretch> {
    let lives = lives
        .iter()
        .filter(|life| life.place.group == place_group && life.end > begin);
    lives
        .map(|life| Stretch {
            instance: life.place.instance.clone(),
            end: life.end,
            begin: begin_of(life, begin, moments),
        })
        .collect()
}

fn begin_of(life: &Lifetime, begin: Millis, moments: &Moments) -> Option<Millis> {
    if moments.get(&begin).is_some_and(|moment| moment.shows(life)) {
        return Some(begin);
    }
    let after = life.seen.partition_point(|at| *at <= begin);
    let before = after.checked_sub(1).map(|index| life.seen[index]);
    if before.is_none() && life.start_millis() >= begin - UNSEEN {
        return None;
    }
    // A scrape that failed just then, or a process that is older than what Prometheus knows of it.
    before
        .filter(|at| *at >= begin - BEFORE)
        .or_else(|| life.seen.get(after).copied())
        .or(Some(life.end))
}

/// What became of a counter in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grown {
    /// Nobody has it.
    Absent,
    /// It is no number, or fell though its process went on.
    NotACount,
    By(u64),
}

impl Grown {
    /// For what appears only once it happens.
    pub(crate) fn or_zero(self) -> Option<u64> {
        match self {
            Self::Absent => Some(0),
            Self::NotACount => None,
            Self::By(count) => Some(count),
        }
    }

    /// For what is there from the beginning.
    pub(crate) fn known(self) -> Option<u64> {
        match self {
            Self::Absent | Self::NotACount => None,
            Self::By(count) => Some(count),
        }
    }
}

/// What a counter of `group` grew by in these stretches; a process of the router has counters of several groups.
pub(crate) fn grown(
    stretches: &[Stretch],
    moments: &Moments,
    counter: Counter,
    group: &str,
) -> Grown {
    let mut sum = Grown::Absent;
    for stretch in stretches {
        let value = |at: &Millis| moments.get(at)?.count(counter, group, &stretch.instance);
        let end = value(&stretch.end);
        let begin = stretch.begin.as_ref().and_then(value);
        if end.is_none() && begin.is_none() {
            continue;
        }
        let grown = end.unwrap_or(0.0) - begin.unwrap_or(0.0);
        let Some(whole) = whole(grown) else {
            return Grown::NotACount;
        };
        let before = sum.or_zero().unwrap_or(0);
        sum = Grown::By(before.saturating_add(whole));
    }
    sum
}

/// Whole, 0 or more, and such that no part was lost.
fn whole(value: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let rounded = value.round();
    let is_whole = (0.0..EXACT).contains(&rounded) && (value - rounded).abs() < 1e-3;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is in range"
    )]
    let whole = is_whole.then_some(rounded as u64);
    whole
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        ServiceMetrics, answer::Series, lifetimes::lifetimes, moments::Moment, subject::Subject,
    };

    fn series(labels: &[(&str, &str)], at: Millis, value: f64) -> Series {
        let labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Series {
            labels: labels.collect(),
            samples: vec![(at, value)],
        }
    }

    /// A process of one instance: its start in seconds, and its counter whenever it was scraped, by seconds.
    type Story = Vec<(i64, BTreeMap<i64, u64>)>;

    fn moments(story: &Story, times: &[i64]) -> Moments {
        let subject = Subject::service(&ServiceMetrics::shipped(), ["2", "1"]);
        let at_time = |time: &i64| {
            let mut found = Vec::new();
            for (start, scrapes) in story {
                if let Some(value) = scrapes.get(time) {
                    let labels = |count| [("version", "2"), ("instance", "a"), ("count", count)];
                    found.push(series(&labels("start"), time * 1_000, *start as f64));
                    if *value > 0 {
                        found.push(series(&labels("requests"), time * 1_000, *value as f64));
                    }
                }
            }
            (time * 1_000, Moment::read(&subject, &found))
        };
        times.iter().map(at_time).collect()
    }

    fn lives(story: &Story, now: i64) -> Vec<Lifetime> {
        let subject = Subject::service(&ServiceMetrics::shipped(), ["2", "1"]);
        let labels = [("version", "2"), ("instance", "a")];
        let samples = story
            .iter()
            .flat_map(|(start, scrapes)| scrapes.keys().map(|time| (time * 1_000, *start as f64)));
        let mut all = series(&labels, 0, 0.0);
        all.samples = samples.collect();
        lifetimes(&subject, &[all], now * 1_000).unwrap()
    }

    proptest! {
        /// However often a process is started again and whatever scrapes are lost between, a window has exactly what was counted
        /// between its first and its last scrape.
        #[test]
        fn nothing_is_lost_or_counted_twice(
            steps in prop::collection::vec((0_u64..5, prop::bool::weighted(0.1)), 2..120),
            begin in 0_usize..100,
        ) {
            let mut story: Story = vec![(0, BTreeMap::new())];
            let (mut value, mut total, mut totals) = (0, 0, Vec::new());
            for (index, (more, restarts)) in steps.iter().enumerate() {
                let time = index as i64 * 10;
                if *restarts {
                    value = 0;
                    story.push((time - 5, BTreeMap::new()));
                }
                value += more;
                total += more;
                totals.push(total);
                story.last_mut().unwrap().1.insert(time, value);
            }
            let last = steps.len() - 1;
            let begin = begin.min(last - 1);
            let times: Vec<i64> = (0..steps.len() as i64).map(|index| index * 10).collect();
            let moments = moments(&story, &times);
            let lives = lives(&story, last as i64 * 10);
            let parts = stretches(&lives, "2", begin as i64 * 10_000, &moments);
            let counted = grown(&parts, &moments, Counter::Requests, "2").or_zero().unwrap();
            prop_assert_eq!(counted, totals[last] - totals[begin]);
        }
    }

    #[test]
    fn a_process_older_than_its_telemetry_counts_from_its_first_scrape() {
        let story = vec![(-5_000, BTreeMap::from([(100, 70), (200, 75)]))];
        let moments = moments(&story, &[0, 100, 200]);
        let parts = stretches(&lives(&story, 200), "2", 0, &moments);
        assert_eq!(parts[0].begin, Some(100_000));
        assert_eq!(
            grown(&parts, &moments, Counter::Requests, "2"),
            Grown::By(5)
        );
    }

    #[test]
    fn what_is_no_count_is_none() {
        for value in [-1.0, f64::NAN, f64::INFINITY, 0.5, 1e17] {
            assert_eq!(whole(value), None, "{value}");
        }
        assert_eq!(whole(2.0000001), Some(2));
    }
}

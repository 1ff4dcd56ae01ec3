//! All counters of all processes at single moments.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    answer::Series,
    counters::{BUCKETS, Counter},
    lifetimes::{Lifetime, Place},
    promql::{Millis, edge_ms},
    subject::Subject,
};

/// What could be seen at one moment.
#[derive(Debug, Default)]
pub(crate) struct Moment {
    /// When each process began.
    starts: BTreeMap<Place, f64>,
    /// By counter, group and instance.
    counts: BTreeMap<(Counter, String, String), f64>,
}

impl Moment {
    pub(crate) fn read(subject: &Subject, found: &[Series]) -> Self {
        let mut moment = Self::default();
        for series in found {
            let Some((_, value)) = series.last() else {
                continue;
            };
            let (group, instance) = (series.label(subject.group), series.label("instance"));
            let name = series.label("count");
            if name == "start" {
                let place = Place {
                    group: subject.process_group().map_or("", |_| group).to_owned(),
                    instance: instance.to_owned(),
                };
                moment.starts.insert(place, value);
                continue;
            }
            let counter = match name {
                BUCKETS if series.label("le") == "+Inf" => Some(Counter::Timed),
                BUCKETS => edge_ms(series.label("le")).map(Counter::Within),
                other => Counter::named(other),
            };
            if let Some(counter) = counter {
                // Edges may be written in two ways, by two instances of one sum.
                *moment
                    .counts
                    .entry((counter, group.to_owned(), instance.to_owned()))
                    .or_default() += value;
            }
        }
        moment
    }

    pub(crate) fn shows(&self, life: &Lifetime) -> bool {
        let start = self.starts.get(&life.place);
        start.is_some_and(|start| life.began(*start))
    }

    pub(crate) fn instances(&self, group: &str) -> BTreeSet<&str> {
        let counts = self.counts.keys().filter(|(_, of, _)| of == group);
        counts.map(|(_, _, instance)| instance.as_str()).collect()
    }

    pub(crate) fn count(&self, counter: Counter, group: &str, instance: &str) -> Option<f64> {
        let key = (counter, group.to_owned(), instance.to_owned());
        self.counts.get(&key).copied()
    }

    /// Of all instances.
    pub(crate) fn counts(&self, counter: Counter, group: &str) -> impl Iterator<Item = f64> {
        let counts = self.counts.iter();
        counts
            .filter(move |((of, in_group, _), _)| *of == counter && in_group == group)
            .map(|(_, value)| *value)
    }

    pub(crate) fn edges(&self) -> impl Iterator<Item = u32> {
        self.counts
            .keys()
            .filter_map(|(counter, _, _)| match counter {
                Counter::Within(ms) => Some(*ms),
                _ => None,
            })
    }
}

/// By their time.
pub(crate) type Moments = BTreeMap<Millis, Moment>;

//! From when each process was seen to which processes there were.

use std::collections::BTreeMap;

use crate::{TakeError, answer::Series, promql::Millis, subject::Subject};

/// Starts that differ by no more seconds are the same one: some clients work it out anew each time.
const TOLERANCE: f64 = 2.0;

/// Where a process is scraped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Empty for the router.
    pub(crate) group: String,
    pub(crate) instance: String,
}

/// One process, from its start to its end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lifetime {
    pub(crate) place: Place,
    /// In seconds since 1970, by its own clock.
    pub(crate) start: f64,
    /// When it could be seen, in order; never empty.
    pub(crate) seen: Vec<Millis>,
    /// A moment at which its last counts can be read.
    pub(crate) end: Millis,
    /// Whether that is its last scrape. Otherwise the counts of up to a step may be missing.
    pub(crate) is_exact: bool,
}

impl Lifetime {
    pub(crate) fn began(&self, start: f64) -> bool {
        (self.start - start).abs() <= TOLERANCE
    }

    #[expect(clippy::cast_possible_truncation, reason = "casting saturates")]
    pub(crate) fn start_millis(&self) -> Millis {
        (self.start * 1_000.0) as Millis
    }
}

/// All that were seen, by place and then by time. Since `exact_since` every scrape is known.
///
/// # Errors
///
/// When two processes are seen at one place.
pub(crate) fn lifetimes(
    subject: &Subject,
    found: &[Series],
    exact_since: Millis,
) -> Result<Vec<Lifetime>, TakeError> {
    let mut places: BTreeMap<Place, BTreeMap<Millis, f64>> = BTreeMap::new();
    for series in found {
        let place = Place {
            group: subject
                .process_group()
                .map_or("", |label| series.label(label))
                .to_owned(),
            instance: series.label("instance").to_owned(),
        };
        let starts = places.entry(place.clone()).or_default();
        for (at, start) in &series.samples {
            if start.is_finite() && starts.insert(*at, *start).is_some() {
                return Err(TakeError::Twice {
                    of: of(subject, &place),
                    instance: place.instance,
                });
            }
        }
    }
    let mut all = Vec::new();
    for (place, starts) in places {
        of_place(&place, starts, exact_since, &mut all).ok_or_else(|| TakeError::Balanced {
            of: of(subject, &place),
            instance: place.instance,
        })?;
    }
    Ok(all)
}

fn of(subject: &Subject, place: &Place) -> String {
    format!("{} {}", subject.of, place.group)
        .trim_end()
        .to_owned()
}

/// None when an earlier process comes back.
fn of_place(
    place: &Place,
    starts: BTreeMap<Millis, f64>,
    exact_since: Millis,
    all: &mut Vec<Lifetime>,
) -> Option<()> {
    let mut current: Option<Lifetime> = None;
    for (at, start) in starts {
        match &mut current {
            Some(life) if life.began(start) => {
                life.seen.push(at);
                life.end = at;
                life.is_exact = at >= exact_since;
            }
            Some(life) if start < life.start => return None,
            _ => {
                all.extend(current.take());
                current = Some(Lifetime {
                    place: place.clone(),
                    start,
                    seen: vec![at],
                    end: at,
                    is_exact: at >= exact_since,
                });
            }
        }
    }
    all.extend(current);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ServiceMetrics;

    fn series(instance: &str, samples: &[(Millis, f64)]) -> Series {
        let labels = [("version", "2"), ("instance", instance)];
        Series {
            labels: labels
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            samples: samples.to_vec(),
        }
    }

    fn found(series: &[Series]) -> Result<Vec<Lifetime>, TakeError> {
        let subject = Subject::service(&ServiceMetrics::shipped(), ["2", "1"]);
        lifetimes(&subject, series, 40)
    }

    #[test]
    fn a_restart_ends_a_process_and_a_gap_does_not() {
        let lives = found(&[
            series("a", &[(10, 5.0), (30, 6.5), (40, 9.0)]),
            series("b", &[(20, 1.0)]),
        ])
        .unwrap();
        let short: Vec<_> = lives
            .iter()
            .map(|life| {
                (
                    life.place.instance.as_str(),
                    life.start,
                    life.end,
                    life.is_exact,
                )
            })
            .collect();
        assert_eq!(
            short,
            [
                ("a", 5.0, 30, false),
                ("a", 9.0, 40, true),
                ("b", 1.0, 20, false)
            ]
        );
        assert_eq!(lives[0].seen, [10, 30]);
    }

    #[test]
    fn one_place_with_two_processes_is_refused() {
        let twice = found(&[series("a", &[(10, 5.0)]), series("a", &[(10, 5.0)])]);
        assert!(matches!(twice, Err(TakeError::Twice { .. })));
        let balanced = found(&[series("a", &[(10, 5.0), (20, 50.0), (30, 5.0)])]);
        assert!(matches!(balanced, Err(TakeError::Balanced { .. })));
        let one_after_the_other = found(&[series("a", &[(10, 5.0)]), series("a", &[(20, 5.0)])]);
        assert_eq!(one_after_the_other.unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn every_sample_is_of_one_process(gaps in prop::collection::vec((1_i64..50, prop::bool::weighted(0.2)), 1..50)) {
            let (mut at, mut start, mut starts) = (0, 0.0, 0);
            let samples: Vec<_> = gaps.iter().map(|(gap, restarted)| {
                at += gap;
                if *restarted || starts == 0 {
                    start += 10.0;
                    starts += 1;
                }
                (at, start)
            }).collect();
            let lives = found(&[series("a", &samples)]).unwrap();
            prop_assert_eq!(lives.len(), starts);
            prop_assert_eq!(lives.iter().map(|life| life.seen.len()).sum::<usize>(), samples.len());
            prop_assert!(lives.iter().all(|life| life.seen.is_sorted() && life.seen.last() == Some(&life.end)));
        }
    }
}

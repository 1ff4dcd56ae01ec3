//! The metrics of a server, as a scraper reads them.

use std::collections::{BTreeMap, BTreeSet};

use crate::client::get;
use crate::process::Process;

pub(crate) struct Scrape(pub(crate) String);

/// A family as it is declared, with the labels that its samples carry beside the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) labels: BTreeSet<String>,
}

impl Scrape {
    pub(crate) async fn of(process: &Process) -> Self {
        let answer = get(process.admin_address, "/metrics").await;
        assert_eq!(answer.status, 200);
        Self(answer.body)
    }

    fn samples(&self) -> impl Iterator<Item = (&str, &str, f64)> {
        let lines = self.0.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| {
            let sample = line.split(" # ").next().unwrap_or_default();
            let (series, value) = sample.rsplit_once(' ').expect("a value");
            let (name, labels) = series.split_once('{').expect("every sample has a version");
            let value = value.parse().expect("a number");
            (name, labels.trim_end_matches('}'), value)
        })
    }

    /// The sum over all series of a name that have all these labels, written as `kind="view"`; `None` when there is no such series.
    pub(crate) fn value(&self, name: &str, labels: &[&str]) -> Option<f64> {
        let wanted = |(found, of, _): &(&str, &str, f64)| {
            let of: Vec<&str> = of.split(',').collect();
            *found == name && labels.iter().all(|label| of.contains(label))
        };
        let mut found = self.samples().filter(wanted).map(|(_, _, value)| value);
        let first = found.next()?;
        Some(first + found.sum::<f64>())
    }

    /// By the name under which they are asked for: of counters with its ending.
    pub(crate) fn families(&self) -> BTreeMap<String, Family> {
        let mut families = BTreeMap::new();
        let declared = self
            .0
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "));
        for declaration in declared {
            let (name, kind) = declaration.split_once(' ').expect("a type");
            let ending = match kind {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            let full = format!("{name}{ending}");
            let samples = self.samples().filter(|(sample, _, _)| match kind {
                "histogram" => sample.strip_suffix("_bucket") == Some(name),
                _ => *sample == full,
            });
            let mut labels = BTreeSet::new();
            let mut count = 0;
            for (_, of, _) in samples {
                count += 1;
                let names = of.split("\",").filter_map(|label| label.split('=').next());
                labels.extend(names.map(str::to_owned));
            }
            assert!(count > 0, "{full} has no samples");
            assert!(labels.remove("version"), "{full} has no version");
            let kind = kind.to_owned();
            let twice = families.insert(full, Family { kind, labels });
            assert!(twice.is_none(), "{name} is declared twice");
        }
        families
    }
}

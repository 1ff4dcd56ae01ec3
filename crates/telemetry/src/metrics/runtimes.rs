//! The asynchronous runtimes of the process: each worker of a listener has one of its own, beside the one of the program.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use tokio::runtime::{Handle, RuntimeMetrics};

use super::Metrics;

/// Workers are few; should they be started without end, memory stays bounded all the same.
const MOST: usize = 1_024;

#[derive(Debug, Default)]
pub(super) struct Runtimes(Mutex<Vec<(&'static str, RuntimeMetrics)>>);

/// Name, help, and what it shows.
type Gauge = (&'static str, &'static str, fn(&Sum) -> u64);

/// Of all runtimes of one name together.
#[derive(Default)]
struct Sum {
    workers: u64,
    busy_seconds: f64,
    alive_tasks: u64,
    queued: u64,
}

impl Runtimes {
    fn sums(&self) -> BTreeMap<&'static str, Sum> {
        let runtimes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sums = BTreeMap::<_, Sum>::new();
        for (name, metrics) in runtimes.iter() {
            let sum = sums.entry(*name).or_default();
            let workers = metrics.num_workers();
            sum.workers += workers as u64;
            sum.alive_tasks += metrics.num_alive_tasks() as u64;
            sum.queued += metrics.global_queue_depth() as u64;
            let busy = (0..workers).map(|worker| metrics.worker_total_busy_duration(worker));
            sum.busy_seconds += busy.map(|busy| busy.as_secs_f64()).sum::<f64>();
        }
        sums
    }
}

impl Collector for Runtimes {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let sums = self.sums();
        if sums.is_empty() {
            return Ok(());
        }
        let gauges: [Gauge; 3] = [
            (
                "tokio_workers",
                "Threads that run asynchronous work, by runtime.",
                |sum| sum.workers,
            ),
            (
                "tokio_alive_tasks",
                "Tasks that the runtime itself holds and that have not ended, by runtime.",
                |sum| sum.alive_tasks,
            ),
            (
                "tokio_global_queue_depth",
                "Tasks woken by other threads that wait for a worker, by runtime.",
                |sum| sum.queued,
            ),
        ];
        for (name, help, value) in gauges {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (runtime, sum) in &sums {
                let labels = [("runtime", *runtime)];
                metric.encode_family(&labels)?.encode_gauge(&value(sum))?;
            }
        }
        let mut metric = encoder.encode_descriptor(
            "tokio_worker_busy_seconds",
            "Time that workers were not waiting for work, by runtime.",
            None,
            MetricType::Counter,
        )?;
        for (runtime, sum) in &sums {
            let labels = [("runtime", *runtime)];
            let mut series = metric.encode_family(&labels)?;
            series.encode_counter::<NoLabelSet, _, f64>(&sum.busy_seconds, None)?;
        }
        Ok(())
    }
}

impl Metrics {
    /// Shows the runtime that this is called in, added to the others of the name; outside of one nothing happens.
    pub fn watch_this_runtime(&self, name: &'static str) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        self.with(|recorded| {
            let watched = recorded.runtimes.0.lock();
            let mut watched = watched.unwrap_or_else(PoisonError::into_inner);
            if watched.len() < MOST {
                watched.push((name, runtime.metrics()));
            }
        });
    }
}

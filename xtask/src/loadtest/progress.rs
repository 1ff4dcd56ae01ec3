//! What is shown while a load runs: a bar on a terminal, and a line a minute elsewhere.

use std::time::Duration;

use indicatif::ProgressBar;

use super::record::Record;
use crate::reporting::progress_bar;

pub(super) struct Progress {
    bar: ProgressBar,
    rate: f64,
    minutes: u64,
}

impl Progress {
    pub(super) fn new(rate: f64, duration: Duration) -> Self {
        Self {
            bar: progress_bar(Some(duration.as_secs()), "{bar:30} {pos}/{len} s {msg}"),
            rate,
            minutes: 0,
        }
    }

    pub(super) fn look(&mut self, since: Option<Duration>, record: &Record) {
        let Some(since) = since else {
            self.bar
                .set_message(format!("warming up at {} requests/s", self.rate));
            return;
        };
        self.bar.set_position(since.as_secs());
        self.bar.set_message(line(self.rate, record));
        let minutes = since.as_secs() / 60;
        if self.bar.is_hidden() && minutes > self.minutes {
            eprintln!("minute {minutes}: {}", line(self.rate, record));
        }
        self.minutes = minutes;
    }

    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}

/// Latency is that of the last whole interval.
fn line(rate: f64, record: &Record) -> String {
    let last = record.intervals.iter().rev().nth(1);
    let p95 = last.map_or(0.0, |group| group.milliseconds(0.95));
    let counts = record.all.counts;
    let mut line = format!(
        "{rate} requests/s, p95 {p95:.1} ms, {} answered, {} failed",
        counts.answered, counts.failed
    );
    if counts.refused > 0 {
        line.push_str(&format!(", {} refused (429)", counts.refused));
    }
    line
}

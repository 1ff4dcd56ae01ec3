//! The process as Linux sees it, read when the metrics are. What cannot be read is left out.

mod cgroup;

use std::fs;
use std::path::PathBuf;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// Ticks a second: fixed by the kernel's interface, whatever its own clock.
const TICKS: f64 = 100.0;

#[derive(Debug)]
pub(super) struct Process {
    /// `/proc`, and where control groups are mounted.
    proc: PathBuf,
    groups: PathBuf,
    /// Read once: the kernel counts from a boot whose time moves with the clock, and a change would look like a new start.
    started: Option<f64>,
}

impl Process {
    pub(super) fn of_this_program() -> Self {
        Self::at("/proc".into(), "/sys/fs/cgroup".into())
    }

    fn at(proc: PathBuf, groups: PathBuf) -> Self {
        let mut process = Self {
            proc,
            groups,
            started: None,
        };
        process.started = process.start_time();
        process
    }

    fn own(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.proc.join("self").join(file)).ok()
    }

    /// The numbers of `stat`, from the fourth on: the name before them may hold anything.
    fn stat(&self) -> Option<Vec<f64>> {
        let stat = self.own("stat")?;
        let (_, numbers) = stat.rsplit_once(')')?;
        let numbers = numbers.split_ascii_whitespace().skip(1);
        Some(
            numbers
                .map(|number| number.parse().unwrap_or(0.0))
                .collect(),
        )
    }

    /// Seconds since 1970.
    fn start_time(&self) -> Option<f64> {
        let stat = fs::read_to_string(self.proc.join("stat")).ok()?;
        let boot = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
        let boot: f64 = boot.trim().parse().ok()?;
        Some(boot + self.stat()?.get(18)? / TICKS)
    }

    fn cpu_seconds(&self) -> Option<f64> {
        let stat = self.stat()?;
        Some((stat.get(10)? + stat.get(11)?) / TICKS)
    }

    fn resident_bytes(&self) -> Option<f64> {
        let status = self.own("status")?;
        let mut lines = status.lines();
        let resident = lines.find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: f64 = resident.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1_024.0)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a process has fewer than 2^53 open files"
    )]
    fn open_files(&self) -> Option<f64> {
        let files = fs::read_dir(self.proc.join("self/fd")).ok()?;
        Some(files.count() as f64)
    }

    fn most_open_files(&self) -> Option<f64> {
        let limits = self.own("limits")?;
        let mut lines = limits.lines();
        let limit = lines.find_map(|line| line.strip_prefix("Max open files"))?;
        limit.split_ascii_whitespace().next()?.parse().ok()
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        if let Some(seconds) = self.cpu_seconds() {
            let name = "process_cpu_seconds";
            let help = "Time of processors that the process has used.";
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            metric.encode_counter::<NoLabelSet, _, f64>(&seconds, None)?;
        }
        let gauges = [
            (
                "process_start_time_seconds",
                "When the process started, in seconds since 1970.",
                self.started,
            ),
            (
                "process_resident_memory_bytes",
                "Memory of the process that is in RAM.",
                self.resident_bytes(),
            ),
            (
                "process_memory_limit_bytes",
                "The memory that the process's control group may use.",
                cgroup::memory_limit(&self.proc, &self.groups),
            ),
            (
                "process_open_fds",
                "Files and connections that are open.",
                self.open_files(),
            ),
            (
                "process_max_fds",
                "How many may be open.",
                self.most_open_files(),
            ),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
                metric.encode_gauge(&value)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_kernels_files_are_read_whatever_the_program_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let proc = folder.path().join("proc");
        let write = |file: &str, text: &str| {
            let path: &Path = &proc.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("stat", "cpu 1 2 3\nbtime 1790000000\n");
        write(
            "self/stat",
            "7 (a ) 9) S 1 1 1 0 -1 0 0 0 0 0 250 50 0 0 20 0 4 0 12345 0 0",
        );
        write("self/status", "Name:\ta\nVmRSS:\t    2048 kB\n");
        write(
            "self/limits",
            "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n",
        );
        write("self/fd/0", "");
        write("self/fd/1", "");
        let process = Process::at(proc.clone(), folder.path().join("none"));
        assert_eq!(process.started, Some(1_790_000_123.45));
        assert_eq!(process.cpu_seconds(), Some(3.0));
        assert_eq!(process.resident_bytes(), Some(2_097_152.0));
        assert_eq!(process.most_open_files(), Some(1_024.0));
        assert_eq!(process.open_files(), Some(2.0));
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let nowhere = Process::at("/nowhere".into(), "/nowhere".into());
        assert_eq!((nowhere.started, nowhere.cpu_seconds()), (None, None));
        assert_eq!(nowhere.resident_bytes(), None);
    }
}

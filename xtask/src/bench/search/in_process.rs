//! What `search-bench` measures inside a process of its own, read from the lines that it prints.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Vocabulary {
    pub(crate) scholarships: usize,
    pub(crate) distinct_words: usize,
    pub(crate) words: u64,
    pub(crate) hundred_most_frequent: f64,
}

/// Microseconds over many questions.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Summary {
    pub(crate) questions: usize,
    pub(crate) cpu_mean: f64,
    pub(crate) cpu_median: f64,
    pub(crate) cpu_p99: f64,
    pub(crate) wall_mean: f64,
    pub(crate) wall_p99: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Searches {
    pub(crate) scholarships: usize,
    pub(crate) engine: String,
    pub(crate) queries: String,
    pub(crate) half: String,
    pub(crate) same_total: f64,
    #[serde(flatten)]
    pub(crate) summary: Summary,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Operation {
    pub(crate) scholarships: usize,
    pub(crate) operation: String,
    #[serde(flatten)]
    pub(crate) summary: Summary,
}

/// Milliseconds.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Freshness {
    pub(crate) scholarships: usize,
    pub(crate) readers: usize,
    pub(crate) changes: usize,
    pub(crate) median: f64,
    pub(crate) p99: f64,
    pub(crate) worst: f64,
    pub(crate) apply_median: f64,
    pub(crate) apply_p99: f64,
    pub(crate) searches_per_second: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Target {
    pub(crate) target: String,
    pub(crate) words: String,
    /// Without typo, cut word and filter.
    pub(crate) plain: bool,
}

/// The binary of `search-bench`.
pub(crate) struct InProcess {
    binary: PathBuf,
}

impl InProcess {
    pub(crate) fn of(release: &Path) -> Self {
        Self {
            binary: release.join("search-bench"),
        }
    }

    /// Runs a subcommand and reads all its lines.
    pub(crate) fn lines<T: DeserializeOwned>(&self, arguments: &[&str]) -> anyhow::Result<Vec<T>> {
        eprintln!("measuring: {}", arguments.join(" "));
        let output = Command::new(&self.binary)
            .args(arguments)
            .stderr(Stdio::inherit())
            .output()
            .context("starting search-bench")?;
        ensure!(
            output.status.success(),
            "search-bench {} failed",
            arguments.join(" ")
        );
        let lines = output.stdout.split(|byte| *byte == b'\n');
        lines
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).context("a line of search-bench"))
            .collect()
    }

    /// Starts the ceiling server. It ends with its handle.
    pub(crate) fn ceiling(&self, same_size: f64) -> anyhow::Result<Ceiling> {
        #[derive(Deserialize)]
        struct Started {
            address: SocketAddr,
        }
        let mut child = Command::new(&self.binary)
            .args(["ceiling", "--same-size", &format!("{same_size:.0}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the ceiling server")?;
        let output = child.stdout.take().context("no standard output")?;
        let mut ceiling = Ceiling {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let started: Started = serde_json::from_str(&line).context("the ceiling server's line")?;
        ceiling.address = started.address;
        Ok(ceiling)
    }
}

/// The ceiling server; ended when dropped.
pub(crate) struct Ceiling {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Ceiling {
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        crate::running_server::cpu_seconds_of(self.child.id())
    }
}

impl Drop for Ceiling {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

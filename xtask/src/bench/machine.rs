//! Which machine, day and command the numbers are of: nothing means anything without them.

use anyhow::Context as _;

/// A few lines of Markdown.
pub(crate) fn describe(command: &str, quick: bool, minutes: f64) -> anyhow::Result<String> {
    let processors = std::fs::read_to_string("/proc/cpuinfo").context("reading the processor")?;
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory = std::fs::read_to_string("/proc/meminfo").context("reading the memory")?;
    let kibibytes: f64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .context("no MemTotal")?
        .trim()
        .trim_end_matches("kB")
        .trim()
        .parse()?;
    #[expect(
        clippy::disallowed_methods,
        reason = "time enters a command-line tool here"
    )]
    let day = chrono::Utc::now().date_naive();
    let kind = if quick {
        "A quick run for development, **not** the numbers to compare with: "
    } else {
        ""
    };
    let option = if quick { " --quick" } else { "" };
    Ok(format!(
        "{kind}`cargo xtask bench {command}{option}` on {day}, {minutes:.0} minutes. {cores} cores of {model}, {:.0} GiB of memory, shared with others; \
         load generator on the same machine.\n",
        kibibytes / f64::from(1 << 20)
    ))
}

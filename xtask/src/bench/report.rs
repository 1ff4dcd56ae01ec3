//! The table of a benchmark's numbers.

use std::fmt::Write as _;

#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
    notes: Vec<String>,
}

struct Row {
    name: String,
    value: f64,
    goal: Option<(&'static str, f64)>,
}

impl Row {
    fn reached(&self) -> Option<bool> {
        self.goal.map(|(kind, bound)| {
            if kind == "below" {
                self.value < bound
            } else {
                self.value >= bound
            }
        })
    }
}

impl Report {
    /// Adds a number, with a goal of `("below", n)` or `("at least", n)`.
    pub(crate) fn add(&mut self, name: &str, value: f64, goal: Option<(&'static str, f64)>) {
        eprintln!("{name}: {value:.3}");
        self.rows.push(Row {
            name: name.to_owned(),
            value,
            goal,
        });
    }

    pub(crate) fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    pub(crate) fn all_reached(&self) -> bool {
        self.rows.iter().all(|row| row.reached() != Some(false))
    }

    pub(crate) fn markdown(&self, count: u32, connections: u32) -> String {
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let mut text = format!(
            "{count} scholarships, {connections} connections, {cores} cores, load generator on the same machine\n\n"
        );
        text.push_str("| measured | value | goal | reached |\n|---|---|---|---|\n");
        for row in &self.rows {
            let goal = row
                .goal
                .map_or_else(String::new, |(kind, bound)| format!("{kind} {bound}"));
            let reached = row
                .reached()
                .map_or("", |reached| if reached { "yes" } else { "NO" });
            let _ = writeln!(
                text,
                "| {} | {:.3} | {goal} | {reached} |",
                row.name, row.value
            );
        }
        for note in &self.notes {
            let _ = writeln!(text, "\n{note}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn a_missed_goal_shows_and_fails_the_run() {
        let mut report = Report::default();
        report.add("fast", 0.5, Some(("below", 1.0)));
        assert!(report.all_reached());
        report.add("many", 9.0, Some(("at least", 10.0)));
        assert!(!report.all_reached());
        assert!(
            report
                .markdown(1, 1)
                .contains("| many | 9.000 | at least 10 | NO |")
        );
    }
}

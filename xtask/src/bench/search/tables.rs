//! The measured numbers as Markdown tables, one section a subject.

use std::fmt::Write as _;

use super::document::Section;
use super::goals::Goal;
use super::in_process::Summary;
use super::server::{Measured, Rate, bytes_a_scholarship};
use super::{LARGE, MIDDLE, Results, SMALL};

/// Names of the sections, in the order of the document.
#[cfg(test)]
pub(super) const SECTIONS: [&str; 9] = [
    "machine",
    "goals",
    "searches",
    "peer",
    "growth",
    "operations",
    "freshness",
    "http",
    "vocabulary",
];

pub(super) fn sections(results: &Results, goals: &[Goal], head: &str) -> Vec<Section> {
    let section = |name, text| Section { name, text };
    vec![
        section("machine", head.to_owned()),
        section("goals", goals_table(goals)),
        section("searches", searches(results)),
        section("peer", peer(results)),
        section("growth", growth(results)),
        section("operations", operations(results)),
        section("freshness", freshness(results)),
        section("http", http(&results.server)),
        section("vocabulary", vocabulary(results)),
    ]
}

/// Rows below a head; columns after the first are numbers.
struct Table(String);

impl Table {
    fn of(columns: &[&str]) -> Self {
        let mut text = format!("| {} |\n|---|", columns.join(" | "));
        text.push_str(&"---:|".repeat(columns.len().saturating_sub(1)));
        text.push('\n');
        Self(text)
    }

    fn row(&mut self, cells: &[String]) {
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }
}

/// Three digits that mean something, thousands apart.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    if decimals > 0 {
        return text;
    }
    let mut grouped = String::new();
    for (at, digit) in text.chars().enumerate() {
        if at > 0 && digit.is_ascii_digit() && (text.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn count(value: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts of catalogues")]
    let value = value as f64;
    if value < 100.0 {
        format!("{value}")
    } else {
        number(value)
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn goals_table(goals: &[Goal]) -> String {
    let mut table = Table::of(&["goal", "reach", "aim for", "measured", "met"]);
    for goal in goals {
        let met = match (goal.is_met(), goal.is_aim_met()) {
            (None, _) => "not measured here",
            (Some(false), _) => "**no**",
            (Some(true), Some(true)) => "yes, and the aim",
            (Some(true), _) => "yes",
        };
        let measured = goal.measured.map_or_else(String::new, |value| {
            format!("{} {}", number(value), goal.unit)
                .trim_end()
                .to_owned()
        });
        table.row(&[
            goal.name.to_owned(),
            goal.bound(goal.reach),
            goal.aim.map_or_else(String::new, |aim| goal.bound(aim)),
            measured,
            met.to_owned(),
        ]);
    }
    table.0
}

const COSTS: [&str; 6] = [
    "questions",
    "CPU mean (us)",
    "CPU median (us)",
    "CPU p99 (us)",
    "wall mean (us)",
    "wall p99 (us)",
];

fn costs(summary: &Summary) -> [String; 6] {
    [
        count(summary.questions),
        number(summary.cpu_mean),
        number(summary.cpu_median),
        number(summary.cpu_p99),
        number(summary.wall_mean),
        number(summary.wall_p99),
    ]
}

fn with_costs(first: &[&str]) -> Table {
    Table::of(&[first, &COSTS].concat())
}

fn searches(results: &Results) -> String {
    let mut table = with_costs(&["queries, 100,000 scholarships", "half"]);
    let ours = results.searches.iter().filter(|searches| {
        searches.scholarships == MIDDLE && searches.engine == "ours" && searches.queries != "shared"
    });
    for searches in ours {
        let mut cells = vec![searches.queries.clone(), searches.half.clone()];
        cells.extend(costs(&searches.summary));
        table.row(&cells);
    }
    table.0
}

fn peer(results: &Results) -> String {
    let mut table = with_costs(&["engine", "scholarships", "half", "same total", "to ours"]);
    let shared = results.searches.iter();
    for searches in shared.filter(|searches| searches.queries == "shared") {
        let ours = results.searches(searches.scholarships, "ours", "shared", &searches.half);
        let ratio = ours.map_or(f64::NAN, |ours| {
            searches.summary.cpu_mean / ours.summary.cpu_mean
        });
        let mut cells = vec![
            searches.engine.clone(),
            count(searches.scholarships),
            searches.half.clone(),
            percent(searches.same_total),
            format!("{} x", number(ratio)),
        ];
        cells.extend(costs(&searches.summary));
        table.row(&cells);
    }
    table.0
}

fn growth(results: &Results) -> String {
    let mut table = Table::of(&[
        "scholarships",
        "half",
        "CPU mean (us)",
        "CPU p99 (us)",
        "mean over that of a tenth",
    ]);
    for (size, tenth) in [(SMALL, None), (MIDDLE, Some(SMALL)), (LARGE, Some(MIDDLE))] {
        for half in ["dev", "held-out"] {
            let Some(searches) = results.searches(size, "ours", "all", half) else {
                continue;
            };
            let before = tenth.and_then(|tenth| results.searches(tenth, "ours", "all", half));
            let ratio = before.map(|tenth| searches.summary.cpu_mean / tenth.summary.cpu_mean);
            table.row(&[
                count(size),
                half.to_owned(),
                number(searches.summary.cpu_mean),
                number(searches.summary.cpu_p99),
                ratio.map_or_else(String::new, |ratio| format!("{} x", number(ratio))),
            ]);
        }
    }
    table.0
}

fn operations(results: &Results) -> String {
    let mut table = with_costs(&["operation", "scholarships"]);
    for operation in &results.operations {
        let mut cells = vec![operation.operation.clone(), count(operation.scholarships)];
        cells.extend(costs(&operation.summary));
        table.row(&cells);
    }
    table.0
}

fn freshness(results: &Results) -> String {
    let mut table = Table::of(&["one change", "median (ms)", "p99 (ms)", "worst (ms)"]);
    let meanwhile = ["", ", while the whole catalogue is merged at first"];
    for (freshness, meanwhile) in results.freshness.iter().zip(meanwhile) {
        table.row(&[
            format!("until another thread finds it{meanwhile}"),
            number(freshness.median),
            number(freshness.p99),
            number(freshness.worst),
        ]);
        table.row(&[
            format!("`apply` alone{meanwhile}"),
            number(freshness.apply_median),
            number(freshness.apply_p99),
            String::new(),
        ]);
    }
    let [alone, merging] = &results.freshness;
    let _ = writeln!(
        table.0,
        "\n{} changes, {} scholarships, {} readers with {} searches/s together, {} with the merge.",
        count(alone.changes),
        count(alone.scholarships),
        alone.readers,
        number(alone.searches_per_second),
        number(merging.searches_per_second)
    );
    table.0
}

fn http(server: &Measured) -> String {
    let mut table = Table::of(&[
        "over HTTP, 100,000 scholarships",
        "requests/s",
        "to fragments",
        "median (ms)",
        "p99 (ms)",
        "bytes",
        "server CPU (us)",
    ]);
    let ceiling = server.fragments.load.requests_per_second;
    let mut row = |name: &str, rate: &Rate, share: f64| {
        table.row(&[
            name.to_owned(),
            number(rate.load.requests_per_second),
            percent(share),
            number(rate.load.median_milliseconds),
            number(rate.load.p99_milliseconds),
            number(rate.load.answer_bytes),
            number(rate.cpu_microseconds),
        ]);
    };
    let share = |rate: &Rate| rate.load.requests_per_second / ceiling;
    row(
        "search with facets",
        &server.search,
        server.search_to_fragments,
    );
    row("ceiling: ready fragments", &server.fragments, 1.0);
    row(
        "ceiling: fragments of the searches' size",
        &server.same_size,
        share(&server.same_size),
    );
    row("ceiling: hello", &server.hello, share(&server.hello));
    let _ = writeln!(
        table.0,
        "\nOf the ceiling with answers of the same size, searches reach {}.",
        percent(server.search_to_same_size)
    );
    if let Some(postgres) = &server.postgres {
        let _ = writeln!(
            table.0,
            "Postgres answers {} requests/s, {} ms in the mean, of queries without typo, cut word and filter; of these the API answers {} times as many.",
            number(postgres.requests_per_second),
            number(postgres.mean_milliseconds),
            number(postgres.ratio)
        );
    }
    table.0.push('\n');
    table.0.push_str(&process(server));
    table.0
}

fn process(server: &Measured) -> String {
    let mut table = Table::of(&["the process, 100,000 scholarships", "value"]);
    let each = |megabytes| bytes_a_scholarship(megabytes).map_or_else(|_| String::new(), number);
    let mut row = |name: &str, value: String| table.row(&[name.to_owned(), value]);
    row(
        "start to first answer, sample catalogue (s)",
        number(server.sample_start_seconds),
    );
    row(
        "import into an empty store (s)",
        number(server.import_seconds),
    );
    row(
        "first start after the import (s)",
        number(server.first_start_seconds),
    );
    row("restart (s)", number(server.restart_seconds));
    for (name, megabytes) in [
        ("resident memory after start", server.megabytes_after_start),
        (
            "resident memory after the load",
            server.megabytes_after_load,
        ),
    ] {
        row(&format!("{name} (MB)"), number(megabytes));
        row(&format!("{name}, per scholarship (bytes)"), each(megabytes));
    }
    table.0
}

fn vocabulary(results: &Results) -> String {
    let mut table = Table::of(&[
        "scholarships",
        "distinct words",
        "all words",
        "share of the hundred most frequent",
    ]);
    for vocabulary in &results.vocabulary {
        #[expect(clippy::cast_precision_loss, reason = "counts of words")]
        let words = vocabulary.words as f64;
        table.row(&[
            count(vocabulary.scholarships),
            count(vocabulary.distinct_words),
            number(words),
            percent(vocabulary.hundred_most_frequent),
        ]);
    }
    table.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_three_digits_and_thousands() {
        for (value, text) in [
            (0.1234, "0.123"),
            (9.876, "9.88"),
            (46.04, "46.0"),
            (620.4, "620"),
            (19_000.0, "19,000"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(count(16), "16");
        assert_eq!(count(100_000), "100,000");
    }

    #[test]
    fn a_table_has_as_many_columns_as_its_head() {
        let mut table = with_costs(&["a", "b"]);
        table.row(&vec![String::new(); 8]);
        let columns: Vec<usize> = table
            .0
            .lines()
            .map(|line| line.matches('|').count())
            .collect();
        assert_eq!(columns, [9, 9, 9]);
    }
}

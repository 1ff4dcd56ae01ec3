//! The forms in which verdicts leave this program, and how foreign text is made safe in each.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Table,
    Json,
    Markdown,
    /// JUnit's XML, as CI systems read it
    Junit,
    /// Annotations of GitHub Actions
    Github,
}

/// Of commands that decide nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Shape {
    #[default]
    Table,
    Json,
}

/// Of lists that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Page {
    #[default]
    Table,
    Json,
    Markdown,
}

/// Visible on a terminal only.
pub(crate) fn progress_bar(length: Option<u64>, template: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(length, target);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Writes a report where somebody wants it.
///
/// # Errors
///
/// When it cannot be written there.
pub(crate) fn write_page(path: &Path, page: &str) -> anyhow::Result<()> {
    std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("the report is in {}", path.display());
    Ok(())
}

/// As it is written on a command line.
pub(crate) fn name_of(value: impl ValueEnum) -> String {
    let possible = value.to_possible_value();
    possible.map_or_else(String::new, |possible| possible.get_name().to_owned())
}

/// A group of JUnit's cases.
pub(crate) struct Suite {
    pub(crate) name: String,
    /// Of its cases.
    pub(crate) class: String,
    pub(crate) cases: Vec<Case>,
}

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) result: CaseResult,
}

/// What is not passed says why.
pub(crate) enum CaseResult {
    Passed,
    Failed(String),
    Broken(String),
    Skipped(String),
}

/// JUnit's XML.
pub(crate) fn junit(suites: &[Suite]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for suite in suites {
        let count = |is_wanted: fn(&CaseResult) -> bool| {
            let wanted = suite.cases.iter().filter(|case| is_wanted(&case.result));
            wanted.count()
        };
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            xml(&suite.name),
            suite.cases.len(),
            count(|result| matches!(result, CaseResult::Failed(_))),
            count(|result| matches!(result, CaseResult::Broken(_))),
            count(|result| matches!(result, CaseResult::Skipped(_))),
        );
        for case in &suite.cases {
            let inner = match &case.result {
                CaseResult::Passed => String::new(),
                CaseResult::Failed(why) => format!("<failure message=\"{}\"/>", xml(why)),
                CaseResult::Broken(why) => format!("<error message=\"{}\"/>", xml(why)),
                CaseResult::Skipped(why) => format!("<skipped message=\"{}\"/>", xml(why)),
            };
            let _ = writeln!(
                text,
                "    <testcase classname=\"{}\" name=\"{}\">{inner}</testcase>",
                xml(&suite.class),
                xml(&case.name)
            );
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// For attributes of XML, without what XML cannot hold.
pub(crate) fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !character.is_control()) {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Fit for a terminal: at most so many characters, none of which controls it.
pub(crate) fn cut(words: &str, most: usize) -> String {
    let mut characters = words.chars().filter(|character| !character.is_control());
    let mut shown: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// As workflow commands of GitHub want their messages.
pub(crate) fn workflow_message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// For a cell of a Markdown table.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\r', '\n'], " ")
}

/// A duration on the command line.
///
/// # Errors
///
/// What it should look like.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    rollout::span::parse(text).ok_or_else(|| "it must be like 90s, 30m, 2h or 7d".to_owned())
}

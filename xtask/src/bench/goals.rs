//! Goals with what was measured, as they are printed.

use std::process::ExitCode;

/// One line of what is printed.
pub(super) struct Goal {
    pub(super) name: &'static str,
    pub(super) bound: String,
    pub(super) measured: String,
    pub(super) is_met: bool,
}

/// Prints a table; fails when a goal is missed.
pub(super) fn print(head: &str, goals: &[Goal]) -> ExitCode {
    println!("{head}\n| goal | reach | measured | met |\n|---|---:|---:|---|");
    for goal in goals {
        let met = if goal.is_met { "yes" } else { "**no**" };
        println!(
            "| {} | {} | {} | {met} |",
            goal.name, goal.bound, goal.measured
        );
    }
    if goals.iter().all(|goal| goal.is_met) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

//! The SQL of migrations, for people to read before it runs. What runs is compiled in from the same files.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::workspace::Workspace;

/// A migration puts a row of its own here; nothing of anybody's is lost with it.
const OF_MIGRATIONS: &str = "change_feed";

pub(super) struct MigrationFiles {
    folder: PathBuf,
}

impl MigrationFiles {
    pub(super) fn of(workspace: &Workspace) -> Self {
        Self {
            folder: workspace.root().join("migrations/postgres"),
        }
    }

    pub(super) fn up(&self, name: &str) -> anyhow::Result<String> {
        self.read(name, "up.sql")
    }

    pub(super) fn down(&self, name: &str) -> anyhow::Result<String> {
        self.read(name, "down.sql")
    }

    /// Tables that taking the step back drops, or takes columns from.
    pub(super) fn tables_that_lose(&self, name: &str) -> anyhow::Result<Vec<String>> {
        Ok(tables_that_lose(&self.down(name)?))
    }

    fn read(&self, name: &str, file: &str) -> anyhow::Result<String> {
        let path = self.folder.join(name).join(file);
        std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
    }
}

/// Without what stands behind `--`, on one line.
pub(crate) fn without_comments(sql: &str) -> String {
    let code = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or(line));
    code.flat_map(|line| [line, " "]).collect()
}

fn tables_that_lose(sql: &str) -> Vec<String> {
    let code = without_comments(sql);
    let mut tables = Vec::new();
    for statement in code.split(';') {
        let statement = statement.replace([',', '"'], " ");
        let words: Vec<&str> = statement.split_whitespace().collect();
        let is = |at: usize, word: &str| {
            words
                .get(at)
                .is_some_and(|is| is.eq_ignore_ascii_case(word))
        };
        let names = |from: usize| {
            let modifiers = ["if", "exists", "only", "cascade", "restrict"];
            let rest = words.iter().skip(from);
            rest.filter(move |word| !modifiers.contains(&word.to_lowercase().as_str()))
        };
        let truncates = is(0, "truncate") || is(0, "delete");
        let drops_column = is(0, "alter")
            && is(1, "table")
            && words.iter().any(|word| word.eq_ignore_ascii_case("drop"));
        if is(0, "drop") && is(1, "table") {
            tables.extend(names(2).map(|name| (*name).to_owned()));
        } else if drops_column {
            tables.extend(names(2).next().map(|name| (*name).to_owned()));
        } else if truncates {
            let skipped = ["table", "from"];
            let mut named =
                names(1).filter(|word| !skipped.contains(&word.to_lowercase().as_str()));
            tables.extend(named.next().map(|name| (*name).to_owned()));
        }
    }
    tables.retain(|table| table != OF_MIGRATIONS);
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_lose_rows_is_found() {
        for (sql, tables) in [
            (
                "DROP TABLE a; -- DROP TABLE b;\nDROP TABLE IF EXISTS c, \"d\" CASCADE;",
                vec!["a", "c", "d"],
            ),
            ("ALTER TABLE ONLY a\n  DROP COLUMN x;", vec!["a"]),
            ("DELETE FROM a; TRUNCATE TABLE b;", vec!["a", "b"]),
            (
                "DROP INDEX a; ALTER TABLE b ADD COLUMN c int; SET LOCAL lock_timeout = '2s';",
                vec![],
            ),
            ("DROP TABLE change_feed", vec![]),
        ] {
            assert_eq!(tables_that_lose(sql), tables, "{sql}");
        }
    }
}

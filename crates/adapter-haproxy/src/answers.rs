//! The answers of the runtime API as values.

use std::collections::HashMap;

use rollout::traffic::Weights;

use crate::{Backend, HaProxyError, Process, Server, ServerState, Settings};

/// How much of an answer is shown.
const BEGINNING: usize = 200;

pub(crate) fn unexpected(command: &str, answer: &str) -> HaProxyError {
    HaProxyError::Unexpected {
        command: command.to_owned(),
        answer: answer.trim().chars().take(BEGINNING).collect(),
    }
}

/// What HAProxy says of a map that it does not have, or that lacks a key.
pub(crate) fn map_error(settings: &Settings, answer: &str) -> Option<HaProxyError> {
    let (map, key) = (settings.map.clone(), settings.key.clone());
    if answer.starts_with("Unknown map identifier") {
        return Some(HaProxyError::NoMap { map });
    }
    answer
        .starts_with("entry not found")
        .then_some(HaProxyError::NoKey { map, key })
}

/// From `show map`: lines of a reference, a key and a value.
pub(crate) fn weights(settings: &Settings, answer: &str) -> Result<Weights, HaProxyError> {
    if let Some(error) = map_error(settings, answer) {
        return Err(error);
    }
    let mut values = answer.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (_, key, value) = (words.next()?, words.next()?, words.next()?);
        (key == settings.key).then_some(value)
    });
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(HaProxyError::NoKey {
            map: settings.map.clone(),
            key: settings.key.clone(),
        });
    };
    let percentage = value.parse().ok().and_then(Weights::with_canary);
    percentage.ok_or_else(|| HaProxyError::NoPercentage {
        map: settings.map.clone(),
        value: value.chars().take(BEGINNING).collect(),
    })
}

/// From `show info`.
pub(crate) fn process(command: &str, answer: &str) -> Result<Process, HaProxyError> {
    let value = |name: &str| {
        let mut lines = answer.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.trim())
    };
    let read = || {
        Some(Process {
            version: value("Version")?.to_owned(),
            pid: value("Pid")?.parse().ok()?,
            uptime_seconds: value("Uptime_sec")?.parse().ok()?,
        })
    };
    read().ok_or_else(|| unexpected(command, answer))
}

/// From `show stat`: one backend with its servers.
pub(crate) fn backend(command: &str, answer: &str, name: &str) -> Result<Backend, HaProxyError> {
    let mut lines = answer.lines().filter(|line| !line.is_empty());
    let header = lines.next().and_then(|line| line.strip_prefix("# "));
    let header = header.ok_or_else(|| unexpected(command, answer))?;
    let columns: HashMap<&str, usize> = header
        .split(',')
        .enumerate()
        .map(|(index, column)| (column, index))
        .collect();
    let mut own = None;
    let mut servers = Vec::new();
    for line in lines {
        let cells = cells(line);
        let row = Row {
            columns: &columns,
            cells: &cells,
        };
        if row.text("pxname") != Some(name) {
            continue;
        }
        match row.text("svname") {
            Some("BACKEND") => own = row.backend(),
            Some("FRONTEND") | None => {}
            Some(_) => servers.push(row.server().ok_or_else(|| unexpected(command, line))?),
        }
    }
    let mut backend = own.ok_or_else(|| HaProxyError::NoBackend {
        name: name.to_owned(),
    })?;
    backend.servers = servers;
    Ok(backend)
}

struct Row<'a> {
    columns: &'a HashMap<&'a str, usize>,
    cells: &'a [String],
}

impl<'a> Row<'a> {
    fn text(&self, column: &str) -> Option<&'a str> {
        self.cells
            .get(*self.columns.get(column)?)
            .map(String::as_str)
    }

    fn number(&self, column: &str) -> Option<u64> {
        self.text(column)?.parse().ok()
    }

    fn server(&self) -> Option<Server> {
        Some(Server {
            name: self.text("svname")?.to_owned(),
            address: self.text("addr").and_then(|address| address.parse().ok()),
            state: ServerState::read(self.text("status")?),
            weight: self.text("weight")?.parse().ok()?,
            in_flight: self.number("scur")?,
            check: self.text("check_desc").unwrap_or_default().to_owned(),
        })
    }

    fn backend(&self) -> Option<Backend> {
        let sent = self.number("req_tot")?;
        let unanswered = self.number("econ")?.saturating_add(self.number("eresp")?);
        Some(Backend {
            servers: Vec::new(),
            sent,
            unanswered: unanswered.min(sent),
            in_flight: self.number("scur")?,
        })
    }
}

/// A line of comma-separated values; quotes hold commas, and two quotes are one.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                add(&mut cells, '"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            _ => add(&mut cells, character),
        }
    }
    cells
}

fn add(cells: &mut [String], character: char) {
    if let Some(cell) = cells.last_mut() {
        cell.push(character);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings() -> Settings {
        Settings::new("/a".parse().unwrap())
    }

    #[test]
    fn every_percentage_is_read_and_nothing_else() {
        for percent in 0..=100 {
            let answer = format!("0x55d0 canary {percent}\n\n");
            assert_eq!(weights(&settings(), &answer).unwrap().canary(), percent);
        }
        for answer in [
            "0x1 canary 101\n\n",
            "0x1 canary -1\n\n",
            "0x1 canary five\n\n",
            "0x1 canary 5.5\n\n",
        ] {
            let error = weights(&settings(), answer).unwrap_err();
            assert!(
                matches!(error, HaProxyError::NoPercentage { .. }),
                "{error}"
            );
        }
        for answer in ["\n", "0x1 other 5\n\n", "0x1 canary 5\n0x2 canary 6\n\n"] {
            let error = weights(&settings(), answer).unwrap_err();
            assert!(matches!(error, HaProxyError::NoKey { .. }), "{error}");
        }
        let error = weights(
            &settings(),
            "Unknown map identifier. Please use #<id> or <file>.\n\n",
        );
        assert!(matches!(error, Err(HaProxyError::NoMap { .. })));
    }

    const STAT: &str = "# pxname,svname,scur,status,weight,econ,eresp,req_tot,check_desc,addr\n\
        canary,canary-1,2,UP 1/3,1,0,1,,\"code: 200, \"\"fine\"\"\",10.0.0.1:5001\n\
        canary,canary-2,0,DOWN,1,0,0,,,[::1]:5001\n\
        canary,canary-3,0,no check,0,0,0,,,\n\
        canary,BACKEND,2,UP,1,3,1,40,,\n\n";

    #[test]
    fn servers_are_told_apart_by_their_state() {
        let canary = backend("show stat", STAT, "canary").unwrap();
        assert_eq!(canary.ready(), 1);
        assert_eq!(
            (canary.sent, canary.unanswered, canary.in_flight),
            (40, 4, 2)
        );
        assert_eq!(canary.servers[0].check, "code: 200, \"fine\"");
        assert_eq!(canary.servers[1].state, ServerState::Down);
        let addresses = canary.servers.iter().map(|server| server.address);
        let known = |text: &str| Some(text.parse().unwrap());
        let expected = [known("10.0.0.1:5001"), known("[::1]:5001"), None];
        assert_eq!(addresses.collect::<Vec<_>>(), expected);
        let error = backend("show stat", STAT, "stable").unwrap_err();
        assert!(matches!(error, HaProxyError::NoBackend { .. }));
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_a_panic(answer in "[ -~\n]{0,300}", name in "[a-z]{1,3}") {
            let _ = weights(&settings(), &answer);
            let _ = process("show info", &answer);
            let _ = backend("show stat", &answer, &name);
            let _ = backend("show stat", &format!("# pxname,svname,{answer}"), &name);
        }

        #[test]
        fn cells_survive_their_quotes(cells_before in prop::collection::vec("[a-z,\" ]{0,8}", 1..6)) {
            let quoted: Vec<String> = cells_before.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            prop_assert_eq!(cells(&quoted.join(",")), cells_before);
        }
    }
}

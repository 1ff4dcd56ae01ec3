//! How an operator's request reaches the process that drives a release: a file it looks for, and a file with its answer.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use anyhow::bail;
use rollout::machine::{Command, Request};
use serde::{Deserialize, Serialize};

use super::directory::Directory;
use crate::pause::pause;

const REQUEST: &str = "request.json";
const ANSWER: &str = "answer.json";
/// A driver looks for requests between any two steps, and a step asks Prometheus first.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Letter {
    id: String,
    request: Request,
    operator: String,
    reason: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    id: String,
    /// Why it was not granted.
    refusal: Option<String>,
}

impl Letter {
    pub(crate) fn new(command: &Command) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            request: command.request,
            operator: command.operator.clone(),
            reason: command.reason.clone(),
        }
    }

    pub(crate) fn command(&self) -> Command {
        Command {
            request: self.request,
            operator: self.operator.clone(),
            reason: self.reason.clone(),
        }
    }
}

/// Puts a request where the driver finds it, and waits for the answer: the refusal, if there is one.
///
/// # Errors
///
/// When another request waits, or the driver does not answer in time: the request is taken back then.
pub(crate) fn ask(directory: &Directory, letter: &Letter) -> anyhow::Result<Option<String>> {
    ask_for(directory, letter, PATIENCE)
}

fn ask_for(
    directory: &Directory,
    letter: &Letter,
    patience: Duration,
) -> anyhow::Result<Option<String>> {
    if is_waiting(directory) {
        bail!(
            "another request waits for the process that drives the release: ask again in a minute"
        );
    }
    directory.write(REQUEST, &serde_json::to_string(letter)?)?;
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if let Some(answer) = read::<Answer>(directory, ANSWER)
            && answer.id == letter.id
        {
            remove(directory, ANSWER)?;
            return Ok(answer.refusal);
        }
        pause(LOOK_EVERY);
    }
    remove(directory, REQUEST)?;
    bail!(
        "the process that drives the release did not answer within {} s; look at `rollout status` before asking again",
        patience.as_secs()
    )
}

pub(crate) fn is_waiting(directory: &Directory) -> bool {
    directory.file(REQUEST).exists()
}

/// What an operator asks for, if anything. It is gone from then on: a process that dies in the middle leaves a request that
/// nobody carries out, never one that is carried out twice. A file that is no request is thrown away.
pub(crate) fn take(directory: &Directory) -> Option<Letter> {
    let letter = read(directory, REQUEST);
    if is_waiting(directory) {
        remove(directory, REQUEST).ok()?;
    }
    letter
}

/// Tells who asked what became of it.
///
/// # Errors
///
/// When the directory cannot be written to.
pub(crate) fn answer(
    directory: &Directory,
    letter: &Letter,
    refusal: Option<String>,
) -> anyhow::Result<()> {
    let answer = Answer {
        id: letter.id.clone(),
        refusal,
    };
    directory.write(ANSWER, &serde_json::to_string(&answer)?)
}

fn read<T: for<'a> Deserialize<'a>>(directory: &Directory, name: &str) -> Option<T> {
    let text = fs::read_to_string(directory.file(name)).ok()?;
    serde_json::from_str(&text).ok()
}

fn remove(directory: &Directory, name: &str) -> io::Result<()> {
    match fs::remove_file(directory.file(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter::new(&Command {
            request: Request::Pause,
            operator: "ada".to_owned(),
            reason: "lunch".to_owned(),
        })
    }

    #[test]
    fn a_request_is_answered_once() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        assert_eq!(take(&directory), None);
        let sent = letter();
        let asking = {
            let (directory, sent) = (directory.clone(), sent.clone());
            std::thread::spawn(move || ask(&directory, &sent))
        };
        let found = loop {
            if let Some(found) = take(&directory) {
                break found;
            }
            pause(LOOK_EVERY);
        };
        assert_eq!(found, sent);
        assert_eq!(found.command().operator, "ada");
        answer(&directory, &found, Some("not now".to_owned())).unwrap();
        let answered = asking.join().unwrap().unwrap();
        assert_eq!(answered.as_deref(), Some("not now"));
        assert_eq!(take(&directory), None);
        assert!(!directory.file(ANSWER).exists());
    }

    #[test]
    fn a_request_that_nobody_answers_is_taken_back() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        let asked = ask_for(&directory, &letter(), Duration::from_millis(300));
        assert!(asked.unwrap_err().to_string().contains("did not answer"));
        assert_eq!(take(&directory), None);
    }

    #[test]
    fn a_second_request_waits_for_the_first() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        directory
            .replace(REQUEST, &serde_json::to_string(&letter()).unwrap())
            .unwrap();
        let asked = ask_for(&directory, &letter(), Duration::from_millis(300));
        assert!(asked.unwrap_err().to_string().contains("another request"));
        assert!(take(&directory).is_some());
    }

    #[test]
    fn what_is_no_request_is_thrown_away() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        directory.replace(REQUEST, "rm -rf").unwrap();
        assert_eq!(take(&directory), None);
        assert!(!directory.file(REQUEST).exists());
    }
}

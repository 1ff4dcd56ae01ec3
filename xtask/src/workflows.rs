//! The workflow of releases, the documentation and the checklist use commands as they are: a flag that is renamed fails here, not on the
//! day of a release.

use std::path::PathBuf;

use clap::Parser as _;
use serde_json::Value;

use crate::CommandLine;

/// What stands for variables of the workflow and of shells.
const VARIABLES: [(&str, &str); 13] = [
    ("{ADDRESS%:*}", "10.0.0.1"),
    ("GITHUB_ACTOR", "ada"),
    ("GITHUB_REF_NAME", "v1.3.0-prod"),
    ("HAPROXY", "/run/haproxy/admin.sock"),
    ("ROLLOUT_DIRECTORY", "/var/lib/rollout"),
    ("STABLE", "1.2.0"),
    ("STAGE", "canary"),
    ("START_OLD", "true"),
    ("STOP_NEW", "true"),
    ("VERSION", "1.3.0"),
    ("since", "2026-01-31T12:00:00Z"),
    ("TOKEN", "token"),
    (
        "{UPGRADE_STABLE:?is not set in the settings of the repository}",
        "true",
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn workflow() -> Value {
    read("./.github/workflows/release.yml")
}

fn read(path: &str) -> Value {
    serde_norway::from_str(&text_of(path)).unwrap()
}

/// The job itself, or the one of the workflow that it calls.
fn called(job: &Value) -> Value {
    match job["uses"].as_str() {
        None => job.clone(),
        Some(path) => {
            let workflow = read(path);
            let jobs = workflow["jobs"].as_object().unwrap();
            assert_eq!(jobs.len(), 1, "{path}");
            jobs.values().next().unwrap().clone()
        }
    }
}

/// Names and contents.
fn jobs(workflow: &Value) -> Vec<(&String, &Value)> {
    workflow["jobs"].as_object().unwrap().iter().collect()
}

fn steps(job: &Value) -> Vec<Value> {
    called(job)["steps"].as_array().unwrap().clone()
}

fn scripts(job: &Value) -> String {
    let steps = steps(job);
    let scripts = steps.iter().filter_map(|step| step["run"].as_str());
    scripts.collect::<Vec<_>>().join("\n")
}

/// The words behind each `xtask` in a script, as a shell would hand them over.
fn command_lines(script: &str) -> Vec<Vec<String>> {
    let joined = script.replace("\\\n", " ");
    let mut lines = Vec::new();
    for line in joined.lines().map(str::trim) {
        // What copies the program does not run it.
        if line.starts_with('#') || line.starts_with("cp ") {
            continue;
        }
        // Nor does what a comment behind a command says.
        let line = line.split(" #").next().unwrap_or(line);
        for (place, _) in line.match_indices("xtask ") {
            let before = line[..place].trim_end();
            let is_program = before.ends_with('/') || before.ends_with("cargo");
            if is_program {
                lines.push(words(&line[place + "xtask ".len()..]));
            }
        }
    }
    lines
}

/// Until the command ends: a pipe, a redirection, another command, a closing parenthesis, a comment.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in text.chars() {
        match (quote, character) {
            (Some(mark), _) if mark == character => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(character),
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | ';' | '&' | ')' | '<' | '#') => break,
            (None, ' ') => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words.iter().map(|word| with_values(word)).collect()
}

fn with_values(word: &str) -> String {
    let mut word = word.to_owned();
    for (name, value) in VARIABLES {
        word = word.replace(&format!("${name}"), value);
    }
    if word.contains("_URL") {
        return "http://localhost:5000".to_owned();
    }
    assert!(!word.contains('$'), "nobody knows what {word} is");
    word
}

/// Fails when this program has no such command.
pub(crate) fn accept(words: &[String], from: &str) {
    let line = ["xtask".to_owned()].into_iter().chain(words.to_vec());
    if let Err(error) = CommandLine::try_parse_from(line) {
        panic!("{from}: xtask {}: {error}", words.join(" "));
    }
}

#[test]
fn every_command_of_the_workflow_is_one_that_we_have() {
    let workflow = workflow();
    let mut found = Vec::new();
    for (name, job) in jobs(&workflow) {
        for words in command_lines(&scripts(job)) {
            accept(&words, name);
            found.push(words[0].clone());
        }
    }
    for wanted in [
        "gates",
        "rollout",
        "rollout-check",
        "post-deploy",
        "rollback",
    ] {
        assert!(found.iter().any(|one| one == wanted), "{wanted}: {found:?}");
    }
}

/// The README and everything in `docs`, runbooks among them.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().display());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") {
                pages.push(path);
            }
        }
    }
    pages
}

#[test]
fn every_command_of_the_documentation_is_one_that_we_have() {
    let mut found = 0;
    for page in pages() {
        let text = text_of(&page);
        for block in text.split("```sh\n").skip(1) {
            let block = block.split("```").next().unwrap();
            for words in command_lines(block) {
                accept(&words, &page);
                found += 1;
            }
        }
    }
    assert!(found > 15, "{found}");
}

#[test]
fn the_list_of_commands_in_the_readme_is_whole() {
    use clap::CommandFactory as _;
    let readme = text_of("README.md");
    let rows: String = readme
        .lines()
        .filter(|line| line.starts_with("| `cargo xtask"))
        .collect();
    for command in CommandLine::command().get_subcommands() {
        let name = command.get_name();
        let is_there = [format!("xtask {name}"), format!("`{name}`")]
            .iter()
            .any(|text| rows.contains(text.as_str()));
        assert!(is_there, "{name} is in no row of the list in README.md");
    }
}

#[test]
fn a_tag_of_production_starts_it_and_nothing_else() {
    assert_eq!(
        workflow()["on"],
        serde_json::json!({"push": {"tags": ["v*-prod"]}})
    );
}

#[test]
fn it_is_compiled_once_and_no_job_has_a_right_that_it_does_not_need() {
    let workflow = workflow();
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    for (name, job) in jobs(&workflow) {
        let compiles = scripts(job).contains("cargo ");
        assert_eq!(compiles, name == "build", "{name}");
        let rights = &job["permissions"];
        match name.as_str() {
            "build" => assert_eq!(*rights, serde_json::json!({"contents": "read"})),
            _ => assert!(rights.is_null(), "{name}: {rights}"),
        }
        let minutes = match job["uses"].as_str() {
            None => &job["timeout-minutes"],
            Some(_) => &job["with"]["minutes"],
        };
        assert!(minutes.is_u64(), "{name}");
    }
}

#[test]
fn actions_are_pinned_to_commits() {
    let workflow = workflow();
    let jobs = jobs(&workflow);
    let steps: Vec<Value> = jobs.iter().flat_map(|(_, job)| steps(job)).collect();
    let uses = steps.iter().filter_map(|step| step["uses"].as_str());
    let uses: Vec<&str> = uses.collect();
    assert!(uses.len() > 5, "{uses:?}");
    for action in uses {
        let (_, commit) = action.split_once('@').unwrap();
        let is_commit = commit.len() == 40 && commit.chars().all(|one| one.is_ascii_hexdigit());
        assert!(is_commit, "{action}");
    }
}

/// Values of settings and of the tag must never become code of a script.
#[test]
fn scripts_hold_no_expressions() {
    for (name, job) in jobs(&workflow()) {
        assert!(!scripts(job).contains("${{"), "{name}");
    }
}

#[test]
fn each_stage_waits_for_the_verdict_on_the_one_before_and_full_for_post_deploy() {
    let workflow = workflow();
    let job = |name: &str| &workflow["jobs"][name];
    let needs = |name: &str, other: &str| {
        let needs = job(name)["needs"].clone();
        needs == *other
            || needs
                .as_array()
                .is_some_and(|all| all.iter().any(|one| *one == other))
    };
    for (name, other) in [
        ("gates", "build"),
        ("canary", "gates"),
        ("ramp", "canary"),
        ("post-deploy", "ramp"),
        ("full", "post-deploy"),
        ("finish", "full"),
    ] {
        assert!(needs(name, other), "{name} does not wait for {other}");
        let condition = &job(name)["if"];
        assert!(
            condition.is_null(),
            "{name} runs whatever came before: {condition}"
        );
    }
    for stage in ["canary", "ramp", "full"] {
        assert_eq!(job(stage)["with"]["stage"], stage);
        assert_eq!(called(job(stage))["env"]["STAGE"], "${{ inputs.stage }}");
        let script = scripts(job(stage));
        let watched = script.rfind("--until \"$STAGE\"").unwrap();
        let judged = script.find("rollout-check --stage \"$STAGE\"").unwrap();
        assert!(watched < judged, "{stage}");
        assert!(script.contains("exit \"$code\""), "{stage}");
        assert!(script.contains("--format github") && script.contains("--format junit"));
    }
}

#[test]
fn only_the_first_stage_begins_a_release() {
    let workflow = workflow();
    let script = scripts(&workflow["jobs"]["ramp"]);
    let start = script.find("xtask rollout start").unwrap();
    let guard = script.find("elif [ \"$STAGE\" != canary ]; then").unwrap();
    let end = script.find("exit 1").unwrap();
    assert!(guard < end && end < start);
    assert_eq!(script.matches("xtask rollout start").count(), 1);
    assert_eq!(workflow["jobs"]["canary"]["with"]["stage"], "canary");
}

/// Whoever calls says all that is asked for and nothing else.
#[test]
fn a_workflow_that_is_called_gets_what_it_wants() {
    let workflow = workflow();
    let mut calls = 0;
    for (name, job) in jobs(&workflow) {
        let Some(path) = job["uses"].as_str() else {
            continue;
        };
        let called = read(path);
        let wanted = called["on"]["workflow_call"]["inputs"].as_object().unwrap();
        let given = job["with"].as_object().unwrap();
        assert!(wanted.keys().eq(given.keys()), "{name}: {given:?}");
        assert_eq!(called["permissions"], serde_json::json!({}), "{name}");
        assert_eq!(called["defaults"], workflow["defaults"], "{name}");
        calls += 1;
    }
    assert_eq!(calls, 3);
}

#[test]
fn only_what_is_known_to_be_bad_is_sent_back() {
    let workflow = workflow();
    let condition = workflow["jobs"]["rollback"]["if"].as_str().unwrap();
    let codes: Vec<&str> = condition
        .split("needs.")
        .skip(1)
        .map(|part| part.split([')', '|']).next().unwrap().trim())
        .collect();
    assert_eq!(
        codes,
        [
            "canary.outputs.code == '20'",
            "ramp.outputs.code == '20'",
            "full.outputs.code == '20'",
            "finish.outputs.code == '20'",
            "post-deploy.outputs.code == '1'",
        ]
    );
}

#[test]
fn words_are_split_as_a_shell_would() {
    let script = "code=0\nx=\"$(release/xtask rollout status --format json | jq .)\"\n\
        release/xtask rollback --reason \"a b\" \\\n  --old 'c|d' > file || code=$?\n# cargo xtask nothing\nmy-xtask no";
    let lines = command_lines(script);
    assert_eq!(
        lines,
        [
            vec!["rollout", "status", "--format", "json"],
            vec!["rollback", "--reason", "a b", "--old", "c|d"],
        ]
    );
}
